"""Reports for machines: JSON in its documented form, SARIF as OASIS defines it."""

import json
from pathlib import Path

import jsonschema
import pytest

from crossgate.cors.finding import Severity
from crossgate.cors.lint.catalogue import DOCUMENT_RULES, RULES
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.report import Report, document
from crossgate.cors.lint.sarif import sarif
from crossgate.cors.lint.subject import Place, Unreadable

# As published by OASIS with SARIF 2.1.0 errata 01; it carries its own address.
SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text("utf-8"))
FOUND = finding(
    "cors.pattern-open-end", Place("a > b", 3, "my dir/nginx.conf"), "it is open", witness="https://a.evil.test"
)
REPORT = Report(
    files=("my dir/nginx.conf", "b.yaml"),
    policies=2,
    findings=(FOUND, finding("cors.shadowed-entry", Place("origins[1]"), "twice")),
    unreadable=(Unreadable(Place("", 7, "b.yaml"), "The YAML cannot be read.", "Mend it."),),
)


def test_json_has_its_documented_form() -> None:
    """Every field of a finding is there by name."""
    data = json.loads(json.dumps(document(REPORT)))

    assert data["version"] == 1
    assert data["files"] == ["my dir/nginx.conf", "b.yaml"]
    assert data["policies"] == 2
    assert data["summary"] == {"critical": 1, "high": 0, "medium": 0, "low": 0, "info": 1}
    assert data["findings"][0] == {
        "rule": "L05",
        "code": "cors.pattern-open-end",
        "severity": "critical",
        "title": "A pattern that is not anchored at its end",
        "file": "my dir/nginx.conf",
        "line": 3,
        "at": "a > b",
        "policy": "",
        "message": "it is open",
        "witness": "https://a.evil.test",
        "why": FOUND.why,
        "fix": "end the pattern with `$`, or list exact origins",
        "page": "docs/cors/rules/L05.md",
    }
    assert data["unreadable"] == [
        {"file": "b.yaml", "line": 7, "at": "", "message": "The YAML cannot be read.", "fix": "Mend it."}
    ]


@pytest.mark.parametrize("report", [REPORT, Report(files=(), policies=0, findings=())])
def test_sarif_is_valid(report: Report) -> None:
    """The log satisfies the standard's own schema, formats such as uri included."""
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(sarif(report, "0.1.0"))


def test_sarif_says_what_and_where() -> None:
    """Each result refers to its rule and its line; what could not be read is a notification."""
    run = sarif(REPORT, "0.1.0")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    first, second = run["results"]

    assert [rule["id"] for rule in rules] == [rule.id for rule in (*RULES, *DOCUMENT_RULES)]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "L05"
    assert rules[first["ruleIndex"]]["properties"]["tags"][2:] == ["external/cwe/cwe-777", "external/cwe/cwe-346"]
    assert (first["level"], second["level"]) == ("error", "note")
    assert "https://a.evil.test" in first["message"]["text"]
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "my%20dir/nginx.conf"},
                "region": {"startLine": 3},
            },
            "logicalLocations": [{"fullyQualifiedName": "a > b"}],
        }
    ]
    assert "region" not in second["locations"][0]["physicalLocation"]
    assert run["invocations"][0]["executionSuccessful"] is False
    notification = run["invocations"][0]["toolExecutionNotifications"][0]
    assert notification["message"]["text"] == "The YAML cannot be read. Mend it."


def test_a_result_is_the_same_wherever_its_line_moves() -> None:
    """Fingerprints change with the mistake and its place in the document, not with lines and words."""

    def fingerprint(found: LintFinding) -> str:
        report = Report(files=(), policies=1, findings=(found,))
        prints: dict[str, str] = sarif(report, "1")["runs"][0]["results"][0]["partialFingerprints"]
        return prints["mistake/v1"]

    moved = finding(
        "cors.pattern-open-end", Place("a > b", 9, "my dir/nginx.conf"), "other", witness="https://a.evil.test"
    )
    elsewhere = finding(
        "cors.pattern-open-end",
        Place("a > c", 3, "my dir/nginx.conf"),
        "it is open",
        witness="https://a.evil.test",
    )

    assert fingerprint(FOUND) == fingerprint(moved)
    assert fingerprint(FOUND) != fingerprint(elsewhere)


def test_a_report_reaches_what_its_worst_finding_is() -> None:
    """A threshold is reached by it and by everything worse."""
    high = Report(files=(), policies=1, findings=(finding("cors.pattern-too-wide", Place("x"), "wide"),))

    assert [severity for severity in Severity if high.reaches(severity)] == ["high", "medium", "low", "info"]
    assert not Report(files=(), policies=0, findings=()).reaches(Severity.INFO)
