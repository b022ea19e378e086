"""Lines reach their file whole, in time and from several writers; whoever writes them never waits."""

import logging
import os
import select
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crossgate.telemetry import line_file
from crossgate.telemetry.line_file import FLUSH_S, LineFile

Open = Callable[[Path | None], LineFile]


@pytest.fixture
def open_file() -> Iterator[Open]:
    """Opens line files, and closes those that the test did not."""
    opened: list[LineFile] = []

    def start(path: Path | None) -> LineFile:
        opened.append(LineFile(path))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def wait_for(path: Path, text: str) -> None:
    """Return when `path` holds `text`; fails when that takes longer than anybody would wait."""
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text("ascii") == text):
        assert time.monotonic() < deadline, path.read_text("ascii") if path.exists() else "no file"
        time.sleep(0.01)


def test_lines_are_written_soon(tmp_path: Path, open_file: Open) -> None:
    """Nobody has to end the program to see them, and nobody else may read the file."""
    path = tmp_path / "access.log"
    file = open_file(path)
    began = time.monotonic()
    file.take(b"one")
    file.take(b"two")
    wait_for(path, "one\ntwo\n")

    assert time.monotonic() - began < FLUSH_S * 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_closing_writes_what_waits(tmp_path: Path, open_file: Open) -> None:
    """At once, behind what the file held before."""
    path = tmp_path / "access.log"
    path.write_text("before\n", "ascii")
    file = open_file(path)
    file.take(b"last")
    began = time.monotonic()
    file.close()

    assert path.read_text("ascii") == "before\nlast\n"
    assert time.monotonic() - began < FLUSH_S


def test_a_file_that_was_renamed_is_made_anew(tmp_path: Path, open_file: Open) -> None:
    """Rotation takes no signal: the old file keeps what it has, the new one gets what comes."""
    path, old = tmp_path / "access.log", tmp_path / "access.log.1"
    file = open_file(path)
    file.take(b"one")
    wait_for(path, "one\n")
    path.rename(old)
    file.take(b"two")
    wait_for(path, "two\n")

    assert old.read_text("ascii") == "one\n"


def test_a_file_that_was_emptied_is_written_from_its_start(tmp_path: Path, open_file: Open) -> None:
    """Rotation by copying and emptying leaves no hole."""
    path = tmp_path / "access.log"
    file = open_file(path)
    file.take(b"one")
    wait_for(path, "one\n")
    os.truncate(path, 0)
    file.take(b"two")
    wait_for(path, "two\n")


def test_several_writers_tear_no_line(tmp_path: Path, open_file: Open) -> None:
    """Each line of each writer is there once, as it was."""
    path = tmp_path / "access.log"
    files = [open_file(path) for _ in range(4)]

    def write(number: int) -> None:
        for line in range(5000):
            files[number].take(b"%d-%d-" % (number, line) + b"x" * 200)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for file in files:
        file.close()

    lines = path.read_text("ascii").splitlines()
    assert sorted(lines) == sorted(f"{number}-{line}-" + "x" * 200 for number in range(4) for line in range(5000))


def test_a_pipe_gets_whole_lines_in_pieces_it_takes_at_once(tmp_path: Path, open_file: Open) -> None:
    """Where somebody else writes too, a piece of more than PIPE_BUF could be torn."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    file = open_file(path)
    for number in range(100):
        file.take(b"%03d" % number + b"x" * 300)
    file.close()
    pieces = []
    while piece := os.read(reader, select.PIPE_BUF):
        pieces.append(piece)
    os.close(reader)

    assert [line[:3] for line in b"".join(pieces).splitlines()] == [b"%03d" % number for number in range(100)]


def test_who_writes_never_waits_for_a_disk_that_does_not_take(
    tmp_path: Path, open_file: Open, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that nobody reads fills up: lines are kept within bounds, the rest is dropped and reported."""
    monkeypatch.setattr(line_file, "MOST_LINES", 100)
    monkeypatch.setattr(line_file, "LAST_WORDS_S", 0.2)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    file = open_file(path)
    began = time.monotonic()
    for _ in range(200):
        for _ in range(50):
            file.take(b"x" * 4000)
        time.sleep(0.005)
    taken_in = time.monotonic() - began
    with caplog.at_level(logging.ERROR):
        file.close()

    assert taken_in < 5
    assert "lines lost" in caplog.messages
    while os.read(reader, 1 << 20):
        if not select.select([reader], [], [], 0.3)[0]:
            break
    os.close(reader)


def test_lines_that_cannot_be_written_are_counted_and_reported_once(
    tmp_path: Path, open_file: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """The program's log says how many and why, and the file gets the next line when it can be made."""
    folder = tmp_path / "folder"
    path = folder / "access.log"
    with caplog.at_level(logging.ERROR):
        file = open_file(path)
        file.take(b"lost")
        file.take(b"lost")
        deadline = time.monotonic() + 10
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.01)
        folder.mkdir()
        file.take(b"kept")
        wait_for(path, "kept\n")

    (record,) = caplog.records
    assert vars(record)["lines"] == 2
    assert vars(record)["because"] == "No such file or directory"
    assert vars(record)["file"] == str(path)


def test_a_full_disk_costs_lines_and_not_the_order_of_the_file(
    tmp_path: Path, open_file: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A line that was torn by a full disk ends before the next one begins."""
    path = tmp_path / "access.log"
    write = os.write
    room = [5]

    def write_what_fits(descriptor: int, data: bytes) -> int:
        if not room:
            return write(descriptor, data)
        if room[0] == 0:
            room.clear()
            raise OSError(28, "No space left on device")
        fits, room[0] = room[0], 0
        return write(descriptor, data[:fits])

    monkeypatch.setattr(os, "write", write_what_fits)
    file = open_file(path)
    with caplog.at_level(logging.ERROR):
        file.take(b"one")
        file.take(b"two")
        wait_for(path, "one\nt")
        file.take(b"three")
        wait_for(path, "one\nt\nthree\n")

    assert [vars(record)["lines"] for record in caplog.records] == [1]


def test_standard_output_takes_lines_as_well(open_file: Open, capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever collects the output of a container gets them there."""
    file = open_file(None)
    file.take(b"line")
    file.close()

    assert capfd.readouterr().out == "line\n"
