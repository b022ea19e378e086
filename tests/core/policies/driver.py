"""Drives a check as the gateway does, with counters that never end and services that say what they are told."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from crossgate.core.errors import Fault
from crossgate.core.policies.addresses import read_address
from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.call import Account, Body, BodyDigest, Call, Check, Effect, Look, Spend
from crossgate.core.policies.credentials import App, AppConfig
from crossgate.core.policies.spending import Left, Spending
from crossgate.core.signing.canonical import index_of

Service = Callable[[Ask], Answer | AskFailed]


class GivenFields:
    """Header fields that are there as pairs."""

    def __init__(self, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs
        index = index_of(pairs)
        self.single, self.repeated = index.single, index.repeated

    def pairs(self) -> Sequence[tuple[bytes, bytes]]:
        """As they were given."""
        return self._pairs


def call(**fields: Any) -> Call:
    """A call with these properties; `headers` are written as a table, or as pairs."""
    made = Call(
        fields.get("method", "GET").encode(),
        fields.get("target", "/orders").encode(),
        fields.get("path", fields.get("target", "/orders").partition("?")[0]).encode(),
        GivenFields([(name.encode(), value.encode()) for name, value in _pairs(fields.get("headers", {}))]),
    )
    made.client = read_address(fields.get("client", "192.0.2.1"))
    made.client_text = str(made.client)
    made.now = fields.get("now", 1_700_000_000.0)
    made.is_empty = not fields.get("body")
    made.context = fields.get("context", {})
    if "app" in fields:
        config = AppConfig(id=fields["app"], name=fields["app"], key=fields["app"], secret=b"")
        made.app = App(config, lambda sealed, name: sealed)
    if "account" in fields:
        made.account = Account(fields["account"], fields["account"])
    return made


def with_more(made: Call, more: Iterable[tuple[bytes, bytes]]) -> Call:
    """The call with more header fields."""
    again = Call(made.method, made.target, made.path, GivenFields([*made.fields, *more]))
    again.client, again.now, again.is_empty = made.client, made.now, made.is_empty
    return again


def _pairs(headers: Mapping[str, str] | list[list[str]]) -> list[tuple[str, str]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(name, value) for name, value in pairs]


class Driver:
    """What checks get: `asked`, `counts` and `digests` remember what they wanted."""

    def __init__(self, service: Service | None = None, body: bytes = b"") -> None:
        self.service = service
        self.body = body
        self.asked: list[Ask] = []
        self.counts: Counter[str] = Counter()
        self.digests = 0

    def run(self, check: Check, made: Call) -> Fault | None:
        """The fault the check refuses the call with; None when it lets it pass."""
        try:
            waiting = check(made)
            if waiting is not None:
                effect = next(waiting)
                while True:
                    effect = waiting.send(self.answer(effect))
        except StopIteration:
            return None
        except Fault as fault:
            return fault
        return None

    def answer(self, effect: Effect) -> object:
        """What the gateway would answer to one effect."""
        match effect:
            case Spend(spendings):
                left = self._left(spendings)
                if left.refused is not None:
                    return left
                self.counts.update(spending.key for spending in spendings)
                return self._left(spendings, refuses=False)
            case Look(spendings):
                return self._left(spendings)
            case Body():
                return self.body
            case BodyDigest():
                self.digests += 1
                return hashlib.sha256(self.body).hexdigest()
            case Ask():
                self.asked.append(effect)
                assert self.service is not None, effect
                return self.service(effect)
            case _:
                raise AssertionError(effect)

    def _left(self, spendings: tuple[Spending, ...], *, refuses: bool = True) -> Left:
        left = [spending.limit - self.counts[spending.key] for spending in spendings]
        refused = next((index for index, each in enumerate(left) if each <= 0), None)
        return Left(tuple(max(each, 0) for each in left), refused if refuses else None)
