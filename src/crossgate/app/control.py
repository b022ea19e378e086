"""The control process: opens the store, serves the admin API, publishes what is in effect."""

import asyncio
import logging
import os
import socket
from pathlib import Path

import msgspec
import uvloop

from crossgate.admin.app import create_app
from crossgate.app import log as process_log
from crossgate.app import operator_file
from crossgate.app.admin_server import AdminServer, Front
from crossgate.app.life import End
from crossgate.app.orders import ControlOrders
from crossgate.cluster import snapshot_file
from crossgate.cluster.channel import Channel
from crossgate.cluster.messages import Applied, Failed, Message, Ready, Refused, Store
from crossgate.cluster.publisher import SnapshotPublisher
from crossgate.control.bootstrap import bootstrap
from crossgate.control.control import Control, Quotas
from crossgate.core.snapshot.config import ConfigError
from crossgate.store.database import FILE_NAME, Database, DatabaseBroken, DatabaseNewer, DatabaseUnusable
from crossgate.store.sealing import KeyUnusable, Seal, find_key

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""How long to wait before a store that could not be opened is tried again."""

Unusable = (DatabaseUnusable, KeyUnusable, OSError)


def run(orders: ControlOrders) -> None:
    """Serve until SIGTERM or until the supervisor is gone, then drain."""
    process_log.configure(orders.name)
    uvloop.run(_serve(orders))


async def _serve(orders: ControlOrders) -> None:
    end = End()
    front = Front()
    server = AdminServer(front, orders.drain_s)
    process = ControlProcess(orders, await Channel.of_child(), front)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(process.listen(end))
        opening = tasks.create_task(process.open())
        # Until the first attempt is over callers wait in the kernel's queue: a replaced process refuses nobody.
        await process.attempted(end)
        serving = tasks.create_task(server.serve(sockets=[socket.socket(fileno=orders.listening)]))
        await end.asked()
        opening.cancel()
        server.should_exit = True
        await serving
        # Only now: a change that is still in flight waits for what the workers say.
        listening.cancel()
    await process.close()


class ControlProcess:
    """The store, once it could be opened, and what the supervisor hears of it."""

    def __init__(self, orders: ControlOrders, channel: Channel, front: Front) -> None:
        self._orders = orders
        self._directory = Path(orders.directory)
        self._channel = channel
        self._front = front
        self._publisher = SnapshotPublisher(self._directory, channel)
        self._database: Database | None = None
        self._control: Control | None = None
        self._attempted = asyncio.Event()

    async def open(self) -> None:
        """Open the store and let the admin API serve; while that fails, say so and try again."""
        while not self._control:
            try:
                self._control = await self._open()
            except UNUSABLE as error:
                self._say_broken(str(error))
                await asyncio.sleep(RETRY_S)

