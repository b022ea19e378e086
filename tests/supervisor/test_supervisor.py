"""The supervisor with children that only speak the protocol."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crossgate.supervisor import Child, StartError, Supervisor

CHILD = str(Path(__file__).with_name("child.py"))
SOON_S = 10.0


def child(name: str, conduct: str = "serves", sockets: tuple[socket.socket, ...] = ()) -> Child:
    """A child that behaves as `conduct` says."""
    return Child(name, (sys.executable, "-I", "-S", CHILD, conduct, name), sockets)


def spared(name: str) -> Child:
    """A child that waits for its turn, with another one behind it."""
    return replace(child(name, "waits"), with_spare=True)


def notes(name: str, word: str) -> list[int]:
    """The process ids that noted `word` in the log of `name`."""
    try:
        lines = Path(f"{name}.log").read_text("ascii").splitlines()
    except FileNotFoundError:
        return []
    return [int(line.split()[1]) for line in lines if line.split()[0] == word]


async def until(holds: Callable[[], object]) -> None:
    """Wait until `holds()`; a test that waits too long fails."""
    async with asyncio.timeout(SOON_S):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)


class Running:
    """A supervisor at work, and whether it has said that everything serves."""

    def __init__(self, control: Child, *workers: Child, drain_s: float = 5.0) -> None:
        self.started = False
        self.supervisor = Supervisor(control, workers, drain_s=drain_s, started=self._started)
        self.task = asyncio.create_task(self.supervisor.run())

    def _started(self) -> None:
        self.started = True

    async def end(self) -> bool:
        """Send SIGTERM to this process, as an operator would."""
        os.kill(os.getpid(), signal.SIGTERM)
        return await asyncio.wait_for(self.task, SOON_S)


@pytest.fixture(autouse=True)
def _in_own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGINT, before[1])


def test_says_when_everything_serves_and_drains_on_a_signal() -> None:
    """The start is announced once all are ready; SIGTERM lets every child finish."""

    async def story() -> None:
        running = Running(child("control"), child("worker"))
        await until(lambda: running.started)

        assert await running.end() is True
        assert notes("control", "drained")
        assert notes("worker", "drained")

    asyncio.run(story())


def test_a_killed_child_is_replaced_at_once() -> None:
    """After kill -9 another process serves within a second, and the others go on."""

    async def story() -> None:
        running = Running(child("control"), child("worker"))
        await until(lambda: running.started)
        killed = time.monotonic()
        os.kill(notes("worker", "started")[0], signal.SIGKILL)
        await until(lambda: len(notes("worker", "started")) == 2)

        assert time.monotonic() - killed < 1.0
        assert len(notes("control", "started")) == 1
        await running.end()

    asyncio.run(story())


def test_a_spare_takes_over() -> None:
    """A process that already waits begins when its predecessor dies, and yet another one waits then."""

    async def story() -> None:
        running = Running(spared("control"), child("worker"))
        await until(lambda: len(notes("control", "started")) == 2)
        first, second = notes("control", "started")
        assert notes("control", "heard:begin") == [first]
        os.kill(first, signal.SIGKILL)
        await until(lambda: len(notes("control", "started")) == 3)

        assert notes("control", "heard:begin") == [first, second]
        assert await running.end() is True

    asyncio.run(story())


def test_a_spare_that_dies_is_replaced() -> None:
    """Whoever is killed, somebody waits; the one at work is not disturbed."""

    async def story() -> None:
        running = Running(spared("control"), child("worker"))
        await until(lambda: len(notes("control", "started")) == 2)
        os.kill(notes("control", "started")[1], signal.SIGKILL)
        await until(lambda: len(notes("control", "started")) == 3)

        assert len(notes("control", "heard:begin")) == 1
        assert await running.end() is True

    asyncio.run(story())


def test_a_revision_reaches_every_worker_and_control_hears_the_lowest() -> None:
    """What control announces goes to all workers; what all have applied goes back to control."""

    async def story() -> None:
        running = Running(child("control", "announces"), child("worker-1"), child("worker-2"))
        await until(lambda: notes("control", "heard:applied-2"))

        assert notes("worker-1", "heard:revision-2")
        assert notes("worker-2", "heard:revision-2")
        await running.end()

    asyncio.run(story())


def test_a_line_that_is_no_message_does_no_harm() -> None:
    """A child that says nonsense is heard again with its next line."""

    async def story() -> None:
        running = Running(child("control"), child("worker", "mumbles"))
        await until(lambda: notes("control", "heard:applied-1"))

        assert await running.end() is True

    asyncio.run(story())


def test_a_failure_before_the_start_ends_it_with_the_reason() -> None:
    """A child that says the program must not start is believed."""

    async def story() -> None:
        running = Running(child("control", "fails"), child("worker"))

        with pytest.raises(StartError, match="The moon is in the wrong place"):
            await asyncio.wait_for(running.task, SOON_S)

    asyncio.run(story())


def test_a_child_that_cannot_live_ends_the_start() -> None:
    """A process that dies again and again before it serves ends the start with its name."""

    async def story() -> None:
        running = Running(child("control"), child("worker", "dies"))

        with pytest.raises(StartError, match="worker process ends before it can serve"):
            await asyncio.wait_for(running.task, SOON_S)
        assert len(notes("worker", "started")) == 5

    asyncio.run(story())


def test_what_does_not_drain_is_killed() -> None:
    """A child that ignores SIGTERM is killed when the time is up, and the end is not a clean one."""

    async def story() -> None:
        running = Running(child("control", "stubborn"), child("worker"), drain_s=0.2)
        await until(lambda: running.started)

        assert await running.end() is False
        assert notes("worker", "drained")

    asyncio.run(story())


def test_a_second_signal_ends_at_once() -> None:
    """The second signal kills what is still draining."""

    async def story() -> None:
        running = Running(child("control", "stubborn"), child("worker"), drain_s=60)
        await until(lambda: running.started)
        os.kill(os.getpid(), signal.SIGINT)
        await until(lambda: notes("worker", "draining"))

        assert await running.end() is False

    asyncio.run(story())


def test_a_connection_waits_while_its_child_is_replaced() -> None:
    """The supervisor keeps the socket open, so nobody is refused; after the drain everybody is."""

    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            place = listening.getsockname()
            running = Running(child("control"), child("worker", sockets=(listening,)))
            await until(lambda: running.started)
            os.kill(notes("worker", "started")[0], signal.SIGKILL)
            socket.create_connection(place, timeout=SOON_S).close()

            await running.end()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(place, timeout=SOON_S)

    asyncio.run(story())
