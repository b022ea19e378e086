"""API groups over HTTP (gateway.md appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import groups
from crossgate.core.model.group import (
    ApiGroupBase,
    ApiGroupCheck,
    ApiGroupCreate,
    ApiGroupInfo,
    GroupList,
    GroupQuery,
    SlDomainAccessSetting,
)

router = contract_router()


@router.get("/api-groups")
async def list_groups(control: TheControl, query: Annotated[GroupQuery, Query()]) -> GroupList:
    """ListApiGroupsV2."""
    return await groups.search(control, query)


@router.post("/api-groups", status_code=201)
async def create_group(
    control: TheControl, actor: TheActor, body: Annotated[ApiGroupCreate, sent(ApiGroupCreate)]
) -> ApiGroupInfo:
    """CreateApiGroupV2."""
    return await groups.create(control, actor, body)


@router.post("/api-groups/check", status_code=204)
async def check_group(control: TheControl, body: Annotated[ApiGroupCheck, sent(ApiGroupCheck)]) -> None:
    """CheckApiGroupsV2."""
    await groups.check_name(control, body)


@router.get("/api-groups/{group_id}")
async def show_group(control: TheControl, group_id: str) -> ApiGroupInfo:
    """ShowDetailsOfApiGroupV2."""
    return await groups.show(control, group_id)


@router.put("/api-groups/{group_id}")
async def update_group(
    control: TheControl, actor: TheActor, group_id: str, body: Annotated[ApiGroupBase, sent(ApiGroupBase)]
) -> ApiGroupInfo:
    """UpdateApiGroupV2."""
    return await groups.update(control, actor, group_id, body)


@router.delete("/api-groups/{group_id}", status_code=204)
async def delete_group(control: TheControl, actor: TheActor, group_id: str) -> None:
    """DeleteApiGroupV2."""
    await groups.delete(control, actor, group_id)


@router.put("/api-groups/{group_id}/sl-domain-access-settings", status_code=204)
async def set_debug_domain_access(
    control: TheControl,
    actor: TheActor,
    group_id: str,
    body: Annotated[SlDomainAccessSetting, sent(SlDomainAccessSetting)],
) -> None:
    """UpdateSlDomainSettingV2."""
    await groups.set_debug_domain_access(control, actor, group_id, body)
