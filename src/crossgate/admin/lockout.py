"""Lockout: who fails five times in a row is refused for five minutes (gateway.md 3.1)."""

from typing import Final

import msgspec

FAILURES: Final = 5
LOCKED_S: Final = 300.0
REMEMBERED: Final = 10_000


class _Record(msgspec.Struct):
    failures: int = 0
    locked_until_s: float = 0.0


class Lockout:
    """Counts consecutive failures by name. Times are seconds of any clock that only goes forward.

    It remembers the newest ten thousand names, so guessing names cannot fill the memory.
    """

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def is_locked(self, name: str, now_s: float) -> bool:
        """Whether `name` has used up its attempts and must still wait."""
        record = self._records.get(name)
        return record is not None and now_s < record.locked_until_s

    def fail(self, name: str, now_s: float) -> None:
        """`name` failed; the fifth time in a row locks it."""
        record = self._records.pop(name, None) or _Record()
        record.failures += 1
        if record.failures >= FAILURES:
            record = _Record(locked_until_s=now_s + LOCKED_S)
        self._records[name] = record
        if len(self._records) > REMEMBERED:
            del self._records[next(iter(self._records))]

    def succeed(self, name: str) -> None:
        """`name` proved who it is: its failures are forgotten."""
        self._records.pop(name, None)
