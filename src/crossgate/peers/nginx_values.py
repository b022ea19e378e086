"""What nginx variables hold for one kind of request: an origin that passes a certain test, and a method.

A value is text in which `${name}` stands for what no configuration can tell. So `${http_origin}` alone is
"whatever origin came", and a text without such a mark is known.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
import regex

from crossgate.cors.lint.subject import Place
from crossgate.peers.nginx_expressions import example_of, expression
from crossgate.peers.nginx_syntax import Directive

ORIGIN = "${http_origin}"
VARIABLE = regex.compile(r"\$\{?(\w+)\}?")
WHOLE_GROUP = regex.compile(r"^\^?\((?:\?P?<\w+>)?((?:[^()\\]|\\.|(\((?:[^()\\]|\\.|(?2))*\)))*)\)\$?$")

Operator = Literal["=", "~", "~*", "suffix", "prefix", "address", "set"]
Key = tuple[str, str, str]
FALSE = {"", "0"}


class Test(msgspec.Struct, frozen=True):
    """A question about a value that is not known: whether it equals, matches, or is in a range of addresses."""

    subject: str
    operator: Operator
    pattern: str
    place: Place
    ignore_case: bool = False

    @property
    def is_about_origin(self) -> bool:
        """Whether the Origin header has a part in it."""
        return ORIGIN in self.subject

    @property
    def names_origin(self) -> bool:
        """Whether it holds for one origin alone."""
        return self.subject == ORIGIN and self.operator == "="

    @property
    def is_never_met(self) -> bool:
        """Whether it wants of an origin what none is: empty."""
        return self.names_origin and self.pattern in FALSE

    @property
    def key(self) -> Key:
        """What makes two tests one question."""
        return self.subject, self.operator, self.pattern


class World(msgspec.Struct, frozen=True):
    """A kind of request: its method, whether it has an origin, and the tests that hold for it. All others fail."""

    method: str
    origin: Test | None = None
    other: Test | None = None
    has_origin: bool = True

    def chosen(self, subject: str) -> Test | None:
        """The test that holds of a value, if one does."""
        return self.origin if ORIGIN in subject else self.other

    def holds(self, test: Test) -> bool:
        """Whether a test about what is not known comes out true here."""
        chosen = self.chosen(test.subject)
        if chosen is None:
            return False
        if chosen.names_origin and test.subject == ORIGIN:
            return matches(test, chosen.pattern)
        return chosen.key == test.key


class Lookup:
    """A `map` or `geo`: what it looks at, and what it gives for it."""

    def __init__(self, source: str, entries: Iterable[tuple[Test, str]], default: str) -> None:
        self.source = source
        self.default = default
        self._entries = list(entries)
        self._exact = {
            test.pattern.lower(): value for test, value in reversed(self._entries) if test.operator == "="
        }
        self._about: dict[str, dict[Key, tuple[Test, str]]] = {}

    def about(self, subject: str) -> dict[Key, tuple[Test, str]]:
        """The tests it makes of a value that is not known, each with what it gives."""
        if subject not in self._about:
            tests = [(msgspec.structs.replace(test, subject=subject), value) for test, value in self._entries]
            self._about[subject] = {
                test.key: (test, value) for test, value in reversed(tests) if not test.is_never_met
            }
        return self._about[subject]

    def find(self, value: str) -> str:
        """What it gives for a known value."""
        if value.lower() in self._exact:
            return self._exact[value.lower()]
        rest = (each for each in self._entries if each[0].operator != "=")
        return next((given for test, given in rest if matches(test, value)), self.default)


class Definitions(msgspec.Struct, frozen=True):
    """What the document as a whole says about variables: maps and geos, and which of them a `set` fills."""

    lookups: dict[str, Lookup]
    settable: frozenset[str]


def matches(test: Test, value: str) -> bool:
    """Whether a known text passes a test."""
    if test.operator in {"~", "~*"}:
        return expression(test.pattern, ignore_case=test.operator == "~*").finds(value)
    pattern = test.pattern
    if test.ignore_case:
        pattern, value = pattern.lower(), value.lower()
    if test.operator == "suffix":
        return value.endswith(pattern)
    if test.operator == "prefix":
        return value.startswith(pattern)
    return test.operator == "=" and value == pattern


def is_known(value: str) -> bool:
    """Whether nothing in a value depends on the request."""
    return "${" not in value


def definitions(directives: Iterable[Directive]) -> Definitions:
    """Every variable that a document defines."""
    found: dict[str, Lookup] = {}
    settable: set[str] = set()
    for directive in directives:
        if directive.name == "map" and len(directive.args) == 2:
            found[directive.args[1].lstrip("$")] = _map(directive)
        elif directive.name == "geo" and directive.args:
            found[directive.args[-1].lstrip("$")] = _geo(directive)
        elif directive.name == "set" and directive.args:
            settable.add(directive.args[0].lstrip("$"))
    return Definitions(found, frozenset(settable))


class Variables:
    """The variables of one request as it is worked on.

    `asked` are the tests that its fate hung on; `consulted` the maps that were asked, and about what.
    """

    def __init__(self, world: World, known: Definitions) -> None:
        self.world = world
        self.asked: dict[Key, Test] = {}
        self.consulted: set[tuple[str, str]] = set()
        self._known = known
        self._set: dict[str, str] = {}
        self._busy: set[str] = set()
        self._captured = ""

    def set(self, name: str, written: str) -> None:
        """Carry out a `set`."""
        self._set[name.lstrip("$")] = self.value(written)

    def value(self, written: str) -> str:
        """A text with every variable replaced by what it holds."""
        return VARIABLE.sub(lambda found: self._variable(found.group(1)), written)

    def is_true(self, test: Test) -> bool:
        """Whether a test comes out true; a regular expression about the origin leaves its groups behind."""
        subject = self.value(test.subject)
        if is_known(subject):
            return matches(test, subject) if test.operator != "set" else subject not in FALSE
        if test.operator == "set" and (subject == ORIGIN or VARIABLE.sub("", subject)):
            return True
        question = msgspec.structs.replace(test, subject=subject)
        if question.is_never_met:
            return False
        self.asked.setdefault(question.key, question)
        is_held = self.world.holds(question)
        if is_held:
            self._capture(question)
        return is_held

    def _variable(self, name: str) -> str:
        if name in self._set:
            return self._set[name]
        if name == "http_origin":
            return ORIGIN if self.world.has_origin else ""
        if name == "request_method":
            return self.world.method
        if name in self._known.lookups and name not in self._busy:
            self._busy.add(name)
            value = self._look_up(name, self._known.lookups[name])
            self._busy.discard(name)
            return value
        if self._is_whole_origin(name):
            return ORIGIN
        # A variable is empty until its `set` is met.
        return "" if name in self._known.settable else f"${{{name}}}"

    def _look_up(self, name: str, lookup: Lookup) -> str:
        subject = self.value(lookup.source)
        if is_known(subject):
            return self.value(lookup.find(subject))
        self.consulted.add((name, subject))
        chosen = self.world.chosen(subject)
        if chosen is None:
            return self.value(lookup.default)
        if chosen.names_origin and subject == ORIGIN:
            return self.value(lookup.find(chosen.pattern))
        test, value = self._looked_up(lookup, subject, chosen)
        if test is not None:
            self._capture(test)
        return self.value(value)

    def _looked_up(self, lookup: Lookup, subject: str, chosen: Test) -> tuple[Test | None, str]:
        """What a map gives for an origin that passes a test of another map: it is asked about one of these."""
        found = lookup.about(subject).get(chosen.key)
        if found is not None:
            return found
        example = example_of(chosen.pattern) if subject == ORIGIN and chosen.operator in {"~", "~*"} else ""
        return None, lookup.find(example) if example else lookup.default

    def _capture(self, test: Test) -> None:
        if test.is_about_origin and test.operator in {"~", "~*"}:
            self._captured = test.pattern

    def _is_whole_origin(self, name: str) -> bool:
        """Whether a group of the last regular expression about the origin holds all that it matched."""
        is_group = name == "1" or f"<{name}>" in self._captured
        return bool(self._captured) and is_group and WHOLE_GROUP.match(self._captured) is not None


def _map(directive: Directive) -> Lookup:
    """Strings before wildcards before regular expressions, as nginx looks; strings without regard to case."""
    source = directive.args[0]
    has_hostnames = any(entry.name == "hostnames" and not entry.args for entry in directive.inside)
    default = ""
    exact: list[tuple[Test, str]] = []
    wild: list[tuple[Test, str]] = []
    searched: list[tuple[Test, str]] = []
    for entry in directive.inside:
        if not entry.args:
            continue
        value = entry.args[0]
        if entry.name == "default":
            default = value
        elif entry.name.startswith("~"):
            operator: Operator = "~*" if entry.name.startswith("~*") else "~"
            searched.append((Test(source, operator, entry.name[len(operator) :], entry.place), value))
        elif has_hostnames and entry.name.startswith((".", "*.")):
            wild.append((Test(source, "suffix", entry.name.lstrip("*"), entry.place, ignore_case=True), value))
        elif has_hostnames and entry.name.endswith(".*"):
            wild.append((Test(source, "prefix", entry.name[:-1], entry.place, ignore_case=True), value))
        else:
            exact.append((Test(source, "=", entry.name.removeprefix("\\"), entry.place, ignore_case=True), value))
    wild.sort(key=lambda each: -len(each[0].pattern))
    return Lookup(source, (*exact, *wild, *searched), default)


def _geo(directive: Directive) -> Lookup:
    source = directive.args[0] if len(directive.args) > 1 else "$remote_addr"
    entries = [entry for entry in directive.inside if entry.args]
    tests = tuple(
        (Test(source, "address", entry.name, entry.place), entry.args[0])
        for entry in entries
        if entry.name not in {"default", "proxy", "delete", "include"}
    )
    return Lookup(source, tests, next((entry.args[0] for entry in entries if entry.name == "default"), ""))
