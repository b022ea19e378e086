"""Counters for Prometheus: each worker counts in a file of its own, and whoever reads adds the files up.

A worker takes the first file of the directory that nobody has, and goes on counting where that one's last owner
ended: counters outlive workers and restarts, and no lock is taken to count.
"""

import fcntl
import mmap
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Final

DIRECTORY_NAME = "metrics"
"""In the data directory."""

_HELP: Final = {
    "crossgate_requests_total": "Requests that are over, by the class of the status they were answered with.",
    "crossgate_refusals_total": "Requests that the gateway refused, by error code and type of gateway response.",
}
_OTHERS: Final = 'crossgate_refusals_total{code="other",type="other"}'

# A file is a head, which ends with the number of rows in use, and rows: a sample's name, and its value.
_KIND: Final = b"crossgate metrics 1\n".ljust(120)
_NAME_BYTES: Final = len(_KIND)
_ROW_BYTES: Final = _NAME_BYTES + 8
_ROWS: Final = 511
_FILE_BYTES: Final = _ROW_BYTES * (1 + _ROWS)
_NUMBERS_IN_ROW: Final = _ROW_BYTES // 8


class Metrics:
    """What one worker counts."""

    def __init__(self, directory: Path) -> None:
        """Counts in a file in `directory`, which is made when it is missing. Raises OSError."""
        directory.mkdir(mode=0o700, exist_ok=True)
        self._descriptor = _claim(directory)
        self._table = mmap.mmap(self._descriptor, _FILE_BYTES)
        self._numbers = memoryview(self._table).cast("Q")
        self._names = list(_samples(self._table[:]) or ())
        self._refusals: dict[tuple[str, str], int] = {}

    def close(self) -> None:
        """Let go of the file; what was counted stays."""
        self._numbers.release()
        self._table.close()
        os.close(self._descriptor)

    def refused(self, code: str, reason: str) -> None:
        """Count a refusal by its error code, `APIG.0308`, and its type of gateway response, `THROTTLED`."""
        number = self._refusals.get((code, reason))
        if number is None:
            number = self._number(f'crossgate_refusals_total{{code="{code}",type="{reason}"}}')
            self._refusals[code, reason] = number
        self._numbers[number] += 1

    def answered(self, status: int, requests: int) -> None:
        """Count requests that are over by their status; 0 where the client left before there was one."""
        status_class = f"{status // 100}xx" if status else "none"
        self._numbers[self._number(f'crossgate_requests_total{{status="{status_class}"}}')] += requests

    def _number(self, name: str) -> int:
        """Which of the numbers in the file is the value of the sample `name`."""
        names = self._names
        if name not in names:
            if len(name) > _NAME_BYTES or len(names) >= _ROWS - 1:
                name = _OTHERS
            if name not in names:
                at = _ROW_BYTES * (1 + len(names))
                self._table[at : at + _NAME_BYTES] = name.encode().ljust(_NAME_BYTES)
                names.append(name)
                # Now that it is all there, whoever reads may see it.
                self._numbers[_NUMBERS_IN_ROW - 1] = len(names)
        return _NUMBERS_IN_ROW * (2 + names.index(name)) - 1


def exposition(directory: Path) -> str:
    """What all workers have counted, in Prometheus's text format 0.0.4."""
    totals: Counter[str] = Counter()
    for file in directory.glob("*"):
        totals.update(_samples(file.read_bytes()) or {})
    lines = []
    for metric, told in _HELP.items():
        lines += [f"# HELP {metric} {told}", f"# TYPE {metric} counter"]
        lines += [f"{name} {totals[name]}" for name in sorted(totals) if name.startswith(metric)]
    return "\n".join([*lines, ""])


def _claim(directory: Path) -> int:
    """A descriptor of the first file that nobody has; the kernel keeps it for this process until its end."""
    number = 1
    while (descriptor := _claimed(directory / str(number))) is None:
        number += 1
    if _samples(os.pread(descriptor, _FILE_BYTES + 1, 0)) is None:
        os.ftruncate(descriptor, 0)
        # All its disk space at once: a page that cannot be written later would end the process.
        os.posix_fallocate(descriptor, 0, _FILE_BYTES)
        os.pwrite(descriptor, _KIND, 0)
    return descriptor


def _claimed(file: Path) -> int | None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _samples(table: bytes) -> dict[str, int] | None:
    """The samples of a file in their order; None where it is of another kind, or not made yet."""
    if len(table) != _FILE_BYTES or not table.startswith(_KIND):
        return None
    used = int.from_bytes(table[_NAME_BYTES:_ROW_BYTES], sys.byteorder)
    rows = [table[at : at + _ROW_BYTES] for at in range(_ROW_BYTES, _FILE_BYTES, _ROW_BYTES)][:used]
    return {row[:_NAME_BYTES].decode().rstrip(): int.from_bytes(row[_NAME_BYTES:], sys.byteorder) for row in rows}
