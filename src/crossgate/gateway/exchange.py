"""The life of one request: match → forward → response → finish.

The client's connection feeds it (`start`, `request_progressed`), a backend connection answers it
(`backend_responded`, `backend_lost`), and it writes to both. Nothing here waits; each method moves the exchange
as far as what has arrived allows.
"""

import asyncio
from typing import TYPE_CHECKING

from crossgate.core.errors import Fault, runtime
from crossgate.core.snapshot.dispatch import Verdict, dispatch
from crossgate.core.snapshot.snapshot import HttpTarget, MockAnswer
from crossgate.cors.server import Grant
from crossgate.gateway import answers, fields, forward
from crossgate.gateway.backend import BackendConnection
from crossgate.gateway.fields import RequestFields, connection_options
from crossgate.gateway.pool import is_name_failure

if TYPE_CHECKING:
    from crossgate.gateway.connection import ClientConnection

# A request body up to this long is kept until the response begins, so that it can be sent again.
REPLAYABLE_BYTES = 64 * 1024
# How much of a body may wait for a backend connection before the client is asked to pause.
HIGH_WATER_BYTES = 64 * 1024
_NEVER_REPEATED = frozenset((b"POST", b"PATCH"))


class Exchange:
    """One request and its response."""

    request_id = b""
    backend: BackendConnection | None = None
    refusal: Fault | None = None
    is_http10 = False
    keep_alive = True
    is_request_done = True
    is_finished = False
    _target: HttpTarget
    _verdict: Verdict
    _grant: Grant | None = None
    _opening: asyncio.Task[None] | None = None
    _replay: list[bytes] | None = None
    _received = 0
    _attempts = 0
    _is_answered = False
    _is_chunked_response = False
    _is_request_sent = False
    _started_at = 0.0
    _sent_at = 0.0

    def __init__(self, client: "ClientConnection", method: bytes, target: bytes, read: RequestFields) -> None:
        self.client = client
        self.method = method
        self.target = target
        self.named = read.named
        self.passed = read.passed
        self.notes = read.notes
        self.body: list[bytes] = []

    # match

    def start(self) -> None:
        """Decides what to do with the request, and begins it."""
        gateway = self.client.gateway
        self.request_id = gateway.new_request_id()
        refusal = self.refusal
        if refusal is not None and refusal.kind is runtime.BAD_REQUEST:
            # No policy is known for what is not a request.
            self.fail(refusal)
            return
        verdict = dispatch(gateway.snapshot, self.method, self.target, self.named)
        self._grant = verdict.grant
        if verdict.preflight is not None and refusal is None:
            self._stop_reading()
            self._answer(answers.preflight(self, verdict.preflight))
            return
        fault = refusal or verdict.fault or self._excess(gateway.snapshot.limits.request_body_bytes)
        if fault is not None:
            self.fail(fault)
            return
        assert verdict.match is not None
        backend = verdict.match.route.backend
        if isinstance(backend, MockAnswer):
            self._stop_reading()
            self._answer(answers.mock(self, backend, verdict.grant))
        else:
            self._verdict = verdict
            self._target = backend
            self._forward()

    def _excess(self, limit: int) -> Fault | None:
        """Why a request that has a route is not forwarded along it."""
        notes = self.notes
        if fields.CONTENT_LENGTH in notes and int(notes[fields.CONTENT_LENGTH]) > limit:
            return Fault(runtime.ENTITY_TOO_LARGE)
        if fields.HOPS in notes and forward.hops(notes) > forward.MAX_HOPS:
            return Fault(runtime.CALLS_ITSELF)
        return None

    def wants_tunnel(self) -> bool:
        """Whether the request asks to become a WebSocket (the only protocol that is switched to)."""
        upgrade = self.notes.get(fields.UPGRADE)
        if upgrade is None or self.is_http10 or self.method != b"GET" or self.has_body():
            return False
        return upgrade.lower() == b"websocket" and b"upgrade" in connection_options(
            self.notes.get(fields.CONNECTION, b"")
        )

    def has_body(self) -> bool:
        """Whether the request's fields announce a body."""
        return fields.TRANSFER_ENCODING in self.notes or int(self.notes.get(fields.CONTENT_LENGTH, b"0")) > 0

    def framing(self) -> bytes:
        """The field that says where the body ends, as it goes to the backend."""
        length = self.notes.get(fields.CONTENT_LENGTH)
        if length is not None:
            return b"Content-Length: " + length + b"\r\n"
        if fields.TRANSFER_ENCODING in self.notes:
            return b"Transfer-Encoding: chunked\r\n"
        if self.wants_tunnel():
            return b"Connection: Upgrade\r\nUpgrade: " + self.notes[fields.UPGRADE] + b"\r\n"
        return b""

    # forward

    def _forward(self) -> None:
        notes = self.notes
        if fields.CONNECTION in notes:
            self.passed = forward.end_to_end(self.passed, notes[fields.CONNECTION])
        if fields.MODE in notes:
            self._started_at = self.client.gateway.loop.time()
        if self.body or not self.is_request_done:
            self._replay = []
            if fields.EXPECT in notes and not self.is_http10 and not self.body:
                self.client.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._connect()

    def _connect(self) -> None:
        target, pool = self._target, self.client.gateway.pool
        self._attempts += 1
        # A second attempt never trusts an idle connection again.
        connection = pool.lease(target.address, fresh=not self._is_repeatable()) if self._attempts == 1 else None
        if connection is not None:
            self._opened(connection)
        else:
            self.client.expect_within(target.timeout_s)
            self._opening = pool.open(target.address, self._opened, self._not_opened)

    def _is_repeatable(self) -> bool:
        """Whether sending the request twice does no harm (RFC 9110 section 9.2.2 and the contract's `-1`)."""
        return self.method not in _NEVER_REPEATED

    def _opened(self, connection: BackendConnection) -> None:
        self._opening = None
        self._is_request_sent = False
        self.backend = connection
        connection.carry(self, self.method)
        out = [forward.request_head(self, self._verdict, self._target)]
        if fields.MODE in self.notes:
            self._sent_at = self.client.gateway.loop.time()
        if self._replay:
            out.extend(self._framed(self._replay))
        self._send(out)

    def request_progressed(self) -> None:
        """More of the request's body has arrived, or its end."""
        if self.backend is not None:
            self._send([])
        elif sum(map(len, self.body)) > HIGH_WATER_BYTES:
            self.client.pause_reading()

    def _send(self, out: list[bytes]) -> None:
        """Sends `out`, and what has arrived of the body, to the backend."""
        backend = self.backend
        assert backend is not None
        if self.body:
            chunks, self.body = self.body, []
            self._received += sum(map(len, chunks))
            if self._received > self.client.gateway.snapshot.limits.request_body_bytes:
                self.fail(Fault(runtime.ENTITY_TOO_LARGE))
                return
            self._remember(chunks)
            out.extend(self._framed(chunks))
        if self.is_request_done and not self._is_request_sent:
            self._is_request_sent = True
            if fields.TRANSFER_ENCODING in self.notes:
                out.append(b"0\r\n\r\n")
        if out:
            backend.transport.write(out[0] if len(out) == 1 else b"".join(out))
            self.expect_progress()

    def expect_progress(self) -> None:
        """Sets the deadline for whoever has to move next: the client while its body is missing, or the backend."""
        client = self.client
        if self.is_request_done or client.is_reading_paused:
            client.expect_within(self._target.timeout_s)
        else:
            client.expect_within(client.gateway.snapshot.limits.request_body_timeout_ms / 1000)

    def _framed(self, chunks: list[bytes]) -> list[bytes]:
        return forward.chunked(chunks) if fields.TRANSFER_ENCODING in self.notes else chunks

    def _remember(self, chunks: list[bytes]) -> None:
        if self._replay is not None:
            self._replay.extend(chunks)
            if self._received > REPLAYABLE_BYTES:
                self._replay = None

    def _not_opened(self, error: OSError) -> None:
        self._opening = None
        if is_name_failure(error):
            self.fail(Fault(runtime.BACKEND_NAME_UNRESOLVED))
        elif self._may_try_again(is_harmless=True):
            self._connect()
        else:
            self.fail(Fault(runtime.BACKEND_UNREACHABLE))

    def backend_lost(self, reason: str) -> None:
        """The backend's connection is gone before its response was done."""
        backend, self.backend = self.backend, None
        assert backend is not None
        if self._is_answered:
            # The head is out: only a closed connection can tell the client that the rest is missing.
            self._end(cut=True)
            return
        # A connection that closed while idle met our request with its FIN: that is no failure of the backend.
        was_stale = backend.is_reused and self._attempts == 1 and self._is_repeatable()
        if (was_stale and self._has_whole_request()) or self._may_try_again(is_harmless=self._is_repeatable()):
            self._connect()
        else:
            self.fail(Fault(runtime.BACKEND_FAILED))

    def _has_whole_request(self) -> bool:
        """Whether everything that was sent of the request is still here to be sent again."""
        return self._received == 0 or self._replay is not None

    def _may_try_again(self, *, is_harmless: bool) -> bool:
        """Whether the route's retries allow another attempt; by default only one that does no harm."""
        if not self._has_whole_request():
            return False
        retries = self._target.retries
        return (is_harmless and self._attempts < 2) if retries is None else self._attempts <= retries

    def backend_writable(self, is_writable: bool) -> None:
        """Back-pressure of the upload."""
        if is_writable:
            self.client.resume_reading()
        else:
            self.client.pause_reading()
        self.expect_progress()

    # response

    def backend_responded(self) -> None:
        """More of the response has arrived."""
        backend = self.backend
        assert backend is not None
        out: list[bytes] = []
        if backend.interim:
            if not self.is_http10:
                out.extend(backend.interim)
            backend.interim = []
        if backend.has_head:
            if not self._is_answered:
                self._is_answered = True
                out.append(self._response_head(backend))
            if backend.parts:
                parts, backend.parts = backend.parts, []
                out.extend(forward.chunked(parts) if self._is_chunked_response else parts)
            if backend.is_done and self._is_chunked_response:
                out.append(b"0\r\n\r\n")
        if out:
            self.client.transport.write(out[0] if len(out) == 1 else b"".join(out))
        if backend.is_tunnel:
            self.client.become_tunnel(backend)
        elif backend.is_done:
            self._end(cut=False)
        else:
            self.expect_progress()

    def backend_tunnelled(self, data: bytes) -> None:
        """Bytes of a tunnel, on their way to the client."""
        self.client.transport.write(data)

    def _response_head(self, backend: BackendConnection) -> bytes:
        gateway, passed = self.client.gateway, backend.passed
        if fields.CONNECTION in backend.notes:
            passed = forward.end_to_end(passed, backend.notes[fields.CONNECTION])
        if fields.DATE not in backend.notes:
            passed += gateway.date()
        if fields.MODE in self.notes:
            passed += self._latency(gateway.loop.time())
        grant = self._grant
        if grant is not None:
            if fields.CROSS_ORIGIN in backend.notes or grant.exposes_all_names:
                passed = answers.merged(grant, passed)
            else:
                passed += grant.block
        if backend.is_done:
            self._stop_reading()
        framing = self._response_framing(backend)
        return answers.head(self, backend.status, passed, framing)

    def _response_framing(self, backend: BackendConnection) -> bytes:
        """How the client will find the end of the response (RFC 9112 section 6.3)."""
        if backend.is_tunnel:
            return b"Connection: Upgrade\r\nUpgrade: " + backend.notes.get(fields.UPGRADE, b"websocket") + b"\r\n"
        if backend.status == 204:
            return b""
        length = backend.notes.get(fields.CONTENT_LENGTH)
        if length is not None:
            return b"Content-Length: " + length + b"\r\n"
        if self.method == b"HEAD" or backend.status == 304:
            return b""
        if self.is_http10:
            self.keep_alive = False
            return b""
        self._is_chunked_response = True
        return b"Transfer-Encoding: chunked\r\n"

    def _latency(self, now: float) -> bytes:
        if self.notes[fields.MODE].lower() != b"debug":
            return b""
        total, upstream = (now - self._started_at) * 1000, (now - self._sent_at) * 1000
        return b"X-Apig-Latency: %d\r\nX-Apig-Upstream-Latency: %d\r\n" % (total, upstream)

    def fail(self, fault: Fault) -> None:
        """Answers with `fault`, or cuts the connection where an answer has already begun."""
        self._drop_backend()
        if self._is_answered:
            self._end(cut=True)
            return
        self._stop_reading()
        self._answer(answers.fault(self, fault, self._grant))

    def timed_out(self) -> None:
        """Nothing has moved for as long as the contract allows."""
        is_clients_turn = not self.is_request_done and not self.client.is_reading_paused
        self.fail(Fault(runtime.REQUEST_TIMEOUT if is_clients_turn else runtime.BACKEND_TIMEOUT))

    def _stop_reading(self) -> None:
        """Ends the connection with this answer if the request is not read to its end."""
        if not self.is_request_done:
            # The rest of it would be taken for the next request.
            self.keep_alive = False

    def _answer(self, answer: bytes) -> None:
        """Sends an answer of the gateway's own."""
        self._is_answered = self.is_finished = True
        self.client.transport.write(answer)
        self.client.finished(self, cut=False)

    # finish

    def cancel(self) -> None:
        """The client is gone."""
        self.is_finished = True
        self._drop_backend()

    def _drop_backend(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if self.backend is not None:
            self.backend.abort()
            self.backend = None

    def _end(self, *, cut: bool) -> None:
        self.is_finished = True
        backend, self.backend = self.backend, None
        if backend is not None:
            if not cut and self.is_request_done and backend.release():
                self.client.gateway.pool.give_back(backend)
            else:
                backend.abort()
        self.client.finished(self, cut=cut)
