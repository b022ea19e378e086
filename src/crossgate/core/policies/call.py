"""A call on its way through the checks: what is known of it, and what a check may ask its driver for.

A check is a function of the Call. One that can decide at once returns None; one that needs something first
returns a generator that yields what it needs (an Effect) and is sent the answer. It raises Fault to refuse.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import msgspec

from crossgate.core.policies.addresses import Address
from crossgate.core.policies.credentials import App
from crossgate.core.policies.spending import Period, Spending


class BodyDigest(msgspec.Struct, frozen=True):
    """Ask for the whole body, kept back from the backend; answered with its SHA-256 in hex."""


class Spend(msgspec.Struct, frozen=True):
    """Ask to count the call against every one of `spendings`, or against none; answered with what is left."""

    spendings: tuple[Spending, ...]


Effect = BodyDigest | Spend


class Account(msgspec.Struct, frozen=True):
    """An operator who calls an API with the credentials of the admin API."""

    id: str
    name: str


class Call:
    """One request while it is checked.

    `target` is the raw request target, `path` the path it was routed by; `fields` are all its header fields;
    `client` is its address by the gateway's rules for proxies; `is_empty`: it has no body; `now` is in seconds
    since the epoch. Checks note here who calls: `app` for a credential, `account` for an operator; `context`
    holds what authorizers say, by its `$context.` name.
    `limits` are the values of the debug headers that tell what is left, by their last word.
    """

    __slots__ = (
        "account",
        "api_id",
        "app",
        "client",
        "context",
        "env_id",
        "fields",
        "is_empty",
        "limits",
        "method",
        "now",
        "path",
        "target",
    )

    def __init__(self, method: bytes, target: bytes, path: bytes, fields: Sequence[tuple[bytes, bytes]]) -> None:
        self.method = method
        self.target = target
        self.path = path
        self.fields = fields
        self.is_empty = True
        self.client: Address | None = None
        self.now = 0.0
        self.api_id = ""
        self.env_id = ""
        self.app: App | None = None
        self.account: Account | None = None
        self.context: dict[str, str] = {}
        self.limits: dict[str, str] = {}

    def values(self, name: bytes) -> list[bytes]:
        """Every value of the field `name`, which is in lower case."""
        return [value for field, value in self.fields if field.lower() == name]

    def note_limit(self, kind: str, remaining: int, limit: int, period: Period) -> None:
        """Remember what is left of a limit, in the form of the debug headers (gateway.md 4)."""
        self.limits[kind] = f"remain:{remaining},limit:{limit},time:{period}"


Waiting = Generator[Effect, Any, None]
Check = Callable[[Call], Waiting | None]


def run(checks: Iterable[Check], call: Call) -> Waiting:
    """Every check in turn; the first that refuses ends it."""
    for check in checks:
        waiting = check(call)
        if waiting is not None:
            yield from waiting
