"""What is no list of origins, methods or headers in the first place (X03-X05)."""

from collections.abc import Iterator
from itertools import chain

from crossgate.cors.check import is_name, shown
from crossgate.cors.finding import Severity
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.subject import Subject

# The format of subjects that are policies of our own.
OWN = "crossgate"


def structure(subject: Subject) -> Iterator[LintFinding]:
    """Empty lists, empty entries, and names that are none."""
    is_own = subject.format == OWN
    if is_own and not subject.origins:
        yield finding("cors.no-origins", subject.place, "the policy allows no origin at all")
    for said in chain(subject.methods or (), subject.headers or (), subject.expose or ()):
        if not said.text:
            severity = None if is_own else Severity.INFO
            yield finding("cors.empty-entry", said.place, "the list has an empty entry", severity=severity)
        elif not is_name(said.text):
            yield finding(
                "cors.not-a-token",
                said.place,
                f"{shown(said.text)} is no name, and one such element makes browsers drop the whole list",
                severity=None if is_own else Severity.HIGH,
            )
