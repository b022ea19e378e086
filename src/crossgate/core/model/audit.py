"""The audit trail as it is shown (gateway.md 7.1)."""

from datetime import datetime
from typing import Any

from crossgate.core.model.document import Response


class AuditEntry(Response):
    """One change: who made it, from where, in which request, and what it came to."""

    revision: int
    trace_name: str
    resource_type: str
    resource_id: str
    resource_name: str
    user: str
    source_ip: str
    request_id: str
    request: dict[str, Any]
    code: int
    time: datetime


class AuditTrail(Response):
    """A page of the audit trail, newest first."""

    total: int
    size: int
    traces: list[AuditEntry]
