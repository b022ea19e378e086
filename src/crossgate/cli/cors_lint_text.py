"""The linter's report for people: the verdict, then each file's findings, worst first."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from crossgate.cors.explain.lines import BLANK, Line, Role, Run, code, labelled, listed, printable, prose, title
from crossgate.cors.finding import Severity
from crossgate.cors.lint.catalogue import BY_CODE
from crossgate.cors.lint.finding import LintFinding
from crossgate.cors.lint.report import Report
from crossgate.cors.lint.subject import Unreadable

_ROLES: Final[dict[Severity, Role]] = {
    Severity.CRITICAL: "bad",
    Severity.HIGH: "bad",
    Severity.MEDIUM: "unsure",
    Severity.LOW: "plain",
    Severity.INFO: "faint",
}
_INDENT, _LABEL = 4, 10


def lines_of(report: Report) -> Iterator[Line]:
    """`report` as lines."""
    yield _verdict(report)
    for file in dict.fromkeys(found.file for found in report.findings):
        yield BLANK
        yield title(file)
        yield from _file([found for found in report.findings if found.file == file])
    for problem in report.unreadable:
        yield BLANK
        yield from _unreadable(problem)


def _verdict(report: Report) -> Line:
    read = f"{_count(report.policies, 'policy', 'policies')} in {_count(len(report.files), 'file', 'files')}"
    counts = [f"{count} {severity}" for severity, count in report.counts().items() if count]
    worst = next((severity for severity, count in report.counts().items() if count), None)
    total = _count(len(report.findings), "finding", "findings")
    said = f"Nothing found in {read}." if worst is None else f"{total} in {read}: {listed(counts)}."
    if report.unreadable:
        said += f" {_count(len(report.unreadable), 'part', 'parts')} could not be read."
    role: Role = (
        "good" if worst is None and not report.unreadable else "unsure" if worst is None else _ROLES[worst]
    )
    return Line((Run(said, role),))


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _file(findings: list[LintFinding]) -> Iterator[Line]:
    """What is said in the same words of several places of one policy is said once."""
    is_one = len({found.subject for found in findings}) == 1
    for _, group in groupby(
        findings, key=lambda found: (found.severity, found.code, found.subject, found.message)
    ):
        alike = list(group)
        yield BLANK
        yield from _finding(alike[0], alike, "" if is_one else alike[0].subject)


def _finding(found: LintFinding, alike: list[LintFinding], policy: str) -> Iterator[Line]:
    head = f"{found.severity} {found.rule}"
    yield Line(
        (Run(head, _ROLES[found.severity]), Run(f"  {BY_CODE[found.code].title}", "title")), 2, 2 + len(head) + 2
    )
    for each in alike:
        yield labelled("at", _place(each), _INDENT, _LABEL)
    if policy:
        yield labelled("policy", policy, _INDENT, _LABEL)
    yield labelled("found", found.message, _INDENT, _LABEL)
    if found.witness is not None:
        yield Line(
            (Run("witness".ljust(_LABEL), "faint"), Run(printable(found.witness), "code")), _INDENT, is_whole=True
        )
    yield labelled("why", found.why, _INDENT, _LABEL)
    yield labelled("instead", found.fix, _INDENT, _LABEL, "good")
    yield labelled("more", BY_CODE[found.code].page, _INDENT, _LABEL, "faint")


def _place(found: LintFinding) -> str:
    where = found.file if found.line is None else f"{found.file}:{found.line}"
    return f"{where}  {found.at}" if found.at else where


def _unreadable(problem: Unreadable) -> Iterator[Line]:
    place = problem.place
    where = place.file if place.line is None else f"{place.file}:{place.line}"
    yield Line((Run("not read", "bad"), Run(f"  {printable(where)}", "title")), 0, 10)
    if place.at:
        yield code(place.at, _INDENT)
    yield prose(problem.message, _INDENT)
    yield prose(problem.fix, _INDENT, "good")
