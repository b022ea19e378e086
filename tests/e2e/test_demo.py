"""The demonstration: it plays through, it says so when something differs, and it leaves nothing behind."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from demo import exchange
from demo.exchange import Answer, Difference

ROOT = Path(__file__).parents[2]
RUN_S = 100
RAW = b'HTTP/1.1 200 OK\r\nServer: api-gateway\r\nAccess-Control-Allow-Origin: *\r\n\r\n{"status":"200"}'
RIGHT = Answer(
    status=200,
    body='{"status":"200"}',
    headers={"Access-Control-Allow-Origin": "*"},
    shapes={"Server": "[a-z-]+"},
)


def play(directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`python -m demo --once` with the demo package in `directory`."""
    command = [sys.executable, "-m", "demo", "--once"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=RUN_S, check=False)


@pytest.fixture(scope="module")
def played() -> subprocess.CompletedProcess[str]:
    """One run that all tests of this module look at."""
    return play()


def test_every_exchange_is_as_the_documents_have_it(played: subprocess.CompletedProcess[str]) -> None:
    """With --once it plays every exchange, shows both directions, and ends with status 0."""
    assert played.returncode == 0, played.stdout + played.stderr
    exchanges = exchange.load()
    assert f"All {len(exchanges)} exchanges are as expected." in played.stdout
    for each in exchanges:
        request_line = each.request.strip().splitlines()[0]
        assert f"> {request_line}\n" in played.stdout


@pytest.mark.chromium
def test_both_pages_read_what_they_must(played: subprocess.CompletedProcess[str]) -> None:
    """A real browser presses every button of both pages and is given what CORS allows."""
    assert "All 10 readings are as expected." in played.stdout, played.stdout + played.stderr


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"status": 204}, Difference("status", "204", "200")),
        ({"body": ""}, Difference("body", "", '{"status":"200"}')),
        (
            {"headers": {"Access-Control-Allow-Origin": "https://foo.example"}},
            Difference("Access-Control-Allow-Origin", "https://foo.example", "*"),
        ),
        ({"headers": {}}, Difference("Access-Control-Allow-Origin", None, "*")),
        ({"shapes": {"Server": "[0-9]+"}}, Difference("Server", "once, like [0-9]+", "api-gateway")),
        ({"shapes": {"Date": ".+"}}, Difference("Date", "once, like .+", None)),
    ],
)
def test_a_wrong_table_is_told(change: dict[str, object], difference: Difference) -> None:
    """Each way in which an answer can differ from the table is reported as expected against got."""
    wrong = msgspec.structs.replace(RIGHT, **change)
    assert exchange.check(RIGHT, exchange.parse(RAW)) == []
    assert exchange.check(wrong, exchange.parse(RAW)) == [difference]


def test_a_header_sent_twice_is_told() -> None:
    """Two Access-Control-Allow-Origin lines are an error even when both are right."""
    twice = RAW.replace(b"Access-", b"Access-Control-Allow-Origin: *\r\nAccess-", 1)
    assert exchange.check(RIGHT, exchange.parse(twice)) == [
        Difference("Access-Control-Allow-Origin", "*", "* and again *")
    ]


def test_a_difference_is_shown_and_ends_with_status_1(tmp_path: Path) -> None:
    """With an expectation that is wrong, --once shows it beside what came and ends with status 1."""
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    table = tmp_path / "demo" / "exchanges.toml"
    table.write_text(table.read_text("utf-8").replace("status = 403", "status = 299"), "utf-8")
    played = play(tmp_path)
    assert played.returncode == 1
    assert re.search(r"✗ status\n +expected +299\n +got +403\n", played.stdout), played.stdout + played.stderr
    assert "1 of 8 exchanges differ" in played.stdout


@contextmanager
def staying_up(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """`python -m demo` once its pages are up, and their ports."""
    output = tmp_path / "output"
    with output.open("wb") as stdout:
        demo = subprocess.Popen([sys.executable, "-m", "demo"], cwd=ROOT, stdout=stdout, stderr=stdout)
    try:
        deadline = time.monotonic() + RUN_S
        while "Ctrl-C" not in output.read_text("utf-8"):
            assert demo.poll() is None, output.read_text("utf-8")
            assert time.monotonic() < deadline, output.read_text("utf-8")
            time.sleep(0.1)
        time.sleep(0.2)
        ports = re.findall(r"apic\.localhost:(\d+)/ ", output.read_text("utf-8"))
        yield demo, [int(port) for port in ports]
    finally:
        demo.kill()
        demo.wait()


def listens(port: int) -> bool:
    """Whether somebody accepts connections on `port` of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_it_stays_up_until_ctrl_c(tmp_path: Path) -> None:
    """Without --once the pages stay up; Ctrl-C ends every process, and the status is 0."""
    with staying_up(tmp_path) as (demo, ports):
        assert len(ports) == 2
        assert all(map(listens, ports))
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
        assert not any(map(listens, ports))
