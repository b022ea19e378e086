"""Counting a call against all that limits it at once: it is counted everywhere, or, when refused, nowhere."""

from collections.abc import Callable, Sequence

from crossgate.core.errors import Fault
from crossgate.core.policies.call import Call, Charge, Check, Counted, Look, Spend, Waiting
from crossgate.core.policies.spending import Left

_REMEMBERED = 4096

Charges = Callable[[Call], Sequence[Charge]]
"""What one policy charges a call with; nothing where it does not limit it."""


class ChargesByCaller:
    """The charges of one kind, made for a caller when it first calls: most of them call again."""

    __slots__ = ("_known", "_make")

    def __init__(self, make: Callable[[str], Charge | None]) -> None:
        self._make = make
        self._known: dict[str, Charge | None] = {}

    def of(self, who: str) -> Charge | None:
        """The charge for `who`, an app, an account or an address; None where it is not limited."""
        try:
            return self._known[who]
        except KeyError:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            charge = self._known[who] = self._make(who)
            return charge


def counting_check(policies: Sequence[Charges]) -> Check | None:
    """Counts a call against all that `policies` charge; refuses by the first that has nothing left."""
    if not policies:
        return None

    def check(call: Call) -> Waiting | None:
        charges = [charge for charges_of in policies for charge in charges_of(call)]
        return _spend(call, charges) if charges else None

    return check


def looking_check(policy: Charges) -> Check:
    """Refuses a call that has nothing left of what `policy` charges, without counting it."""

    def check(call: Call) -> Waiting | None:
        charges = policy(call)
        return _look(charges) if charges else None

    return check


def _spend(call: Call, charges: Sequence[Charge]) -> Waiting:
    left: Left = yield Spend(tuple([charge.spending for charge in charges]))
    call.counted.append(Counted(charges, left))
    _refuse(charges, left)


def _look(charges: Sequence[Charge]) -> Waiting:
    left: Left = yield Look(tuple([charge.spending for charge in charges]))
    _refuse(charges, left)


def _refuse(charges: Sequence[Charge], left: Left) -> None:
    if left.refused is not None:
        raise Fault(charges[left.refused].refusal)
