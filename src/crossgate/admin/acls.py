"""Access control policies over HTTP (gateway.md 1.7, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import acls
from crossgate.core.model.acl import (
    AclApiQuery,
    AclApplied,
    AclBindings,
    AclCreate,
    AclDeletions,
    AclInfo,
    AclList,
    AclOfApiList,
    AclQuery,
    AclsDeleted,
    AclUnbindings,
    ApiOfAclList,
    ApiWithoutAclList,
    BoundAclQuery,
)
from crossgate.core.model.binding import Unbound

router = contract_router()


@router.get("/acls")
async def list_acls(control: TheControl, query: Annotated[AclQuery, Query()]) -> AclList:
    """ListAclStrategiesV2."""
    return await acls.search(control, query)


@router.post("/acls", status_code=201)
async def create_acl(control: TheControl, actor: TheActor, body: Annotated[AclCreate, sent(AclCreate)]) -> AclInfo:
    """CreateAclStrategyV2."""
    return await acls.create(control, actor, body)


@router.put("/acls")
async def delete_acls(
    control: TheControl, actor: TheActor, body: Annotated[AclDeletions, sent(AclDeletions)]
) -> AclsDeleted:
    """BatchDeleteAclV2; `action` can only be delete."""
    return await acls.delete_all(control, actor, body)


@router.get("/acls/{acl_id}")
async def show_acl(control: TheControl, acl_id: str) -> AclInfo:
    """ShowDetailsOfAclPolicyV2."""
    return await acls.show(control, acl_id)


@router.put("/acls/{acl_id}")
async def update_acl(
    control: TheControl, actor: TheActor, acl_id: str, body: Annotated[AclCreate, sent(AclCreate)]
) -> AclInfo:
    """UpdateAclStrategyV2."""
    return await acls.update(control, actor, acl_id, body)


@router.delete("/acls/{acl_id}", status_code=204)
async def delete_acl(control: TheControl, actor: TheActor, acl_id: str) -> None:
    """DeleteAclV2."""
    await acls.delete(control, actor, acl_id)


@router.post("/acl-bindings", status_code=201)
async def bind_acl(
    control: TheControl, actor: TheActor, body: Annotated[AclBindings, sent(AclBindings)]
) -> AclApplied:
    """CreateApiAclBindingV2."""
    return await acls.bind(control, actor, body)


@router.put("/acl-bindings")
async def unbind_acls(
    control: TheControl, actor: TheActor, body: Annotated[AclUnbindings, sent(AclUnbindings)]
) -> Unbound:
    """BatchDeleteApiAclBindingV2; `action` can only be delete."""
    return await acls.unbind_all(control, actor, body)


@router.get("/acl-bindings/binded-acls")
async def list_bound_acls(control: TheControl, query: Annotated[BoundAclQuery, Query()]) -> AclOfApiList:
    """ListAclPolicyBindedToApiV2."""
    return await acls.search_of_api(control, query)


@router.get("/acl-bindings/binded-apis")
async def list_bound_apis(control: TheControl, query: Annotated[AclApiQuery, Query()]) -> ApiOfAclList:
    """ListApisBindedToAclPolicyV2."""
    return await acls.search_bound_apis(control, query)


@router.get("/acl-bindings/unbinded-apis")
async def list_unbound_apis(control: TheControl, query: Annotated[AclApiQuery, Query()]) -> ApiWithoutAclList:
    """ListApisUnbindedToAclPolicyV2."""
    return await acls.search_unbound_apis(control, query)


@router.delete("/acl-bindings/{acl_bindings_id}", status_code=204)
async def unbind_acl(control: TheControl, actor: TheActor, acl_bindings_id: str) -> None:
    """DeleteApiAclBindingV2."""
    await acls.unbind(control, actor, acl_bindings_id)
