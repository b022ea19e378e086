"""Advice: what an answer says about a write that was made all the same. Ours, beside the contract."""

from collections.abc import Iterable

from crossgate.core.errors import Finding
from crossgate.core.model.document import Response


class Advice(Response):
    """One thing to reconsider in what was just written.

    `code` is documented (docs/cors.md), `at` a place in the plugin's content or the API, `fix` what to write
    there instead. `witness` is an origin or header that shows it. `plugin_id` is there where the answer is about
    something else than a plugin, such as the API that uses it.
    """

    code: str
    severity: str
    at: str
    message: str
    fix: str
    witness: str | None = None
    plugin_id: str | None = None


def advice(findings: Iterable[Finding], plugin_id: str | None = None) -> list[Advice] | None:
    """`findings` as an answer says them; None, which leaves them out of it, where there are none."""
    return [
        Advice(
            code=finding.code,
            severity=finding.severity,
            at=finding.at,
            message=finding.message,
            fix=finding.fix,
            witness=getattr(finding, "witness", None),
            plugin_id=plugin_id,
        )
        for finding in findings
    ] or None
