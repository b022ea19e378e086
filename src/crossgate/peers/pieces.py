"""A document of nested mappings and lists that remembers the line of everything, and a way to walk through it."""

from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.subject import Place, Said


class TooDeep(Exception):
    """The document nests deeper than DEEPEST."""


class Scalar(msgspec.Struct):
    """A single value as text. `is_plain` when it stood without quotes, so `true` or `null` mean what they say."""

    text: str
    line: int
    is_plain: bool = True


class Sequence(msgspec.Struct):
    """A list of values, in order."""

    line: int
    items: list["Node"] = []


class Mapping(msgspec.Struct):
    """Named values as they were written; a name can be there twice, and `<<` merges another mapping in."""

    line: int
    items: list[tuple[Scalar, "Node"]] = []


Node = Scalar | Sequence | Mapping

NOTHING = {"", "~", "null", "Null", "NULL"}
YES = {"true", "yes", "on"}
NO = {"false", "no", "off"}

DEEPEST = 200
"""Levels of nesting. No configuration has as many; a document made to exhaust a reader has."""


class Piece:
    """A part of a document, and where it is. One that is not there is false, and empty whatever it is asked.

    So a reader can ask `document["spec"]["cors"]["maxAge"].said` without looking at each step. `at` is the path
    from the top, as in `http.routers[0].rule`.
    """

    def __init__(self, node: Node | None, at: str = "", file: str = "", line: int | None = None) -> None:
        """`line` is where a piece that stands for something else is written; otherwise the node knows."""
        self.node = node
        self.at = at
        self.file = file
        self.line = line if line is not None or node is None else node.line
        self._fields: dict[str, Piece] | None = None

    def __bool__(self) -> bool:
        """Whether it is there, and not null."""
        return self.node is not None and not (
            isinstance(self.node, Scalar) and self.node.is_plain and self.node.text in NOTHING
        )

    def __getitem__(self, name: str) -> "Piece":
        """The value of a field; the last one when the name is there twice."""
        return self.fields().get(name) or self._inner(None, f"{self.at}.{name}" if self.at else name)

    def first(self, *names: str) -> "Piece":
        """The value of the first of these fields that is there: other spellings of one name."""
        fields = self.fields()
        return next((fields[name] for name in names if fields.get(name)), self._inner(None, self.at))

    def loosely(self, *path: str) -> "Piece":
        """What a path of names leads to, whatever their case and with or without `_` and `-` in them."""
        piece = self
        for name in path:
            wanted = _bare(name)
            found = [value for key, value in piece.fields().items() if _bare(key) == wanted]
            piece = found[-1] if found else piece[name]
        return piece

    def fields(self) -> dict[str, "Piece"]:
        """Every field of a mapping, merged ones included; empty for anything else."""
        if self._fields is None:
            self._fields = {
                key.text: self._inner(value, f"{self.at}.{key.text}" if self.at else key.text, key.line)
                for key, value in _entries(self.node, set())
            }
        return self._fields

    def items(self) -> list["Piece"]:
        """Every item of a list; empty for anything else."""
        if not isinstance(self.node, Sequence):
            return []
        return [self._inner(item, f"{self.at}[{index}]") for index, item in enumerate(self.node.items)]

    def walk(self) -> Iterator["Piece"]:
        """This piece and everything in it, each once, however often an alias repeats it."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            piece = waiting.pop()
            if id(piece.node) in seen:
                continue
            seen.add(id(piece.node))
            yield piece
            waiting += reversed([*piece.fields().values(), *piece.items()])

    @property
    def is_mapping(self) -> bool:
        """Whether it holds named values."""
        return isinstance(self.node, Mapping)

    @property
    def is_list(self) -> bool:
        """Whether it holds items."""
        return isinstance(self.node, Sequence)

    @property
    def text(self) -> str:
        """What was written, when it is a single value."""
        return self.node.text if self and isinstance(self.node, Scalar) else ""

    @property
    def flag(self) -> bool | None:
        """Yes or no; None when it is neither."""
        word = self.text.lower()
        return True if word in YES else False if word in NO else None

    @property
    def place(self) -> Place:
        """Where it is written."""
        return Place(self.at, self.line, self.file)

    @property
    def said(self) -> Said | None:
        """What was written, and where; None when that is nothing."""
        return Said(self.text, self.place) if self.text else None

    def words(self) -> tuple[Said, ...]:
        """The words of a list, or of one text with commas between them."""
        if self.is_list:
            return tuple(Said(item.text, item.place) for item in self.items() if item.text)
        return tuple(Said(word.strip(), self.place) for word in self.text.split(",") if word.strip())

    def _inner(self, node: Node | None, at: str, key_line: int | None = None) -> "Piece":
        # A field is where its name is: what it holds may begin on the line below.
        return Piece(node, at, self.file, key_line)


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _entries(node: Node | None, seen: set[int]) -> Iterator[tuple[Scalar, Node]]:
    """The fields of a mapping: those it merges in first, so that its own come later and win."""
    if not isinstance(node, Mapping) or id(node) in seen or len(seen) > DEEPEST:
        return
    seen.add(id(node))
    for key, value in node.items:
        if key.text == "<<" and key.is_plain:
            merged = reversed(value.items) if isinstance(value, Sequence) else [value]
            for each in merged:
                yield from _entries(each, seen)
    for key, value in node.items:
        if not (key.text == "<<" and key.is_plain):
            yield key, value
