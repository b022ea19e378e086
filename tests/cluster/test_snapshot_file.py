"""The snapshot file is whole at every moment, and says what is wrong with it."""

from pathlib import Path

import pytest

from crossgate.cluster import snapshot_file
from crossgate.core.snapshot.config import Config, ConfigError, Group

CONFIG = Config(revision=7, groups=(Group(id="g", debug_domain="g.test"),))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """The newest Config comes back, and nothing lies beside the file."""
    snapshot_file.write(tmp_path, Config(revision=6))
    snapshot_file.write(tmp_path, CONFIG)

    assert snapshot_file.read(tmp_path) == CONFIG
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot.json"]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """A policy may hold a secret."""
    snapshot_file.write(tmp_path, CONFIG)

    assert (tmp_path / "snapshot.json").stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """Where the file cannot be put in place, no half of it stays."""
    (tmp_path / "snapshot.json" / "in the way").mkdir(parents=True)

    with pytest.raises(OSError, match="directory"):
        snapshot_file.write(tmp_path, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "there is no", id="missing"),
        pytest.param(b"", "is damaged", id="empty"),
        pytest.param(b'{"revision":1', "is damaged", id="cut off"),
        pytest.param(b"\xff\xfe", "is damaged", id="not text"),
        pytest.param(b'{"revision":"one"}', "revision", id="wrong type"),
        pytest.param(b'{"revision":1,"format":99}', "format 99", id="of a newer program"),
    ],
)
def test_an_unreadable_file_says_why(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """The error names the file and what is wrong with it."""
    if content is not None:
        (tmp_path / "snapshot.json").write_bytes(content)

    with pytest.raises(ConfigError, match=reason) as caught:
        snapshot_file.read(tmp_path)
    assert "snapshot.json" in str(caught.value)
