"""Lines of text, each run of which says what it is; how it looks is up to whoever prints it."""

from typing import Literal

import msgspec

Role = Literal["good", "bad", "unsure", "title", "plain", "faint", "code"]


class Run(msgspec.Struct, frozen=True):
    """Some text and what it is."""

    text: str
    role: Role = "plain"


class Line(msgspec.Struct, frozen=True):
    """A line, which may be wrapped unless `is_whole`; what is wrapped begins at column `hang`."""

    runs: tuple[Run, ...] = ()
    indent: int = 0
    hang: int = 0
    is_whole: bool = False

    def __str__(self) -> str:
        return " " * self.indent + "".join(run.text for run in self.runs)


BLANK = Line()


def title(text: str) -> Line:
    """The head of a section."""
    return Line((Run(printable(text), "title"),))


def prose(text: str, indent: int = 2, role: Role = "plain") -> Line:
    """A sentence."""
    return Line((Run(printable(text), role),), indent, indent)


def code(text: str, indent: int, mark: str = "", role: Role = "code") -> Line:
    """What is to be read letter by letter, and never wrapped; `mark` stands in front of it."""
    front = (Run(mark + " ", role),) if mark else ()
    return Line((*front, Run(printable(text), role)), indent, is_whole=True)


def labelled(label: str, text: str, indent: int, width: int, role: Role = "plain") -> Line:
    """`text` behind a label that has a column of its own."""
    runs = (Run(label.ljust(width), "faint"), Run(printable(text), role))
    return Line(runs, indent, indent + width)


def printable(text: str) -> str:
    r"""`text` with what would move a terminal's cursor, or worse, as `\x1b`."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def listed(words: list[str], last: str = "and") -> str:
    """`a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
