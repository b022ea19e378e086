"""The README is true: every command in it is run, in its order, and answers as it says."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.e2e.running import wait_until

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|http)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORTS = ("8080", "8081", "3000")
BREAK = "-- the next block --"


class Step(NamedTuple):
    """The commands of one block, and the lines that the README shows of their answer."""

    commands: str
    answer: list[str]


def steps() -> list[Step]:
    """The blocks of the README in their order, each `http` block joined to the `sh` block before it."""
    found: list[Step] = []
    for language, text in BLOCK.findall((ROOT / "README.md").read_text("utf-8")):
        if language == "sh":
            found.append(Step(text, []))
        else:
            found[-1].answer.extend(text.splitlines())
    return found


def free_ports() -> dict[str, str]:
    """A free port in place of each that the README names."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in PORTS]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {port: str(each.getsockname()[1]) for port, each in zip(PORTS, sockets, strict=True)}


def listens(port: str) -> bool:
    """Whether somebody accepts connections on `port` of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(port))) == 0


def install(into: Path) -> None:
    """What `pip install .` does, less the fetching: build the wheel and unpack it."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = into.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(into)


class Reader:
    """Somebody who does what the README says in `directory`, but for the numbers of the ports."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.ports = free_ports()

    @contextmanager
    def keeping(self, command: list[str], port: str, **variables: str) -> Iterator[None]:
        """`command` in a terminal of its own, from when it listens on `port` until Ctrl-C."""
        log = self._directory / "log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self._directory,
                stdout=out,
                stderr=out,
                env={**os.environ, **variables},
            )
        try:
            wait_until(lambda: process.poll() is not None or listens(port))
            assert process.poll() is None, log.read_text("utf-8")
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)

    def type(self, blocks: list[str]) -> list[str]:
        """The output of each block, all typed into one shell that stops at the first failure."""
        script = f"\necho; echo '{BREAK}'\n".join(blocks)
        for port, ours in self.ports.items():
            script = script.replace(f"127.0.0.1:{port}", f"127.0.0.1:{ours}")
        shell = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(shell, cwd=self._directory, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.split(f"{BREAK}\n")


def test_the_five_minutes_work_as_written(tmp_path: Path) -> None:
    """From `pip install .` to a page's request, in an empty directory, with curl alone."""
    first, server, *typed = steps()
    assert first.commands == "pip install .\ncrossgate up\n"
    assert server.commands == "python3 -m http.server 3000 --bind 127.0.0.1 --directory docs\n"
    install(tmp_path / "installed")
    (tmp_path / "docs").mkdir()

    reader = Reader(tmp_path)
    _, _, *serve = shlex.split(server.commands.replace("3000", reader.ports["3000"]))
    variables = {
        "PYTHONPATH": str(tmp_path / "installed"),
        "CROSSGATE_HTTP_PORT": reader.ports["8080"],
        "CROSSGATE_ADMIN_PORT": reader.ports["8081"],
    }
    with (
        reader.keeping(["crossgate", "up"], reader.ports["8081"], **variables),
        reader.keeping(serve, reader.ports["3000"]),
    ):
        wait_until((tmp_path / "crossgate-data" / "operator.json").exists)
        outputs = reader.type([step.commands for step in typed])

    assert sum(bool(step.answer) for step in typed) == 2
    for step, output in zip(typed, outputs, strict=True):
        for line in step.answer:
            assert line in output.splitlines(), output
