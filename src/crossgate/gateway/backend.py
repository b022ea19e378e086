"""One connection to a backend: bytes to response events, for one exchange at a time."""

import asyncio
from typing import Protocol, cast

import httptools

from crossgate.core.snapshot.snapshot import Address
from crossgate.gateway import fields
from crossgate.gateway.fields import Notes, ResponseReader
from crossgate.gateway.framing import END_OF_HEAD

# A backend's head may be as long as a client's (gateway.md 2.5 names no limit of its own).
MAX_HEAD_BYTES = 128 * 1024
_LINE_END = b"\r\n"


class Listener(Protocol):
    """Who is served by a backend connection."""

    def backend_responded(self) -> None:
        """Something arrived: look at the connection's head, body parts and `is_done`."""

    def backend_lost(self, reason: str) -> None:
        """The connection ended, or its bytes made no sense, before the response was done."""

    def backend_switched(self) -> None:
        """The connection's head says 101 Switching Protocols: what follows is no HTTP."""

    def backend_writable(self, is_writable: bool) -> None:
        """The connection's buffer is full, or empty enough again."""

    def backend_tunnelled(self, data: bytes) -> None:
        """Bytes that follow the switch."""


class BackendConnection(asyncio.Protocol):
    """A connection that carries one exchange, then waits in its pool for the next.

    What has been read since the exchange last looked stands in `status`, `passed`, `notes`, `interim`, `parts` and
    `is_done`; the exchange takes `interim` and `parts` away as it writes them.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.transport: asyncio.Transport = None  # type: ignore[assignment]
        self.listener: Listener | None = None
        self.idle_since = 0.0
        self.is_reused = False
        self.is_tunnel = False
        self.is_closed = False
        self._is_reading_paused = False
        self.is_writing_paused = False
        self.status = 0
        self.passed = b""
        self.notes: Notes = {}
        self.interim: list[bytes] = []
        self.parts: list[bytes] = []
        self.has_head = False
        self.is_done = False
        self.keeps_alive = False
        self._method = b""
        self._head = b""
        self._reader = ResponseReader()
        self._parser = httptools.HttpResponseParser(self)

    def carry(self, listener: Listener, method: bytes) -> None:
        """Serves `listener` until its response is done."""
        self.listener = listener
        self._method = method
        self._head = b""
        self.has_head = self.is_done = self.keeps_alive = False

    def release(self) -> bool:
        """Ends the exchange; whether the connection can carry another one."""
        self.listener = None
        if self._method == b"HEAD":
            # The parser of a HEAD answer still waits for a body that never comes.
            self._parser = httptools.HttpResponseParser(self)
        if self._is_reading_paused:
            self.resume_reading()
        # While it has not read a whole request, that it answered all the same, it is not ready for the next.
        return self.keeps_alive and not self.is_closed and not self.is_writing_paused

    def abort(self) -> None:
        """Drops the connection at once, whatever is under way."""
        self.listener = None
        self.transport.abort()

    def close(self) -> None:
        """Drops the connection after what was written, unless the backend has ceased to read that."""
        self.listener = None
        if self.is_writing_paused:
            self.transport.abort()
        else:
            self.transport.close()

    def pause_reading(self) -> None:
        """Reads no more until `resume_reading`."""
        if not self._is_reading_paused and not self.transport.is_closing():
            self._is_reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads on; may be called again."""
        if self._is_reading_paused and not self.transport.is_closing():
            self._is_reading_paused = False
            self.transport.resume_reading()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

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
            self._head = self._head + data if self._head else data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            if not self.is_done:
                self._fail(f"not HTTP/1.1: {error}")
                return
            # A whole answer with something behind it: it counts, but the connection is no longer to be trusted.
            self.keeps_alive = False
        if not self.has_head and len(self._head) > MAX_HEAD_BYTES:
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
        self.is_writing_paused = True
        if self.listener is not None:
            self.listener.backend_writable(False)

    def resume_writing(self) -> None:
        self.is_writing_paused = False
        if self.listener is not None:
            self.listener.backend_writable(True)

    def _switch(self, rest: bytes) -> None:
        self.is_tunnel = True
        if self.listener is not None:
            self.listener.backend_switched()
        if rest and self.listener is not None:
            self.listener.backend_tunnelled(rest)

    def _fail(self, reason: str) -> None:
        listener, self.listener = self.listener, None
        self.transport.abort()
        if listener is not None:
            listener.backend_lost(reason)

    def _is_delimited_by_close(self) -> bool:
        coding = self.notes.get(fields.TRANSFER_ENCODING, b"").lower()
        return fields.CONTENT_LENGTH not in self.notes and b"chunked" not in coding

    # httptools callbacks; the parser checks every byte of a head that is cut into lines here

    def on_headers_complete(self) -> None:
        if self.is_done:
            self.keeps_alive = False
            return
        head = self._head
        if head[0] in _LINE_END:
            head = head.lstrip(_LINE_END)
        begin, end = head.find(_LINE_END) + 2, head.find(END_OF_HEAD)
        # Without any field `end` is before `begin`.
        self.passed, self.notes = self._reader.read(head[begin : end + 2])
        self._head = head[end + 4 :]
        self.status = self._parser.get_status_code()
        self.keeps_alive = self._parser.should_keep_alive()
        self.has_head = self.status >= 200
        if self._method == b"HEAD" and self.has_head:
            self.is_done = True

    def on_body(self, body: bytes) -> None:
        if self.is_done:
            # Behind the head of an answer to HEAD, or part of a second answer that nobody asked for.
            self.keeps_alive = False
        else:
            self.parts.append(body)

    def on_message_complete(self) -> None:
        if self.has_head:
            self.is_done = True
        elif 101 < self.status < 200:
            self.interim.append(b"HTTP/1.1 %d \r\n%b\r\n" % (self.status, self.passed))
