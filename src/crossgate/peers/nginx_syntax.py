"""nginx configuration as a tree of directives, each with its place; includes are put in where they are named."""

import re
import tempfile
from collections.abc import Iterator
from glob import has_magic
from pathlib import Path
from typing import Any

import crossplane  # type: ignore[import-untyped]  # it has no types
import msgspec

from crossgate.cors.lint.subject import Place, Unreadable

ESCAPED = re.compile(r"""\\(["'\\])""")

WITHOUT_CORS = re.compile(
    r"(mime\.types|(fastcgi|uwsgi|scgi|proxy)_params|fastcgi\.conf|modules-enabled/.*|options-ssl-nginx\.conf|"
    r".*dhparam.*|.*ssl.*\.conf)$"
)
"""Files that come with nginx or certbot. A document is complete without them."""

HOME = Path("/etc/nginx")
"""Where configurations usually live. Includes from there are looked for beside the document."""

MOST_FILES = 300
DEEPEST_INCLUDE = 12
LONGEST = 4_000_000
LONGEST_TITLE = 80


class Directive(msgspec.Struct, frozen=True):
    """One statement: its name, its words with quotes and escapes resolved, and what its braces hold."""

    name: str
    args: tuple[str, ...]
    place: Place
    block: tuple["Directive", ...] | None = None

    @property
    def inside(self) -> tuple["Directive", ...]:
        """What its braces hold; nothing when it has none."""
        return self.block or ()


def parse(text: str, file: str) -> tuple[tuple[Directive, ...], list[Unreadable]]:
    """The directives of a document and of what it includes, and what could not be read. Never raises."""
    parser = _Parser(file)
    return parser.document(text, file, Place("", file=file)), parser.unreadable


class _Parser:
    """Reads one document and the files it includes."""

    def __init__(self, file: str) -> None:
        self.unreadable: list[Unreadable] = []
        self._folder = Path(file).parent
        self._open = [Path(file)]
        self._files = 0

    def document(self, text: str, file: str, inside: Place) -> tuple[Directive, ...]:
        """What a text says, at a place of the whole."""
        if len(text) > LONGEST:
            self._give_up(Place("", file=file), f"The file is longer than {LONGEST} characters.", "Split it.")
            return ()
        statements, problem = _statements(text)
        if problem is not None:
            line, reason = problem
            fix = "Correct the file until `nginx -t` accepts it. A template has to be rendered first."
            self._give_up(Place("", line, file), f"nginx cannot read this file: {reason}.", fix)
        try:
            return tuple(self._directives(statements, file, inside.at))
        except RecursionError:
            self._give_up(Place("", file=file), "The blocks nest too deeply.", "Flatten the file.")
            return ()

    def _directives(self, statements: list[dict[str, Any]], file: str, outer: str) -> Iterator[Directive]:
        for statement in statements:
            name = unescaped(statement["directive"])
            args = tuple(unescaped(arg) for arg in statement["args"])
            block = statement.get("block")
            place = Place(_path(outer, name, _title(name, args, block)), statement["line"], file)
            if name == "include" and args:
                yield from self._included(args[0], Place(outer, place.line, file))
                continue
            inside = None if block is None else tuple(self._directives(block, file, place.at))
            yield Directive(name, args, place, inside)

    def _included(self, pattern: str, place: Place) -> Iterator[Directive]:
        files = list(self._files_of(pattern))
        if not files and not has_magic(pattern) and not WITHOUT_CORS.search(pattern):
            fix = "Give the main file where its includes can be found, or what `nginx -T` prints."
            self._give_up(place, f"The included file {pattern} is not there, so what it says is not known.", fix)
        for path in files:
            self._files += 1
            if path in self._open or len(self._open) > DEEPEST_INCLUDE or self._files > MOST_FILES:
                continue
            try:
                text = path.read_text("utf-8", errors="replace") if path.stat().st_size <= LONGEST else ""
            except OSError:
                self._give_up(
                    place, f"The included file {path} cannot be opened.", "Give a file that can be read."
                )
                continue
            self._open.append(path)
            yield from self.document(text, str(path), place)
            self._open.pop()

    def _files_of(self, pattern: str) -> list[Path]:
        """The files that an include means: beside the document or in a folder above, before anywhere else."""
        path = Path(pattern)
        wanted = str(path.relative_to(HOME)) if path.is_relative_to(HOME) else pattern.lstrip("/")
        folders = [self._folder, *list(self._folder.parents)[:2]]
        try:
            for folder in folders:
                if found := sorted(each for each in folder.glob(wanted) if each.is_file()):
                    return found
            return [path] if path.is_absolute() and path.is_file() else []
        except (OSError, ValueError, NotImplementedError):
            return []

    def _give_up(self, place: Place, message: str, fix: str) -> None:
        self.unreadable.append(Unreadable(place, message, fix))


def unescaped(word: str) -> str:
    r"""A word as nginx takes it: `\\`, `\"` and `\'` stand for the second character."""
    return ESCAPED.sub(r"\1", word)


def _statements(text: str) -> tuple[list[dict[str, Any]], tuple[int | None, str] | None]:
    # crossplane reads files only.
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", errors="replace", suffix=".conf") as copy:
        copy.write(f"{text}\n")
        copy.flush()
        parsed = crossplane.parse(copy.name, single=True, check_ctx=False, check_args=False)["config"][0]
    if not parsed["errors"]:
        return parsed["parsed"], None
    error = parsed["errors"][0]
    reason = error["error"].partition(f" in {copy.name}")[0] or "the last statement has no end"
    if "recursion" in reason:
        reason = "its blocks nest too deeply"
    return parsed["parsed"], (error["line"], reason)


def _path(outer: str, name: str, title: str) -> str:
    """Where a statement is, in words: `server api.example.com > location /v1 > add_header Vary`."""
    step = f"{name} {title[:LONGEST_TITLE]}".strip()
    return f"{outer} > {step}" if outer else step


def _title(name: str, args: tuple[str, ...], block: list[dict[str, Any]] | None) -> str:
    """The words that tell one statement from others of its name."""
    if name == "server" and block is not None:
        names = (each["args"][:1] for each in block if each["directive"] == "server_name")
        return "".join(next(names, [])).removeprefix("_")
    if name == "if":
        return f"({' '.join(args)})"
    if name.endswith("_by_lua_block"):
        return ""
    return " ".join(args[:2] if block is not None else args[:1])
