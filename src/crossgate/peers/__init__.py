"""Reads other gateways' configuration files: what they say about CORS, as subjects for the linter.

A format is one module of this room with two functions, `recognises` and `read` (see Reader). It is imported when
it is first asked, so that nobody waits for the parser of a format he does not have.
"""

from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from crossgate.cors.lint.subject import Document, Place, Unreadable


class Reader(Protocol):
    """What the module of a format offers."""

    def recognises(self, text: str, file: str) -> bool:
        """Whether this looks like the format's own: by its content, quickly, without raising."""
        ...

    def read(self, text: str, file: str) -> Document:
        """Every place of the document that decides about CORS. What cannot be read is in `unreadable`."""
        ...


class _Module:
    """The reader in the module of that name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _reader(self) -> Reader:
        return cast("Reader", import_module(f"{__name__}.{self._name}"))

    def recognises(self, text: str, file: str) -> bool:
        return self._reader().recognises(text, file)

    def read(self, text: str, file: str) -> Document:
        return self._reader().read(text, file)


# Asked in this order: a format that is told apart by more of its own words comes first.
FORMATS: dict[str, Reader] = {
    name: _Module(name)
    for name in (
        "crossgate",
        "kong",
        "apisix",
        "traefik",
        "envoy",
        "nginx",
        "openapi",
        "s3",
    )
}

_UNKNOWN: Final = "This is the configuration of no gateway that is known"
_EMPTY: Final = "There is nothing in it"


def detect(text: str, file: str) -> str | None:
    """The name of the format that a document is in; None when no reader knows it."""
    return next((name for name, reader in FORMATS.items() if reader.recognises(text, file)), None)


def read_text(text: str, file: str, format_name: str | None = None) -> Document:
    """What a document says, read as the named format, or as the one it looks like.

    `file` is the name to report, and where files that it includes are looked for.
    """
    name = format_name or detect(text, file)
    if name is None or name not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        what = f"There is no reader named {name}" if name else _UNKNOWN if text.strip() else _EMPTY
        return _unreadable(file, f"{what}.", f"Give the format by name. Known are {known}.")
    return FORMATS[name].read(text, file)


def read_file(path: Path, format_name: str | None = None) -> Document:
    """What the document in a file says; a file that cannot be opened or decoded is `unreadable`."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        reason = problem.strerror or "unknown reason"
        return _unreadable(str(path), f"The file cannot be opened: {reason}.", "Give a file that can be read.")
    except UnicodeDecodeError as problem:
        return _unreadable(str(path), f"Byte {problem.start} is not UTF-8.", "Save the file as UTF-8.")
    return read_text(text, str(path), format_name)


def _unreadable(file: str, message: str, fix: str) -> Document:
    return Document(subjects=(), unreadable=(Unreadable(Place("", file=file), message, fix),))
