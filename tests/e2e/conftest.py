"""A real `crossgate up` for each test that asks, and nothing of it left afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.running import Crossgate

Start = Callable[..., Crossgate]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(*options, **variables)` runs `crossgate up` on free ports with its data in `tmp_path / "data"`.

    It does not wait: `start().wait_until_up()` does.
    """
    running: list[Crossgate] = []

    def run(*options: str, **variables: str) -> Crossgate:
        words = tmp_path / f"run-{len(running)}"
        words.mkdir()
        running.append(Crossgate(tmp_path / "data", words, *options, **variables))
        return running[-1]

    yield run
    for each in running:
        each.leave_nothing()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crossgate]:
    """A gateway with two workers for all tests that leave it in order; each uses names of its own."""
    place = tmp_path_factory.mktemp("lasting")
    crossgate = Crossgate(place / "data", place, "--workers", "2")
    try:
        yield crossgate.wait_until_up()
    finally:
        crossgate.leave_nothing()


@pytest.fixture
def crossgate(start: Start) -> Crossgate:
    """A gateway with two workers that is up, and whose `operator` can change it."""
    return start("--workers", "2").wait_until_up()
