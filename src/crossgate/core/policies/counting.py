"""Counting a call against all that limits it at once: it is counted everywhere, or, when refused, nowhere."""

from collections.abc import Callable, Sequence

import msgspec

from crossgate.core.errors import Fault, FaultKind
from crossgate.core.policies.call import Call, Check, Look, Remaining, Spend, Waiting
from crossgate.core.policies.spending import Left, Period, Spending


class Charge(msgspec.Struct, frozen=True, gc=False):
    """One limit a call counts against.

    `refusal` is what the caller meets when nothing is left. `noted` is the last word of the debug header that
    tells what is left, empty for none; `period` is that header's.
    """

    spending: Spending
    refusal: FaultKind
    period: Period
    noted: str = ""


Charges = Callable[[Call], Sequence[Charge]]
"""What one policy charges a call with; nothing where it does not limit it."""


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
    for charge, remaining in zip(charges, left.remaining, strict=True):
        if charge.noted:
            call.limits[charge.noted] = Remaining(remaining, charge.spending.limit, charge.period)
    _refuse(charges, left)


def _look(charges: Sequence[Charge]) -> Waiting:
    left: Left = yield Look(tuple([charge.spending for charge in charges]))
    _refuse(charges, left)


def _refuse(charges: Sequence[Charge], left: Left) -> None:
    if left.refused is not None:
        raise Fault(charges[left.refused].refusal)
