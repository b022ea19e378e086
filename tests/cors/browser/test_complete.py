"""Nothing is without proof: every rule and every line of the table of differences has a case in the data files."""

import tomllib
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import permutations
from pathlib import Path
from typing import Final

import msgspec
import pytest

from crossgate.cors.browser import DIFFERENCES, PROFILES, Difference, ProfileName, Story
from crossgate.cors.browser.profiles import NAMES
from tests.cors.browser import test_filtered, test_local_network, test_stories, test_tables
from tests.cors.browser.story_rows import Row, cases, rows

FILES: Final = (
    "stories.toml", "checks.toml", "safelist.toml", "cache.toml", "filtered.toml", "local_network.toml",
)  # fmt: skip
RULES: Final = tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8"))
CASES: Final = [case for file in FILES for case in cases(file)]


def test_every_rule_has_a_case() -> None:
    """And every case stands for a rule, or for a part of section 5."""
    tagged = {case["rule"] for case in CASES}

    assert sorted(set(RULES["rules"]) - tagged) == []
    assert sorted(rule for rule in tagged - set(RULES["rules"]) if not rule.startswith("5.")) == []


def test_every_topic_of_the_table_has_its_lines() -> None:
    """A topic without a line of its own is the topic of a case."""
    names = {line.name for line in DIFFERENCES}
    tagged = {case["row"] for case in CASES if "row" in case}

    for topic, lines in RULES["topics"].items():
        assert set(lines) <= names, topic
        assert lines or topic in tagged, topic


@pytest.mark.parametrize("line", DIFFERENCES, ids=lambda line: str(line.name))
def test_every_difference_shows_in_a_case(line: Difference, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some case that goes otherwise in two browsers does so for this line: with the other's value it changes."""
    for one, other in permutations(NAMES, 2):
        if line.values[one] == line.values[other]:
            continue
        cases_apart = [
            (tell, usual)
            for tell, usual, others in zip(TELLINGS, usually(one), usually(other), strict=True)
            if usual != others
        ]
        changed = msgspec.structs.replace(PROFILES[one], **{line.name: line.values[other]})
        with monkeypatch.context() as patch:
            patch.setitem(PROFILES, one, changed)
            if any(essence(tell(one)) != usual for tell, usual in cases_apart):
                return
    pytest.fail(f"no case shows {line.name}")


@cache
def usually(profile: ProfileName) -> list[object]:
    """What every case comes to under a profile."""
    return [essence(tell(profile)) for tell in TELLINGS]


def essence(told: object) -> object:
    """What can be seen of a case from outside."""
    if isinstance(told, list):
        return [essence(each) for each in told]
    if not isinstance(told, Story):
        return told
    sent = [exchange.request for exchange in told.exchanges]
    failure = told.failure and (told.failure.code, told.failure.console.get(told.browser.profile))
    return sent, told.response, failure, told.error


def _tellings() -> Iterator[Callable[[ProfileName], object]]:
    """Every case as what it comes to under a profile."""
    for row in rows():
        if row.profile == NAMES[0]:
            yield partial(_story, row)
    for tell, file in (
        (test_tables.remembered, "cache.toml"),
        (test_tables.checked, "checks.toml"),
        (test_tables.unsafe, "safelist.toml"),
        (test_filtered.told, "filtered.toml"),
        (test_local_network.told, "local_network.toml"),
    ):
        yield from (partial(tell, case) for case in cases(file))


def _story(row: Row, name: ProfileName) -> Story:
    return test_stories.tell(msgspec.structs.replace(row, profile=name))


TELLINGS: Final = tuple(_tellings())
