"""The shape of a regular expression: just enough of a parser to see what an author meant by it.

It understands what PCRE, RE2 and Go have in common, and never judges whether a pattern is valid: a real engine
does that. What it cannot see through (a back reference, a condition) counts as matching nothing of its own.
"""

import string
from typing import Final

import msgspec

MAX_PATTERN_CHARS: Final = 10_000
MAX_DEPTH: Final = 40
MAX_SIZE: Final = 20_000
_CLASS_ESCAPES = frozenset("dDwWsShHvVNpPRX")
_EDGE_ESCAPES = frozenset("bBAzZGK")
_ODD_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}


class PatternTooLargeError(ValueError):
    """The pattern is longer, deeper or repeats more than any pattern for origins needs; nobody should run it."""


class Char(msgspec.Struct, frozen=True):
    """One character that stands for itself."""

    text: str


class Dot(msgspec.Struct, frozen=True):
    """`.`, at `index` of the pattern."""

    index: int


class Class(msgspec.Struct, frozen=True):
    """A class such as `[a-z]` or `\\d`, as written."""

    source: str


class Edge(msgspec.Struct, frozen=True):
    """What matches no characters, or none that are known: an anchor, a look around, a back reference."""


class Sequence(msgspec.Struct, frozen=True):
    """One after the other."""

    items: tuple["Node", ...]


class Choice(msgspec.Struct, frozen=True):
    """One of these."""

    options: tuple["Node", ...]


class Repeat(msgspec.Struct, frozen=True):
    """`item` from `least` to `most` times, None for any number; `source` is the item as written."""

    item: "Node"
    least: int
    most: int | None
    source: str


Node = Char | Dot | Class | Edge | Sequence | Choice | Repeat


def unquoted(pattern: str) -> str:
    """`pattern` with each `\\Q…\\E` written out as escaped characters."""
    pieces = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("\\Q", at):
            quoted, _, _ = pattern[at + 2 :].partition("\\E")
            pieces += [char if char.isalnum() else f"\\{char}" for char in quoted]
            at += len(quoted) + 4
        else:
            piece = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
            pieces.append(piece)
            at += len(piece)
    return "".join(pieces)


def read_shape(pattern: str) -> Node:
    """The shape of `pattern`, unquoted; raises PatternTooLargeError."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise PatternTooLargeError
    shape = _Reader(pattern).choice(0)
    if _size(shape) > MAX_SIZE:
        raise PatternTooLargeError
    return shape


def _size(node: Node) -> int:
    """How many steps an engine needs that writes every repetition out."""
    match node:
        case Sequence(items) | Choice(items):
            return 1 + sum(map(_size, items))
        case Repeat(item, least, most):
            return 1 + _size(item) * max(1, least, most or 0)
        case _:
            return 1


class _Reader:
    """Reads a pattern from left to right; whatever is missing at its end is taken as there."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def choice(self, depth: int) -> Node:
        """Everything up to the `)` that closes this group, or the end."""
        if depth > MAX_DEPTH:
            raise PatternTooLargeError
        options = [self._sequence(depth)]
        while self._take("|"):
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def _up_to(self, end: str) -> str:
        start = self.at
        found = self.pattern.find(end, start)
        self.at = len(self.pattern) if found < 0 else found + len(end)
        return self.pattern[start : self.at]

    def _sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] != "|":
            start = self.at
            if self._take(")"):
                # A stray one at the top closes nothing; the engine will say so.
                if depth == 0:
                    continue
                self.at = start
                break
            item = self._item(depth)
            items.append(self._repeated(item, self.pattern[start : self.at]))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _item(self, depth: int) -> Node:
        index = self.at
        char = self._next()
        match char:
            case "(":
                return self._group(depth)
            case "[":
                return self._class(index)
            case "\\":
                return self._escape(index)
            case ".":
                return Dot(index)
            case "^" | "$":
                return Edge()
            case _:
                return Char(char)

    def _repeated(self, item: Node, source: str) -> Node:
        while bounds := self._bounds():
            least, most = bounds
            # Lazy and possessive ones match the same origins.
            if not self._take("?"):
                self._take("+")
            item = Repeat(item, least, most, source)
        return item

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self._take(sign):
                return least, most
        if not self.pattern.startswith("{", self.at):
            return None
        inside, brace, _ = self.pattern[self.at + 1 : self.at + 24].partition("}")
        low, comma, high = inside.partition(",")
        if not brace or not (low + high) or (low + high).strip(string.digits):
            return None
        self.at += len(inside) + 2
        return int(low or 0), (int(high) if high else None) if comma else int(low)

    def _class(self, start: int) -> Node:
        self._take("^")
        # A bracket that comes first is a member.
        self._take("]")
        while self.at < len(self.pattern):
            char = self._next()
            if char == "]":
                break
            if char == "\\":
                self._next()
            elif char == "[" and self.pattern[self.at : self.at + 1] == ":":
                self._up_to(":]")
        return Class(self.pattern[start : self.at])

    def _escape(self, start: int) -> Node:
        char = self._next()
        if char in _CLASS_ESCAPES:
            if self._take("{"):
                self._up_to("}")
            elif char in "pP":
                self._next()
            return Class(self.pattern[start : self.at])
        if char == "x":
            return self._hexadecimal()
        if char in _EDGE_ESCAPES or char in string.digits:
            return Edge()
        return Char(_ODD_ESCAPES.get(char, char))

    def _hexadecimal(self) -> Node:
        if self._take("{"):
            digits = self._up_to("}").removesuffix("}")
        else:
            digits = self.pattern[self.at : self.at + 2]
            self.at += len(digits)
        try:
            return Char(chr(int(digits, 16)))
        except (ValueError, OverflowError):
            return Edge()

    def _group(self, depth: int) -> Node:
        if not self._take("?"):
            return self._closed(depth)
        if self._take("#"):
            self._up_to(")")
            return Edge()
        if any(map(self._take, ("=", "!", "<=", "<!", "(", "R", "P=", "P>", "&"))):
            self._closed(depth)
            return Edge()
        if any(map(self._take, ("P<", "<"))):
            self._up_to(">")
        elif self._take("'"):
            self._up_to("'")
        elif not any(map(self._take, (":", ">", "|"))):
            return self._flags(depth)
        return self._closed(depth)

    def _flags(self, depth: int) -> Node:
        while self.pattern[self.at : self.at + 1] in string.ascii_letters + "-^" and self.at < len(self.pattern):
            self.at += 1
        if self._take(":"):
            return self._closed(depth)
        self._take(")")
        return Edge()

    def _closed(self, depth: int) -> Node:
        inside = self.choice(depth + 1)
        self._take(")")
        return inside
