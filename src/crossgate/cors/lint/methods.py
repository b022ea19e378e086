"""Rules about the list of methods (L28, L29)."""

from collections.abc import Iterator

from crossgate.cors.check import FORBIDDEN_METHODS, NORMALISED_METHODS, shown
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.subject import Subject


def methods(subject: Subject) -> Iterator[LintFinding]:
    """Methods that no page sends, or that are not written as they are sent."""
    for said in subject.methods or ():
        upper = said.text.upper()
        if upper in FORBIDDEN_METHODS:
            yield finding("cors.method-forbidden", said.place, f"no browser lets a page send {upper}")
        elif upper in NORMALISED_METHODS and said.text != upper:
            yield finding(
                "cors.method-not-upper-case",
                said.place,
                f"{shown(said.text)} never matches: methods are compared byte for byte and browsers send {upper}",
                fix=f"write `{upper}`",
            )
        elif upper == "PATCH" != said.text:
            yield finding(
                "cors.patch-not-upper-case",
                said.place,
                f"{shown(said.text)} matches only pages that write exactly this; browsers do not change its case",
                fix="write `PATCH`",
            )
