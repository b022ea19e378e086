"""A real `crossgate up`, seen from outside: its words, its processes, its doors."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.admin.cloud import Cloud

T = TypeVar("T")

SOON_S = 40.0
"""Long enough for a start on a busy machine, short enough to fail a test in time."""


def wait_until(look: Callable[[], T], within_s: float = SOON_S) -> T:
    """What `look` returns as soon as that is true; fails when it takes longer than `within_s`."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.01)
    return seen


def is_alive(pid: int) -> bool:
    """Whether a process with this id still runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_waiting(pid: int) -> bool:
    """Whether the process has nothing to do, for a tenth of a second at least."""
    for _ in range(10):
        if Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "S":
            return False
        time.sleep(0.01)
    return True


class Crossgate:
    """One `crossgate up` on free ports of this machine, with its data in `data`."""

    def __init__(self, data: Path, words: Path, *options: str, **variables: str) -> None:
        self.data = data
        self._out, self._err = words / "out.txt", words / "err.txt"
        command = [sys.executable, "-m", "crossgate", "up", "--data", str(data)]
        ports = ["--http-port", "0", "--admin-port", "0"]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*command, *ports, *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **variables},
            )

    def wait_until_up(self) -> "Crossgate":
        """Return when it says where it listens."""
        wait_until(lambda: "is up" in self.said or self.process.poll() is not None)
        assert self.process.poll() is None, self.log
        return self

    @property
    def said(self) -> str:
        """Standard output so far."""
        return self._out.read_text("utf-8")

    @property
    def log(self) -> str:
        """Standard error so far."""
        return self._err.read_text("utf-8")

    @property
    def url(self) -> str:
        """Where the gateway listens."""
        return self._place("gateway")

    @property
    def admin_url(self) -> str:
        """Where the admin API listens."""
        return self._place("admin API")

    @property
    def operator(self) -> dict[str, str]:
        """The operator's credentials."""
        found: dict[str, str] = json.loads((self.data / "operator.json").read_bytes())
        return found

    def cloud(self) -> Cloud:
        """The cloud's own SDK, signed as the operator."""
        names = ("access_key", "secret_key", "project_id", "instance_id")
        return Cloud(self.admin_url, **{name: self.operator[name] for name in names})

    def pids(self, child: str) -> list[int]:
        """Every process `child` has been, oldest first."""
        return [int(pid) for pid in re.findall(rf"child started child={child} pid=(\d+)", self.log)]

    def wait_for_spare(self) -> None:
        """Return when a control process waits for its turn, everything imported."""
        started = r"spare started child=control pid=(\d+)"
        wait_until(lambda: re.search(started, self.log))
        spare = int(re.findall(started, self.log)[-1])
        wait_until(lambda: is_waiting(spare))

    def kill(self, child: str) -> None:
        """kill -9 the process that is `child` now."""
        os.kill(self.pids(child)[-1], signal.SIGKILL)

    def wait(self, within_s: float = SOON_S) -> int:
        """The exit status, which comes in time."""
        return self.process.wait(within_s)

    def end(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.terminate()
        return self.wait()

    def leave_nothing(self) -> None:
        """Make sure that no process of ours outlives its test: without a supervisor the children end."""
        self.process.kill()
        self.process.wait()
        for pid in map(int, re.findall(r" pid=(\d+)", self.log)):
            wait_until(lambda pid=pid: not is_alive(pid))  # type: ignore[misc]

    def _place(self, name: str) -> str:
        found = re.search(rf"^  {name} +(http://\S+)", self.said, re.MULTILINE)
        assert found, self.said
        return found[1]
