"""Reading the content of a plugin: JSON in a string, with everything that is wrong with it found at once.

A key that is null counts as absent. A finding's code is the type of the plugin and what is wrong, as in
`rate_limit.missing-key`; its place is the path of keys, as in `rules[2].limit`.
"""

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from crossgate.core.errors import Finding
from crossgate.cors.check import shown

MAX_CHARS: Final = 65_535
_TYPE_WORDS: Final = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
_AT_THE_TOP: Final = "plugin_content"

Word = TypeVar("Word", bound=str)


class Findings:
    """What is wrong with one document, as it is found."""

    def __init__(self, policy: str) -> None:
        self._policy = policy
        self.all: list[Finding] = []

    def add(self, code: str, at: str, message: str, fix: str) -> None:
        """Note that there is a mistake at `at`."""
        place = shown(at)[1:-1] or _AT_THE_TOP
        self.all.append(Finding(code=f"{self._policy}.{code}", at=place, message=message, fix=fix))


class Fields:
    """The keys of one object of a document; each reading notes what is wrong and then returns a stand-in.

    Read every key the object may have, then `close` it: what nobody has read is not a key.
    """

    def __init__(self, findings: Findings, at: str, values: dict[str, Any]) -> None:
        self.findings = findings
        self._at = at
        self._values = {name: value for name, value in values.items() if value is not None}
        self._read: set[str] = set()
        self._others = set(values)

    def place(self, name: str) -> str:
        """Where the key `name` is in the document."""
        return f"{self._at}.{name}" if self._at else name

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._values

    def wrong(self, code: str, name: str, message: str, fix: str) -> None:
        """Note a mistake at the key `name`."""
        self.findings.add(code, self.place(name), message, fix)

    def text(self, name: str, default: str | None = None, *, longest: int = 255, also: str = "") -> str:
        """A string of 1 to `longest` characters, which may be written under the key `also` as well.

        Where it may be left out it may be empty.
        """
        value = self._value(name, str, also)
        if value is None:
            return str(self._missing(name, default, ""))
        least = 1 if default is None else 0
        if not least <= len(value) <= longest:
            self.wrong(
                "wrong-length", name, f"`{name}` has {len(value)} characters", f"write {least} to {longest}"
            )
        return str(value)

    def choice(self, name: str, choices: Sequence[Word], default: Word | None = None) -> Word:
        """One of `choices`."""
        value = self._value(name, str)
        if value is None:
            chosen: Word = self._missing(name, default, choices[0])
            return chosen
        if value in choices:
            return choices[choices.index(value)]
        words = ", ".join(choices)
        self.wrong("unknown-value", name, f"{shown(value)} is no value of `{name}`", f"write one of {words}")
        return choices[0]

    def number(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number from `least` to `most`."""
        value = self._value(name, int)
        if value is None:
            return int(self._missing(name, default, least))
        if least <= value <= most:
            return int(value)
        self.wrong("out-of-range", name, f"`{name}` is {value}", f"write a number from {least} to {most}")
        return least

    def digits(self, name: str, least: int, most: int, default: int) -> int:
        """A whole number, which may be in quotes."""
        value = self._values.get(name)
        if type(value) is str and value.isascii() and value.isdigit() and len(value) <= 10:
            self._values[name] = int(value)
        return self.number(name, least, most, default)

    def flag(self, name: str, default: bool = False, *, also: str = "") -> bool:
        """True or false."""
        value = self._value(name, bool, also)
        return default if value is None else bool(value)

    def inner(self, name: str) -> "Fields | None":
        """The object under `name`; the caller closes it."""
        value = self._value(name, dict)
        return None if value is None else Fields(self.findings, self.place(name), value)

    def each(self, name: str, most: int, *, also: str = "") -> Iterator["Fields"]:
        """The objects in the list under `name`, at most so many, each closed once it has been looked at."""
        yield from self._objects(name, self._list(name, most, also))

    def one_or_more(self, name: str, most: int) -> Iterator["Fields"]:
        """As `each`, where the list may be left out around a single object."""
        if type(self._values.get(name)) is dict:
            self._read.add(name)
            yield from self._objects(name, [self._values[name]])
        else:
            yield from self.each(name, most)

    def _objects(self, name: str, values: list[Any]) -> Iterator["Fields"]:
        for number, value in enumerate(values):
            at = f"{self.place(name)}[{number}]"
            if type(value) is dict:
                fields = Fields(self.findings, at, value)
                yield fields
                fields.close()
            else:
                self.findings.add("wrong-type", at, "it is not an object", "write an object `{…}`")

    def texts(self, name: str, most: int, *, longest: int = 64, also: str = "") -> tuple[str, ...]:
        """The strings in the list under `name`, at most so many of at most `longest` characters."""
        values = self._list(name, most, also)
        for number, value in enumerate(values):
            if type(value) is not str or not 1 <= len(value) <= longest:
                at = f"{self.place(name)}[{number}]"
                fix = f"write a string of 1 to {longest} characters"
                self.findings.add("wrong-type", at, "it is not such a string", fix)
        return tuple(value for value in values if type(value) is str)

    def ignore(self, *names: str) -> None:
        """These keys may be there, and mean nothing here."""
        self._read.update(names)

    def close(self) -> None:
        """Note the keys that nobody has read."""
        for name in sorted(self._others - self._read):
            close = get_close_matches(name[:64], self._read, n=1)
            fix = f"write `{close[0]}`" if close else "remove it; the keys are " + ", ".join(sorted(self._read))
            self.wrong("unknown-key", name, f"{shown(name)} is not a key", fix)

    def _value(self, name: str, kind: type, also: str = "") -> Any:
        self._read.update({name, also} if also else {name})
        value = self._values.get(name, self._values.get(also))
        # Not isinstance: to Python, true is a whole number.
        if value is None or type(value) is kind:
            return value
        self.wrong("wrong-type", name, f"`{name}` is not {_TYPE_WORDS[kind]}", f"write {_TYPE_WORDS[kind]}")
        return None

    def _list(self, name: str, most: int, also: str) -> list[Any]:
        values: list[Any] = self._value(name, list, also) or []
        if len(values) > most:
            self.wrong("too-many", name, f"`{name}` has {len(values)} entries", f"keep at most {most}")
        return values[:most]

    def _missing(self, name: str, default: Any, stand_in: Any) -> Any:
        if default is not None:
            return default
        if name not in self._values:
            self.wrong("missing-key", name, f"`{name}` is missing", f"give `{name}` a value")
        return stand_in


class _RepeatedKeyError(ValueError):
    """An object has a key twice; the message is the key."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise _RepeatedKeyError(name)
        values[name] = value
    return values


def open_content(policy: str, content: str, example: str) -> Fields | list[Finding]:
    """The keys of the object `content` is, or why it is none; `policy` is the type of the plugin."""
    findings = Findings(policy)
    if len(content) > MAX_CHARS:
        message = f"it has {len(content)} characters, and {MAX_CHARS} are allowed"
        findings.add("content-too-long", _AT_THE_TOP, message, "use fewer rules, or patterns in their place")
        return findings.all
    try:
        document = json.loads(content, object_pairs_hook=_object)
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        message = r"a text in it holds half a character, such as \ud800"
        findings.add("half-a-character", _AT_THE_TOP, message, "write the whole character")
        return findings.all
    except _RepeatedKeyError as error:
        findings.add("key-twice", str(error), f"{shown(str(error))} is written twice", "keep one")
        return findings.all
    except (ValueError, RecursionError):
        document = None
    if type(document) is dict:
        return Fields(findings, "", document)
    findings.add("content-not-an-object", _AT_THE_TOP, "it is not a JSON object", f"write one, as in `{example}`")
    return findings.all
