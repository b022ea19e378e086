"""Whether a match lets an origin in, whatever kind it is; bounded in time for patterns made to be slow."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Final

import regex

from crossgate.cors.lint.shape import PatternTooLargeError, read_shape, unquoted
from crossgate.cors.lint.subject import OriginMatch
from crossgate.cors.origin import MAX_ORIGIN_BYTES, NotAnOriginError
from crossgate.cors.pattern import PatternSet, read_pattern

PATTERN_TIMEOUT_S: Final = 0.05
# Nobody can say from the configuration alone what these let in.
UNDECIDED: Final = frozenset(("template", "dns", "referer"))


class UnusablePatternError(ValueError):
    """The pattern cannot be read; the message says why."""


class SlowPatternError(ValueError):
    """The pattern did not answer within PATTERN_TIMEOUT_S."""


def admits(match: OriginMatch, origin: str) -> bool:
    """Whether `match` lets `origin` in. Raises UnusablePatternError and SlowPatternError.

    What is UNDECIDED lets nobody in.
    """
    if match.sent not in (None, "*", origin):
        return False
    if match.kind == "regex":
        return _regex_admits(match, origin)
    if match.kind in UNDECIDED:
        return False
    folded = (match.text.lower(), origin.lower()) if match.ignore_case else (match.text, origin)
    return _TESTS[match.kind](*folded)


def pattern_set(texts: Iterable[str]) -> PatternSet:
    """The host patterns that `texts` mean; those that mean none are left out."""
    patterns = []
    for text in texts:
        with suppress(NotAnOriginError):
            patterns.append(read_pattern(text))
    return PatternSet(patterns)


def _host_pattern_admits(text: str, origin: str) -> bool:
    return len(origin) <= MAX_ORIGIN_BYTES and _host_pattern(text).matches(origin.encode(errors="replace"))


@lru_cache(maxsize=1024)
def _host_pattern(text: str) -> PatternSet:
    return pattern_set([text])


def _glob_admits(text: str, origin: str) -> bool:
    """Each part between two `*` is looked for behind the one before; the last must be the end."""
    first, *rest = text.split("*")
    if not rest:
        return origin == text
    if not origin.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = origin.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(origin) - at >= len(rest[-1]) and origin.endswith(rest[-1])


_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "any": lambda _text, _origin: True,
    "reflect": lambda _text, _origin: True,
    "exact": lambda text, origin: origin == text,
    "host-pattern": _host_pattern_admits,
    "glob": _glob_admits,
    "prefix": lambda text, origin: origin.startswith(text),
    "suffix": lambda text, origin: origin.endswith(text),
    "contains": lambda text, origin: text in origin,
}


def _regex_admits(match: OriginMatch, origin: str) -> bool:
    compiled = compiled_regex(match.text, match.ignore_case)
    run = {"search": compiled.search, "start": compiled.match, "full": compiled.fullmatch}[match.anchoring]
    try:
        return run(origin, timeout=PATTERN_TIMEOUT_S) is not None
    except TimeoutError:
        raise SlowPatternError from None


@lru_cache(maxsize=1024)
def compiled_regex(pattern: str, ignore_case: bool) -> "regex.Pattern[str]":
    """`pattern` ready for matching; raises UnusablePatternError."""
    pattern = unquoted(pattern)
    try:
        # Looked at first: the engine writes repetitions out, and would take all memory for `((a{99}){99}){99}`.
        read_shape(pattern)
        return regex.compile(pattern, regex.ASCII | (regex.IGNORECASE if ignore_case else 0))
    except PatternTooLargeError:
        raise UnusablePatternError(
            "it is longer, deeper or repeats more than any pattern for origins needs to"
        ) from None
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise UnusablePatternError(str(error) or type(error).__name__) from None
