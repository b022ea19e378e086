"""A real `crossgate up` for each test that asks, and nothing of it left afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.callers import Site, Workers
from tests.e2e.function import URN, Function
from tests.e2e.running import Crossgate

Start = Callable[..., Crossgate]
WORKERS = 4


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


@pytest.fixture(scope="session")
def function() -> Iterator[Function]:
    """The function that `guarded` finds by its URN."""
    function = Function()
    yield function
    function.stop()


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, function: Function) -> Iterator[Crossgate]:
    """A gateway with four workers for all tests about callers, which leave it in order."""
    place = tmp_path_factory.mktemp("guarded")
    functions = place / "functions.toml"
    functions.write_text(f'[functions]\n"{URN}" = "http://127.0.0.1:{function.port}/check"\n', "utf-8")
    crossgate = Crossgate(place / "data", place, "--workers", str(WORKERS), "--functions", str(functions))
    try:
        yield crossgate.wait_until_up()
    finally:
        crossgate.leave_nothing()


@pytest.fixture
def site(guarded: Crossgate, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A group and a host name in `guarded` for one test; what the test switches is switched back."""
    site = Site(guarded, "".join(word[:7] for word in request.node.name.split("_")[1:7]))
    yield site
    site.restore()


@pytest.fixture
def workers(guarded: Crossgate) -> Iterator[Workers]:
    """All workers of `guarded`."""
    workers = Workers(guarded, WORKERS)
    yield workers
    workers.leave()
