"""The control process: serves the admin API over the store, and tells the supervisor how it goes."""

import asyncio
import logging
import os
import socket
from pathlib import Path

import uvloop

from crossgate.admin.app import create_app
from crossgate.app import log as process_log
from crossgate.app.admin_server import AdminServer, Front
from crossgate.app.life import End
from crossgate.app.orders import ControlOrders
from crossgate.app.store import UNUSABLE, Store, open_store
from crossgate.cluster import messages, snapshot_file
from crossgate.cluster.channel import Channel
from crossgate.cluster.messages import Applied, Failed, Message, Ready, Refused
from crossgate.cluster.publisher import SnapshotPublisher
from crossgate.core.errors import Fault
from crossgate.core.snapshot.config import ConfigError
from crossgate.store.database import DatabaseNewer
from crossgate.telemetry import metrics

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""How long to wait before a store that could not be opened is tried again."""


def run(orders: ControlOrders) -> None:
    """Serve until SIGTERM or until the supervisor is gone, then drain."""
    process_log.configure(orders.name)
    # The database and its journals are made by a library; like our own files they are for the owner alone.
    os.umask(0o077)
    uvloop.run(_serve(orders))


async def _serve(orders: ControlOrders) -> None:
    channel = await Channel.of_child()
    # A spare process stands here, everything imported, until its predecessor dies or the supervisor ends.
    if await channel.receive() is None:
        return
    end = End()
    process = ControlProcess(orders, channel)
    server = AdminServer(process.front, orders.drain_s)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(process.listen(end))
        opening = tasks.create_task(process.open())
        # Until the first attempt is over callers wait in the kernel's queue: a replaced process refuses nobody.
        await process.attempted.wait()
        serving = tasks.create_task(server.serve(sockets=[socket.socket(fileno=orders.listening)]))
        await end.asked()
        opening.cancel()
        server.should_exit = True
        await serving
        # Only now: a change that was in flight waited for what the workers say.
        listening.cancel()
    await process.close()


class ControlProcess:
    """The store, once it could be opened, with the admin API in front of it."""

    def __init__(self, orders: ControlOrders, channel: Channel) -> None:
        self.front = Front()
        self.attempted = asyncio.Event()
        self._orders = orders
        self._directory = Path(orders.directory)
        self._channel = channel
        self._publisher = SnapshotPublisher(self._directory, channel)
        self._store: Store | None = None

    async def open(self) -> None:
        """Open the store and put the admin API in front; while that fails, say so and try again."""
        complaint = ""
        while not self._store:
            try:
                self._store = await open_store(self._orders, self._publisher)
            except UNUSABLE as error:
                if str(error) != complaint:
                    complaint = str(error)
                    self._say_broken(error)
                await asyncio.sleep(RETRY_S)
        self.front.api = create_app(
            self._store.control, lambda: metrics.exposition(self._directory / metrics.DIRECTORY_NAME)
        )
        self._channel.send(messages.Store("ok"))
        self._say_ready(self._publisher.written)

    async def listen(self, end: End) -> None:
        """Do what the supervisor passes on, until it is gone."""
        async with asyncio.TaskGroup() as repairs:
            while (message := await self._channel.receive()) is not None:
                self._heed(message, repairs)
        log.warning("supervisor is gone")
        end.ask()

    async def close(self) -> None:
        """Close the store."""
        if self._store:
            await self._store.database.close()

    def _heed(self, message: Message, repairs: asyncio.TaskGroup) -> None:
        match message:
            case Applied(revision):
                self._publisher.applied(revision)
            case Refused(0, reason):
                # A worker boots and finds nothing it could serve by.
                repairs.create_task(self._write_again(reason))
            case _:
                return

    async def _write_again(self, reason: str) -> None:
        """Write the snapshot file anew: it was lost or damaged after the last change."""
        if not self._store:
            return
        log.warning("writing the snapshot again", extra={"because": reason})
        try:
            await self._store.control.put_in_effect()
        except Fault as fault:
            log.error("snapshot not written", extra={"reason": fault.message})

    def _say_broken(self, error: Exception) -> None:
        """Tell everybody that there is no store, and whether the gateway could start without one."""
        reason = str(error)
        self.front.reason = reason
        try:
            revision = snapshot_file.read(self._directory).revision
        except ConfigError:
            revision = 0
        # A snapshot outlives a broken database. A newer database means that this program is the wrong one.
        if not self.attempted.is_set() and (not revision or isinstance(error, DatabaseNewer)):
            self._channel.send(Failed(reason))
        log.error("admin API is unavailable", extra={"because": reason, "retry_every_s": RETRY_S})
        self._channel.send(messages.Store("broken", reason))
        self._say_ready(revision)

    def _say_ready(self, revision: int) -> None:
        self._channel.send(Ready(revision))
        self.attempted.set()
        if self._store:
            log.info("admin API serves", extra={"revision": revision, "url": self._orders.admin_url})
