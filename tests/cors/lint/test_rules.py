"""Each rule: a policy that has it, and one that just has not."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.cors.lint.catalogue import BY_CODE, DOCUMENT_RULES, RULES
from crossgate.cors.lint.rules import lint, lint_subject
from crossgate.cors.lint.subject import Document
from tests.cors.lint.subjects import subject_from

ROWS = tomllib.loads((Path(__file__).parent / "rules.toml").read_text("utf-8"))["row"]
# Shown with several policies in test_overlap.py.
COMPARED = {"L44"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['rule']}-{row['at']}")
def test_a_policy_that_has_a_rule_is_found_and_one_that_just_has_not_is_not(row: dict[str, Any]) -> None:
    """The finding has the rule's number, code, severity, place, words and witness."""
    found = [finding for finding in lint_subject(subject_from(row["has"])) if finding.rule == row["rule"]]
    rule = next(rule for rule in (*RULES, *DOCUMENT_RULES) if rule.id == row["rule"])
    code = row.get("code", rule.code)

    matching = [finding for finding in found if finding.code == code]
    assert [(finding.at, finding.severity) for finding in matching] == [(row["at"], row["severity"])], found
    assert matching[0].why == BY_CODE[code].why
    assert matching[0].message
    assert matching[0].fix
    assert matching[0].subject == "policy"
    if "witness" in row:
        assert matching[0].witness == row["witness"]
    others = [finding.code for finding in lint_subject(subject_from(row["just_not"]))]
    assert code not in others


def test_every_rule_and_every_code_has_a_row() -> None:
    """All 48 rules are shown, and each of their codes."""
    shown = {
        row.get("code", next(r.code for r in (*RULES, *DOCUMENT_RULES) if r.id == row["rule"])) for row in ROWS
    }

    assert [rule.id for rule in RULES] == [f"L{number:02}" for number in range(1, 49)]
    assert {row["rule"] for row in ROWS} | COMPARED == {rule.id for rule in (*RULES, *DOCUMENT_RULES)}
    assert BY_CODE.keys() - shown == {"cors.paths-overlap"}


def test_what_is_not_said_is_no_finding() -> None:
    """A subject that says nothing has nothing wrong with it."""
    assert lint_subject(subject_from({})) == []


def test_what_many_policies_have_from_one_place_is_told_once() -> None:
    """A plugin on four routes is four policies with one mistake; other places stay apart."""
    shared = {"origins": ["http://app.example.com"]}
    subjects = [subject_from(shared, name) for name in ("a", "b", "c", "d", "a")]
    elsewhere = subject_from({"origins": ["https://b.example", "http://app.example.com"]}, "e")

    found = lint(Document((*subjects, elsewhere)))

    assert [(finding.at, finding.subject) for finding in found] == [
        ("origins[0]", "a, b, c and 1 more"),
        ("origins[1]", "e"),
    ]
