"""Regular expressions of an nginx configuration: whether they find something, and what they are for."""

from functools import lru_cache

import regex

from crossgate.cors.lint.matching import SlowPatternError, UnusablePatternError
from crossgate.cors.lint.subject import OriginMatch, Place
from crossgate.cors.lint.target import targets_of

PATIENCE = 0.05
"""Seconds for one regular expression on one known text."""


@lru_cache(maxsize=1000)
def example_of(pattern: str) -> str:
    """An origin that a regular expression is for; empty when none can be thought of."""
    try:
        targets = targets_of(OriginMatch(kind="regex", text=pattern, place=Place("")))
    except (UnusablePatternError, SlowPatternError):
        return ""
    return str(targets[0].origin) if targets else ""


class Expression:
    """A regular expression as it was written. One that took too long once finds nothing any more."""

    def __init__(self, pattern: str, *, ignore_case: bool) -> None:
        self._pattern = pattern
        self._flags = regex.IGNORECASE if ignore_case else 0
        self._is_hopeless = False

    def finds(self, value: str) -> bool:
        """Whether it matches anywhere in a text."""
        try:
            return not self._is_hopeless and bool(
                regex.search(self._pattern, value, self._flags, timeout=PATIENCE)
            )
        except (regex.error, TimeoutError, RecursionError):
            self._is_hopeless = True
            return False


@lru_cache(maxsize=1000)
def expression(pattern: str, *, ignore_case: bool) -> Expression:
    """The expression, the same one each time."""
    return Expression(pattern, ignore_case=ignore_case)
