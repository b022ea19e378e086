"""A call on its way through its checks: what they wait for is done here, one thing after the other.

Counting is done at once, in memory the workers share. A body is awaited while the client sends it; a service is
asked while other requests go on.
"""

from collections.abc import Callable
from time import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.call import Body, BodyDigest, Call, Effect, Look, Spend, Waiting
from crossgate.core.policies.client_address import client_address
from crossgate.core.policies.spending import Left, Spending
from crossgate.core.snapshot.dispatch import Verdict
from crossgate.core.snapshot.snapshot import Snapshot

if TYPE_CHECKING:
    from crossgate.gateway.exchange import Exchange

# A body that a policy wants to see is read into memory; the contract's own limit for it (gateway.md 2.5).
LONGEST_READ_BYTES: Final = 12 * 1024 * 1024
# How much longer than its own limit an answer is awaited before the request is given up.
_SLACK_S: Final = 5.0


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
    """The checks of one exchange that wait for something. It ends with a call of `passed`, or with Fault."""

    __slots__ = ("_answer", "_cancel", "_exchange", "_passed", "_waiting", "_wanted")

    def __init__(self, exchange: "Exchange", waiting: Waiting, passed: Callable[[], None]) -> None:
        self._exchange = exchange
        self._waiting = waiting
        self._passed = passed
        self._wanted: Body | BodyDigest | None = None
        self._cancel: Callable[[], None] | None = None
        self._answer: Any = None

    @property
    def awaits_body(self) -> bool:
        """Whether it is the client's turn, to send its body."""
        return self._wanted is not None

    def advance(self) -> None:
        """Goes on as far as it can; raises Fault where the call is refused."""
        waiting = self._waiting
        answer, self._answer = self._answer, None
        try:
            while True:
                answer = self._done(waiting.send(answer))
                if answer is _PENDING:
                    return
        except StopIteration:
            self._passed()

    def body_progressed(self) -> None:
        """More of the body, or its end, is here."""
        if self._wanted is not None and self._exchange.is_request_done:
            wanted, self._wanted = self._wanted, None
            self._answer = self._read_body(wanted)
            self.advance()

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self._waiting.close()

    def _done(self, effect: Effect) -> Any:
        """The answer to `effect`, or _PENDING."""
        exchange = self._exchange
        match effect:
            # By the time it is now: the body, or another service, may have been awaited.
            case Spend(spendings):
                return exchange.client.gateway.counting.spend(spendings, time())
            case Look(spendings):
                return exchange.client.gateway.counting.look(spendings, time())
            case Ask():
                return self._ask(effect)
            case Body() | BodyDigest():
                exchange.hold_body()
                if exchange.is_request_done:
                    return self._read_body(effect)
                self._wanted = effect
                return _PENDING

    def _read_body(self, wanted: Body | BodyDigest) -> str | bytes:
        body = self._exchange.body
        assert body is not None
        held = body.hold()
        if isinstance(wanted, BodyDigest):
            return held.digest()
        if held.size > LONGEST_READ_BYTES:
            raise Fault(runtime.ENTITY_TOO_LARGE)
        return held.content()

    def _ask(self, ask: Ask) -> Any:
        answered: list[Answer | AskFailed] = []
        is_waiting = False

        def done(answer: Answer | AskFailed) -> None:
            if is_waiting:
                self._cancel = None
                self._answer = answer
                self._exchange.resume_admission()
            else:
                answered.append(answer)

        cancel = self._exchange.client.gateway.asker.ask(ask, done)
        if answered:
            return answered[0]
        is_waiting = True
        self._cancel = cancel
        self._exchange.client.expect_within(ask.timeout_ms / 1000 + _SLACK_S)
        return _PENDING


def call_of(exchange: "Exchange", snapshot: Snapshot, verdict: Verdict | None) -> Call:
    """What the checks, and the gateway's own answers, know of a request."""
    match = verdict.match if verdict is not None else None
    target = verdict.target if verdict is not None else None
    path = target.path if target is not None else exchange.target.partition(b"?")[0]
    client = exchange.client
    call = Call(exchange.method, exchange.target, path, exchange.read)
    call.is_empty = exchange.body is None
    rule = snapshot.client_address
    call.client = client.ip() if rule is None else client_address(client.address, call.fields, rule)
    call.now = time()
    call.lookup = exchange.system_parameter
    if match is not None:
        call.api_id, call.env_id = match.route.api_id, match.route.env_id
    return call
