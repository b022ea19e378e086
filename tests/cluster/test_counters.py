"""Counters: periods, clocks, and what becomes of keys when there are too many of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from math import floor
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.cluster import counters as module
from crossgate.cluster.counters import CLOCK_TOLERANCE_S, Counters
from crossgate.core.policies.spending import Left, Spending

NOW = 1_800_000_000.0


@contextmanager
def opened(file: Path) -> Iterator[Counters]:
    """The counters in `file`, closed afterwards."""
    counters = Counters(file)
    try:
        yield counters
    finally:
        counters.close()


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    """Counters of which nobody has spent anything."""
    with opened(tmp_path / "counters") as counters:
        yield counters


def test_a_period_begins_with_the_first_call(counters: Counters) -> None:
    """A limit holds until its period is over, which is not before all its seconds have passed."""
    key = Spending("api", 2, 10)

    spent = [counters.spend((key,), NOW + after) for after in (3.0, 12.9, 12.95, 12.999, 13.0, 13.1, 22.9)]

    assert [left.remaining for left in spent] == [(1,), (0,), (0,), (0,), (1,), (0,), (0,)]
    assert [left.refused for left in spent] == [None, None, 0, 0, None, None, 0]


def test_periods_can_follow_each_other_from_a_moment(counters: Counters) -> None:
    """With an anchor a period ends by the calendar, however late its first call came; before the anchor, too."""
    key = Spending("quota", 1, 60, NOW)

    spent = [
        counters.spend((key,), NOW + after) for after in (-70.0, -61.0, -60.0, -1.0, 59.0, 60.0, 119.9, 120.0)
    ]

    assert [left.refused for left in spent] == [None, 0, None, 0, None, None, 0, None]


def test_an_exhausted_key_costs_the_others_nothing(counters: Counters) -> None:
    """A call that one key refuses is counted against none, and the first that refuses is named."""
    narrow, wide = Spending("narrow", 1, 60), Spending("wide", 5, 60)
    counters.spend((narrow, wide), NOW)

    for _ in range(10):
        assert counters.spend((wide, narrow), NOW) == Left((4, 0), 1)
    assert counters.spend((wide,), NOW) == Left((3,))


def test_a_limit_that_changes_keeps_what_was_counted(counters: Counters) -> None:
    """A raised limit lets the difference in, a lowered one nothing until the period is over."""
    assert [counters.spend((Spending("api", limit, 60),), NOW) for limit in (2, 2, 2, 4, 4, 4, 1)] == [
        Left((1,)), Left((0,)), Left((0,), 0), Left((1,)), Left((0,)), Left((0,), 0), Left((0,), 0),
    ]  # fmt: skip


def test_another_period_counts_anew(counters: Counters) -> None:
    """A key is counted for each length of period by itself, and both go on."""
    minute, hour = Spending("api", 1, 60), Spending("api", 1, 3600)

    assert [counters.spend((key,), NOW).refused for key in (minute, hour, minute, hour)] == [None, None, 0, 0]


def test_counts_outlive_whoever_counts(tmp_path: Path) -> None:
    """A restart goes on where the last process ended, in the same period."""
    key = Spending("api", 2, 60)
    for refused in (None, None, 0):
        with opened(tmp_path / "counters") as counters:
            assert counters.spend((key,), NOW).refused == refused


def test_a_file_of_another_kind_is_made_anew(tmp_path: Path) -> None:
    """What cannot be understood is not counted by; only its owner can read the new one."""
    file = tmp_path / "counters"
    file.write_bytes(b"crossgate counters 1\n" + bytes(5000))
    file.chmod(0o600)

    with opened(file) as counters:
        assert counters.spend((Spending("api", 2, 60),), NOW) == Left((1,))
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_blocks * 512 >= file.stat().st_size, "a full disk must not be met later"


def test_a_clock_set_back_locks_nobody_out(counters: Counters) -> None:
    """After a step of a day a used-up period of a second is over at once."""
    key = Spending("api", 1, 1)
    counters.spend((key,), NOW)

    assert counters.spend((key,), NOW - 86_400) == Left((0,))
    assert counters.spend((key,), NOW - 86_400) == Left((0,), 0)
    assert counters.spend((key,), NOW - 86_399) == Left((0,))


def test_a_clock_set_back_a_little_lets_nobody_in(counters: Counters) -> None:
    """Calls whose clock was read before the period began are counted in it, as are those after a small step."""
    key = Spending("api", 1, 1)
    counters.spend((key,), NOW)

    assert [counters.spend((key,), NOW - back).refused for back in (0.001, 1.0, CLOCK_TOLERANCE_S)] == [0, 0, 0]


class Step(NamedTuple):
    """One call: how far the clock moved before it, which keys it spends, whether it only looks."""

    seconds: float
    keys: list[int]
    looks: bool


KEYS = [Spending("a", 1, 1), Spending("b", 2, 3), Spending("c", 3, 60), Spending("d", 2, 10, NOW + 4.0)]
STEPS = st.lists(
    st.builds(
        Step,
        st.one_of(st.sampled_from([0.0, 0.5, 1.0, 3.0]), st.floats(0, 30), st.floats(-200, 0)),
        st.lists(st.sampled_from(range(len(KEYS))), min_size=1, unique=True),
        st.booleans(),
    ),
    max_size=40,
)
_fresh = count()


class Model:
    """The same in plain Python: of each key, when its period ends and how many calls were counted."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[float, int]] = {}

    def spend(self, keys: list[Spending], now: float, looks: bool) -> Left:
        """Count a call, as Counters do."""
        counted = [self._counted(key, now) for key in keys]
        left = [key.limit - each for key, each in zip(keys, counted, strict=True)]
        if any(each <= 0 for each in left):
            return Left(tuple(max(each, 0) for each in left), [each <= 0 for each in left].index(True))
        if looks:
            return Left(tuple(left))
        for key, each in zip(keys, counted, strict=True):
            self._rows[key.key] = self._rows[key.key][0], each + 1
        return Left(tuple(each - 1 for each in left))

    def _counted(self, key: Spending, now: float) -> int:
        end, counted = self._rows.get(key.key, (0.0, 0))
        if end <= now or end > now + key.seconds + CLOCK_TOLERANCE_S:
            since = now if key.anchor is None else key.anchor
            end, counted = since + (floor((now - since) / key.seconds) + 1) * key.seconds, 0
            self._rows[key.key] = end, counted
        return counted


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counters, Counters]]:
    """One file opened twice, as by two processes, for many examples."""
    file = tmp_path_factory.mktemp("pair") / "counters"
    with opened(file) as one, opened(file) as other:
        yield one, other


@given(steps=STEPS)
def test_they_count_as_plain_python_would(pair: tuple[Counters, Counters], steps: list[Step]) -> None:
    """Whatever is spent and however the clock moves, two processes count as one dict does."""
    model, now, prefix = Model(), NOW, f"{next(_fresh)}:"
    for index, step in enumerate(steps):
        now += step.seconds
        keys = [KEYS[each] for each in step.keys]
        ours = [Spending(prefix + key.key, key.limit, key.seconds, key.anchor) for key in keys]
        counters = pair[index % 2]
        found = counters.look(ours, now) if step.looks else counters.spend(ours, now)
        assert found == model.spend(keys, now, step.looks)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counters]:
    """Counters with room for 32 keys at most: two buckets."""
    monkeypatch.setattr(module, "_BUCKETS", 2)
    with opened(tmp_path / "counters") as counters:
        yield counters


def test_many_addresses_do_not_push_out_the_count_of_an_api(small: Counters) -> None:
    """Where there is no room for all keys, those that called once make it; what was counted often stays."""
    api = Spending("api", 1000, 60)
    refused = []
    for number in range(1010):
        refused.append(small.spend((api,), NOW).refused)
        for address in range(3):
            small.spend((Spending(f"ip:{number}.{address}", 5, 60),), NOW + number / 1e6)

    assert refused == [None] * 1000 + [0] * 10


def test_a_new_key_takes_no_row_of_its_own_call(small: Counters) -> None:
    """The keys of one call are counted apart, also where each is the likeliest to make room for the next."""
    for number in range(200):
        small.spend((Spending(f"busy:{number % 40}", 1000, 60),), NOW)
    for number in range(50):
        keys = tuple(Spending(f"{kind}:{number}", 2, 60) for kind in "abcdef")
        assert small.spend(keys, NOW) == Left((1,) * 6)
        assert small.look(keys, NOW) == Left((1,) * 6)


def test_without_room_nobody_is_refused_too_soon(small: Counters) -> None:
    """A key that lost its row begins anew: it may be let in more often than its limit, never less."""
    for turn in range(3):
        for number in range(500):
            left = small.spend((Spending(f"ip:{number}", 3, 60),), NOW)
            assert left.refused is None
            assert left.remaining[0] >= 2 - turn


def test_room_is_made_by_periods_that_are_over(small: Counters) -> None:
    """A key that is counted, were it once, keeps its row as long as others no longer need theirs."""
    for number in range(31):
        small.spend((Spending(f"old:{number}", 9, 10),), NOW)
    small.spend((Spending("api", 9, 60),), NOW)
    for number in range(15):
        small.spend((Spending(f"new:{number}", 9, 60),), NOW + 11)

    assert small.look((Spending("api", 9, 60),), NOW + 12) == Left((8,))
