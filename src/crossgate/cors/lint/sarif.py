"""A report in SARIF 2.1.0, for services that show findings beside the code (OASIS, 2020; errata 01)."""

import hashlib
from typing import Any, Final
from urllib.parse import quote

from crossgate.cors.finding import Severity
from crossgate.cors.lint.catalogue import DOCUMENT_RULES, RULES, Rule
from crossgate.cors.lint.finding import LintFinding
from crossgate.cors.lint.report import Report
from crossgate.cors.lint.subject import Unreadable

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_EVERY: Final = (*RULES, *DOCUMENT_RULES)
_INDEX: Final = {rule.id: index for index, rule in enumerate(_EVERY)}
_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# On the scale of 0 to 10 by which code-scanning services sort security findings.
_SCORES: Final = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "1.0",
}


def sarif(report: Report, version: str) -> dict[str, Any]:
    """`report` as a SARIF log; `version` is the program's."""
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "crossgate cors lint",
                        "semanticVersion": version,
                        "rules": [_rule(rule) for rule in _EVERY],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not report.unreadable,
                        "toolExecutionNotifications": [_notification(problem) for problem in report.unreadable],
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": [_result(found) for found in report.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    advice = f"{rule.fix} See {rule.page}."
    references = "".join(f"\n- {reference}" for reference in rule.references)
    weaknesses = [reference.lower() for reference in rule.references if reference.startswith("CWE-")]
    return {
        "id": rule.id,
        "name": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        # No helpUri: the documentation is in the project, and the schema wants an address.
        "help": {
            "text": advice,
            "markdown": f"{rule.why}\n\n**Instead:** {rule.fix}\n\nSee `{rule.page}`.\n{references}",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "page": rule.page,
            "security-severity": _SCORES[rule.severity],
            "tags": ["security", "cors", *(f"external/cwe/{weakness}" for weakness in weaknesses)],
        },
    }


def _result(found: LintFinding) -> dict[str, Any]:
    shown = [f"{_sentence(found.message)}", f"Instead: {found.fix}."]
    if found.witness is not None:
        shown.insert(1, f"For example `{found.witness}`.")
    return {
        "ruleId": found.rule,
        "ruleIndex": _INDEX[found.rule],
        "level": _LEVELS[found.severity],
        "message": {"text": " ".join(shown)},
        "locations": [_location(found.file, found.line, found.at)],
        # Lines move and messages are reworded; the same mistake at the same place stays the same result.
        "partialFingerprints": {"mistake/v1": _fingerprint(found)},
        "properties": {"code": found.code, "severity": str(found.severity), "policy": found.subject},
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _location(file: str, line: int | None, at: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file)}}
    if line is not None:
        physical["region"] = {"startLine": line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if at:
        location["logicalLocations"] = [{"fullyQualifiedName": at}]
    return location


def _fingerprint(found: LintFinding) -> str:
    parts = (found.code, found.file, found.at, found.witness or "")
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]


def _notification(problem: Unreadable) -> dict[str, Any]:
    place = problem.place
    return {
        "level": "error",
        "message": {"text": f"{problem.message} {problem.fix}"},
        "locations": [_location(place.file, place.line, place.at)],
    }
