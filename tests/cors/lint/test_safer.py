"""What is advised in place of a pattern: one line, which has none of the mistakes itself."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.cors.lint.rules import lint_subject
from crossgate.cors.lint.safer import safer
from crossgate.cors.lint.subject import Place
from tests.cors.lint.subjects import match_from, subject_from

ROWS = tomllib.loads((Path(__file__).parent / "safer.toml").read_text("utf-8"))["row"]
ABOUT_REACH = {"L11", "L12"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"])
def test_a_pattern_has_the_advice_that_its_row_says(row: dict[str, Any]) -> None:
    """The whole line, as the gateway writes it, or none."""
    entry = [row.get("kind", "regex"), row["text"], {"anchoring": row.get("anchoring", "search")}]

    assert safer(match_from(entry, Place(at="")), row.get("format", "some-gateway")) == row.get("instead")


@pytest.mark.parametrize("row", [row for row in ROWS if "instead" in row], ids=lambda row: row["instead"])
def test_the_advice_has_no_mistake_of_its_own(row: dict[str, Any]) -> None:
    """Whoever writes it is not sent on to the next finding, but for what the pattern was meant to reach."""
    kind = "glob" if row.get("kind") == "glob" else "regex"
    entry = [kind, row["instead"].removeprefix("~"), {"anchoring": row.get("anchoring", "search")}]

    found = lint_subject(subject_from({"origins": [entry], "credentials": True}))

    assert {finding.rule for finding in found} <= ABOUT_REACH


@pytest.mark.parametrize(
    ("entry", "fix"),
    [
        (["regex", r"^https://app\.example\.com"], r"write `^https://app\.example\.com$`, or list exact origins"),
        (
            ["prefix", "https://app.example.com"],
            r"write the regular expression `^https://app\.example\.com$`, or list exact origins",
        ),
        (["prefix", "https://app."], "list exact origins"),
        (["regex", r"^http://localhost"], "end the pattern with `$`, or list exact origins"),
    ],
)
def test_the_finding_says_what_to_write(entry: list[str], fix: str) -> None:
    """The corrected line when there is one, or else what fits the kind of match."""
    found = lint_subject(subject_from({"origins": [entry]}))

    assert [finding.fix for finding in found if finding.rule == "L05"] == [fix]
