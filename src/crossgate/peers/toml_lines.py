"""Reads TOML into pieces that know their lines, as far as lines can be told."""

import re
import tomllib
from collections.abc import Iterator

from crossgate.cors.lint.subject import Place, Unreadable
from crossgate.peers.pieces import Mapping, Node, Piece, Scalar, Sequence

HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*=""")
PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
AT_LINE = re.compile(r"at line (\d+)")

Path = tuple[str, ...]


def load(text: str, file: str) -> tuple[list[Piece], list[Unreadable]]:
    """The document in a TOML text, and what is wrong with it. Never raises.

    The parser tells no lines, so they are looked up by the names of tables and keys. What stands inside a list or
    an inline table has the line where that begins, unless its own text is found below it.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as problem:
        line = AT_LINE.search(str(problem))
        place = Place("", int(line[1]) if line else None, file)
        reason = AT_LINE.split(str(problem))[0].rstrip(" (,")
        return [], [Unreadable(place, f"The TOML cannot be read: {reason}.", "Correct the TOML there.")]
    lines = _Lines(text)
    return [Piece(lines.node(document, (), 1), file=file)], []


class _Lines:
    """Finds the lines of a document's tables and keys."""

    def __init__(self, text: str) -> None:
        self._text = text.splitlines()
        self._known: dict[Path, int] = {}
        table: Path = ()
        counts: dict[Path, int] = {}
        for number, line in enumerate(self._text, start=1):
            if header := HEADER.match(line):
                table = _parts(header[2])
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, str(counts[table]))
                self._remember(table, number)
            elif key := KEY.match(line):
                self._remember((*table, *_parts(key[1])), number)

    def node(self, value: object, path: Path, outer: int) -> Node:
        """A value as a node, looked up by its path; `outer` is the line of what holds it."""
        line = self._known.get(path, outer)
        if isinstance(value, dict):
            items = [(key, self.node(inner, (*path, key), line)) for key, inner in value.items()]
            return Mapping(line, [(Scalar(key, inner.line, is_plain=False), inner) for key, inner in items])
        if isinstance(value, list):
            return Sequence(line, list(self._items(value, path, line)))
        if isinstance(value, bool):
            return Scalar("true" if value else "false", line)
        return Scalar(str(value), line, is_plain=not isinstance(value, str))

    def _items(self, items: list[object], path: Path, line: int) -> Iterator[Node]:
        for index, item in enumerate(items):
            if isinstance(item, str):
                line = self._line_of(item, line)
            yield self.node(item, (*path, str(index)), line)

    def _line_of(self, text: str, start: int) -> int:
        """The first line from `start` on that holds a text, before the next key or table; else `start`."""
        for number in range(start, len(self._text) + 1):
            line = self._text[number - 1]
            if number > start and (KEY.match(line) or line.lstrip().startswith("[")):
                break
            if f'"{text}"' in line.replace("\\\\", "\\") or f"'{text}'" in line:
                return number
        return start

    def _remember(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self._known.setdefault(path[:length], line)


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in PART.findall(dotted))
