"""Patterns: regular expressions an operator writes, matched against what strangers send.

A matcher that goes back can be kept busy for hours by a text made for its pattern. This one reads a text once,
whatever the pattern: it follows all the ways a match could go at the same time, and remembers each set of ways it
has met, so that most characters cost one look into a dictionary.
"""

from collections.abc import Iterable

from crossgate.core.policies.pattern_syntax import (
    Chars,
    Choice,
    Edge,
    Node,
    PatternError,
    Ranges,
    Repeat,
    Sequence,
    parse,
)

__all__ = ["Pattern", "PatternError"]

MAX_PARTS = 4000
"""Parts of a pattern once its repeats are written out: what it costs to read it."""
MAX_COPIED_PLACES = 300
"""Places one repeat may be written out to: what a character can cost at worst."""
_MAX_REMEMBERED = 8192

_START, _WORD, _OTHER, _END = range(4)
_MATCH = -1


class _Ways:
    """The places in a pattern that a match may have reached, before the next character is known."""

    __slots__ = ("after", "before", "ends", "places")

    def __init__(self, places: frozenset[int], before: int) -> None:
        self.places = places
        self.before = before
        self.after: dict[str, _Ways | None] = {}
        self.ends: bool | None = None


class Pattern:
    """A pattern, to be asked about texts."""

    __slots__ = ("_first", "_known", "_leads", "_parts", "_remembered", "_takes", "text")

    def __init__(self, text: str, *, is_whole: bool = False) -> None:
        """Raises PatternError. A pattern that `is_whole` must match all of a text, any other a part of it."""
        tree = parse(text)
        self.text = text
        # What each place takes, one of these characters, an edge or nothing, and the places it then leads to.
        self._takes: list[Ranges | Edge | None] = []
        self._leads: list[tuple[int, ...]] = []
        self._parts = 0
        self._first = self._build(Sequence((Edge.START, tree, Edge.END)) if is_whole else tree, _MATCH)
        self._known: dict[tuple[frozenset[int], int], _Ways] = {}
        self._remembered = 0

    def matches(self, text: str) -> bool:
        """Whether the pattern matches `text`."""
        ways = self._ways(frozenset(), _START)
        for sign in text:
            following = ways.after[sign] if sign in ways.after else self._step(ways, sign)
            if following is None:
                return True
            ways = following
        if ways.ends is None:
            ways.ends = _MATCH in self._reached(ways, _END)
        return ways.ends

    def _build(self, node: Node, following: int) -> int:
        """The place where `node` begins, when `following` comes after it."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise PatternError("it is too large once its repeats are written out")
        match node:
            case Chars(ranges):
                return self._place(ranges, following)
            case Edge():
                return self._place(node, following)
            case Sequence(parts):
                for part in reversed(parts):
                    following = self._build(part, following)
                return following
            case Choice(options):
                return self._place(None, *[self._build(option, following) for option in options])
            case Repeat(part, least, most):
                return self._build_repeat(part, least, most, following)

    def _build_repeat(self, part: Node, least: int, most: int | None, following: int) -> int:
        start, end = len(self._leads), following
        if most is None:
            loop = self._place(None)
            self._leads[loop] = (self._build(part, loop), following)
            following = loop
        for number in range(least if most is None else most):
            following = self._build(part, following)
            if most is not None and number < most - least:
                following = self._place(None, following, end)
            if len(self._leads) - start > MAX_COPIED_PLACES:
                raise PatternError("it repeats too much: write a smaller number in braces, or `*`")
        return following

    def _place(self, takes: Ranges | Edge | None, *leads: int) -> int:
        self._takes.append(takes)
        self._leads.append(leads)
        return len(self._leads) - 1

    def _ways(self, places: frozenset[int], before: int) -> _Ways:
        key = places, before
        ways = self._known.get(key)
        if ways is None:
            ways = self._known[key] = _Ways(places, before)
        return ways

    def _step(self, ways: _Ways, sign: str) -> _Ways | None:
        """Where `sign` leads from `ways`; None when the pattern has matched before it."""
        if self._remembered >= _MAX_REMEMBERED:
            self._known.clear()
            self._remembered = 0
        self._remembered += 1
        after = _WORD if sign.isascii() and (sign.isalnum() or sign == "_") else _OTHER
        reached = self._reached(ways, after)
        following = None if _MATCH in reached else self._ways(frozenset(self._taken(reached, ord(sign))), after)
        ways.after[sign] = following
        return following

    def _taken(self, reached: Iterable[int], point: int) -> Iterable[int]:
        for place in reached:
            takes = self._takes[place]
            if isinstance(takes, tuple):
                for low, high in takes:
                    if low <= point <= high:
                        yield self._leads[place][0]
                        break

    def _reached(self, ways: _Ways, after: int) -> set[int]:
        """Every place that `ways`, or a match that begins here, lead to before a character of the kind `after`."""
        reached: set[int] = set()
        waiting = [self._first, *ways.places]
        while waiting:
            place = waiting.pop()
            if place in reached:
                continue
            reached.add(place)
            if place == _MATCH:
                continue
            takes = self._takes[place]
            if takes is None or (isinstance(takes, Edge) and _is_at(takes, ways.before, after)):
                waiting += self._leads[place]
        return reached


def _is_at(edge: Edge, before: int, after: int) -> bool:
    """Whether `edge` lies between characters of these kinds."""
    if edge is Edge.START:
        return before == _START
    if edge is Edge.END:
        return after == _END
    return ((before == _WORD) is not (after == _WORD)) is (edge is Edge.WORD)
