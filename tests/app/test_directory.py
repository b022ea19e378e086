"""The data directory is made, checked and claimed."""

import subprocess
import sys
from pathlib import Path

import pytest

from crossgate.app.directory import claim
from crossgate.supervisor import StartError


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """Keys and the database lie in it."""
    with claim(tmp_path / "new" / "data"):
        assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second claim is refused while the first one holds, and granted afterwards."""
    with claim(tmp_path), pytest.raises(StartError, match="Another crossgate already uses"), claim(tmp_path):
        pass

    with claim(tmp_path) as last_was_killed:
        assert not last_was_killed


def test_a_killed_user_is_known(tmp_path: Path) -> None:
    """What it left behind may still be ending; the next but one start has nothing to wait for."""
    killed = """if True:
        import os, pathlib, sys
        from crossgate.app.directory import claim
        with claim(pathlib.Path(sys.argv[1])):
            os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False, timeout=30)

    with claim(tmp_path) as last_was_killed:
        assert last_was_killed
    with claim(tmp_path) as last_was_killed:
        assert not last_was_killed


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the directory should be is refused with the option that changes it."""
    (tmp_path / "data").write_text("")

    with pytest.raises(StartError, match=r"data cannot be written .*choose another with --data"):
        claim(tmp_path / "data").__enter__()
