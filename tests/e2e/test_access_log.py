"""The access log of real processes: where it is, that both workers write it, and that it can be rotated."""

import json
from pathlib import Path
from typing import Any

import httpx2

from tests.e2e.conftest import Start
from tests.e2e.running import Crossgate, wait_until

PREFLIGHT = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}


def preflight(crossgate: Crossgate, path: str) -> None:
    """A preflight over a connection of its own, so that any worker may get it."""
    httpx2.options(crossgate.url + path, headers=PREFLIGHT, timeout=20)


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; each has to be a JSON object."""
    return [json.loads(line) for line in path.read_text("ascii").splitlines()] if path.exists() else []


def test_every_request_is_logged_and_the_log_can_be_rotated(start: Start) -> None:
    """Beside the data, for the owner alone; renaming it is enough, and nothing is lost on the way."""
    crossgate = start("--workers", "2").wait_until_up()
    log, old = crossgate.data / "access.log", crossgate.data / "access.log.1"
    for number in range(20):
        preflight(crossgate, f"/before/{number}")
    wait_until(lambda: len(lines(log)) == 20)
    log.rename(old)
    for number in range(20):
        preflight(crossgate, f"/after/{number}")
    assert crossgate.end() == 0

    assert log.stat().st_mode & 0o777 == 0o600
    assert sorted(line["router_uri"] for line in lines(old)) == sorted(f"/before/{n}" for n in range(20))
    assert sorted(line["router_uri"] for line in lines(log)) == sorted(f"/after/{n}" for n in range(20))
    assert {(line["status"], line["cors"], line["preflight"]) for line in lines(log)} == {(404, "no-policy", True)}
    # Half of a request's id is its worker's.
    assert len({line["request_id"][:16] for line in lines(old)}) == 2


def test_it_goes_where_it_is_told_to(start: Start, tmp_path: Path) -> None:
    """To a file elsewhere, or nowhere."""
    elsewhere = tmp_path / "elsewhere.log"
    there = start("--workers", "1", "--access-log", str(elsewhere)).wait_until_up()
    preflight(there, "/there")
    assert there.end() == 0
    nowhere = start("--workers", "1", CROSSGATE_ACCESS_LOG="off").wait_until_up()
    preflight(nowhere, "/nowhere")
    assert nowhere.end() == 0

    assert [line["router_uri"] for line in lines(elsewhere)] == ["/there"]
    assert not (there.data / "access.log").exists()


def test_it_goes_to_standard_output(start: Start) -> None:
    """Behind the words of the start, one line each."""
    crossgate = start("--workers", "1", "--access-log", "-").wait_until_up()
    preflight(crossgate, "/out")
    assert crossgate.end() == 0

    assert json.loads(crossgate.said.splitlines()[-1])["router_uri"] == "/out"
    assert not (crossgate.data / "access.log").exists()


def test_a_place_that_cannot_be_written_is_named(start: Start, tmp_path: Path) -> None:
    """The start ends with a sentence that says what to do."""
    crossgate = start("--access-log", str(tmp_path / "missing" / "access.log"))

    assert crossgate.wait() == 1
    assert "missing/access.log cannot be written (No such file or directory)" in crossgate.log
    assert "--access-log off" in crossgate.log
