"""Independent domains over HTTP (gateway.md appendix A)."""

from typing import Annotated

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import domains
from crossgate.core.model.domain import UrlDomainCreate, UrlDomainInfo, UrlDomainModify

router = contract_router()


@router.post("/api-groups/{group_id}/domains", status_code=201)
async def attach_domain(
    control: TheControl, actor: TheActor, group_id: str, body: Annotated[UrlDomainCreate, sent(UrlDomainCreate)]
) -> UrlDomainInfo:
    """AssociateDomainV2."""
    return await domains.attach(control, actor, group_id, body)


@router.put("/api-groups/{group_id}/domains/{domain_id}", status_code=201)
async def update_domain(
    control: TheControl,
    actor: TheActor,
    group_id: str,
    domain_id: str,
    body: Annotated[UrlDomainModify, sent(UrlDomainModify)],
) -> UrlDomainInfo:
    """UpdateDomainV2; 201 is what the contract answers."""
    return await domains.update(control, actor, group_id, domain_id, body)


@router.delete("/api-groups/{group_id}/domains/{domain_id}", status_code=204)
async def detach_domain(control: TheControl, actor: TheActor, group_id: str, domain_id: str) -> None:
    """DisassociateDomainV2."""
    await domains.detach(control, actor, group_id, domain_id)
