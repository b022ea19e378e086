"""The data directory: made, checked, and claimed by one crossgate at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from crossgate.supervisor import StartError

LOCK = "lock"


@contextmanager
def claim(directory: Path) -> Iterator[bool]:
    """Make `directory` ours for a while; whether its last user was killed. Raises StartError.

    The kernel lets go of it when the process ends, however it ends. A user that ends in order empties the file.
    """
    with _open(directory) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartError(
                f"Another crossgate already uses {directory}; stop it, or choose another directory with --data."
            ) from error
        was_killed = lock.tell() > 0
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        try:
            yield was_killed
        finally:
            lock.truncate(0)


def _open(directory: Path) -> IO[str]:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / LOCK).open("a", encoding="ascii")
    except OSError as error:
        raise StartError(_unusable(directory, error.strerror)) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        lock.close()
        raise StartError(_unusable(directory, "it is read-only"))
    return lock


def _unusable(directory: Path, reason: str | None) -> str:
    return f"The data directory {directory} cannot be written ({reason}); choose another with --data."
