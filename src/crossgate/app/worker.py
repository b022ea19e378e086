"""One gateway worker: serves by the snapshot file, and swaps when a new revision is announced."""

import asyncio
import gc
import logging
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from crossgate.app import functions_file
from crossgate.app import log as process_log
from crossgate.app.functions_file import FunctionsUnusable
from crossgate.app.life import End
from crossgate.app.orders import WorkerOrders
from crossgate.cluster import counters, snapshot_file
from crossgate.cluster.channel import Channel
from crossgate.cluster.counters import Counters
from crossgate.cluster.messages import Applied, Message, Ready, Refused, Revision, Store
from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import Config, ConfigError
from crossgate.core.snapshot.snapshot import Snapshot
from crossgate.gateway.listener import Gateway
from crossgate.store.sealing import KeyUnusable, Seal, find_key
from crossgate.telemetry import metrics
from crossgate.telemetry.line_file import LineFile
from crossgate.telemetry.metrics import Metrics

log = logging.getLogger(__name__)

READ_APART_BYTES = 1024 * 1024
"""A snapshot file from this size on is read in a thread of its own: what is smaller takes some milliseconds."""
LONGEST_REASON = 1000
"""Characters of a reason in a message: a line of the channel has an end."""


def run(orders: WorkerOrders) -> None:
    """Serve until SIGTERM or until the supervisor is gone, then drain."""
    process_log.configure(orders.name)
    uvloop.run(_serve(orders))


async def _serve(orders: WorkerOrders) -> None:
    end = End()
    channel = await Channel.of_child()
    access_log = _access_log(orders.access_log)
    worker = Worker(orders, channel, access_log)
    await worker.boot()
    listening = asyncio.create_task(worker.listen(end))
    await end.asked()
    listening.cancel()
    await worker.drain(orders.drain_s)
    if access_log:
        access_log.close()


def _access_log(where: str) -> LineFile | None:
    return None if where == "off" else LineFile(None if where == "-" else Path(where))


def _allowed_python(functions: str) -> frozenset[str]:
    """What the functions file lets run in here; nothing where it has been spoilt since the start."""
    try:
        return functions_file.python_endpoints(functions_file.read(functions))
    except FunctionsUnusable as error:
        log.error("no function runs in this worker", extra={"because": str(error)})
        return frozenset()


class Worker:
    """A gateway and the revision it answers by."""

    def __init__(self, orders: WorkerOrders, channel: Channel, access_log: LineFile | None) -> None:
        self._directory = Path(orders.directory)
        self._listening = socket.socket(fileno=orders.listening)
        self._allowed_python = _allowed_python(orders.functions)
        self._preflights = orders.preflights
        self._channel = channel
        self._access_log = access_log
        self._seal: Seal | None = None
        self._gateway: Gateway | None = None
        self._revision = 0
        self._store_is_broken = False

    async def boot(self) -> None:
        """Serve by the snapshot file; without a readable one wait for control to write it."""
        await self._apply(0)

    async def listen(self, end: End) -> None:
        """Do what the supervisor passes on, until it is gone."""
        while (message := await self._channel.receive()) is not None:
            await self._heed(message)
        log.warning("supervisor is gone")
        end.ask()

    async def drain(self, timeout_s: float) -> None:
        """Accept no more, finish what is in flight within `timeout_s`."""
        if self._gateway:
            await self._gateway.drain(timeout_s)

    async def _heed(self, message: Message) -> None:
        match message:
            case Revision(revision):
                await self._apply(revision)
            case Store(state, reason):
                self._heed_store(state, reason)
            case _:
                return

    def _heed_store(self, state: str, reason: str) -> None:
        if state == "broken" and self._gateway:
            log.warning("serving the last good snapshot", extra={"revision": self._revision, "because": reason})
        elif state == "ok" and self._store_is_broken:
            log.info("database is well again", extra={"revision": self._revision})
        self._store_is_broken = state == "broken"

    async def _apply(self, announced: int) -> None:
        """Serve by what the file holds now; whatever is wrong with it leaves the old snapshot in place."""
        try:
            config, snapshot = await self._newest()
        except ConfigError as error:
            self._refuse(announced, str(error))
        except Exception as error:
            log.exception("snapshot does not compile", extra={"revision": announced})
            self._refuse(announced, f"{type(error).__name__}: {error}")
        else:
            await self._answer_by(config, snapshot)

    async def _newest(self) -> tuple[Config, Snapshot]:
        """What the file holds now. Requests go on while a large one is read."""
        if snapshot_file.size(self._directory) < READ_APART_BYTES:
            return self._read()
        # A pool of its own, so that no thread stays: a process with a second one is a tenth slower.
        with ThreadPoolExecutor(1) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, self._read)

    def _read(self) -> tuple[Config, Snapshot]:
        config = snapshot_file.read(self._directory)
        return config, compile_config(config, self._open_secret)

    def _open_secret(self, sealed: bytes, name: str) -> bytes:
        if self._seal is None:
            self._seal = Seal(find_key(self._directory, os.environ.get("CROSSGATE_SECRET_KEY")))
        try:
            return self._seal.open(sealed, name)
        except KeyUnusable:
            # Once the right key is brought back, it is used.
            self._seal = None
            raise

    def _refuse(self, announced: int, reason: str) -> None:
        if self._gateway:
            log.error("snapshot refused", extra={"announced": announced, "reason": reason})
        else:
            log.info("waiting for a snapshot", extra={"because": reason})
        self._channel.send(Refused(announced, reason[:LONGEST_REASON]))

    async def _answer_by(self, config: Config, snapshot: Snapshot) -> None:
        self._revision = config.revision
        if self._gateway:
            self._gateway.swap(snapshot)
            self._channel.send(Applied(config.revision))
            log.info("snapshot applied", extra={"revision": config.revision})
        else:
            self._gateway = Gateway(
                snapshot,
                Counters(self._directory / counters.FILE_NAME),
                self._access_log.take if self._access_log else None,
                Metrics(self._directory / metrics.DIRECTORY_NAME),
                self._allowed_python,
                self._preflights,
            )
            await self._gateway.serve(self._listening)
            # What was made up to here lives as long as the process: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            self._channel.send(Ready(config.revision))
            log.info("serving", extra={"revision": config.revision})
