"""How many may ask one service at once, and none while it gives no answers. Pure: the time is handed in."""

from typing import Final

FAILURES: Final = 5
"""So many failures in a row shut a gate."""
SHUT_S: Final = 5.0
"""Seconds from the last failure to the one ask that tries again."""
_FORGET_S: Final = 60.0


class Gate:
    """Lets at most `most` through at once, and one alone, every SHUT_S, to a service that has ceased to answer.

    Whoever was let in by `enter` leaves once. Times are seconds of one monotonic clock.
    """

    __slots__ = ("_failed_at", "_failures", "_is_tried", "_most", "in_flight")

    def __init__(self, most: int) -> None:
        self.in_flight = 0
        self._most = most
        self._failures = 0
        self._failed_at = 0.0
        self._is_tried = False

    def __repr__(self) -> str:
        return f"<Gate: {self.in_flight} of {self._most} in flight, {self._failures} failures in a row>"

    def enter(self, now: float) -> bool:
        """Whether one more may ask."""
        if self.in_flight >= self._most:
            return False
        if self._failures >= FAILURES:
            if self._is_tried or now < self._failed_at + SHUT_S:
                return False
            self._is_tried = True
        self.in_flight += 1
        return True

    def leave(self, now: float, *, has_answered: bool | None) -> None:
        """One has left; None where it left without having learnt whether the service answers."""
        self.in_flight -= 1
        self._is_tried = False
        if has_answered:
            self._failures = 0
        elif has_answered is not None:
            self._failures += 1
            self._failed_at = now

    def is_forgettable(self, now: float) -> bool:
        """Whether a new gate would do as well."""
        return not self.in_flight and (not self._failures or now > self._failed_at + _FORGET_S)
