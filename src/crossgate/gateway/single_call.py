"""One call through a gateway of its own, which nobody else can reach: how a snapshot answers it."""

import asyncio
import socket
from collections.abc import Container
from contextlib import suppress
from time import monotonic

import httptools
import msgspec

from crossgate.core.policies.spending import Left, Spending
from crossgate.core.snapshot.snapshot import Snapshot
from crossgate.gateway.listener import Gateway

_READ_BYTES = 65536
_CONNECTED_WITHIN_S = 1.0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came back within the time: `head` is empty when nothing did, `seconds` is how long it took.

    `is_shortened`: there was more of the body than was wanted. `lines` are those of the access log.
    """

    head: tuple[bytes, ...]
    body: bytes
    is_complete: bool
    is_shortened: bool
    seconds: float
    lines: tuple[bytes, ...]


async def single_call(
    snapshot: Snapshot,
    request: bytes,
    *,
    longest_body: int,
    timeout_s: float,
    allowed_python: Container[str] = frozenset(),
) -> Told:
    """What a gateway that serves `snapshot` answers to `request`, which is a whole one on the wire.

    Nothing is counted: no limit counts down for it, and none in `snapshot` refuses it.
    """
    lines: list[bytes] = []
    reading = _Reading(longest_body, is_head=request.startswith(b"HEAD "))
    gateway = Gateway(snapshot, _Uncounted(), lines.append, allowed_python=allowed_python)
    ours, theirs = _connected()
    began = monotonic()
    try:
        await gateway.attend(theirs)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await _converse(ours, request, reading)
        seconds = monotonic() - began
    finally:
        ours.close()
        await gateway.drain(0)
    return Told(
        head=tuple(reading.head),
        body=bytes(reading.body[:longest_body]),
        is_complete=reading.is_over,
        is_shortened=len(reading.body) > longest_body,
        seconds=seconds,
        lines=tuple(lines),
    )


def _connected() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection over the loopback interface."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        listening.settimeout(_CONNECTED_WITHIN_S)
        ours = socket.create_connection(listening.getsockname(), timeout=_CONNECTED_WITHIN_S)
        theirs, peer = listening.accept()
        while peer != ours.getsockname():
            # A stranger was quicker: the gateway asks here for nothing that guards it otherwise.
            theirs.close()
            theirs, peer = listening.accept()
    for end in (ours, theirs):
        end.setblocking(False)
    return ours, theirs


async def _converse(ours: socket.socket, request: bytes, reading: "_Reading") -> None:
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        # It may be answered before it is read to its end, so nothing waits for that.
        writer.write(request)
        with suppress(ConnectionError, httptools.HttpParserError):
            while not reading.is_over and (data := await reader.read(_READ_BYTES)):
                reading.feed(data)
    finally:
        writer.transport.abort()


class _Reading:
    """Takes an answer apart as it comes; `is_over` when nothing more of it is wanted."""

    def __init__(self, longest_body: int, *, is_head: bool) -> None:
        self.head: list[bytes] = []
        self.body = bytearray()
        self.is_over = False
        self._longest_body = longest_body
        self._is_head = is_head
        self._reason = b""
        self._fields: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Reads on; raises HttpParserError where that is no HTTP."""
        self._parser.feed_data(data)

    # httptools

    def on_message_begin(self) -> None:
        # Once more after an interim answer.
        self._reason, self._fields = b"", []

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append(name + b": " + value)

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            start = f"HTTP/{self._parser.get_http_version()} {status} ".encode() + self._reason
            self.head = [start, *self._fields]
            self.is_over = self._is_head

    def on_body(self, data: bytes) -> None:
        self.body += data
        self.is_over = self.is_over or len(self.body) > self._longest_body

    def on_message_complete(self) -> None:
        self.is_over = self.is_over or bool(self.head)


class _Uncounted:
    """Counts nothing, and refuses nobody."""

    def spend(self, spendings: tuple[Spending, ...], now: float) -> Left:
        """Everything is left."""
        return Left(tuple(spending.limit for spending in spendings))

    look = spend
