"""Asks a block of nginx what it answers: to a stranger's origin, and to every origin that some test lets pass."""

import re
from collections.abc import Iterator

import msgspec

from crossgate.peers.nginx_answers import Answer, Header, answer, deciding
from crossgate.peers.nginx_syntax import Directive
from crossgate.peers.nginx_values import Definitions, Key, Test, World

METHOD = re.compile(r"[A-Z]{3,}")
ALLOW_ORIGIN = "access-control-allow-origin"

MOST_CONDITIONS = 12
"""Conditions about something else than the origin; each is tried by itself."""


class Outcome(msgspec.Struct, frozen=True):
    """What one kind of origin gets: for its preflights, and for its requests by each method.

    `origin` is the test that it passes, None for a stranger; `other` is a condition of another sort that holds.
    """

    origin: Test | None
    other: Test | None
    preflight: Answer
    actual: tuple[Answer, ...]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The requests' answers before the preflight's."""
        return (*self.actual, self.preflight)

    @property
    def grants(self) -> list[Header]:
        """The Access-Control-Allow-Origin headers of the requests' answers, or else of the preflight's.

        An answer by which nginx refuses the request grants nothing, whatever it carries.
        """
        headers = [header for each in self.actual if not each.refuses for header in each.values(ALLOW_ORIGIN)]
        if not headers and not self.preflight.refuses:
            headers = self.preflight.values(ALLOW_ORIGIN)
        return list({(header.value, header.directive.place): header for header in headers}.values())

    @property
    def granted(self) -> frozenset[str]:
        """What Access-Control-Allow-Origin says."""
        return frozenset(header.value for header in self.grants)


class Asked(msgspec.Struct, frozen=True):
    """Everything that one place answers. `conditions` are tests about something else than the origin."""

    stranger: Outcome
    passing: tuple[Outcome, ...]
    without_origin: Outcome
    conditions: tuple[Test, ...]
    is_complete: bool


def ask(chain: tuple[Directive, ...], known: Definitions, most: int, other: Test | None = None) -> Asked:
    """Ask as a stranger first; each test that this meets is then asked about as an origin that passes it.

    `most` is how many of them are asked about.
    """
    place = _Place(chain, known, other)
    stranger = place.outcome(None)
    met = _Met(known)
    met.note(stranger)
    passing: list[Outcome] = []
    while len(passing) < min(len(met.about_origin), most):
        passing.append(place.outcome(met.about_origin[len(passing)]))
        met.note(passing[-1])
    return Asked(
        stranger=stranger,
        passing=tuple(passing),
        without_origin=place.outcome(None, has_origin=False),
        conditions=tuple(met.others[:MOST_CONDITIONS]),
        is_complete=len(met.about_origin) <= most,
    )


class _Met:
    """The tests met so far, each once."""

    def __init__(self, known: Definitions) -> None:
        self.about_origin: list[Test] = []
        self.others: list[Test] = []
        self._known = known
        self._seen: set[Key] = set()
        self._consulted: set[tuple[str, str]] = set()

    def note(self, outcome: Outcome) -> None:
        """Note the tests that an outcome hung on."""
        for answered in outcome.answers:
            for test in answered.asked:
                self._add(test)
            for name, subject in sorted(answered.consulted - self._consulted):
                self._consulted.add((name, subject))
                for test, _ in reversed(self._known.lookups[name].about(subject).values()):
                    self._add(test)

    def _add(self, test: Test) -> None:
        if test.key not in self._seen:
            self._seen.add(test.key)
            (self.about_origin if test.is_about_origin else self.others).append(test)


class _Place:
    """A chain of blocks that can be asked."""

    def __init__(self, chain: tuple[Directive, ...], known: Definitions, other: Test | None) -> None:
        self._chain = tuple(map(deciding, chain))
        self._known = known
        self._other = other
        self._methods = ("GET", *sorted(set(_methods(chain)) - {"GET", "OPTIONS"}))

    def outcome(self, origin: Test | None, *, has_origin: bool = True) -> Outcome:
        """What an origin that passes this test gets."""
        answers = [
            answer(self._chain, World(method, origin, self._other, has_origin), self._known)
            for method in (*self._methods, "OPTIONS")
        ]
        return Outcome(origin, self._other, answers[-1], tuple(answers[:-1]))


def _methods(blocks: tuple[Directive, ...]) -> Iterator[str]:
    """The methods that conditions and maps name."""
    for directive in (each for block in blocks for each in block.inside):
        if "$request_method" in "".join(directive.args[:1]):
            words = directive.args[2:] if directive.name == "if" else [entry.name for entry in directive.inside]
            yield from METHOD.findall(" ".join(words))
