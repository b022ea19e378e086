"""The screen: lines of an explanation with colours, wrapped to the width there is."""

import io
import sys
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.text import Text

from crossgate.cors.explain.lines import Line, Role

_STYLES: Final[dict[Role, str]] = {
    "good": "bold green",
    "bad": "bold red",
    "unsure": "bold yellow",
    "title": "bold",
    "plain": "",
    "faint": "dim",
    "code": "cyan",
}
_NARROWEST = 20
# For terminals of old, and logs that are none.
_IN_ASCII = str.maketrans({"✓": "v", "✗": "x", "→": ">", "←": "<", "·": "-", "–": "-", "─": "-"})


def screen() -> Console:
    """Standard output; without colours where it is no terminal, or where NO_COLOR is set."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What it has no letters for is no reason to stop.
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False, markup=False, emoji=False)


def show(console: Console, lines: Iterable[Line]) -> None:
    """Print `lines`."""
    marks = {} if console.encoding.lower().startswith("utf") else _IN_ASCII
    for line in lines:
        text = Text.assemble(*((run.text.translate(marks), _STYLES[run.role]) for run in line.runs))
        if line.is_whole:
            console.print(Text(" " * line.indent) + text, soft_wrap=True)
        else:
            _wrapped(console, line, text)


def _wrapped(console: Console, line: Line, text: Text) -> None:
    """What stands in the columns before `hang` stays in front, and the rest is wrapped behind it."""
    front, rest = text[: line.hang - line.indent], text[line.hang - line.indent :]
    parts = rest.wrap(console, max(console.width - line.hang, _NARROWEST)) or [Text()]
    for number, part in enumerate(parts):
        before = Text(" " * line.indent) + front if number == 0 else Text(" " * line.hang)
        joined = before + part
        joined.rstrip()
        console.print(joined, soft_wrap=True)
