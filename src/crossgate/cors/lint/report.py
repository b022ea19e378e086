"""Everything that linting some files has found, and its form for machines.

The JSON has `version` (1, raised when a field changes its meaning), `files`, `summary` (how many findings of each
severity), `findings` (worst first in each file) and `unreadable`.
"""

from collections import Counter
from typing import Any, Final

import msgspec

from crossgate.cors.finding import Severity
from crossgate.cors.lint.catalogue import BY_CODE
from crossgate.cors.lint.finding import LintFinding, is_at_least
from crossgate.cors.lint.subject import Unreadable

VERSION: Final = 1


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in `files`, of which there were `policies` in all."""

    files: tuple[str, ...]
    policies: int
    findings: tuple[LintFinding, ...]
    unreadable: tuple[Unreadable, ...] = ()

    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        counted = Counter(found.severity for found in self.findings)
        return {severity: counted[severity] for severity in Severity}

    def reaches(self, threshold: Severity) -> bool:
        """Whether anything is as bad as `threshold`, or worse."""
        return any(is_at_least(found.severity, threshold) for found in self.findings)


def document(report: Report) -> dict[str, Any]:
    """`report` as plain data, in the form this module describes."""
    return {
        "version": VERSION,
        "files": list(report.files),
        "policies": report.policies,
        "summary": {str(severity): count for severity, count in report.counts().items()},
        "findings": [_finding(found) for found in report.findings],
        "unreadable": [
            {
                "file": problem.place.file,
                "line": problem.place.line,
                "at": problem.place.at,
                "message": problem.message,
                "fix": problem.fix,
            }
            for problem in report.unreadable
        ],
    }


def _finding(found: LintFinding) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "code": found.code,
        "severity": str(found.severity),
        "title": BY_CODE[found.code].title,
        "file": found.file,
        "line": found.line,
        "at": found.at,
        "policy": found.subject,
        "message": found.message,
        "witness": found.witness,
        "why": found.why,
        "fix": found.fix,
        "page": BY_CODE[found.code].page,
    }
