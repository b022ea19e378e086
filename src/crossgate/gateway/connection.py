"""A client's connection: bytes to exchanges, one at a time and in order, with flow control and deadlines."""

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from crossgate.core.errors import Fault, runtime
from crossgate.core.snapshot.dispatch import Head
from crossgate.gateway.backend import BackendConnection
from crossgate.gateway.exchange import Exchange
from crossgate.gateway.fields import PASSED_TOO, REQUEST_FIELDS, Field, FieldKinds

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

_log = logging.getLogger(__name__)
_KINDS = FieldKinds(REQUEST_FIELDS)
_PASS, _DROP = Field.PASS, Field.DROP


class ClientConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, gateway: "Gateway") -> None:
        self.gateway = gateway
        self.transport: asyncio.Transport = None  # type: ignore[assignment]
        self.address = self.server_address = self.forwarded_lines = b""
        self.deadline = 0.0
        self.is_reading_paused = False
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._lines: list[bytes] = []
        self._notes: dict[int, bytes] = {}
        self._head_bytes = 0
        self._reading: Exchange | None = None
        self._current: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._tunnel: BackendConnection | None = None
        self._lingering = -1
        self._is_write_paused = False
        self._is_pumping = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:

        self.transport = cast(asyncio.Transport, transport)
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
        if self._reading is None:
            if not self._head_bytes and self._current is None:
                self.expect_within(HEAD_S)
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_after_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if not self._has_read_its_last():
                self._reject(runtime.BAD_REQUEST.because(str(error)))
        else:
            if self._reading is None and self._head_bytes > _ABANDONED_HEAD_BYTES:
                self._reject(Fault(runtime.HEADERS_TOO_LARGE))
        self._pump()

    def pause_writing(self) -> None:
        self._is_write_paused = True
        self.expect_within(STALLED_S)
        backend = self._tunnel or (self._current and self._current.backend)
        if backend:
            backend.transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_write_paused = False
        backend = self._tunnel or (self._current and self._current.backend)
        if backend and not backend.is_closed:
            backend.transport.resume_reading()
        if self._current is not None:
            self._current.expect_progress()

    # httptools callbacks

    def on_url(self, url: bytes) -> None:
        self._url = self._url + url if self._url else url

    def on_header(self, name: bytes, value: bytes) -> None:
        kind = _KINDS[name]
        if kind == _PASS:
            self._lines.append(name + b": " + value)
        elif kind != _DROP:
            notes = self._notes
            notes[kind] = notes[kind] + b", " + value if kind in notes else value
            if kind in PASSED_TOO:
                self._lines.append(name + b": " + value)

    def on_headers_complete(self) -> None:
        parser = self._parser
        self._admit(parser.get_method(), parser.get_http_version(), keep_alive=parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        if self._reading is not None:
            self._reading.body.append(body)

    def on_message_complete(self) -> None:
        if self._reading is not None:
            self._reading.is_request_done = True
        # Trailer fields, if any, end with the message (RFC 9110 section 6.5.1 lets a gateway drop them).
        self._reading = None
        self._lines, self._notes = [], {}

    def _admit(self, method: bytes, version: str, *, keep_alive: bool) -> None:
        notes = self._notes
        head = Head(
            method,
            self._url,
            notes.get(Field.HOST, b"").strip(),
            notes.get(Field.STAGE),
            _trimmed(notes.get(Field.ORIGIN)),
            _trimmed(notes.get(Field.REQUESTED_METHOD)),
            notes.get(Field.REQUESTED_HEADERS),
        )
        exchange = Exchange(self, head, self._lines, notes)
        exchange.keep_alive = keep_alive and not self.gateway.is_draining
        if version != "1.1":
            exchange.is_http10 = True
        if self._head_bytes > MAX_FIELD_BYTES or version != "1.1" or not head.host or b"," in head.host:
            exchange.oversize = self._head_fault(version)
        self._reading = exchange
        self._queue.append(exchange)
        self._url, self._lines, self._notes, self._head_bytes = b"", [], {}, 0

    def _head_fault(self, version: str) -> Fault | None:
        if version not in ("1.1", "1.0"):
            return runtime.BAD_REQUEST.because(f"HTTP/{version} is not spoken here")
        hosts = self._notes.get(Field.HOST)
        if (hosts is None and version == "1.1") or (hosts is not None and b"," in hosts):
            # RFC 9112 section 3.2.
            return runtime.BAD_REQUEST.because("a request names exactly one Host")
        if len(self._url) > MAX_TARGET_BYTES:
            return Fault(runtime.URI_TOO_LARGE)
        fields = [*self._lines, *self._notes.values()]
        if sum(map(len, fields)) > MAX_HEAD_BYTES or max(map(len, fields), default=0) > MAX_FIELD_BYTES:
            return Fault(runtime.HEADERS_TOO_LARGE)
        return None

    def _has_read_its_last(self) -> bool:
        """Whether the client has said that no request follows; what follows all the same is ignored."""
        last = self._queue[-1] if self._queue else self._current
        return last is not None and last.is_request_done and not last.keep_alive

    def _reject(self, fault: Fault) -> None:
        """Answers what cannot be read on as a request, with whatever is known of it, and reads no further."""
        if self._reading is None:
            self._admit(b"", "1.1", keep_alive=False)
        assert self._reading is not None
        self._reading.keep_alive = False
        if self._reading is self._current:
            self._current.fail(fault)
        else:
            self._reading.oversize = fault
        self._reading = None
        self._lingering = max(self._lingering, 0)

    def _go_on_after_upgrade(self, rest: bytes) -> None:
        """A request asked to switch protocols, and the parser has stopped at the end of its head.

        Where it will not become a tunnel it is an ordinary request (RFC 9110 section 7.8: a server may ignore
        Upgrade) whose body, if any, still has to be read.
        """
        exchange = self._queue[-1] if self._queue else self._current
        assert exchange is not None
        self._parser = httptools.HttpRequestParser(self)
        if exchange.wants_tunnel():
            self.pause_reading()
        elif exchange.has_body():
            self._read_body_of(exchange)
        if rest:
            self.data_received(rest)

    def _read_body_of(self, exchange: Exchange) -> None:
        """A new parser, taught the framing of `exchange`, reads its body; the connection ends with its answer."""
        exchange.is_request_done = False
        exchange.keep_alive = False
        self._reading = exchange
        self._parser = httptools.HttpRequestParser(_BodyReader(self))
        self._parser.feed_data(b"POST / HTTP/1.1\r\n" + exchange.framing() + b"\r\n")

    # exchanges

    def _pump(self) -> None:
        """Lets the current exchange take what has arrived, and begins the next when there is none."""
        if self._current is not None:
            self._current.request_progressed()
        self._is_pumping = True
        while self._current is None and self._queue and not self.transport.is_closing():
            exchange = self._current = self._queue.popleft()
            self._start(exchange)
        self._is_pumping = False
        if self._queue and not self.is_reading_paused:
            # Pipelined requests wait for their turn; more of them wait in the kernel.
            self.pause_reading()

    def _start(self, exchange: Exchange) -> None:
        try:
            exchange.start()
        except Exception:
            # A defect of ours costs one request its answer, not its neighbours their connection.
            _log.exception("request failed request_id=%s", exchange.request_id.decode())
            exchange.fail(Fault(runtime.INTERNAL))

    def finished(self, exchange: Exchange, *, cut: bool) -> None:
        """`exchange` has written its last byte; with `cut` the connection must end here."""
        self._current = None
        if cut:
            self.transport.close()
        elif not exchange.keep_alive:
            self._close(is_request_read=exchange.is_request_done)
        else:
            self.expect_within(IDLE_S)
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

    def write(self, data: bytes) -> None:
        """Sends `data` to the client."""
        self.transport.write(data)

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

    def become_tunnel(self, exchange: Exchange, backend: BackendConnection) -> None:
        """The backend has switched protocols: from here on bytes go through as they are."""
        self._tunnel = backend
        self.deadline = float("inf")
        self.resume_reading()

    # deadlines

    def expect_within(self, seconds: float) -> None:
        """Something has to happen within `seconds`, or `expired` is called (up to two ticks later)."""
        if self._tunnel is None:
            self.deadline = self.gateway.now + seconds + self.gateway.tick_s

    def expired(self) -> None:
        """The deadline has passed."""
        if self._current is not None and not self._is_write_paused and self._lingering < 0:
            self._current.timed_out()
        elif self._head_bytes and self._current is None and self._lingering < 0:
            self._reject(Fault(runtime.BODY_TIMEOUT))
            self._pump()
        else:
            self.transport.abort()

    def drain(self) -> None:
        """Ends the connection as soon as no request is cut by it."""
        if self._current is None and not self._queue and not self._head_bytes:
            self.transport.close()
        elif self._current is not None:
            self._current.keep_alive = False


class _BodyReader:
    """Parser callbacks that only know bodies."""

    def __init__(self, connection: ClientConnection) -> None:
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete


def _ip(name: object) -> bytes:
    """The address of a socket name, without an IPv6 zone."""
    return str(name[0]).partition("%")[0].encode("ascii") if isinstance(name, tuple) and name else b""


def _trimmed(value: bytes | None) -> bytes | None:
    # RFC 9110 section 5.5: the parser leaves trailing white space to us.
    return value.strip(b" \t") if value is not None else None
