"""The one error taxonomy: a Fault ends one request, a Finding describes one place in a document."""

import msgspec

from crossgate.cors.finding import Finding, Severity

__all__ = ["Fault", "FaultKind", "Finding", "Severity"]


class FaultKind(msgspec.Struct, frozen=True):
    """One row of the contract's error tables (gateway.md section 5 and appendix C).

    `message` may hold `{}` places that a Fault fills with its arguments. `response_type` names the gateway
    response that renders it on the data plane (section 1.12); the admin API does not use it.
    """

    code: str
    status: int
    message: str
    response_type: str = ""

    def because(self, detail: str) -> "Fault":
        """This kind of fault with `: detail` after its message, as the contract writes reasons."""
        return Fault(self, f"{self.message}: {detail}")

    def naming(self, *names: str) -> "Fault":
        """This kind of fault with `names` in the places of its message."""
        return Fault(self, self.message.format(*names))


class Fault(Exception):
    """One request cannot be served: raised, mapped to an answer at the border, never to a traceback."""

    def __init__(self, kind: FaultKind, message: str = "", findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message or kind.message)
        self.kind = kind
        self.message = message or kind.message
        self.findings = findings
