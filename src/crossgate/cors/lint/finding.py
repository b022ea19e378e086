"""What a rule says about one place, and how a rule says it."""

from crossgate.cors.finding import Finding, Severity
from crossgate.cors.lint.catalogue import BY_CODE
from crossgate.cors.lint.subject import Place

_ORDER = {severity: index for index, severity in enumerate(Severity)}


class LintFinding(Finding, frozen=True, kw_only=True):
    """A finding of the linter.

    `rule` is the rule's number (`L05`), `why` what can happen, in general, where `message` speaks of this place.
    `witness` is an origin, or a header, that shows it: for a pattern, one that gets in and should not. `file` and
    `line` (from 1) are where it is written, when that is known; `subject` names the policy.
    """

    rule: str
    why: str
    witness: str | None = None
    file: str = ""
    line: int | None = None
    subject: str = ""


def finding(
    code: str,
    place: Place,
    message: str,
    *,
    fix: str = "",
    severity: Severity | None = None,
    witness: str | None = None,
) -> LintFinding:
    """What the rule with `code` says about `place`; `fix` and `severity` are the rule's own unless given."""
    rule = BY_CODE[code]
    return LintFinding(
        code=code,
        at=place.at,
        message=message,
        fix=fix or rule.fix[0].lower() + rule.fix[1:].removesuffix("."),
        severity=rule.severity if severity is None else severity,
        rule=rule.id,
        why=rule.why,
        witness=witness,
        file=place.file,
        line=place.line,
    )


def worst_first(findings: list[LintFinding]) -> list[LintFinding]:
    """`findings` by severity; those of one severity stay in their order."""
    return sorted(findings, key=lambda found: _ORDER[found.severity])


def is_at_least(severity: Severity, threshold: Severity) -> bool:
    """Whether `severity` is as bad as `threshold`, or worse."""
    return _ORDER[severity] <= _ORDER[threshold]
