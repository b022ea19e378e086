"""Counting a call against all that limits it at once: it is counted everywhere, or, when refused, nowhere."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from crossgate.core.errors import Fault
from crossgate.core.policies.call import Call, Charge, Check, Counted, Look, Spend, Waiting
from crossgate.core.policies.spending import Left

_REMEMBERED = 4096

Charges = Callable[[Call], Sequence[Charge]]
"""What one policy charges a call with; nothing where it does not limit it."""


class Caller(NamedTuple):
    """Who a call is charged to, each empty where that is nobody: account, app and address."""

    account: str
    app: str
    address: str


class ChargesByCaller:
    """What one policy charges its callers with, made when they first call: most of them call again."""

    __slots__ = ("_known", "_make", "_takes_address")

    def __init__(self, make: Callable[[Caller], Iterable[Charge | None]], *, takes_address: bool) -> None:
        """`make` gives None for what is not limited; `takes_address`: some limit is by address."""
        self._make = make
        self._takes_address = takes_address
        self._known: dict[tuple[str, str, str], tuple[Charge, ...]] = {}

    def of(self, call: Call) -> tuple[Charge, ...]:
        """What `call` is charged with."""
        account, app = call.account, call.app
        caller = (
            "" if account is None else account.id,
            "" if app is None else app.id,
            call.client_text if self._takes_address else "",
        )
        charges = self._known.get(caller)
        if charges is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            charges = tuple(charge for charge in self._make(Caller(*caller)) if charge is not None)
            self._known[caller] = charges
        return charges


def counting_check(policies: Sequence[Charges]) -> Check | None:
    """Counts a call against all that `policies` charge; refuses by the first that has nothing left."""
    if not policies:
        return None
    first, more = policies[0], policies[1:]

    def check(call: Call) -> Waiting | None:
        charges = first(call)
        if more:
            charges = [*charges, *(charge for charges_of in more for charge in charges_of(call))]
        if not charges:
            return None
        spend = Spend(tuple([charge.spending for charge in charges]))
        left = call.surroundings.at_hand(spend)
        if left is None:
            return _spend(call, charges, spend)
        _note(call, charges, left)
        return None

    return check


def looking_check(policy: Charges) -> Check:
    """Refuses a call that has nothing left of what `policy` charges, without counting it."""

    def check(call: Call) -> Waiting | None:
        charges = policy(call)
        return _look(charges) if charges else None

    return check


def _spend(call: Call, charges: Sequence[Charge], spend: Spend) -> Waiting:
    _note(call, charges, (yield spend))


def _note(call: Call, charges: Sequence[Charge], left: Left) -> None:
    call.counted += (Counted(charges, left),)
    if left.refused is not None:
        raise Fault(charges[left.refused].refusal)


def _look(charges: Sequence[Charge]) -> Waiting:
    left: Left = yield Look(tuple([charge.spending for charge in charges]))
    if left.refused is not None:
        raise Fault(charges[left.refused].refusal)
