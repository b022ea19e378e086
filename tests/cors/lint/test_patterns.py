"""Patterns as people write them: everything that is wrong with them is found, and nothing else."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.cors.lint.matching import admits
from crossgate.cors.lint.rules import lint_subject
from crossgate.cors.lint.subject import Place
from tests.cors.lint.subjects import match_from, subject_from

PATTERNS = tomllib.loads((Path(__file__).parent / "patterns.toml").read_text("utf-8"))["pattern"]
NEEDS_CREDENTIALS = {"L09", "L11"}


@pytest.mark.parametrize("has_credentials", [True, False])
@pytest.mark.parametrize("row", PATTERNS, ids=lambda row: f"{row.get('kind', 'regex')} {row['text']}")
def test_exactly_what_is_wrong_is_found(row: dict[str, Any], has_credentials: bool) -> None:
    """The rules are the row's, each once, and each witness is an origin that really gets in."""
    entry = [row.get("kind", "regex"), row["text"], {"anchoring": row.get("anchoring", "search")}]
    subject = subject_from({"origins": [entry], "credentials": has_credentials})
    expected = row["with"] if has_credentials else row.get("without", sorted({*row["with"]} - NEEDS_CREDENTIALS))

    found = lint_subject(subject)

    assert sorted(finding.rule for finding in found) == expected
    for finding in found:
        if finding.rule not in ("X01", "X02"):
            assert finding.witness is not None
            assert admits(match_from(entry, Place(at="")), finding.witness)
