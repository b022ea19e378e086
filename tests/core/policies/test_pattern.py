"""Patterns: what they match, what is refused, and that no text keeps them busy."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.policies.pattern import Pattern, PatternError
from crossgate.core.policies.pattern_syntax import MAX_CHARS

CASES = tomllib.loads((Path(__file__).parent / "pattern_cases.toml").read_text("utf-8"))
PIECES = st.sampled_from(["a", "b", "A", "\\d", "[ab]", "[^a]", ".", "\\b", "^", "$", "_", "1", " "])
PATTERNS = st.recursive(
    PIECES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["pattern"])
def test_a_pattern_matches_what_it_says(row: dict[str, Any]) -> None:
    """Each text is matched, or not, whole or in part."""
    pattern = Pattern(row["pattern"], is_whole=row.get("whole", False))

    assert [text for text in row["matches"] if not pattern.matches(text)] == []
    assert [text for text in row["misses"] if pattern.matches(text)] == []


@pytest.mark.parametrize("row", CASES["refused"], ids=lambda row: row["pattern"])
def test_what_is_no_pattern_is_refused_with_its_place(row: dict[str, Any]) -> None:
    """The message names what is wrong."""
    with pytest.raises(PatternError, match=re.escape(row["because"])):
        Pattern(row["pattern"])


@settings(deadline=None)
@given(PATTERNS, st.lists(st.text(alphabet="abA1_ ", max_size=8), max_size=5), st.booleans())
def test_it_agrees_with_python(text: str, subjects: list[str], is_whole: bool) -> None:
    """Where a matcher that goes back has an answer in time, this one has the same."""
    pattern = Pattern(text, is_whole=is_whole)
    expected = re.compile(text.replace("$", "\\Z"), re.ASCII)

    for subject in subjects:
        found = expected.fullmatch(subject) if is_whole else expected.search(subject)
        assert pattern.matches(subject) is (found is not None), subject


@settings(deadline=None)
@given(st.text(alphabet="ab()[]{}|*+?^$\\.-,12dxu<>:=!P", max_size=20))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    """Nothing else is raised, and what is accepted can be matched."""
    try:
        pattern = Pattern(text)
    except PatternError:
        return
    assert pattern.matches("ab12") in {True, False}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["(a*)*b", "(a|a)*b", "^(a+)+$", "a*a*a*a*a*b", "(.*,){11}b"])
def test_no_text_keeps_it_busy(text: str) -> None:
    """What takes a matcher that goes back for ever takes this one a moment."""
    assert not Pattern(text).matches("a" * 32_000 + "!")


def test_a_pattern_has_a_longest_length() -> None:
    """A text of that length is read, a longer one refused."""
    assert Pattern("^" + "a" * (MAX_CHARS - 1)).matches("a" * MAX_CHARS)
    with pytest.raises(PatternError, match="are allowed"):
        Pattern("a" * (MAX_CHARS + 1))
    with pytest.raises(PatternError, match="nested"):
        Pattern("(" * 100)


def test_what_is_remembered_has_an_end() -> None:
    """A text with more different characters than are remembered is matched all the same."""
    assert Pattern("^[^x]+x$").matches("".join(map(chr, range(0x4E00, 0x9000))) + "x")
