"""Reading the audit trail (gateway.md 7.1)."""

from crossgate.control.control import Control
from crossgate.core.model.audit import AuditEntry, AuditTrail
from crossgate.core.model.paging import Page
from crossgate.store import lists


async def search(control: Control, page: Page) -> AuditTrail:
    """A page of everything that was ever changed, newest first."""
    async with control.reading() as session:
        total, found = await lists.audit_records(session, page)
    traces = [AuditEntry(**{name: getattr(record, name) for name in AuditEntry.model_fields}) for record in found]
    return AuditTrail(total=total, size=len(traces), traces=traces)
