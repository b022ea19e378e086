"""Counters, looked at without counting."""

from pathlib import Path

from crossgate.cluster.counters import Counters
from crossgate.core.policies.spending import Left, Spending


def test_looking_does_not_count(tmp_path: Path) -> None:
    """What is left is said as often as asked, and which of several has none left."""
    counters = Counters(tmp_path / "counters")
    one, two = Spending("one", 1, 60), Spending("two", 2, 60)

    assert counters.look((one, two), 0.0) == Left((1, 2))
    assert counters.look((one, two), 0.0) == Left((1, 2))
    assert counters.spend((one, two), 1.0) == Left((0, 1))
    assert counters.look((two, one), 2.0) == Left((1, 0), 1)
    assert counters.look((one, two), 61.0) == Left((1, 2))
    counters.close()
