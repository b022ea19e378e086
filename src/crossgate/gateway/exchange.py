"""The life of one request: match → forward → response → finish.

The client's connection feeds it (`start`, `request_progressed`), a backend connection answers it
(`backend_responded`, `backend_lost`), and it writes to both. Nothing here waits; each method moves the exchange
as far as what has arrived allows.
"""

import asyncio
from typing import TYPE_CHECKING

from crossgate.core.errors import Fault, runtime
from crossgate.core.snapshot.dispatch import Head, dispatch
from crossgate.core.snapshot.snapshot import HttpTarget, MockAnswer, Route
from crossgate.cors.server import Grant
from crossgate.gateway import answers, forward
from crossgate.gateway.backend import BackendConnection
from crossgate.gateway.fields import Field, connection_options
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

    __slots__ = (
        "_attempts",
        "_grant",
        "_is_answered",
        "_is_chunked_request",
        "_is_chunked_response", "_is_request_sent",
        "_opening",
        "_received",
        "_replay",
        "_route",
        "_sent_at",
        "_started_at",
        "_target",
        "_verdict",
        "backend",
        "body",
        "client",
        "head",
        "is_finished",
        "is_http10",
        "is_request_done",
        "keep_alive",
        "lines",
        "notes",
        "oversize",
        "request_id",
    )  # fmt: skip

    def __init__(
        self, client: "ClientConnection", head: Head, lines: list[bytes], notes: dict[int, bytes]
    ) -> None:
        self.client = client
        self.head = head
        self.lines = lines
        self.notes = notes
        self.body: list[bytes] = []
        self.is_request_done = False
        self.is_finished = False
        self.is_http10 = False
        self.keep_alive = True
        self.oversize: Fault | None = None
        self.request_id = b""
        self._received = 0
        self._replay: list[bytes] | None = []
        self._attempts = 0
        self.backend: BackendConnection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._is_answered = False
        self._is_chunked_request = False
        self._is_chunked_response = False
        self._is_request_sent = False
        self._route: Route | None = None
        self._grant: Grant | None = None
        self._target: HttpTarget | None = None
        self._started_at = 0.0
        self._sent_at = 0.0

    # match

    def start(self) -> None:
        """Decides what to do with the request, and begins it."""
        gateway = self.client.gateway
        self.request_id = gateway.new_request_id()
        if Field.MODE in self.notes:
            self._started_at = gateway.loop.time()
        if self.oversize is not None and self.oversize.kind is runtime.BAD_REQUEST:
            # No policy is known for what is not a request.
            self.fail(self.oversize)
            return
        verdict = self._verdict = dispatch(gateway.snapshot, self.head)
        self._grant = verdict.grant
        fault = self.oversize or verdict.fault or self._refusal(gateway.snapshot.limits.request_body_bytes)
        if verdict.preflight is not None and self.oversize is None:
            self._answer(answers.preflight(verdict.preflight, gateway.date()))
        elif fault is not None:
            self.fail(fault)
        else:
            assert verdict.match is not None
            route = self._route = verdict.match.route
            if isinstance(route.backend, MockAnswer):
                self._answer(answers.mock(route.backend, self._grant, gateway.date()))
            else:
                self._target = route.backend
                self._forward()

    def _refusal(self, limit: int) -> Fault | None:
        length = self.notes.get(Field.CONTENT_LENGTH)
        if length is not None and int(length) > limit:
            return Fault(runtime.ENTITY_TOO_LARGE)
        if forward.hops(self.notes) > forward.MAX_HOPS:
            return Fault(runtime.CALLS_ITSELF)
        return None

    def wants_tunnel(self) -> bool:
        """Whether the request asks to become a WebSocket (the only protocol that is switched to)."""
        upgrade = self.notes.get(Field.UPGRADE)
        if upgrade is None or self.is_http10 or self.head.method != b"GET" or self.has_body():
            return False
        return upgrade.lower() == b"websocket" and b"upgrade" in connection_options(
            self.notes.get(Field.CONNECTION, b"")
        )

    def has_body(self) -> bool:
        """Whether the request's fields announce a body."""
        return Field.TRANSFER_ENCODING in self.notes or int(self.notes.get(Field.CONTENT_LENGTH, b"0")) > 0

    def framing(self) -> bytes:
        """The field that says where the body ends, as it goes to the backend."""
        length = self.notes.get(Field.CONTENT_LENGTH)
        if length is not None:
            return b"Content-Length: " + length + b"\r\n"
        if Field.TRANSFER_ENCODING in self.notes:
            return b"Transfer-Encoding: chunked\r\n"
        if self.wants_tunnel():
            return b"Connection: Upgrade\r\nUpgrade: " + self.notes[Field.UPGRADE] + b"\r\n"
        return b""

    # forward

    def _forward(self) -> None:
        notes = self.notes
        self._is_chunked_request = Field.TRANSFER_ENCODING in notes
        if Field.CONNECTION in notes:
            self.lines = forward.end_to_end(self.lines, notes[Field.CONNECTION])
        if Field.EXPECT in notes and not self.is_http10 and not self.body and not self.is_request_done:
            self.client.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._connect()

    def _connect(self) -> None:
        target, client = self._target, self.client
        assert target is not None
        client.expect_within(target.timeout_s)
        pool = client.gateway.pool
        once = self.head.method in _NEVER_REPEATED or self._replay is None
        # A second attempt never trusts an idle connection again.
        connection = pool.lease(target.address, fresh=once) if self._attempts == 0 else None
        self._attempts += 1
        if connection is not None:
            self._opened(connection)
        else:
            self._opening = pool.open(target.address, self._opened, self._not_opened)

    def _opened(self, connection: BackendConnection) -> None:
        self._opening = None
        self._is_request_sent = False
        self.backend = connection
        connection.carry(self, self.head.method)
        assert self._target is not None
        out = [forward.request_head(self, self._verdict, self._target)]
        if Field.MODE in self.notes:
            self._sent_at = self.client.gateway.loop.time()
        if self._attempts > 1 and self._replay:
            out.extend(self._framed(self._replay))
        self._send_body(out)

    def request_progressed(self) -> None:
        """More of the request's body has arrived, or its end."""
        if self.is_finished:
            self.body.clear()
            return
        if self.backend is not None:
            self._send_body([])
        elif self._opening is not None and sum(map(len, self.body)) > HIGH_WATER_BYTES:
            self.client.pause_reading()

    def _send_body(self, out: list[bytes]) -> None:
        backend, chunks = self.backend, self.body
        assert backend is not None
        if chunks:
            self.body = []
            self._received += sum(map(len, chunks))
            if self._received > self.client.gateway.snapshot.limits.request_body_bytes:
                self.fail(Fault(runtime.ENTITY_TOO_LARGE))
                return
            self._remember(chunks)
            out.extend(self._framed(chunks))
        if self.is_request_done and self._is_chunked_request and not self._is_request_sent:
            out.append(b"0\r\n\r\n")
        self._is_request_sent = self.is_request_done
        if out:
            backend.transport.write(out[0] if len(out) == 1 else b"".join(out))
        self.expect_progress()

    def expect_progress(self) -> None:
        """Sets the deadline for whoever has to move next: the client while its body is missing, or the backend."""
        client = self.client
        if self.is_request_done or client.is_reading_paused:
            assert self._target is not None
            client.expect_within(self._target.timeout_s)
        else:
            client.expect_within(client.gateway.snapshot.limits.request_body_timeout_ms / 1000)

    def _framed(self, chunks: list[bytes]) -> list[bytes]:
        return forward.chunked(chunks) if self._is_chunked_request else chunks

    def _remember(self, chunks: list[bytes]) -> None:
        if self._replay is not None:
            self._replay.extend(chunks)
            if self._received > REPLAYABLE_BYTES:
                self._replay = None

    def _not_opened(self, error: OSError) -> None:
        self._opening = None
        if is_name_failure(error):
            self.fail(Fault(runtime.BACKEND_NAME_UNRESOLVED))
        elif self._may_try_again(is_safe=True):
            self._connect()
        else:
            self.fail(Fault(runtime.BACKEND_UNREACHABLE))

    def backend_lost(self, reason: str) -> None:
        """The backend's connection is gone before its response was done."""
        backend, self.backend = self.backend, None
        if self._is_answered:
            # The head is out: only a closed connection can tell the client that the rest is missing.
            self._end(cut=True)
            return
        assert backend is not None and self._target is not None
        is_repeatable = self.head.method not in _NEVER_REPEATED
        if backend.is_reused and self._attempts == 1 and is_repeatable and self._replay is not None:
            # It had closed while idle; our request met its FIN. That is no failure of the backend.
            self._connect()
        elif self._may_try_again(is_safe=False):
            self._connect()
        else:
            self.fail(Fault(runtime.BACKEND_FAILED))

    def _may_try_again(self, *, is_safe: bool) -> bool:
        """Whether the route's retries allow another attempt; `is_safe`: nothing of the request was sent."""
        assert self._target is not None
        retries = self._target.retries
        if self._replay is None:
            return False
        if retries is None:
            return self._attempts < 2 and (is_safe or self.head.method not in _NEVER_REPEATED)
        return self._attempts <= retries

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
        client = self.client
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
            client.write(out[0] if len(out) == 1 else b"".join(out))
        if backend.is_tunnel:
            client.become_tunnel(self, backend)
        elif backend.is_done:
            self._end(cut=False)
        else:
            self.expect_progress()

    def backend_tunnelled(self, data: bytes) -> None:
        """Bytes of a tunnel, on their way to the client."""
        self.client.write(data)

    def _response_head(self, backend: BackendConnection) -> bytes:
        gateway, lines = self.client.gateway, backend.lines
        if Field.CONNECTION in backend.notes:
            lines = forward.end_to_end(lines, backend.notes[Field.CONNECTION])
        if Field.DATE not in backend.notes:
            lines.append(b"Date: " + gateway.date())
        if Field.MODE in self.notes:
            lines = [*lines, *self._latency(gateway.loop.time())]
        grant = self._grant
        block = b""
        if grant is not None:
            if backend.merges or grant.exposes_all_names:
                lines = answers.merged(grant, lines)
            else:
                block = grant.block
        if not self.is_request_done and backend.is_done:
            # The rest of the request would be taken for the next one.
            self.keep_alive = False
        framing = self._response_framing(backend)
        return answers.head(self, backend.status, lines, block, framing)

    def _response_framing(self, backend: BackendConnection) -> bytes:
        """How the client will find the end of the response (RFC 9112 section 6.3)."""
        if backend.is_tunnel:
            return b"Connection: Upgrade\r\nUpgrade: " + backend.notes.get(Field.UPGRADE, b"websocket") + b"\r\n"
        if backend.status == 204:
            return b""
        length = backend.notes.get(Field.CONTENT_LENGTH)
        if length is not None:
            return b"Content-Length: " + length + b"\r\n"
        if self.head.method == b"HEAD" or backend.status == 304:
            return b""
        if self.is_http10:
            self.keep_alive = False
            return b""
        self._is_chunked_response = True
        return b"Transfer-Encoding: chunked\r\n"

    def _latency(self, now: float) -> list[bytes]:
        if self.notes[Field.MODE].lower() != b"debug":
            return []
        total, upstream = now - self._started_at, now - self._sent_at
        return [b"X-Apig-Latency: %d" % (total * 1000), b"X-Apig-Upstream-Latency: %d" % (upstream * 1000)]

    def fail(self, fault: Fault) -> None:
        """Answers with `fault`, or cuts the connection where an answer has already begun."""
        self._drop_backend()
        if self._is_answered:
            self._end(cut=True)
            return
        self._answer(answers.fault(fault, self._grant, self.request_id, self.client.gateway.date()))

    def timed_out(self) -> None:
        """Nothing has moved for as long as the contract allows."""
        is_clients_turn = not self.is_request_done and not self.client.is_reading_paused
        self.fail(Fault(runtime.BODY_TIMEOUT if is_clients_turn else runtime.BACKEND_TIMEOUT))

    def _answer(self, answer: answers.Answer) -> None:
        self._is_answered = True
        if not self.is_request_done:
            self.keep_alive = False
        self.client.write(answers.whole(answer, self))
        self._end(cut=False)

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
