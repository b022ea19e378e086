"""Entries that add nothing to the others (L18)."""

from collections.abc import Iterator

from crossgate.cors.check import shown
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.matching import SlowPatternError, UnusablePatternError, admits, pattern_set
from crossgate.cors.lint.subject import OriginMatch, Place, Said, Subject
from crossgate.cors.origin import MAX_ORIGIN_BYTES
from crossgate.cors.pattern import PatternSet
from crossgate.cors.policy import WILDCARD


def shadowed(subject: Subject) -> Iterator[LintFinding]:
    """Entries written twice, behind `*`, or covered by a pattern."""
    yield from _origins(subject.origins)
    yield from _words(subject.methods, is_open=_is_open(subject, subject.reflects_methods), fold=False)
    yield from _words(subject.headers, is_open=_is_open(subject, subject.reflects_headers), fold=True)
    yield from _words(subject.expose, is_open=_is_open(subject, subject.reflects_expose), fold=True)


def _is_open(subject: Subject, reflects: Place | None) -> bool:
    """Whether `*` in a list is a wildcard: with credentials it is only where the gateway makes it one."""
    return subject.credentials is None or reflects is not None


def _origins(matches: tuple[OriginMatch, ...]) -> Iterator[LintFinding]:
    wide = [match for match in matches if match.kind not in ("exact", "host-pattern")]
    # All of them at once: a policy may have thousands of entries.
    patterns = pattern_set(match.text for match in matches if match.kind == "host-pattern")
    anyone = any(match.kind in ("any", "reflect") for match in matches)
    seen: set[tuple[str, str]] = set()
    for match in matches:
        key = (match.kind, match.text.lower() if match.ignore_case else match.text)
        is_behind = anyone and match.kind not in ("any", "reflect")
        if key in seen or is_behind or (match.kind == "exact" and _is_covered(match.text, wide, patterns)):
            yield _finding(match.text, match.place)
        seen.add(key)


def _is_covered(origin: str, wide: list[OriginMatch], patterns: PatternSet) -> bool:
    if len(origin) <= MAX_ORIGIN_BYTES and patterns.matches(origin.encode(errors="replace")):
        return True
    for match in wide:
        try:
            if admits(match, origin):
                return True
        except (UnusablePatternError, SlowPatternError):
            continue
    return False


def _words(said: tuple[Said, ...] | None, *, is_open: bool, fold: bool) -> Iterator[LintFinding]:
    words = [(word.text.lower() if fold else word.text, word.place) for word in said or ()]
    has_wildcard = is_open and any(text == WILDCARD for text, _ in words)
    seen: set[str] = set()
    for text, place in words:
        # Authorization beside `*` is the one name that `*` does not cover.
        if text in seen or (has_wildcard and text not in (WILDCARD, "authorization")):
            yield _finding(text, place)
        seen.add(text)


def _finding(text: str, place: Place) -> LintFinding:
    return finding(
        "cors.shadowed-entry", place, f"{shown(text)} adds nothing to the other entries", fix="remove it"
    )
