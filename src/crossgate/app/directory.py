"""The data directory: made, checked, and claimed by one crossgate at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO

from crossgate.supervisor import StartError

LOCK = "lock"


def claim(directory: Path) -> IO[str]:
    """Make `directory` ours for as long as the returned file stays open. Raises StartError.

    The kernel lets go of it when the process ends, however it ends.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / LOCK).open("a", encoding="ascii")
    except OSError as error:
        raise StartError(_unusable(directory, error.strerror)) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StartError(_unusable(directory, "it is read-only"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StartError(
            f"Another crossgate already uses {directory}; stop it, or choose another directory with --data."
        ) from error
    return lock


def _unusable(directory: Path, reason: str | None) -> str:
    return f"The data directory {directory} cannot be written ({reason}); choose another with --data."
