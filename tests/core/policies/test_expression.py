"""Match expressions, through the `rate_limit` plugin that uses them."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.errors import Finding
from crossgate.core.policies.expression import MAX_COMPARISONS, MAX_DEPTH, Matches
from crossgate.core.policies.rate_limit import RateLimit, parse_content
from tests.core.policies.driver import call

CASES = tomllib.loads((Path(__file__).parent / "expression_cases.toml").read_text("utf-8"))
PARAMETERS = [
    {"type": "path", "name": "reqPath", "value": "reqPath", "id": "3wuj354"},
    {"type": "method", "name": "method", "value": "method"},
    {"type": "header", "name": "host", "value": "Host"},
    {"type": "header", "name": "size", "value": "X-Size"},
    {"type": "query", "name": "user"},
    {"type": "system", "name": "from", "value": "$context.sourceIp"},
    {"type": "system", "name": "stage", "value": "stage"},
]


def read(expression: object) -> Matches | list[Finding]:
    text = expression if isinstance(expression, str) else json.dumps(expression)
    rule = {"rule_name": "a", "match_regex": text, "limit": 1}
    content = {"default_interval": 1, "api_limit": -1, "parameters": PARAMETERS, "rules": [rule]}
    parsed = parse_content(json.dumps(content))
    return parsed.rules[0].matches if isinstance(parsed, RateLimit) else parsed


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: str(row["expression"]))
def test_an_expression_matches_what_it_says(row: dict[str, Any]) -> None:
    """Each call fits, or does not."""
    matches = read(row["expression"])

    assert not isinstance(matches, list), matches
    assert [each for each in row["matches"] if not matches(call(**each))] == []
    assert [each for each in row["misses"] if matches(call(**each))] == []


@pytest.mark.parametrize("row", CASES["refused"], ids=lambda row: str(row["expression"]))
def test_every_mistake_is_named_with_its_place(row: dict[str, Any]) -> None:
    """All of them come together."""
    found = read(row["expression"])

    assert isinstance(found, list)
    assert [(each.code.removeprefix("rate_limit."), each.at) for each in found] == [
        (code, at) for code, at, _ in row["found"]
    ]
    assert all(part in each.fix for each, (_, _, part) in zip(found, row["found"], strict=True))


def test_an_expression_has_a_size() -> None:
    """It can be so deep and so long."""
    comparison: list[Any] = ["method", "==", "GET"]
    deepest = comparison
    for _ in range(MAX_DEPTH):
        deepest = ["AND", deepest]
    assert not isinstance(read(deepest), list)
    assert isinstance(read(["AND", deepest]), list)
    assert not isinstance(read(["OR", *[comparison] * MAX_COMPARISONS]), list)
    assert isinstance(read(["OR", *[comparison] * (MAX_COMPARISONS + 1)]), list)


@settings(deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.sampled_from(["OR", "AND", "host", "==", "~~", "in", "(", ""]),
        lambda inner: st.lists(inner, max_size=4),
        max_leaves=20,
    )
)
def test_any_document_is_an_expression_or_refused(document: object) -> None:
    """Nothing is raised, and what is accepted decides."""
    read_as = read(json.dumps(document))

    assert read_as if isinstance(read_as, list) else read_as(call()) in {True, False}
