"""What refuses a policy, row by row."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossgate.cors.check import REFUSING, check
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.suffixes import has_public_suffix_below

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("findings.toml").read_text("utf-8"))["case"]
_ABOUT_THE_CASE = ("why", "found", "text", "without")


def policy(case: dict[str, Any]) -> CorsPolicy:
    """The policy of a case."""
    fields = {key: value for key, value in case.items() if key not in _ABOUT_THE_CASE}
    return msgspec.convert({"origins": ["https://app.example"], **fields}, CorsPolicy)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_policy_is_refused_for_what_the_row_says(case: dict[str, Any]) -> None:
    """All of it at once, each at its place, with a way out."""
    findings = check(policy(case))

    assert [[finding.code, finding.at] for finding in findings] == [
        [f"cors.{code}", at] for code, at in case["found"]
    ]
    assert all(finding.message and finding.fix for finding in findings)
    said = " ".join(f"{finding.message} {finding.fix}" for finding in findings)
    assert [text for text in case.get("text", []) if text not in said] == []
    assert [text for text in case.get("without", []) if text in said] == []


def test_every_reason_has_a_case() -> None:
    """A new reason without a case fails."""
    assert {f"cors.{code}" for case in CASES for code, _ in case["found"]} == REFUSING


def test_companies_have_registries_below_their_names() -> None:
    """A name may be nobody's registry itself, and yet have one below."""
    assert has_public_suffix_below("amazonaws.com")
    assert not has_public_suffix_below("app.example")
