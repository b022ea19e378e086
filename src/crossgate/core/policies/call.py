"""A call on its way through the checks: what is known of it, and what a check may ask its driver for.

A check is a function of the Call. One that can decide at once returns None; one that needs something first
returns a generator that yields what it needs (an Effect) and is sent the answer. It raises Fault to refuse.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, final
from urllib.parse import parse_qsl

import msgspec

from crossgate.core.errors import FaultKind
from crossgate.core.policies.addresses import Address
from crossgate.core.policies.asking import Ask
from crossgate.core.policies.credentials import App
from crossgate.core.policies.spending import Left, Period, Spending
from crossgate.core.signing.canonical import EMPTY_SHA256, Index, values_in


@final
class BodyDigest(msgspec.Struct, frozen=True):
    """Ask for the whole body, kept back from the backend; answered with its SHA-256 in hex."""


@final
class Body(msgspec.Struct, frozen=True):
    """Ask for the whole body, kept back from the backend; answered with its bytes."""


@final
class Spend(msgspec.Struct, frozen=True):
    """Ask to count the call against every one of `spendings`, or against none; answered with what is left."""

    spendings: tuple[Spending, ...]


@final
class Look(msgspec.Struct, frozen=True):
    """Ask what is left of `spendings` without counting; answered as Spend is, where 0 left refuses."""

    spendings: tuple[Spending, ...]


Effect = BodyDigest | Body | Spend | Look | Ask


class FieldChange(msgspec.Struct, frozen=True):
    """What a policy does to one field of the request to the backend, `name` in lower case.

    Its values come in place of what the client has sent under that name, or beside it; without any, and in place,
    the field is left out.
    """

    name: bytes
    values: tuple[bytes, ...]
    is_beside: bool = False


class Account(msgspec.Struct, frozen=True):
    """An operator who calls an API with the credentials of the admin API."""

    id: str
    name: str


class HeaderFields(Index, Protocol):
    """The header fields of a request, in the forms that checks read."""

    def pairs(self) -> Sequence[tuple[bytes, bytes]]:
        """Names and values as they came, without the white space around the values."""


class Surroundings(Protocol):
    """What knows of a request what is none of the checks' business."""

    def parameter(self, name: str) -> str | None:
        """What `$context.` and `name` stand for: `stage`, `requestId`, `apiName` …; None where it is not known."""

    def at_hand(self, effect: "Effect") -> Any:
        """The answer to `effect` if it is there at once, which costs less than to yield it; else None."""


class _Nowhere:
    """Surroundings that know nothing."""

    def parameter(self, name: str) -> None:
        return None

    def at_hand(self, effect: "Effect") -> None:
        return None


class Charge(msgspec.Struct, frozen=True, gc=False):
    """One limit a call counts against.

    `refusal` is what the caller meets when nothing is left. `noted` is the last word of the debug header that
    tells what is left, empty for none; `period` is that header's.
    """

    spending: Spending
    refusal: FaultKind
    period: Period
    noted: str = ""


class Counted(msgspec.Struct, frozen=True, gc=False):
    """What a call was charged with, and what was left of it."""

    charges: Sequence[Charge]
    left: Left

    def told(self) -> dict[str, str]:
        """What the debug headers tell, by their last word (gateway.md 4)."""
        return {
            charge.noted: f"remain:{remaining},limit:{charge.spending.limit},time:{charge.period}"
            for charge, remaining in zip(self.charges, self.left.remaining, strict=True)
            if charge.noted
        }


class Call(msgspec.Struct, eq=False):
    """One request while it is checked.

    `target` is the raw request target, `path` the path it was routed by; `client` is its address by the gateway's
    rules for proxies, `client_text` the same as text; `is_empty`: it has no body; `now` is in seconds since the
    epoch. `surroundings` know what else is called `$context.…`.

    Checks note here who calls: `app` for a credential, `account` for an operator; `context` holds what authorizers
    say, by its `$context.` name. `counted` is what it was counted against.
    `changes` are made to the fields the backend is sent, in order; parameters of the query that `hidden` names
    are not sent to it. `payload` stands for the body in a signature for the backend: its digest, or that it has
    none to be checked by.
    """

    method: bytes
    target: bytes
    path: bytes
    headers: HeaderFields
    is_empty: bool = True
    client: Address | None = None
    client_text: str = ""
    now: float = 0.0
    surroundings: Surroundings = _Nowhere()
    app: App | None = None
    account: Account | None = None
    context: Mapping[str, str] = MappingProxyType({})
    counted: tuple[Counted, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    hidden: frozenset[str] = frozenset()
    payload: str = EMPTY_SHA256
    _query: list[tuple[str, str]] | None = None

    def values(self, name: bytes) -> tuple[bytes, ...]:
        """Every value of the field `name`, which is in lower case."""
        return values_in(self.headers, name)

    @property
    def fields(self) -> Sequence[tuple[bytes, bytes]]:
        """Names and values of all header fields, as they came."""
        return self.headers.pairs()

    def query(self) -> list[tuple[str, str]]:
        """The parameters of the query, decoded; `+` is a space, as in a form."""
        if self._query is None:
            query = self.target.partition(b"?")[2]
            self._query = parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else []
        return self._query

    def system(self, name: str) -> str | None:
        """The system parameter `name`, without its `$context.`; None where the call has none (gateway.md 1.3)."""
        match name:
            case "sourceIp":
                return None if self.client is None else str(self.client)
            case "appId":
                return None if self.app is None else self.app.id
            case "appName":
                return None if self.app is None else self.app.name
            case "reqPath":
                return self.path.decode("utf-8", "replace")
            case "reqUri":
                return self.target.decode("latin-1")
            case "reqMethod":
                return self.method.decode("latin-1")
            case _:
                found = self.context.get(name)
                return self.surroundings.parameter(name) if found is None else found


Waiting = Generator[Effect, Any, Any]
Check = Callable[[Call], Waiting | None]


def run(checks: Iterator[Check], call: Call) -> Waiting | None:
    """Checks in turn, up to the first that waits, which is returned; the first that refuses ends it."""
    for check in checks:
        waiting = check(call)
        if waiting is not None:
            return waiting
    return None
