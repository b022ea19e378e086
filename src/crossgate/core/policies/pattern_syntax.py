"""The syntax of patterns: regular expressions that can be matched in one pass over a text.

It is what Perl, Python and RE2 have in common, without what needs to go back: no back-references, no looking
around, no possessive or atomic parts. `\\d`, `\\w`, `\\s` and `(?i)` mean ASCII; `.` is anything but a line feed;
`^` and `$` are the very beginning and the very end. Lazy repeats are accepted: they match the same texts.
"""

import re
from enum import Enum

import msgspec

MAX_CHARS = 2048
MAX_DEPTH = 50
_LAST = 0x10FFFF
_REPEAT = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")

Ranges = tuple[tuple[int, int], ...]


class Chars(msgspec.Struct, frozen=True):
    """One character, out of these ranges of code points."""

    ranges: Ranges


class Edge(Enum):
    """A place between two characters."""

    START = 1
    END = 2
    WORD = 3
    NO_WORD = 4


class Sequence(msgspec.Struct, frozen=True):
    """One part after the other."""

    parts: tuple["Node", ...]


class Choice(msgspec.Struct, frozen=True):
    """One of these."""

    options: tuple["Node", ...]


class Repeat(msgspec.Struct, frozen=True):
    """A part, at least and at most so many times; None is no limit."""

    part: "Node"
    least: int
    most: int | None


Node = Chars | Edge | Sequence | Choice | Repeat


class PatternError(ValueError):
    """The text is no pattern; the message says why, and where."""


def without(ranges: Ranges) -> Ranges:
    """Every code point that is not in `ranges`."""
    outside, start = [], 0
    for first, last in sorted(ranges):
        if first > start:
            outside.append((start, first - 1))
        start = max(start, last + 1)
    return (*outside, (start, _LAST)) if start <= _LAST else tuple(outside)


_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32))
_CLASSES = {
    "d": _DIGIT,
    "D": without(_DIGIT),
    "w": _WORD,
    "W": without(_WORD),
    "s": _SPACE,
    "S": without(_SPACE),
}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_HEX_DIGITS = {"x": 2, "u": 4}
_EDGES = {"A": Edge.START, "z": Edge.END, "Z": Edge.END, "b": Edge.WORD, "B": Edge.NO_WORD}


def parse(text: str) -> Node:
    """The tree of `text`; raises PatternError."""
    if len(text) > MAX_CHARS:
        raise PatternError(f"it has {len(text)} characters, and {MAX_CHARS} are allowed")
    return _Parser(text).whole()


class _Parser:
    """Reads a pattern from left to right; each method leaves `at` behind what it has read."""

    def __init__(self, text: str) -> None:
        self.folds = text.startswith("(?i)")
        self.text = text
        self.at = 4 if self.folds else 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.choice()
        if self.at < len(self.text):
            raise self.wrong("`)` closes nothing")
        return node

    def wrong(self, why: str) -> PatternError:
        return PatternError(f"{why} (character {self.at + 1})")

    def next_is(self, *texts: str) -> str:
        """The one of `texts` that comes next, which is then read; empty when none does."""
        for text in texts:
            if self.text.startswith(text, self.at):
                self.at += len(text)
                return text
        return ""

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.wrong(f"groups are nested more than {MAX_DEPTH} deep")
        options = [self.sequence()]
        while self.next_is("|"):
            options.append(self.sequence())
        self.depth -= 1
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self) -> Node:
        parts = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self.repeated())
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def repeated(self) -> Node:
        part = self.atom()
        counts = self.counts()
        if counts is None:
            return part
        self.next_is("?")
        if self.at < len(self.text) and (self.text[self.at] in "*+?" or _REPEAT.match(self.text, self.at)):
            raise self.wrong("a repeat cannot be repeated: put the first one into a group")
        return Repeat(part, *counts)

    def counts(self) -> tuple[int, int | None] | None:
        sign = self.next_is("*", "+", "?")
        if sign:
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        found = _REPEAT.match(self.text, self.at)
        if found is None:
            return None
        least = int(found[1])
        most = least if found[2] is None else int(found[3]) if found[3] else None
        if most is not None and most < least:
            raise self.wrong(f"`{found[0]}` ends below where it begins")
        self.at = found.end()
        return least, most

    def atom(self) -> Node:
        sign = self.text[self.at]
        if sign in "*+?":
            raise self.wrong(f"there is nothing that `{sign}` could repeat")
        self.at += 1
        match sign:
            case "(":
                return self.group()
            case "[":
                return self.one_of()
            case "^":
                return Edge.START
            case "$":
                return Edge.END
            case ".":
                return Chars(without(((10, 10),)))
            case "\\":
                return self.escaped()
            case _:
                return self.chars(((ord(sign), ord(sign)),))

    def group(self) -> Node:
        opened = self.at
        if self.next_is("?") and not self.next_is(":"):
            name = re.compile(r"P?<[A-Za-z_]\w*>").match(self.text, self.at)
            if name is None:
                raise self.wrong("only groups `(…)`, `(?:…)`, `(?<name>…)`, and `(?i)` in front, are allowed")
            self.at = name.end()
        node = self.choice()
        if not self.next_is(")"):
            self.at = opened - 1
            raise self.wrong("`(` is never closed")
        return node

    def escaped(self) -> Node:
        if self.at < len(self.text) and self.text[self.at] in _EDGES:
            self.at += 1
            return _EDGES[self.text[self.at - 1]]
        return self.chars(self.escape())

    def escape(self) -> Ranges:
        """What the characters after a backslash stand for."""
        if self.at >= len(self.text):
            raise self.wrong("nothing follows the last backslash")
        sign = self.text[self.at]
        self.at += 1
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign in _CONTROLS:
            return ((_CONTROLS[sign], _CONTROLS[sign]),)
        if sign in _HEX_DIGITS:
            digits = self.text[self.at : self.at + _HEX_DIGITS[sign]]
            if len(digits) < _HEX_DIGITS[sign] or not re.fullmatch("[0-9A-Fa-f]+", digits):
                raise self.wrong(f"`\\{sign}` needs {_HEX_DIGITS[sign]} hexadecimal digits")
            self.at += len(digits)
            return ((int(digits, 16), int(digits, 16)),)
        if sign.isascii() and sign.isalnum():
            self.at -= 2
            raise self.wrong(f"`\\{sign}` is not allowed in a pattern")
        return ((ord(sign), ord(sign)),)

    def one_of(self) -> Node:
        opened, is_negated = self.at, bool(self.next_is("^"))
        ranges: list[tuple[int, int]] = []
        first = self.at
        while not (self.at > first and self.next_is("]")):
            if self.at >= len(self.text):
                self.at = opened - 1
                raise self.wrong("`[` is never closed")
            ranges += self.range()
        folded = self.fold(tuple(ranges))
        return Chars(without(folded) if is_negated else folded)

    def range(self) -> Ranges:
        low = self.member()
        is_range = self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in {
            "]",
            "",
        }
        if not is_range:
            return low
        self.at += 1
        high = self.member()
        if low[0][0] != low[-1][1] or high[0][0] != high[-1][1]:
            raise self.wrong("a range runs from one character to another")
        if low[0][0] > high[0][0]:
            raise self.wrong("a range ends before it begins")
        return ((low[0][0], high[0][0]),)

    def member(self) -> Ranges:
        if self.next_is("\\"):
            return self.escape()
        sign = ord(self.text[self.at])
        self.at += 1
        return ((sign, sign),)

    def chars(self, ranges: Ranges) -> Chars:
        return Chars(self.fold(ranges))

    def fold(self, ranges: Ranges) -> Ranges:
        """`ranges`, and where case makes no difference their ASCII letters in the other case."""
        if not self.folds:
            return ranges
        other = []
        for low, high, shift in ((65, 90, 32), (97, 122, -32)):
            for first, last in ranges:
                if first <= high and last >= low:
                    other.append((max(first, low) + shift, min(last, high) + shift))
        return (*ranges, *other)
