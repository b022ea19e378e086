"""The life of one request: match → admission → forward → response → finish.

The client's connection feeds it (`start`, `request_progressed`), a backend connection answers it
(`backend_responded`, `backend_lost`), and it writes to both. Nothing here waits; each method moves the exchange
as far as what has arrived allows.
"""

import asyncio
from collections.abc import Iterator
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.call import BodyDigest, Call, Check, Effect, Look, Spend, Waiting
from crossgate.core.snapshot.config import Limits
from crossgate.core.snapshot.dispatch import Verdict, dispatch
from crossgate.core.snapshot.snapshot import HttpTarget, MockAnswer, Route
from crossgate.cors.server import Grant, is_preflight
from crossgate.gateway import answers, fields, forward
from crossgate.gateway.admission import TOKEN_LIMITS, Admission, call_of, system_parameter, token_request
from crossgate.gateway.backend import BackendConnection
from crossgate.gateway.fields import RequestFields
from crossgate.gateway.pool import is_name_failure
from crossgate.gateway.upload import Upload

if TYPE_CHECKING:
    from crossgate.gateway.connection import ClientConnection

_NEVER_REPEATED = frozenset((b"POST", b"PATCH"))


class Exchange:
    """One request and its response. `request_id` is empty until it starts; `body` is None where there is none.

    For the access log it keeps what became of it: its `verdict` once there is one, the `status` that was sent, 0
    before any was, the `fault` it met, and what is `known` of who calls. Its moments are of the monotonic clock;
    `sent_at` is 0 until a backend was asked.
    """

    sent_at = 0.0
    is_http10 = False
    _target: HttpTarget
    _method_sent: bytes
    _head_sent: bytes
    _opening: asyncio.Task[None] | None = None
    _is_chunked_response = False
    _is_debugged = False

    def __init__(self, client: "ClientConnection", method: bytes, target: bytes, read: RequestFields) -> None:
        self.client = client
        self.method = method
        self.target = target
        self.read = read
        self.snapshot = client.gateway.snapshot
        self.started_at = monotonic()
        # Every request reads these, and what a class holds for its instances takes ten times as long to read.
        self.request_id = b""
        self.body: Upload | None = None
        self.refusal: Fault | None = None
        self.verdict: Verdict | None = None
        self.known: Call | None = None
        self.backend: BackendConnection | None = None
        self.fault: Fault | None = None
        self.status = 0
        self.bytes_sent = 0
        self.keep_alive = True
        self.is_request_done = True
        self._grant: Grant | None = None
        self._admission: Admission | None = None
        self._attempts = 0
        self._is_answered = False

    # match

    def start(self) -> None:
        """Decides what to do with the request, and begins it."""
        gateway, read, snapshot = self.client.gateway, self.read, self.snapshot
        self.request_id = next(gateway.request_ids)
        refusal = self.refusal
        if refusal is not None and refusal.kind is runtime.BAD_REQUEST:
            # No policy is known for what is not a request.
            self.fail(refusal)
            return
        named = read.named
        self.verdict = verdict = dispatch(snapshot, self.method, self.target, named)
        self._grant = verdict.grant
        is_asked_before = verdict.preflight is not None or (
            named.requested_method is not None and is_preflight(self.method, named.origin, named.requested_method)
        )
        if is_asked_before:
            if not gateway.preflights.take(self.client.address):
                self.fail(Fault(runtime.THROTTLED))
                return
            if verdict.preflight is not None and refusal is None:
                self._stop_reading()
                self._answer(verdict.preflight.status, answers.preflight(self, verdict.preflight))
                return
        fault = refusal or verdict.fault
        if not read.is_ordinary:
            self._is_debugged = read.notes.get(fields.MODE, b"").lower() == b"debug"
            fault = fault or self._excess(snapshot.limits if verdict.token_endpoint is None else TOKEN_LIMITS)
        if fault is not None:
            self.fail(fault)
            return
        if verdict.token_endpoint is not None:
            self._await(token_request(self, verdict.token_endpoint), iter(()))
            return
        assert verdict.match is not None
        route = verdict.match.route
        if route.checks and not (is_asked_before and route.answers_preflights):
            self._check(verdict, route)
        else:
            self._go_along(verdict, route)

    def _go_along(self, verdict: Verdict, route: Route) -> None:
        backend = route.backend
        # For isinstance() a Struct is five times as dear.
        if type(backend) is MockAnswer:
            self._stop_reading()
            self._answer(backend.status, answers.mock(self, backend, verdict.grant))
        else:
            self._forward(verdict, backend)

    def _excess(self, limits: Limits) -> Fault | None:
        """Why a request that has a route is not forwarded along it."""
        notes = self.read.notes
        if self.body is not None:
            self.body.limits = limits
            length = int(notes.get(fields.CONTENT_LENGTH, b"0"))
            if length > limits.request_body_bytes or self.body.is_too_large():
                return Fault(runtime.ENTITY_TOO_LARGE)
        if fields.HOPS in notes and forward.hops(notes) > forward.MAX_HOPS:
            return Fault(runtime.CALLS_ITSELF)
        return None

    # admission

    def call(self) -> Call:
        """What the checks know of the request, and note of it."""
        if self.known is None:
            target = self.verdict.target if self.verdict is not None else None
            self.known = call_of(self, target.path if target is not None else self.target.partition(b"?")[0])
        return self.known

    def parameter(self, name: str) -> str | None:
        """Surroundings: what `$context.` and `name` stand for."""
        return system_parameter(self, name)

    def at_hand(self, effect: Effect) -> Any:
        """Surroundings: the answer to `effect` if it is there at once."""
        # For isinstance() a Struct is five times as dear.
        if type(effect) is Spend:
            # By the time it is now: the body, or another service, may have been awaited.
            return self.client.gateway.counting.spend(effect.spendings, time())
        if type(effect) is Look:
            return self.client.gateway.counting.look(effect.spendings, time())
        if type(effect) is BodyDigest and self.body is not None and self.is_request_done:
            return self.body.digest()
        return None

    def _check(self, verdict: Verdict, route: Route) -> None:
        assert verdict.target is not None
        checks = iter(route.checks)
        try:
            self.known = call = call_of(self, verdict.target.path)
            # As run() does, with a call less for every request.
            for check in checks:
                waiting = check(call)
                if waiting is not None:
                    self._await(waiting, checks)
                    return
        except Fault as fault:
            self.fail(fault)
        else:
            self._go_along(verdict, route)

    def _await(self, waiting: Waiting, further: Iterator[Check]) -> None:
        self._admission = Admission(self, waiting, further)
        self._admission.advance()

    def admitted(self) -> None:
        """Every check is passed."""
        self._admission = None
        assert self.verdict is not None
        assert self.verdict.match is not None
        self._go_along(self.verdict, self.verdict.match.route)

    def answer(self, status: int, answer: bytes) -> None:
        """Sends an answer of the gateway's own, in place of a backend's."""
        self._admission = None
        self._stop_reading()
        self._answer(status, answer)

    def invite_body(self) -> None:
        """Tells a client that waits to be asked for its body that it may send it."""
        notes = self.read.notes
        if fields.EXPECT in notes and self._awaits_continue(notes[fields.EXPECT]):
            self.client.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # forward

    def _forward(self, verdict: Verdict, target: HttpTarget) -> None:
        self._target = target
        self._method_sent = target.method or self.method
        try:
            self._head_sent = forward.request_head(self, verdict, target)
        except Fault as fault:
            self.fail(fault)
            return
        if self.body is not None:
            self.invite_body()
        self._connect()

    def _awaits_continue(self, expectation: bytes) -> bool:
        if self.body is None or self.is_request_done or self.is_http10:
            return False
        return expectation.lower() == b"100-continue" and not self.body.has_arrived()

    def _connect(self) -> None:
        target, pool = self._target, self.client.gateway.pool
        self._attempts += 1
        # A second attempt never trusts an idle connection again.
        connection = None
        if self._attempts == 1:
            connection = pool.lease(target.address, fresh=self._method_sent in _NEVER_REPEATED)
        if connection is not None:
            self._opened(connection)
        else:
            self.client.expect_within(target.timeout_s)
            self._opening = pool.open(target.address, self._opened, self._not_opened)

    def _is_repeatable(self) -> bool:
        """Whether sending the request twice does no harm (RFC 9110 section 9.2.2 and the contract's `-1`)."""
        return self._method_sent not in _NEVER_REPEATED

    def _opened(self, connection: BackendConnection) -> None:
        self._opening = None
        self.backend = connection
        connection.carry(self, self._method_sent)
        self.sent_at = monotonic()
        if self.body is None:
            connection.transport.write(self._head_sent)
            self.expect_progress()
        else:
            # Before the body is written, which may make the client pause again.
            self.client.resume_reading()
            self._send(self.body, connection, [self._head_sent, *self.body.repeat()])

    def request_progressed(self) -> None:
        """More of the request's body has arrived, or its end."""
        body = self.body
        if body is None:
            return
        if body.is_too_large():
            self.fail(Fault(runtime.ENTITY_TOO_LARGE))
        elif self._admission is not None and self._admission.awaits_body:
            self._admission.body_progressed(body)
        elif self.backend is not None:
            self._send(body, self.backend, [])
        elif body.is_full():
            self.client.pause_reading()

    def _send(self, body: Upload, backend: BackendConnection, out: list[bytes]) -> None:
        """Sends `out`, and what has arrived of the body, to the backend, as long as that takes it."""
        out += body.take(is_whole=self.is_request_done)
        if out:
            backend.transport.write(b"".join(out))
            self.expect_progress()
        while body.held is not None and not body.is_sent() and not backend.is_writing_paused:
            backend.transport.write(b"".join(body.take(is_whole=True)))

    def expect_progress(self) -> None:
        """Sets the deadline for whoever has to move next: the client while its body is missing, or the backend."""
        client = self.client
        if client.is_writing_paused or self._admission is not None:
            # It is the client's turn, to take what was written, or somebody's whom a check waits for.
            return
        if self.body is None or self.is_request_done or client.is_reading_paused:
            client.deadline = client.gateway.soon + self._target.timeout_s
        else:
            client.expect_within(self.body.limits.request_body_timeout_ms / 1000)

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
        if (was_stale and self._can_repeat()) or self._may_try_again(is_harmless=self._is_repeatable()):
            self._connect()
        else:
            self.fail(Fault(runtime.BACKEND_FAILED))

    def _can_repeat(self) -> bool:
        """Whether everything that was sent of the request is still here to be sent again."""
        return self.body is None or self.body.can_repeat()

    def _may_try_again(self, *, is_harmless: bool) -> bool:
        """Whether the route's retries allow another attempt; by default only one that does no harm."""
        if not self._can_repeat():
            return False
        retries = self._target.retries
        return (is_harmless and self._attempts < 2) if retries is None else self._attempts <= retries

    def backend_writable(self, is_writable: bool) -> None:
        """Back-pressure of the upload."""
        body, backend = self.body, self.backend
        if is_writable and body is not None and body.held is not None and backend is not None:
            self._send(body, backend, [])
        elif is_writable:
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
                out += self._response_head(backend)
            if backend.parts:
                parts, backend.parts = backend.parts, []
                # A HEAD may be mapped to a GET.
                if self.method != b"HEAD":
                    out.extend(forward.chunked(parts) if self._is_chunked_response else parts)
            if backend.is_done and self._is_chunked_response:
                out.append(b"0\r\n\r\n")
        if out:
            self._write(b"".join(out))
        if backend.is_done:
            self._end(cut=False)
        else:
            self.expect_progress()

    def backend_switched(self) -> None:
        """The backend has answered 101 Switching Protocols."""
        backend = self.backend
        assert backend is not None
        if not forward.wants_tunnel(self) or self._is_answered:
            # To a client that did not ask, what follows would be the answers to requests nobody checked.
            self.fail(Fault(runtime.BACKEND_FAILED))
            return
        self._is_answered = True
        self._write(b"".join(self._response_head(backend)))
        self.client.become_tunnel(backend)

    def backend_tunnelled(self, data: bytes) -> None:
        """Bytes of a tunnel, on their way to the client."""
        self._write(data)

    def _write(self, data: bytes) -> None:
        self.bytes_sent += len(data)
        self.client.transport.write(data)

    def _response_head(self, backend: BackendConnection) -> tuple[bytes, ...]:
        notes, passed = backend.notes, backend.passed
        self.status = backend.status
        if fields.DATE not in notes:
            passed += self.client.gateway.date
        if self._is_debugged:
            passed += self.debug_fields() + b"X-Apig-Upstream-Latency: %d\r\n" % _milliseconds_since(self.sent_at)
        grant, granted = self._grant, b""
        if grant is not None:
            if fields.CROSS_ORIGIN in notes or grant.exposes_all_names:
                passed = answers.merged(grant, passed)
            else:
                granted = grant.block
        if backend.is_done and not self.is_request_done:
            self._stop_reading()
        return answers.head(self, backend.status, passed, self._response_framing(backend), granted)

    def _response_framing(self, backend: BackendConnection) -> bytes:
        """How the client will find the end of the response (RFC 9112 section 6.3)."""
        if backend.is_tunnel:
            return b"Connection: Upgrade\r\nUpgrade: " + backend.notes.get(fields.UPGRADE, b"websocket") + b"\r\n"
        if backend.status == 204:
            return b""
        length = backend.notes.get(fields.CONTENT_LENGTH)
        if length is not None:
            # The length of a body that a GET would have had, where a GET is mapped to a HEAD.
            is_empty = self._method_sent == b"HEAD" != self.method
            return b"Content-Length: 0\r\n" if is_empty else b"Content-Length: " + length + b"\r\n"
        if self.method == b"HEAD" or backend.status == 304:
            return b""
        if self.is_http10:
            self.keep_alive = False
            return b""
        self._is_chunked_response = True
        return b"Transfer-Encoding: chunked\r\n"

    def debug_fields(self) -> bytes:
        """The debug fields of section 4 that every answer carries; empty unless the request asks for them."""
        if not self._is_debugged:
            return b""
        counted = self.known.counted if self.known is not None else ()
        limits = [limit for each in counted for limit in each.told().items()]
        told = "".join(f"X-Apig-RateLimit-{kind}: {left}\r\n" for kind, left in limits)
        return b"X-Apig-Latency: %d\r\n%b" % (_milliseconds_since(self.started_at), told.encode())

    def fail(self, fault: Fault) -> None:
        """Answers with `fault`, or cuts the connection where an answer has already begun."""
        self._drop_backend()
        self.fault = fault
        if self._is_answered:
            self._end(cut=True)
            return
        self._stop_reading()
        self._answer(*answers.fault(self, fault, self._grant))

    def timed_out(self) -> None:
        """Nothing has moved for as long as the contract allows."""
        if self._admission is not None:
            self.fail(Fault(runtime.REQUEST_TIMEOUT if self._admission.awaits_body else runtime.INTERNAL))
            return
        is_waiting_for_body = self.backend is not None and not self.is_request_done
        is_clients_turn = is_waiting_for_body and not self.client.is_reading_paused
        self.fail(Fault(runtime.REQUEST_TIMEOUT if is_clients_turn else runtime.BACKEND_TIMEOUT))

    def _stop_reading(self) -> None:
        """Ends the connection with this answer if the request is not read to its end."""
        if not self.is_request_done:
            # The rest of it would be taken for the next request.
            self.keep_alive = False

    def _answer(self, status: int, answer: bytes) -> None:
        """Sends an answer of the gateway's own."""
        self._is_answered = True
        self.status = status
        self._write(answer)
        self.client.finished(self, cut=False)

    # finish

    def cancel(self) -> None:
        """The client is gone. What it last wrote into a tunnel still goes through."""
        if self.backend is not None and self.backend.is_tunnel:
            self.backend.close()
        else:
            self._drop_backend()

    def _drop_backend(self) -> None:
        if self._admission is not None:
            admission, self._admission = self._admission, None
            admission.cancel()
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if self.backend is not None:
            self.backend.abort()
            self.backend = None

    def _end(self, *, cut: bool) -> None:
        backend, self.backend = self.backend, None
        if backend is not None:
            if not cut and self.is_request_done and backend.release():
                self.client.gateway.pool.give_back(backend)
            else:
                backend.abort()
        self.client.finished(self, cut=cut)


def _milliseconds_since(moment: float) -> float:
    return (monotonic() - moment) * 1000
