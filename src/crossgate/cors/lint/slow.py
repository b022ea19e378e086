"""Patterns that an origin made for them keeps busy: a repetition of something that repeats itself (rule X02)."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from crossgate.cors.lint.matching import SlowPatternError, UnusablePatternError, admits
from crossgate.cors.lint.shape import Choice, Node, Repeat, Sequence, read_shape, unquoted
from crossgate.cors.lint.subject import OriginMatch, Place

_LETTERS: Final = "a1-.x"
_LENGTHS: Final = range(1, 7)
_NOWHERE = Place(at="")


def slow_part(match: OriginMatch) -> tuple[str, str] | None:
    """The part of a regex whose time doubles with each character, and an origin that shows it; None if none does.

    What can match a run of one letter in two lengths, and is itself repeated, can cut a longer run in more ways
    than anyone can try. `match` must be one that admits() can use.
    """
    if match.kind != "regex":
        return None
    for repeat in _endless(read_shape(unquoted(match.text))):
        letter = _ambiguous_letter(repeat.source, match.ignore_case)
        if letter:
            return repeat.source, f"https://{letter * 40}!"
    return None


def _endless(node: Node) -> Iterator[Repeat]:
    """Each group that is repeated without limit."""
    match node:
        case Sequence(items) | Choice(items):
            yield from chain.from_iterable(map(_endless, items))
        case Repeat(item, _, most):
            if most is None and isinstance(item, Sequence | Choice | Repeat):
                yield node
            yield from _endless(item)
        case _:
            pass


def _ambiguous_letter(source: str, ignore_case: bool) -> str:
    whole = OriginMatch(kind="regex", text=source, place=_NOWHERE, anchoring="full", ignore_case=ignore_case)
    for letter in _LETTERS:
        try:
            lengths = sum(admits(whole, letter * length) for length in _LENGTHS)
        except (UnusablePatternError, SlowPatternError):
            return ""
        if lengths > 1:
            return letter
    return ""
