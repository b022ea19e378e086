"""The data directory is made, checked and claimed."""

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
    with claim(tmp_path), pytest.raises(StartError, match="Another crossgate already uses"):
        claim(tmp_path)

    claim(tmp_path).close()


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the directory should be is refused with the option that changes it."""
    (tmp_path / "data").write_text("")

    with pytest.raises(StartError, match=r"data cannot be written .*choose another with --data"):
        claim(tmp_path / "data")
