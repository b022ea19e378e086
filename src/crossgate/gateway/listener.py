"""A worker's gateway: it accepts connections, holds what they share, swaps snapshots and drains."""

import asyncio
import itertools
import secrets
import socket
from collections.abc import Container, Iterator
from email.utils import formatdate
from typing import Protocol

from crossgate.core.snapshot.snapshot import Snapshot
from crossgate.gateway.access_log import AccessLog, TakeLine
from crossgate.gateway.admission import Counting
from crossgate.gateway.asker import Asker
from crossgate.gateway.connection import ClientConnection
from crossgate.gateway.exchange import Exchange
from crossgate.gateway.pool import Pool
from crossgate.gateway.preflight_bucket import PreflightBucket

# Deadlines are kept to this grain: one sweep over the connections costs less than a timer for each request.
TICK_S = 0.1
_TICKS_IN_A_SECOND = 10
_TICKS_IN_HALF_A_SECOND = 5
BACKLOG = 4096
_LAST_DIGITS = tuple(b"%03x" % number for number in range(16**3))


class Metering(Protocol):
    """The port to whoever counts requests for those who watch."""

    def refused(self, code: str, reason: str) -> None:
        """A request was answered with a fault of this code and type of gateway response."""

    def answered(self, status: int, requests: int) -> None:
        """As many requests are over with this status, which is 0 where nothing was sent."""


class Gateway:
    """Serves `snapshot` until another is swapped in.

    `counting` counts calls for it. It hands a line of JSON for each request to `take_line`, and tells `metering`
    how each ended. `allowed_python` are the functions that may run inside it. An address gets answers to
    `preflights_per_second`.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        counting: Counting,
        take_line: TakeLine | None = None,
        metering: Metering | None = None,
        allowed_python: Container[str] = frozenset(),
        preflights_per_second: int = 10_000,
    ) -> None:
        self.snapshot = snapshot
        self.counting = counting
        self.metering = metering
        self.access_log = AccessLog(take_line) if take_line is not None else None
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time()
        # Never before the real time, so that a deadline counted from it is never early.
        self.soon = self.now + TICK_S
        self.is_draining = False
        self.clients: set[ClientConnection] = set()
        self.pool = Pool(self.loop)
        self.asker = Asker(self.pool, self.loop, allowed_python)
        self.preflights = PreflightBucket(preflights_per_second)
        self._server: asyncio.Server | None = None
        self.request_ids = _request_ids()
        self.date = _date()
        # By status: a list costs less than a call for each request.
        self._answered = [0] * 1000
        self._ticks = 0
        self._timer: asyncio.TimerHandle | None = None

    def swap(self, snapshot: Snapshot) -> None:
        """Serves `snapshot` from the next request on; requests under way keep the one they began with."""
        self.snapshot = snapshot

    async def serve(self, sock: socket.socket) -> None:
        """Begins to accept connections on `sock`."""
        self._server = await self.loop.create_server(lambda: ClientConnection(self), sock=sock, backlog=BACKLOG)
        self._tick()

    async def attend(self, connection: socket.socket) -> None:
        """Serves one connection that is there already, and accepts no other."""
        await self.loop.connect_accepted_socket(lambda: ClientConnection(self), connection)
        self._tick()

    async def drain(self, timeout_s: float) -> None:
        """Stops accepting and returns when every request is answered, or after `timeout_s`."""
        self.is_draining = True
        if self._server is not None:
            self._server.close()
        deadline = self.loop.time() + timeout_s
        while self.clients and self.loop.time() < deadline:
            for client in list(self.clients):
                client.drain()
            await asyncio.sleep(TICK_S / 2)
        for client in list(self.clients):
            client.abort()
        self._tell_metering()
        self.asker.close()
        self.pool.close()
        if self._timer is not None:
            self._timer.cancel()

    def finished(self, exchange: Exchange, *, client_gone: bool = False, cut: bool = False) -> None:
        """Writes down an exchange that is over."""
        if exchange.body is not None:
            exchange.body.close()
        self._answered[exchange.status] += 1
        fault = exchange.fault
        if fault is not None and self.metering is not None:
            self.metering.refused(fault.kind.code, fault.kind.response_type)
        if self.access_log is not None:
            self.access_log.finished(exchange, client_gone=client_gone, cut=cut)
        # What refers back to the exchange goes: in a ring it would stay until the collector comes.
        exchange.known = None
        if fault is not None:
            fault.__traceback__ = None

    def _tell_metering(self) -> None:
        for status, requests in enumerate(self._answered):
            if requests and self.metering is not None:
                self.metering.answered(status, requests)
        self._answered = [0] * 1000

    def _tick(self) -> None:
        # First of all, so that no defect below can end the keeping of deadlines.
        self._timer = self.loop.call_later(TICK_S, self._tick)
        self.now = self.pool.now = now = self.loop.time()
        self.soon = now + TICK_S
        for client in [client for client in self.clients if client.deadline <= now]:
            client.expired()
        self._ticks += 1
        if self._ticks % _TICKS_IN_HALF_A_SECOND == 0:
            self.date = _date()
        if self._ticks % _TICKS_IN_A_SECOND == 0:
            self.preflights.begin()
            self._tell_metering()
            self.pool.sweep()
            self.asker.sweep(now)


def _request_ids() -> Iterator[bytes]:
    """Each 32 lower-case hexadecimal digits: half of them this worker's, half the request's."""
    worker_id = secrets.token_hex(8).encode("ascii")
    for number in itertools.count(secrets.randbits(32)):
        start = worker_id + b"%013x" % number
        for last in _LAST_DIGITS:
            yield start + last


def _date() -> bytes:
    """The Date field, its line ended."""
    return b"Date: " + formatdate(usegmt=True).encode("ascii") + b"\r\n"
