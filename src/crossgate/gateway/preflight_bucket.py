"""How many preflights one address may send: they need no credentials, and no throttle counts them."""

from collections.abc import Callable


class PreflightBucket:
    """Counts the preflights of the present second by address. `now` is in seconds of a clock that goes forward."""

    __slots__ = ("_counts", "_now", "_per_second", "_second")

    def __init__(self, per_second: int, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._now = now
        self._second = 0
        self._counts: dict[bytes, int] = {}

    def take(self, address: bytes) -> bool:
        """Counts one; whether it is within the limit."""
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._counts.clear()
        count = self._counts.get(address, 0)
        self._counts[address] = count + 1
        return count < self._per_second
