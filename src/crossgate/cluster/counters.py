"""Counters that the workers of one machine share: a file mapped into the memory of each of them.

The file is a table with one row for each key that is being counted: a hash of the key, when its period ends, and
how many calls were counted. Whoever counts holds a lock on the file, which the kernel takes back from a process
that dies. Each number is written at one stroke, in an order in which a death between two of them leaves the row
unused. The file outlives processes, so neither a worker's death nor a restart begins a new period.

A key has its row in one of two buckets. When both are full, the row that has counted least ends early, for no
more calls can then be let in than it had counted. So a caller with many addresses pushes out addresses that have
called once, never the count of a whole API. Where a key belongs depends on a secret of the file: nobody can choose
addresses that fall on a row of theirs.
"""

import fcntl
import math
import mmap
import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from crossgate.core.policies.spending import Left, Spending

FILE_NAME = "counters"
CLOCK_TOLERANCE_S: Final = 60
"""A clock set back by no more than this makes periods longer; set back further, it begins new ones."""

_BUCKETS: Final = 1 << 16
_WAYS: Final = 16
CAPACITY: Final = _BUCKETS * _WAYS
"""Keys that can be counted at a time."""

_KIND: Final = b"crossgate counters 2\n".ljust(32)
_SECRET_BYTES: Final = 32
_HEAD_BYTES: Final = len(_KIND) + _SECRET_BYTES
_COLUMN_BYTES: Final = 8 * CAPACITY
_FILE_BYTES: Final = _HEAD_BYTES + 3 * _COLUMN_BYTES
_REMEMBERED_PLACES: Final = 4096
_NOWHERE: Final = 0, 0, 0


class Counters:
    """The counters in a file, for one process. Each opens it itself: an inherited descriptor shares its lock."""

    def __init__(self, file: Path) -> None:
        """Opens `file`, made when it is missing and made anew when it is of another kind. Raises OSError."""
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self._secret = _read_secret(self._descriptor) or _make_file(self._descriptor)
            self._table = mmap.mmap(self._descriptor, _FILE_BYTES)
        except OSError:
            os.close(self._descriptor)
            raise
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        with memoryview(self._table) as table:
            columns = [table[at : at + _COLUMN_BYTES] for at in range(_HEAD_BYTES, _FILE_BYTES, _COLUMN_BYTES)]
            self._hashes, self._ends, self._counts = (
                columns[0].cast("Q"),
                columns[1].cast("d"),
                columns[2].cast("Q"),
            )
            for column in columns:
                column.release()
        # Of a key: its period in seconds, its hash and the row it had last. That may be another's by now.
        self._places: dict[str, tuple[int, int, int]] = {}

    def close(self) -> None:
        """Let go of the file."""
        for column in (self._hashes, self._ends, self._counts):
            column.release()
        self._table.close()
        os.close(self._descriptor)

    def spend(self, spendings: Sequence[Spending], now: float) -> Left:
        """Count one call against all of `spendings`, or, where one of them has none left, against none.

        No two of them have the same key. `now` is the clock as it stands, in seconds since the epoch: by one that
        is more than CLOCK_TOLERANCE_S late, periods that others have just begun would look wrong and begin again.
        """
        counts = self._counts
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            rows, left = self._find(spendings, now, 1)
            if min(left) >= 0:
                for row in rows:
                    counts[row] += 1
                return Left(tuple(left))
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return _told(left, 1)

    def look(self, spendings: Sequence[Spending], now: float) -> Left:
        """What is left of `spendings`, without counting anything."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            _, left = self._find(spendings, now, 0)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return _told(left, 0)

    def _find(self, spendings: Sequence[Spending], now: float, calls: int) -> tuple[list[int], list[int]]:
        """The row of each of `spendings`, in a period that lasts, and what is left of it after as many calls."""
        # Each call of each worker waits for this; every step that could be left out has been.
        places, hashes, ends, counts = self._places, self._hashes, self._ends, self._counts
        rows: list[int] = []
        left: list[int] = []
        latest = now + CLOCK_TOLERANCE_S
        for spending in spendings:
            seconds = spending.seconds
            known_seconds, key_hash, row = places.get(spending.key, _NOWHERE)
            if known_seconds != seconds or hashes[row] != key_hash or not now < ends[row] <= latest + seconds:
                row = self._settle(spending, now, rows)
            rows.append(row)
            left.append(spending.limit - calls - counts[row])
        return rows, left

    def _settle(self, spending: Spending, now: float, taken: list[int]) -> int:
        """The row of `spending`, wherever it is, in a period that lasts; not one of `taken`."""
        name = f"{spending.seconds} {spending.key}".encode()
        digest = blake2b(name, digest_size=16, key=self._secret).digest()
        key_hash = int.from_bytes(digest[:8])
        buckets = [int.from_bytes(part) % _BUCKETS * _WAYS for part in (digest[8:12], digest[12:])]
        row = self._row_of(key_hash, buckets)
        if row is None:
            row = self._room(buckets, now, taken)
            self._begin(row, key_hash, _period_end(spending, now))
        elif not now < self._ends[row] <= now + spending.seconds + CLOCK_TOLERANCE_S:
            self._begin(row, key_hash, _period_end(spending, now))
        if len(self._places) >= _REMEMBERED_PLACES:
            self._places.clear()
        self._places[spending.key] = spending.seconds, key_hash, row
        return row

    def _row_of(self, key_hash: int, buckets: list[int]) -> int | None:
        for bucket in buckets:
            hashes = self._hashes[bucket : bucket + _WAYS].tolist()
            if key_hash in hashes:
                return bucket + hashes.index(key_hash)
        return None

    def _room(self, buckets: list[int], now: float, taken: list[int]) -> int:
        """A row whose period is over, else the one whose early end does the least harm."""
        for bucket in buckets:
            for row, end in enumerate(self._ends[bucket : bucket + _WAYS].tolist(), bucket):
                if end <= now and row not in taken:
                    return row
        rows = [row for bucket in buckets for row in range(bucket, bucket + _WAYS) if row not in taken]
        # Of those that have counted as little, it is the newcomer that goes.
        return min(rows, key=lambda row: (self._counts[row], -self._ends[row]))

    def _begin(self, row: int, key_hash: int, end: float) -> None:
        """Write a new period. The row counts nothing until its end, the last number, is written."""
        self._ends[row] = 0.0
        self._counts[row] = 0
        self._hashes[row] = key_hash
        self._ends[row] = end


def _read_secret(descriptor: int) -> bytes | None:
    """The secret in a file of our kind."""
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    is_ours = head.startswith(_KIND) and os.fstat(descriptor).st_size == _FILE_BYTES
    return head[len(_KIND) :] if is_ours else None


def _make_file(descriptor: int) -> bytes:
    """Make the file empty, and its secret."""
    os.ftruncate(descriptor, 0)
    # All its disk space at once: a page that cannot be written later would end the process.
    os.posix_fallocate(descriptor, 0, _FILE_BYTES)
    secret = os.urandom(_SECRET_BYTES)
    os.pwrite(descriptor, _KIND + secret, 0)
    return secret


def _period_end(spending: Spending, now: float) -> float:
    if spending.anchor is None:
        return now + spending.seconds
    periods = math.floor((now - spending.anchor) / spending.seconds) + 1
    return spending.anchor + periods * spending.seconds


def _told(left: list[int], calls: int) -> Left:
    """What is left where as many calls, which `left` is less by, were not counted."""
    remaining = [each + calls for each in left]
    refused = next((index for index, each in enumerate(remaining) if each <= 0), None)
    return Left(tuple([max(each, 0) for each in remaining]), refused)
