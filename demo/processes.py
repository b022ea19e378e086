"""Processes: the gateway, the backend and the origins, started together and ended together."""

import re
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

POLL_S = 0.05
READY_S = 30.0
END_S = 10.0


class NotReadyError(Exception):
    """A process ended, or kept silent, before it was ready; the message has its last words."""


class _Running(NamedTuple):
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Processes:
    """Child processes that are gone when the `with` block ends, however it ends.

    Each has a session of its own, so that Ctrl-C reaches the demonstration alone, and it ends them.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: list[_Running] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # All are told before any is waited for: a second Ctrl-C may then cut the waiting short.
        for running in reversed(self._running):
            running.process.terminate()
        for running in reversed(self._running):
            _wait_for_end(running.process)

    def start(self, name: str, command: list[str], ready: str) -> str:
        """Start `command`, wait until its output matches `ready`, and return the first group of that.

        Raises NotReadyError.
        """
        log = self._directory / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            )
        self._running.append(_Running(name, process, log))
        deadline = time.monotonic() + READY_S
        while process.poll() is None and time.monotonic() < deadline:
            match = re.search(ready, log.read_text("utf-8", "replace"))
            if match is not None:
                return match[1]
            time.sleep(POLL_S)
        raise NotReadyError(f"{name} did not get ready:\n{_last_words(log)}")

    def first_ended(self) -> str | None:
        """What to say about a process that has ended by itself; None while all of them run."""
        for name, process, log in self._running:
            if process.poll() is not None:
                return f"{name} ended with status {process.returncode}:\n{_last_words(log)}"
        return None


def _wait_for_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
