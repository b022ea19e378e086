"""Counters that the workers of one machine share: a file mapped into the memory of each of them.

The file is a table with one row for each key that is being counted: the key's digest, when its period ends, and
how many calls were counted. A key has its row in one of two buckets. Whoever counts holds the file's lock, which
the kernel takes back from a process that dies; a row is written so that a death half-way leaves it unused. The
file outlives processes, so neither a worker's death nor a restart begins a new period.
"""

import fcntl
import hashlib
import math
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from crossgate.core.policies.spending import Left, Spending

FILE_NAME = "counters"
_MAGIC: Final = b"crossgate counters 1\n".ljust(64, b"\0")
_BUCKETS: Final = 1 << 14
_WAYS: Final = 16
_DIGEST_BYTES: Final = 16
_DIGESTS_AT: Final = len(_MAGIC)
_ENDS_AT: Final = _DIGESTS_AT + _BUCKETS * _WAYS * _DIGEST_BYTES
_COUNTS_AT: Final = _ENDS_AT + _BUCKETS * _WAYS * 8
_SIZE: Final = _COUNTS_AT + _BUCKETS * _WAYS * 8
_REMEMBERED_PLACES: Final = 4096

CAPACITY: Final = _BUCKETS * _WAYS
"""Keys that can be counted at a time; beyond it the period that would end next ends early."""


class Counters:
    """The counters in a file, for one process."""

    def __init__(self, file: Path) -> None:
        """Opens `file`, made when it is missing and made anew when it is of another kind. Raises OSError."""
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with self._locked():
            if os.pread(self._descriptor, len(_MAGIC), 0) != _MAGIC or os.fstat(self._descriptor).st_size != _SIZE:
                os.ftruncate(self._descriptor, 0)
                os.ftruncate(self._descriptor, _SIZE)
                os.pwrite(self._descriptor, _MAGIC, 0)
        self._table = mmap.mmap(self._descriptor, _SIZE)
        view = memoryview(self._table)
        self._ends = view[_ENDS_AT:_COUNTS_AT].cast("d")
        self._counts = view[_COUNTS_AT:].cast("Q")
        view.release()
        # Where a key was last: another process may have put another there since.
        self._places: dict[tuple[str, int], tuple[bytes, int]] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._ends.release()
        self._counts.release()
        self._table.close()
        os.close(self._descriptor)

    def spend(self, spendings: Sequence[Spending], now: float) -> Left:
        """Count one call against all of `spendings`, or, where one of them has none left, against none.

        `now` is in seconds since the epoch.
        """
        counts = self._counts
        with self._locked():
            rows = [self._row(spending, now) for spending in spendings]
            left = [spending.limit - counts[row] for spending, row in zip(spendings, rows, strict=True)]
            if min(left) > 0:
                for row in rows:
                    counts[row] += 1
                return Left(tuple([each - 1 for each in left]))
        refused = next(index for index, each in enumerate(left) if each <= 0)
        return Left(tuple([max(each, 0) for each in left]), refused)

    def look(self, spendings: Sequence[Spending], now: float) -> Left:
        """What is left of `spendings`, without counting anything."""
        with self._locked():
            left = [spending.limit - self._counts[self._row(spending, now)] for spending in spendings]
        refused = next((index for index, each in enumerate(left) if each <= 0), None)
        return Left(tuple([max(each, 0) for each in left]), refused)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1)

    def _row(self, spending: Spending, now: float) -> int:
        """The row that counts for `spending` now; a period that has ended begins anew."""
        name = spending.key, spending.seconds
        place = self._places.get(name)
        if place is None:
            digest = hashlib.blake2b(
                f"{spending.seconds} {spending.key}".encode(), digest_size=_DIGEST_BYTES
            ).digest()
            row = None
        else:
            digest, row = place
            at = _DIGESTS_AT + _DIGEST_BYTES * row
            if self._table[at : at + _DIGEST_BYTES] != digest:
                row = None
        if row is None:
            row = self._place(digest, now)
            if len(self._places) >= _REMEMBERED_PLACES:
                self._places.clear()
            self._places[name] = digest, row
        if self._ends[row] <= now:
            self._begin(row, digest, _period_end(spending, now))
        return row

    def _place(self, digest: bytes, now: float) -> int:
        """The row with `digest`, else one of its two buckets that counts nothing any more.

        When both buckets are full, it is the row whose period would end next, which then has ended.
        """
        buckets = [int.from_bytes(digest[at : at + 4], "little") % _BUCKETS for at in (0, 4)]
        for bucket in buckets:
            row = self._find(bucket, digest)
            if row is not None:
                return row
        rows = [bucket * _WAYS + way for bucket in buckets for way in range(_WAYS)]
        row = min(rows, key=lambda row: self._ends[row])
        self._ends[row] = min(self._ends[row], now)
        return row

    def _find(self, bucket: int, digest: bytes) -> int | None:
        start = _DIGESTS_AT + bucket * _WAYS * _DIGEST_BYTES
        end = start + _WAYS * _DIGEST_BYTES
        found = self._table.find(digest, start, end)
        while found >= 0 and (found - start) % _DIGEST_BYTES:
            # The end of one digest and the beginning of the next can look like a third.
            found = self._table.find(digest, found + 1, end)
        return None if found < 0 else (found - _DIGESTS_AT) // _DIGEST_BYTES

    def _begin(self, row: int, digest: bytes, end: float) -> None:
        """Write a new period. The row counts nothing until its end, the last field, is written."""
        self._ends[row] = 0.0
        self._counts[row] = 0
        at = _DIGESTS_AT + _DIGEST_BYTES * row
        self._table[at : at + _DIGEST_BYTES] = digest
        self._ends[row] = end


def _period_end(spending: Spending, now: float) -> float:
    if spending.anchor is None:
        return now + spending.seconds
    periods = math.floor((now - spending.anchor) / spending.seconds) + 1
    return spending.anchor + periods * spending.seconds
