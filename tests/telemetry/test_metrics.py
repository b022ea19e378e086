"""Metrics: what is counted, by how many, and what is left of it when they are gone."""

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crossgate.telemetry.metrics import Metrics, exposition

THROTTLED = 'crossgate_refusals_total{code="APIG.0308",type="THROTTLED"}'
SUCCESS = 'crossgate_requests_total{status="2xx"}'


def samples(directory: Path) -> dict[str, int]:
    """What is told, without the comments."""
    lines = [line for line in exposition(directory).splitlines() if not line.startswith("#")]
    return {name: int(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_what_is_told_is_prometheus_text(tmp_path: Path) -> None:
    """Every sample stands below the help and the type of its metric, one to a line."""
    with closing(Metrics(tmp_path / "metrics")) as metrics:
        for status in (200, 204, 404, 503, 0):
            metrics.answered(status, 1)
        metrics.refused("APIG.0308", "THROTTLED")
        metrics.refused("APIG.0303", "AUTH_FAILURE")

        told = exposition(tmp_path / "metrics")

    assert re.sub(r"(?m)^(# HELP \w+) .*", r"\1", told) == (
        "# HELP crossgate_requests_total\n"
        "# TYPE crossgate_requests_total counter\n"
        'crossgate_requests_total{status="2xx"} 2\n'
        'crossgate_requests_total{status="4xx"} 1\n'
        'crossgate_requests_total{status="5xx"} 1\n'
        'crossgate_requests_total{status="none"} 1\n'
        "# HELP crossgate_refusals_total\n"
        "# TYPE crossgate_refusals_total counter\n"
        'crossgate_refusals_total{code="APIG.0303",type="AUTH_FAILURE"} 1\n'
        'crossgate_refusals_total{code="APIG.0308",type="THROTTLED"} 1\n'
    )


def test_before_anything_is_counted_nothing_is_told(tmp_path: Path) -> None:
    """Neither a missing directory nor a worker without requests is an error."""
    assert samples(tmp_path / "metrics") == {}
    with closing(Metrics(tmp_path / "metrics")):
        assert samples(tmp_path / "metrics") == {}


def test_workers_are_added_up(tmp_path: Path) -> None:
    """Each counts for itself, also what the others have not met."""
    with closing(Metrics(tmp_path)) as one, closing(Metrics(tmp_path)) as other:
        one.answered(200, 1)
        one.refused("APIG.0308", "THROTTLED")
        other.answered(201, 1)
        other.answered(299, 1)

        assert samples(tmp_path) == {SUCCESS: 3, THROTTLED: 1}


def test_counters_never_go_down(tmp_path: Path) -> None:
    """A worker that takes the place of another goes on where that one ended; no file is left for each of them."""
    for turn in range(1, 5):
        with closing(Metrics(tmp_path)) as metrics:
            metrics.refused("APIG.0308", "THROTTLED")
            metrics.answered(200, 1)
            assert samples(tmp_path) == {SUCCESS: turn, THROTTLED: turn}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    """What it has written down is told, and its successor takes over its file."""
    counting = (
        "import os, pathlib, signal, sys\n"
        "from crossgate.telemetry.metrics import Metrics\n"
        "metrics = Metrics(pathlib.Path(sys.argv[1]))\n"
        "for _ in range(1000): metrics.answered(200, 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    for turn in (1, 2):
        subprocess.run([sys.executable, "-c", counting, tmp_path], check=False, timeout=60)
        assert samples(tmp_path) == {SUCCESS: 1000 * turn}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", [lambda held: b"", lambda held: held[:-1], lambda held: b"x" + held[1:]])
def test_a_file_of_another_kind_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """What cannot be understood is not told, and is written over by who counts next."""
    Metrics(tmp_path).close()
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))

    assert samples(tmp_path) == {}
    with closing(Metrics(tmp_path)) as metrics:
        metrics.answered(200, 1)
        assert samples(tmp_path) == {SUCCESS: 1}


def test_too_many_kinds_of_refusals_are_counted_together(tmp_path: Path) -> None:
    """A file has an end; what does not fit, by number or by length, is still counted."""
    with closing(Metrics(tmp_path)) as metrics:
        for number in range(600):
            metrics.refused(f"APIG.{number}", "THROTTLED")
        metrics.refused("APIG.1", "A" * 200)
    with closing(Metrics(tmp_path)) as metrics:
        metrics.refused("APIG.599", "THROTTLED")
        metrics.refused("APIG.1", "THROTTLED")
        found = samples(tmp_path)

    assert sum(found.values()) == 603
    assert found['crossgate_refusals_total{code="APIG.1",type="THROTTLED"}'] == 2
    assert found['crossgate_refusals_total{code="other",type="other"}'] > 50


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    """As everything in the data directory."""
    Metrics(tmp_path / "metrics").close()

    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "metrics", *(tmp_path / "metrics").iterdir())} == {
        0
    }
