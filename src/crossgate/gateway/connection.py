"""A client's connection: bytes to exchanges, one at a time and in order, with flow control and deadlines.

The stream is cut here into heads and bodies; llhttp, through httptools, checks every byte of both and says where a
chunked body ends. Cutting heads out ourselves lets their lines be passed on as they came.
"""

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from crossgate.core.errors import Fault, runtime
from crossgate.gateway import fields
from crossgate.gateway.backend import BackendConnection
from crossgate.gateway.exchange import Exchange
from crossgate.gateway.fields import Notes, RequestFields, RequestReader

if TYPE_CHECKING:
    from crossgate.gateway.listener import Gateway

# gateway.md 2.5.
MAX_TARGET_BYTES = 32 * 1024
MAX_FIELD_BYTES = 32 * 1024
MAX_HEAD_BYTES = 128 * 1024
# A head that passes MAX_HEAD_BYTES is still read up to here, to answer it with its API's CORS headers.
_ABANDONED_HEAD_BYTES = 2 * MAX_HEAD_BYTES

IDLE_S = 75.0
HEAD_S = 60.0
# How long a client may leave a response unread.
STALLED_S = 60.0
# How long, and how much, is still read of a request that was answered before its end: a connection closed over
# unread bytes is reset, and the reset can overtake the answer.
LINGER_S = 2.0
LINGER_BYTES = 16 * 1024 * 1024

_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_log = logging.getLogger(__name__)


class ClientConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, gateway: "Gateway") -> None:
        self.gateway = gateway
        self.transport: asyncio.Transport = None  # type: ignore[assignment]
        self.address = self.server_address = self.forwarded_lines = b""
        self.deadline = 0.0
        self.is_reading_paused = False
        self._parser = httptools.HttpRequestParser(self)
        self._reader = RequestReader()
        self._partial_head = bytearray()
        self._body_left: int | None = None
        self._body_tail = b""
        self._reading: Exchange | None = None
        self._current: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._tunnel: BackendConnection | None = None
        self._lingering = -1
        self._is_write_paused = False
        self._is_pumping = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.address = _ip(transport.get_extra_info("peername"))
        self.server_address = _ip(transport.get_extra_info("sockname"))
        self.forwarded_lines = b"\r\nX-Real-IP: %b\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: " % self.address
        self.gateway.clients.add(self)
        self.expect_within(IDLE_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gateway.clients.discard(self)
        self._queue.clear()
        if self._current is not None:
            self._current.cancel()
        if self._tunnel is not None:
            self._tunnel.abort()

    def eof_received(self) -> bool:
        # A client that closes its side is gone: it would not read the answer (nginx decides the same).
        return False

    def data_received(self, data: bytes) -> None:
        if self._lingering >= 0:
            self._discard(data)
            return
        if self._tunnel is not None:
            self._tunnel.transport.write(data)
            return
        try:
            while data:
                data = self._read_head(data) if self._reading is None else self._read_body(data)
        except httptools.HttpParserError as error:
            if not self._has_read_its_last():
                self._reject(runtime.BAD_REQUEST.because(str(error)))
        self._pump()

    def pause_writing(self) -> None:
        self._is_write_paused = True
        self.expect_within(STALLED_S)
        backend = self._answering_backend()
        if backend is not None:
            backend.transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_write_paused = False
        backend = self._answering_backend()
        if backend is not None and not backend.is_closed:
            backend.transport.resume_reading()
        if self._current is not None:
            self._current.expect_progress()

    def _answering_backend(self) -> BackendConnection | None:
        return self._tunnel or (None if self._current is None else self._current.backend)

    # heads

    def _read_head(self, data: bytes) -> bytes:
        """Takes a head, or as much of it as there is, from the front of `data`; returns the rest."""
        end = data.find(_END)
        if end < 0 or self._partial_head or data[0] in _LINE_END:
            return self._read_partial_head(data)
        end += len(_END)
        head = data[:end]
        try:
            self._parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            self._admit(head)
            self._read_body_despite_upgrade(head)
        else:
            self._admit(head)
        return data[end:]

    def _read_partial_head(self, data: bytes) -> bytes:
        """As `_read_head`, where the head came, or still comes, in several pieces."""
        partial = self._partial_head
        if not partial:
            data = data.lstrip(_LINE_END)
            self.expect_within(HEAD_S)
        end = _after(_END, partial[-3:], data)
        if end is not None:
            whole = bytes(partial) + data[:end]
            # The parser has seen the earlier pieces; a new one takes the head as a whole.
            self._parser = httptools.HttpRequestParser(self)
            partial.clear()
            self._read_head(whole)
            return data[end:]
        self._parser.feed_data(data)
        partial += data
        if len(partial) > _ABANDONED_HEAD_BYTES:
            self._reject(Fault(runtime.HEADERS_TOO_LARGE))
        return b""

    def _read_body_despite_upgrade(self, head: bytes) -> None:
        """An Upgrade field stops the parser; the body it announces, if any, is read as ever (RFC 9110 7.8)."""
        self._parser = httptools.HttpRequestParser(self)
        try:
            self._parser.feed_data(fields.without(head, frozenset((b"upgrade",))))
        except httptools.HttpParserUpgrade:
            # It was CONNECT, which is refused.
            self._parser = httptools.HttpRequestParser(self)

    def _admit(self, head: bytes) -> None:
        """Makes an exchange of a complete head and puts it in the queue."""
        start = head.index(b"\r\n")
        words = head[:start].split(b" ")
        if len(words) != 3:
            raise httptools.HttpParserError("no HTTP version")
        method, target, version = words
        read = self._reader.read(head[start + 2 : -2])
        exchange = Exchange(self, method, target, read)
        self._queue.append(exchange)
        if version != b"HTTP/1.1" or not read.is_ordinary or len(head) > MAX_FIELD_BYTES:
            self._heed(exchange, version, head)
        if self.gateway.is_draining:
            exchange.keep_alive = False

    def _heed(self, exchange: Exchange, version: bytes, head: bytes) -> None:
        """What an unusual head asks for: to be refused, another persistence, a body to be read."""
        notes = exchange.notes
        exchange.refusal = _refusal(version, head, exchange.target, notes)
        exchange.is_http10 = version == b"HTTP/1.0"
        exchange.keep_alive = _keeps_alive(version, notes)
        if fields.CONTENT_LENGTH in notes or fields.TRANSFER_ENCODING in notes:
            length = notes.get(fields.CONTENT_LENGTH)
            self._body_left = None if length is None else int(length)
            exchange.is_request_done = self._body_left == 0
            self._reading = None if exchange.is_request_done else exchange

    # bodies

    def _read_body(self, data: bytes) -> bytes:
        """Takes what belongs to the body from the front of `data`; returns the rest."""
        if self._body_left is not None:
            end = min(self._body_left, len(data))
            self._body_left -= end
        else:
            # A chunked body ends with an empty line (RFC 9112 section 7.1), but not every empty line ends it.
            end = _after(_END, self._body_tail, data) or len(data)
            self._body_tail = (self._body_tail + data[:end])[-3:]
        piece = data[:end] if end < len(data) else data
        self._parser.feed_data(piece)
        return data[end:]

    def on_body(self, body: bytes) -> None:
        """httptools: a part of the body, its transfer coding removed."""
        if self._reading is not None:
            self._reading.body.append(body)

    def on_message_complete(self) -> None:
        """httptools: the request ends here."""
        if self._reading is not None:
            self._reading.is_request_done = True
            self._reading = None
            self._body_tail = b""

    # what cannot be read

    def _has_read_its_last(self) -> bool:
        """Whether the client has said that no request follows; what follows all the same is ignored."""
        last = self._queue[-1] if self._queue else self._current
        return last is not None and last.is_request_done and not last.keep_alive

    def _reject(self, fault: Fault) -> None:
        """Answers `fault` to what cannot be read on as a request, and reads no further."""
        exchange = self._reading
        if exchange is None:
            exchange = Exchange(self, *self._salvaged(bytes(self._partial_head)))
            self._queue.append(exchange)
        self._partial_head.clear()
        self._reading = None
        self._lingering = 0
        exchange.is_request_done = False
        exchange.keep_alive = False
        if exchange is self._current:
            exchange.fail(fault)
        else:
            exchange.refusal = fault

    def _salvaged(self, partial: bytes) -> tuple[bytes, bytes, RequestFields]:
        """What can be told of a head that will not be read to its end."""
        start, _, rest = partial.partition(b"\r\n")
        words = start.split(b" ")
        return words[0], words[1] if len(words) > 1 else b"", self._reader.read(rest[: rest.rfind(b"\r\n") + 2])

    # exchanges

    def _pump(self) -> None:
        """Lets the current exchange take what has arrived, and begins the next when there is none."""
        if self._current is not None:
            self._current.request_progressed()
        self._is_pumping = True
        while self._current is None and self._queue and not self.transport.is_closing():
            exchange = self._current = self._queue.popleft()
            try:
                exchange.start()
            except Exception:
                # A defect of ours costs one request its answer, not its neighbours their connection.
                _log.exception("request failed request_id=%s", exchange.request_id.decode())
                exchange.fail(Fault(runtime.INTERNAL))
        self._is_pumping = False
        if self._queue and not self.is_reading_paused:
            # Pipelined requests wait for their turn; more of them wait in the kernel.
            self.pause_reading()

    def finished(self, exchange: Exchange, *, cut: bool) -> None:
        """`exchange` has written its last byte; with `cut` the connection must end here."""
        self._current = None
        if cut:
            self.transport.close()
        elif not exchange.keep_alive:
            self._close(is_request_read=exchange.is_request_done)
        else:
            self.deadline = self.gateway.soon + IDLE_S
            if self.is_reading_paused:
                self.resume_reading()
            if self._queue and not self._is_pumping:
                self._pump()

    def _close(self, *, is_request_read: bool) -> None:
        self._queue.clear()
        if is_request_read or not self.transport.can_write_eof():
            self.transport.close()
            return
        self._lingering = 0
        self.transport.write_eof()
        self.expect_within(LINGER_S)
        self.resume_reading()

    def _discard(self, data: bytes) -> None:
        self._lingering += len(data)
        if self._lingering > LINGER_BYTES:
            self.transport.abort()

    def pause_reading(self) -> None:
        """Reads no more until `resume_reading`; may be called again."""
        if not self.is_reading_paused:
            self.is_reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads on; may be called again."""
        if self.is_reading_paused and not self.transport.is_closing():
            self.is_reading_paused = False
            self.transport.resume_reading()

    def become_tunnel(self, backend: BackendConnection) -> None:
        """The backend has switched protocols: from here on bytes go through as they are."""
        self._tunnel = backend
        self.resume_reading()

    # deadlines

    def expect_within(self, seconds: float) -> None:
        """Something has to happen within `seconds`, or `expired` is called (up to two ticks later)."""
        self.deadline = self.gateway.soon + seconds

    def expired(self) -> None:
        """The deadline has passed."""
        if self._tunnel is not None:
            # A tunnel lives until one of its ends closes it.
            self.deadline = float("inf")
        elif self._is_write_paused or self._lingering >= 0:
            self.transport.abort()
        elif self._current is not None:
            self._current.timed_out()
        elif self._partial_head:
            self._reject(Fault(runtime.REQUEST_TIMEOUT))
            self._pump()
        else:
            self.transport.close()

    def drain(self) -> None:
        """Ends the connection as soon as no request is cut by it."""
        if self._current is not None:
            self._current.keep_alive = False
        elif not self._queue and not self._partial_head:
            self.transport.close()


def _after(mark: bytes, tail: bytes | bytearray, data: bytes) -> int | None:
    """Where in `data` the first `mark` ends, which may begin in the `tail` of what came before; or None."""
    at = (tail + data).find(mark) if tail else data.find(mark)
    return None if at < 0 else at + len(mark) - len(tail)


def _keeps_alive(version: bytes, notes: Notes) -> bool:
    options = fields.connection_options(notes.get(fields.CONNECTION, b""))
    return b"close" not in options if version == b"HTTP/1.1" else b"keep-alive" in options


def _refusal(version: bytes, head: bytes, target: bytes, notes: Notes) -> Fault | None:
    """Why a well-formed head is not accepted all the same (gateway.md 2.5, RFC 9112 section 3.2)."""
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        return runtime.BAD_REQUEST.because("HTTP/1.1 is spoken here")
    host = notes.get(fields.HOST)
    if (version == b"HTTP/1.1" and host is None) or (host is not None and b"," in host):
        return runtime.BAD_REQUEST.because("a request names exactly one Host")
    if len(head) <= MAX_FIELD_BYTES:
        return None
    if len(target) > MAX_TARGET_BYTES:
        return Fault(runtime.URI_TOO_LARGE)
    longest = max(map(len, head.split(b"\r\n")[1:]))
    if len(head) - len(target) > MAX_HEAD_BYTES or longest > MAX_FIELD_BYTES:
        return Fault(runtime.HEADERS_TOO_LARGE)
    return None


def _ip(name: object) -> bytes:
    """The address of a socket name, without an IPv6 zone."""
    return str(name[0]).partition("%")[0].encode("ascii") if isinstance(name, tuple) and name else b""
