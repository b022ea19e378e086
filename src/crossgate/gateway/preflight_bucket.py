"""How many preflights one address may send: they need no credentials, and no throttle counts them."""


class PreflightBucket:
    """Counts the preflights of the present second by address."""

    __slots__ = ("_counts", "_per_second")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._counts: dict[bytes, int] = {}

    def take(self, address: bytes) -> bool:
        """Counts one; whether it is within the limit."""
        count = self._counts.get(address, 0) + 1
        self._counts[address] = count
        return count <= self._per_second

    def begin(self) -> None:
        """Another second has begun."""
        self._counts.clear()
