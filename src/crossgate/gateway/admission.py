"""A call on its way through its checks: what they wait for is done here, one thing after the other.

Counting is done at once, in memory the workers share. A body is awaited while the client sends it; a service is
asked while other requests go on.
"""

import logging
from collections.abc import Callable, Iterator
from time import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.app_token import MAX_BODY_BYTES, TokenEndpoint
from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.call import Body, BodyDigest, Call, Check, Effect, Waiting, run
from crossgate.core.policies.client_address import client_address
from crossgate.core.policies.spending import Left, Spending
from crossgate.core.snapshot.config import Limits
from crossgate.core.snapshot.dispatch import absolute_form
from crossgate.gateway import answers, forward
from crossgate.gateway.upload import Upload

if TYPE_CHECKING:
    from crossgate.gateway.exchange import Exchange

TOKEN_LIMITS: Final = Limits(request_body_bytes=MAX_BODY_BYTES)
"""What the OAuth 2.0 endpoint takes."""
# A body that a policy wants to see is read into memory; the contract's own limit for it (gateway.md 2.5).
_LONGEST_READ_BYTES: Final = 12 * 1024 * 1024
# How much longer than its own limit an answer is awaited before the request is given up.
_SLACK_S: Final = 5.0
_log = logging.getLogger(__name__)


class Counting(Protocol):
    """The port to whoever counts; `now` is in seconds since the epoch."""

    def spend(self, spendings: tuple[Spending, ...], now: float) -> Left:
        """Count one call against all of `spendings`, or, where one of them has none left, against none."""

    def look(self, spendings: tuple[Spending, ...], now: float) -> Left:
        """What is left of `spendings`, without counting anything."""


class _Pending:
    """What stands for an answer that is not there yet."""


_PENDING: Final = _Pending()


class Admission:
    """What one exchange waits for before it goes on: first `waiting`, then whichever `further` check waits, too.

    It ends with `exchange.admitted`, or `answer`, or `fail`.
    """

    __slots__ = ("_answer", "_cancel", "_exchange", "_further", "_waiting", "_wanted")

    def __init__(self, exchange: "Exchange", waiting: Waiting, further: Iterator[Check]) -> None:
        self._exchange = exchange
        self._waiting = waiting
        self._further = further
        self._wanted: Body | BodyDigest | None = None
        self._cancel: Callable[[], None] | None = None
        self._answer: Any = None

    @property
    def awaits_body(self) -> bool:
        """Whether it is the client's turn, to send its body."""
        return self._wanted is not None

    def advance(self) -> None:
        """Goes on as far as it can."""
        exchange = self._exchange
        try:
            self._go_on()
        except Fault as fault:
            exchange.fail(fault)
        except Exception:
            # A defect of ours costs one request its answer, and never lets it in.
            _log.exception("a check failed request_id=%s", exchange.request_id.decode())
            exchange.fail(Fault(runtime.INTERNAL))

    def _go_on(self) -> None:
        exchange, waiting, done = self._exchange, self._waiting, self._done
        answer, self._answer = self._answer, None
        while True:
            try:
                while answer is not _PENDING:
                    answer = done(waiting.send(answer))
                return
            except StopIteration as end:
                own_answer = end.value
            if own_answer is not None:
                exchange.answer(*own_answer)
                return
            further = run(self._further, exchange.call())
            if further is None:
                exchange.admitted()
                return
            self._waiting, waiting, answer = further, further, None

    def body_progressed(self, body: Upload) -> None:
        """More of the body, or its end, is here."""
        if self._wanted is None:
            return
        if not self._exchange.is_request_done:
            self._exchange.client.expect_within(body.limits.request_body_timeout_ms / 1000)
            return
        wanted, self._wanted = self._wanted, None
        try:
            self._answer = _read(body, wanted)
        except Fault as fault:
            self._exchange.fail(fault)
        else:
            self.advance()

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self._waiting.close()

    def _done(self, effect: Effect) -> Any:
        """The answer to `effect`, or _PENDING."""
        answer = self._exchange.at_hand(effect)
        if answer is not None:
            return answer
        return self._ask(effect) if isinstance(effect, Ask) else self._hold(effect)

    def _hold(self, wanted: Effect) -> Any:
        """Keeps the body from the backend until the whole of it is here."""
        exchange = self._exchange
        body = exchange.body
        assert body is not None
        assert isinstance(wanted, (Body, BodyDigest))
        if exchange.is_request_done:
            return _read(body, wanted)
        body.hold()
        exchange.invite_body()
        exchange.client.expect_within(body.limits.request_body_timeout_ms / 1000)
        exchange.client.resume_reading()
        self._wanted = wanted
        return _PENDING

    def _ask(self, ask: Ask) -> Any:
        answered: list[Answer | AskFailed] = []
        is_waiting = False

        def done(answer: Answer | AskFailed) -> None:
            if is_waiting:
                self._cancel = None
                self._answer = answer
                self.advance()
            else:
                answered.append(answer)

        # What is asked may be behind this gateway again: the hops are counted on.
        hops = b"%d" % (forward.hops(self._exchange.read.notes) + 1)
        told = msgspec.structs.replace(ask, fields=(*ask.fields, (b"X-Crossgate-Hops", hops)))
        cancel = self._exchange.client.gateway.asker.ask(told, done)
        if answered:
            return answered[0]
        is_waiting = True
        self._cancel = cancel
        self._exchange.client.expect_within(ask.timeout_ms / 1000 + _SLACK_S)
        return _PENDING


def _read(body: Upload, wanted: Body | BodyDigest) -> str | bytes:
    if isinstance(wanted, BodyDigest):
        return body.digest()
    if body.arrived_bytes() > _LONGEST_READ_BYTES:
        raise Fault(runtime.ENTITY_TOO_LARGE)
    return body.content()


def token_request(exchange: "Exchange", endpoint: TokenEndpoint) -> Waiting:
    """Answers as the OAuth 2.0 endpoint, once the body is here."""
    body = b"" if exchange.body is None else (yield Body())
    words = endpoint.answer(exchange.method, exchange.read.pairs(), body, time())
    return words.status, answers.rendered(exchange, words, None)


def call_of(exchange: "Exchange", path: bytes) -> Call:
    """What the checks, and the gateway's own answers, know of a request that was routed by `path`."""
    client, target, rule = exchange.client, exchange.target, exchange.snapshot.client_address
    if rule is None:
        address, text = client.ip or client.read_ip(), client.address_text
    else:
        address = client_address(client.address, exchange.read.pairs(), rule)
        text = str(address)
    if target[:1] != b"/":
        target = _origin_form(exchange)
    is_empty = exchange.body is None
    return Call(exchange.method, target, path, exchange.read, is_empty, address, text, time(), exchange)


def _origin_form(exchange: "Exchange") -> bytes:
    """Path and query of the target; one that contradicts the Host field, which is what is signed, stays whole."""
    target = exchange.target
    if b"://" not in target:
        return target
    authority, rest = absolute_form(target)
    return rest if authority == exchange.read.named.host else target


def system_parameter(exchange: "Exchange", name: str) -> str | None:
    """What `$context.` + `name` stands for, where it is nothing of the call itself (gateway.md 1.3)."""
    match = exchange.verdict.match if exchange.verdict is not None else None
    match name:
        case "requestId":
            return exchange.request_id.decode()
        case "apiId":
            return match.route.api_id if match is not None else None
        case "apiName":
            return match.route.api_name if match is not None else None
        case "stage":
            return match.route.env.decode() if match is not None else None
        case "serverName":
            return exchange.read.named.host.decode("latin-1")
        case "serverAddr":
            return exchange.client.server_address.decode()
        case "handleTime":
            return exchange.client.gateway.date[len("Date: ") : -2].decode()
        case _:
            return None
