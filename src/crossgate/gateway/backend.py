"""One connection to a backend: bytes to response events, for one exchange at a time."""

import asyncio
from typing import Protocol, cast

import httptools

from crossgate.core.snapshot.snapshot import Address
from crossgate.cors.server import MERGE_SENSITIVE
from crossgate.gateway.fields import RESPONSE_FIELDS, Field, FieldKinds

# A backend's head may be as long as a client's (gateway.md 2.5 names no limit of its own).
MAX_HEAD_BYTES = 128 * 1024

_KINDS = FieldKinds(RESPONSE_FIELDS | dict.fromkeys(MERGE_SENSITIVE, int(Field.CROSS_ORIGIN)))
_PASS, _DROP, _CROSS_ORIGIN, _DATE = Field.PASS, Field.DROP, Field.CROSS_ORIGIN, Field.DATE


class Listener(Protocol):
    """Who is served by a backend connection."""

    def backend_responded(self) -> None:
        """Something arrived: look at the connection's head, body parts and `is_done`."""

    def backend_lost(self, reason: str) -> None:
        """The connection ended, or its bytes made no sense, before the response was done."""

    def backend_writable(self, is_writable: bool) -> None:
        """The connection's buffer is full, or empty enough again."""

    def backend_tunnelled(self, data: bytes) -> None:
        """Bytes that follow a 101 answer."""


class BackendConnection(asyncio.Protocol):
    """A connection that carries one exchange, then waits in its pool for the next.

    What the parser has found since the exchange last looked stands in `status`, `lines`, `notes`, `parts` and
    `is_done`; the exchange takes `parts` away as it writes them.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.transport: asyncio.Transport = None  # type: ignore[assignment]
        self.listener: Listener | None = None
        self.idle_since = 0.0
        self.is_reused = False
        self.is_tunnel = False
        self.is_closed = False
        self._method = b""
        self._parser = httptools.HttpResponseParser(self)
        self._lines: list[bytes] = []
        self._notes: dict[int, bytes] = {}
        self._begin()

    def _begin(self) -> None:
        self.status = 0
        self.lines: list[bytes] = []
        self.notes: dict[int, bytes] = {}
        self.parts: list[bytes] = []
        self.interim: list[bytes] = []
        self.has_head = False
        self.is_done = False
        self.merges = False
        self.keeps_alive = False
        self._head_bytes = 0

    # What an exchange asks of it.

    def carry(self, listener: Listener, method: bytes) -> None:
        """Serves `listener` until its response is done."""
        self.listener = listener
        self._method = method
        if self.has_head:
            self._begin()

    def release(self) -> bool:
        """Ends the exchange; whether the connection can carry another one."""
        self.listener = None
        if self._method == b"HEAD":
            # The parser of a HEAD answer still waits for a body that never comes.
            self._parser = httptools.HttpResponseParser(self)
        return self.keeps_alive and not self.is_closed

    def abort(self) -> None:
        """Drops the connection at once, whatever is under way."""
        self.listener = None
        self.transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:

        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        listener = self.listener
        if listener is None:
            # Bytes that nobody asked for: a late error page, or an attempt to poison the next answer.
            self.transport.abort()
            return
        if self.is_tunnel:
            listener.backend_tunnelled(data)
            return
        if not self.has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.is_tunnel = True
            listener.backend_responded()
            rest = data[upgrade.args[0] :]
            if rest:
                listener.backend_tunnelled(rest)
            return
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP/1.1: {error}")
            return
        if not self.has_head and self._head_bytes > MAX_HEAD_BYTES:
            self._fail("response head too large")
            return
        listener.backend_responded()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        listener = self.listener
        if listener is None:
            return
        if self.has_head and not self.is_tunnel and self._is_delimited_by_close():
            self.is_done = True
            listener.backend_responded()
        else:
            self.listener = None
            listener.backend_lost(str(exc or "connection closed"))

    def pause_writing(self) -> None:
        if self.listener is not None:
            self.listener.backend_writable(False)

    def resume_writing(self) -> None:
        if self.listener is not None:
            self.listener.backend_writable(True)

    def _fail(self, reason: str) -> None:
        listener, self.listener = self.listener, None
        self.transport.abort()
        if listener is not None:
            listener.backend_lost(reason)

    def _is_delimited_by_close(self) -> bool:
        return (
            Field.CONTENT_LENGTH not in self.notes
            and b"chunked" not in self.notes.get(Field.TRANSFER_ENCODING, b"").lower()
        )

    # httptools callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        kind = _KINDS[name]
        if kind == _PASS:
            self._lines.append(name + b": " + value)
        elif kind == _CROSS_ORIGIN:
            self.merges = True
            self._lines.append(name + b": " + value)
        elif kind == _DATE:
            self._notes[kind] = value
            self._lines.append(name + b": " + value)
        elif kind != _DROP:
            notes = self._notes
            notes[kind] = notes[kind] + b", " + value if kind in notes else value

    def on_headers_complete(self) -> None:
        parser = self._parser
        self.status = parser.get_status_code()
        self.keeps_alive = parser.should_keep_alive()
        # What follows the body is a trailer, which ends here (RFC 9110 section 6.5.1 lets a gateway drop it).
        self.lines, self._lines = self._lines, []
        self.notes, self._notes = self._notes, {}
        self.has_head = True
        if self._method == b"HEAD" and self.status >= 200:
            self.is_done = True

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)

    def on_message_complete(self) -> None:
        if 100 <= self.status < 200 and self.status != 101:
            if self.status != 100:
                self.interim.append(b"HTTP/1.1 %d \r\n%b\r\n\r\n" % (self.status, b"\r\n".join(self.lines)))
            interim = self.interim
            self._begin()
            self.interim = interim
        else:
            self.is_done = True
            self._lines, self._notes = [], {}
