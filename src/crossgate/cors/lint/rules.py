"""All rules, in the order in which people read them: who gets in, with what, and how it is served."""

from collections.abc import Callable, Iterator

import msgspec

from crossgate.cors.check import REFUSING
from crossgate.cors.finding import Severity
from crossgate.cors.lint.caching import preflights, responses
from crossgate.cors.lint.finding import LintFinding, worst_first
from crossgate.cors.lint.headers import allowed_headers, authorization, everything, exposed
from crossgate.cors.lint.methods import methods
from crossgate.cors.lint.order import order
from crossgate.cors.lint.origins import entry
from crossgate.cors.lint.overlap import overlaps
from crossgate.cors.lint.patterns import pattern
from crossgate.cors.lint.routes import routes
from crossgate.cors.lint.shadow import shadowed
from crossgate.cors.lint.structure import OWN, structure
from crossgate.cors.lint.subject import Document, Subject


def who_gets_in(subject: Subject) -> Iterator[LintFinding]:
    """What is wrong with each way to be allowed."""
    for match in subject.origins:
        yield from pattern(subject, match)
        yield from entry(subject, match)


_MAX_NAMES = 3
_RULES: tuple[Callable[[Subject], Iterator[LintFinding]], ...] = (
    structure,
    who_gets_in,
    everything,
    authorization,
    methods,
    allowed_headers,
    exposed,
    responses,
    preflights,
    order,
    routes,
    shadowed,
)


def lint_subject(subject: Subject) -> list[LintFinding]:
    """What to reconsider in one policy, worst first; nothing raises, whatever the subject holds."""
    return worst_first([_of(subject, found) for rule in _RULES for found in rule(subject)])


def _of(subject: Subject, found: LintFinding) -> LintFinding:
    """`found` with the name of its policy; what refuses one of our own is critical, whatever it is elsewhere."""
    refuses = subject.format == OWN and found.code in REFUSING
    severity = Severity.CRITICAL if refuses else found.severity
    return msgspec.structs.replace(found, subject=subject.name, severity=severity)


def lint(document: Document) -> list[LintFinding]:
    """What to reconsider in all policies of one file, worst first, with the rules that compare them.

    What several policies have from one place is told once, with the names of all.
    """
    findings = [found for subject in document.subjects for found in lint_subject(subject)]
    return worst_first(_once([*findings, *overlaps(document.subjects)]))


def _once(findings: list[LintFinding]) -> list[LintFinding]:
    alike: dict[LintFinding, list[str]] = {}
    for found in findings:
        names = alike.setdefault(msgspec.structs.replace(found, subject=""), [])
        if found.subject not in names:
            names.append(found.subject)
    return [msgspec.structs.replace(found, subject=_listed(names)) for found, names in alike.items()]


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
