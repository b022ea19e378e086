"""A client's connection: bytes to exchanges, one at a time and in order, with flow control and deadlines.

The stream is cut here into heads and bodies; llhttp, through httptools, checks every byte of both and says where a
chunked body ends. Cutting heads out ourselves lets their lines be passed on as they came.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, cast

import httptools

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.addresses import Address, read_address
from crossgate.gateway import fields, heads
from crossgate.gateway.backend import BackendConnection
from crossgate.gateway.exchange import Exchange
from crossgate.gateway.fields import RequestReader
from crossgate.gateway.framing import END_OF_HEAD, BodyEnd, end_of
from crossgate.gateway.upload import Upload

if TYPE_CHECKING:
    from crossgate.gateway.listener import Gateway

# A head that passes its limit is still read up to here, to answer it with its API's CORS headers.
_ABANDONED_HEAD_BYTES = 2 * heads.MAX_HEAD_BYTES

IDLE_S = 75.0
HEAD_S = 60.0
# How long a client may take nothing of what is written to it.
STALLED_S = 60.0
# How long, and how much, is still read of a client that was given its last answer: a connection closed over unread
# bytes is reset, and the reset can overtake the answer. The first is for one silence, the second for them all.
LINGER_S = 2.0
LINGER_AT_MOST_S = 30.0
LINGER_BYTES = 16 * 1024 * 1024

_LINE_END = b"\r\n"
_END_BYTES = len(END_OF_HEAD)
_log = logging.getLogger(__name__)


class ClientConnection(asyncio.Protocol):
    """One client's connection.

    A request is read when the answer to the one before it is written, and the client has taken enough of that;
    what it sent meanwhile stands in `_unread`, and more of it waits in the kernel.
    """

    def __init__(self, gateway: "Gateway") -> None:
        self.gateway = gateway
        self.transport: asyncio.Transport = None  # type: ignore[assignment]
        self.address = self.server_address = self.forwarded_lines = b""
        self.deadline = 0.0
        self.is_reading_paused = False
        self.is_writing_paused = False
        self._parser = httptools.HttpRequestParser(self)
        self._reader = RequestReader()
        self._partial_head = bytearray()
        self._unread = b""
        self._current: Exchange | None = None
        self._body_end: BodyEnd | None = None
        self._tunnel: BackendConnection | None = None
        self._is_over = False
        self._lingers_until = 0.0
        self._discarded = 0
        self._unsent = 0
        # Of use to few requests, so it is read from `address` when it is first asked for.
        self.ip: Address | None = None
        self.address_text = ""

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.address = _ip(transport.get_extra_info("peername"))
        self.server_address = _ip(transport.get_extra_info("sockname"))
        self.forwarded_lines = (
            b"X-Forwarded-For: %b\r\nX-Real-IP: %b\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
        ) % (self.address, self.address)
        self.gateway.clients.add(self)
        self.expect_within(IDLE_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gateway.clients.discard(self)
        self._is_over = True
        if self._current is not None:
            self._abandon(self._current, client_gone=True)

    def eof_received(self) -> bool:
        # A client that closes its side is gone: it would not read the answer (nginx decides the same).
        return False

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            self._discard(data)
            return
        if self._tunnel is not None:
            self._tunnel.transport.write(data)
            return
        try:
            while data and not self._is_over:
                if self._body_end is not None:
                    data = self._read_body(self._body_end, data)
                elif self._current is None and not self.is_writing_paused:
                    data = self._read_head(data)
                else:
                    self._advance()
                    if self._current is not None or self.is_writing_paused:
                        self._unread += data
                        self.pause_reading()
                        return
        except httptools.HttpParserError as error:
            self._reject(runtime.BAD_REQUEST.because(str(error)))
        else:
            self._advance()

    def pause_writing(self) -> None:
        self.is_writing_paused = True
        self._expect_taking()
        if self._current is not None and self._current.backend is not None:
            self._current.backend.pause_reading()

    def resume_writing(self) -> None:
        self.is_writing_paused = False
        if self._current is None:
            self.expect_within(IDLE_S)
            self._read_on()
            return
        if self._current.backend is not None:
            self._current.backend.resume_reading()
        self._current.expect_progress()

    # reading

    def _read_on(self) -> None:
        """Takes up what could not be read before."""
        data, self._unread = self._unread, b""
        if data:
            self.data_received(data)
        self.resume_reading()

    def _advance(self) -> None:
        """Lets the current exchange begin, or take what has arrived of its body."""
        exchange = self._current
        if exchange is None:
            return
        if exchange.request_id:
            exchange.request_progressed()
            return
        try:
            exchange.start()
        except Exception:
            # A defect of ours costs one request its answer, not its neighbours their connection.
            _log.exception("request failed request_id=%s", exchange.request_id.decode())
            exchange.fail(Fault(runtime.INTERNAL))

    def _read_head(self, data: bytes) -> bytes:
        """Takes a head, or as much of it as there is, from the front of `data`; returns the rest."""
        end = data.find(END_OF_HEAD)
        if end < 0 or self._partial_head or data[0] in _LINE_END:
            return self._read_partial_head(data)
        end += _END_BYTES
        head = data[:end]
        try:
            self._parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            self._admit(head)
            self._read_body_despite_upgrade(head)
        except httptools.HttpParserError:
            # Its refusal is to be logged with what can be made out of it.
            self._partial_head += head
            raise
        else:
            self._admit(head)
        return data[end:]

    def _read_partial_head(self, data: bytes) -> bytes:
        """As `_read_head`, where the head came, or still comes, in several pieces."""
        partial = self._partial_head
        if not partial:
            data = data.lstrip(_LINE_END)
            self.expect_within(HEAD_S)
        end = end_of(END_OF_HEAD, partial[-3:], data)
        if end is not None:
            whole = bytes(partial) + data[:end]
            # The parser has seen the earlier pieces; a new one takes the head as a whole.
            self._parser = httptools.HttpRequestParser(self)
            partial.clear()
            self._read_head(whole)
            return data[end:]
        partial += data
        self._parser.feed_data(data)
        if len(partial) > _ABANDONED_HEAD_BYTES:
            _, target, _ = heads.salvaged(bytes(partial))
            self._reject(heads.too_long(bytes(partial), target) or Fault(runtime.HEADERS_TOO_LARGE))
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
        """Makes the current exchange of a complete head."""
        start, _, block = head.partition(_LINE_END)
        # At any white space: to the parser a bare line feed ends a start line that names no version.
        words = start.split()
        if len(words) != 3:
            self._partial_head += head
            raise httptools.HttpParserError("no HTTP version")
        method, target, version = words
        read = self._reader.read(block)
        exchange = self._current = Exchange(self, method, target, read)
        if version != b"HTTP/1.1" or not read.is_ordinary or len(head) > heads.MAX_FIELD_BYTES:
            self._heed(exchange, version, head)
        if self.gateway.is_draining:
            exchange.keep_alive = False

    def _heed(self, exchange: Exchange, version: bytes, head: bytes) -> None:
        """What an unusual head asks for: to be refused, another persistence, a body to be read."""
        notes = exchange.read.notes
        exchange.is_http10 = version == b"HTTP/1.0"
        exchange.keep_alive = heads.keeps_alive(version, notes)
        exchange.refusal = heads.refusal(version, head, exchange.target, notes)
        if exchange.refusal is not None:
            exchange.is_request_done = False
            return
        length = None if fields.TRANSFER_ENCODING in notes else int(notes.get(fields.CONTENT_LENGTH, b"0"))
        if length != 0:
            exchange.is_request_done = False
            exchange.body = Upload(is_chunked=length is None)
            self._body_end = BodyEnd(length)

    def _read_body(self, body_end: BodyEnd, data: bytes) -> bytes:
        """Takes what belongs to the body from the front of `data`; returns the rest."""
        end = body_end.within(data)
        self._parser.feed_data(data[:end])
        return data[end:]

    def on_body(self, body: bytes) -> None:
        """httptools: a part of the body, its transfer coding removed."""
        if self._current is not None and self._current.body is not None:
            self._current.body.add(body)

    def on_message_complete(self) -> None:
        """httptools: the request ends here."""
        if self._body_end is not None and self._current is not None:
            self._body_end = None
            self._current.is_request_done = True

    def _reject(self, fault: Fault) -> None:
        """Answers `fault` to what cannot be read on as a request, and reads no further."""
        exchange = self._current
        if exchange is None:
            method, target, block = heads.salvaged(bytes(self._partial_head))
            exchange = self._current = Exchange(self, method, target, self._reader.read(block))
        self._partial_head.clear()
        exchange.is_request_done = exchange.keep_alive = False
        if exchange.request_id:
            exchange.fail(fault)
        else:
            exchange.refusal = fault
            self._advance()

    # what exchanges ask for

    def read_ip(self) -> Address | None:
        """Finds out `ip` and `address_text`, the address at the other end."""
        self.ip = read_address(self.address.decode())
        self.address_text = str(self.ip)
        return self.ip

    def finished(self, exchange: Exchange, *, cut: bool) -> None:
        """`exchange` has written its last byte; with `cut` the connection must end here."""
        self._current = self._tunnel = None
        self.gateway.finished(exchange, cut=cut)
        if cut or not exchange.keep_alive or not exchange.is_request_done:
            # The rest of a request that was answered early would be taken for the next one.
            self._end(lingers=not cut and (self.is_reading_paused or not exchange.is_request_done))
            return
        self.deadline = self.gateway.soon + IDLE_S
        if self.is_reading_paused:
            self._read_on()

    def become_tunnel(self, backend: BackendConnection) -> None:
        """The backend has switched protocols: from here on bytes go through as they are."""
        self._tunnel = backend
        if self._unread:
            data, self._unread = self._unread, b""
            backend.transport.write(data)
        self.resume_reading()

    def pause_reading(self) -> None:
        """Reads no more until `resume_reading`; may be called again."""
        if not self.is_reading_paused and not self.transport.is_closing():
            self.is_reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads on, unless what was read already has to wait; may be called again."""
        if self.is_reading_paused and not self._unread and not self.transport.is_closing():
            self.is_reading_paused = False
            self.transport.resume_reading()

    # deadlines and the end

    def expect_within(self, seconds: float) -> None:
        """Something has to happen within `seconds`, or `expired` is called (up to two ticks later)."""
        self.deadline = self.gateway.soon + seconds

    def _expect_taking(self) -> None:
        """The client has to take some of what is written to it; when nothing is, its own close is awaited."""
        self._unsent = self.transport.get_write_buffer_size()
        self.expect_within(STALLED_S if self._unsent else LINGER_S)

    def expired(self) -> None:
        """The deadline has passed."""
        if self._is_over or self.is_writing_paused or self.transport.is_closing():
            if 0 < self.transport.get_write_buffer_size() < self._unsent:
                self._expect_taking()
            else:
                self.transport.abort()
        elif self._tunnel is not None:
            # A tunnel lives until one of its ends closes it.
            self.deadline = float("inf")
        elif self._current is not None:
            self._current.timed_out()
        elif self._partial_head:
            self._reject(Fault(runtime.REQUEST_TIMEOUT))
        else:
            self._end(lingers=False)

    def drain(self) -> None:
        """Ends the connection as soon as no request is cut by it."""
        if self._current is not None:
            self._current.keep_alive = False
        elif not (self._partial_head or self._unread or self._is_over):
            self._end(lingers=False)

    def abort(self) -> None:
        """Ends the connection at once, and breaks off the request under way."""
        if self._current is not None:
            self._abandon(self._current, client_gone=False)
        self.transport.abort()

    def _abandon(self, exchange: Exchange, *, client_gone: bool) -> None:
        """Ends an exchange that cannot be finished."""
        self._current = None
        exchange.cancel()
        self.gateway.finished(exchange, client_gone=client_gone, cut=not client_gone)

    def _end(self, *, lingers: bool) -> None:
        """Closes the connection once everything is written; with `lingers` the client may still be sending."""
        self._is_over = True
        self._unread = b""
        if lingers and self.transport.can_write_eof() and not self.transport.is_closing():
            self._lingers_until = self.gateway.soon + LINGER_AT_MOST_S
            self.transport.write_eof()
            self.resume_reading()
        else:
            self.transport.close()
        self._expect_taking()

    def _discard(self, data: bytes) -> None:
        """Reads what the client still sends after its last answer, within reason."""
        self._discarded += len(data)
        if self._discarded > LINGER_BYTES:
            self.transport.abort()
        else:
            self.deadline = max(self.deadline, min(self.gateway.soon + LINGER_S, self._lingers_until))


def _ip(name: object) -> bytes:
    """The address of a socket name, without an IPv6 zone."""
    return str(name[0]).partition("%")[0].encode("ascii") if isinstance(name, tuple) and name else b""
