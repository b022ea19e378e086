"""A finding: one thing that is wrong, or unwise, in a document somebody wrote."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How bad a finding is. A critical one refuses the document."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: where it is, what is wrong, and what to write instead.

    `code` is stable and documented (`cors.any-origin-with-credentials`); `at` is the place in the document
    in its own terms (`allow_origin[2]`); `message` says what is wrong and why, `fix` what to write instead.
    """

    code: str
    at: str
    message: str
    fix: str
    severity: Severity = Severity.CRITICAL
