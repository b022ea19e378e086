"""The `rate_limit` plugin: what it counts, and what is found in its content."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.errors import runtime
from crossgate.core.policies.counting import counting_check
from crossgate.core.policies.rate_limit import MAX_RULES, RateLimit, parse_content, rate_limit_charges
from tests.core.policies.driver import Driver, call

CASES = tomllib.loads((Path(__file__).parent / "rate_limit_cases.toml").read_text("utf-8"))
DOCUMENTED = {
    "scope": "basic",
    "default_interval": 60,
    "default_time_unit": "second",
    "api_limit": 100,
    "app_limit": 50,
    "user_limit": 50,
    "ip_limit": 20,
    "specials": [{"type": "app", "policies": [{"key": "e9230d70c749408eb3d1e838850cdd23", "limit": 10}]}],
    "algorithm": "haht",
    "parameters": [{"id": "3wuj354lpptv0toe0", "value": "reqPath", "type": "path", "name": "reqPath"}],
    "rules": [{"match_regex": '["reqPath","==","/a"]', "rule_name": "u8mb", "limit": 5}],
}


def policy(content: object) -> RateLimit:
    parsed = parse_content(json.dumps(content))
    assert isinstance(parsed, RateLimit), parsed
    return parsed


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_calls_are_counted(row: dict[str, Any]) -> None:
    """Each call passes or is refused with 429, and says what is left."""
    check = counting_check([rate_limit_charges(policy(row["content"]), "plugin", "publication")])
    assert check is not None
    driver = Driver()

    for number, each in enumerate(row["calls"]):
        made = call(**each)
        fault = driver.run(check, made)
        assert (fault is not None) is each.get("refused", False), number
        assert fault is None or fault.kind is runtime.THROTTLED
        told = {kind: left for each in made.counted for kind, left in each.told().items()}
        assert "limits" not in each or told == each["limits"], number


@pytest.mark.parametrize("row", CASES["refused"], ids=lambda row: str(row["content"])[:60])
def test_everything_wrong_is_found_at_once(row: dict[str, Any]) -> None:
    """All findings come together, each with its place and its fix."""
    content = row["content"] if isinstance(row["content"], str) else json.dumps(row["content"])
    found = parse_content(content)

    assert isinstance(found, list)
    assert [(each.code.removeprefix("rate_limit."), each.at) for each in found] == [
        (code, at) for code, at, _ in row["found"]
    ]
    assert all(part in each.fix for each, (_, _, part) in zip(found, row["found"], strict=True))


def test_the_documented_example_is_read() -> None:
    """Every key of the contract has its place."""
    read = policy(DOCUMENTED)

    assert (read.algorithm, read.is_shared, str(read.period)) == ("haht", False, "60 second")
    assert read.limits == {"api": 100, "user": 50, "app": 50, "ip": 20}
    assert read.special_apps == {"e9230d70c749408eb3d1e838850cdd23": 10}
    assert [(rule.limit, str(rule.period)) for rule in read.rules] == [(5, "60 second")]


@pytest.mark.parametrize(("scope", "is_shared"), [("basic", False), ("share", True)])
def test_counters_are_shared_or_not(scope: str, is_shared: bool) -> None:
    """A shared policy counts all its APIs together."""
    read = policy({"scope": scope, "default_interval": 1, "api_limit": 1})
    driver = Driver()

    one = counting_check([rate_limit_charges(read, "plugin", "one")])
    two = counting_check([rate_limit_charges(read, "plugin", "two")])
    assert one is not None
    assert two is not None
    assert driver.run(one, call()) is None
    assert (driver.run(two, call()) is not None) is is_shared


def test_there_can_be_so_many_rules() -> None:
    """A hundred rules are read, one more is refused."""
    rules = [
        {"rule_name": f"r{n}", "match_regex": '["method","==","GET"]', "limit": 1} for n in range(MAX_RULES + 1)
    ]
    content = {"default_interval": 1, "api_limit": -1}

    assert len(policy({**content, "rules": rules[1:]}).rules) == MAX_RULES
    assert isinstance(parse_content(json.dumps({**content, "rules": rules})), list)


KEYS = st.sampled_from([*DOCUMENTED, "x"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["app", "basic"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "policies", "key", "limit", "é\ud800"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.text() | st.dictionaries(KEYS, VALUES).map(json.dumps))
def test_any_content_is_judged_and_every_judgement_can_be_printed(content: str) -> None:
    """Nothing raises, whatever is written, and what is said about it is fit for any log or page."""
    parsed = parse_content(content)

    for finding in parsed if isinstance(parsed, list) else []:
        for said in (finding.at, finding.message, finding.fix):
            assert said.encode("utf-8")
            assert said.isprintable()
