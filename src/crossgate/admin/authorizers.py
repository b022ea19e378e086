"""Custom authorizers over HTTP (gateway.md 1.10, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import authorizers
from crossgate.core.model.authorizer import AuthorizerCreate, AuthorizerInfo, AuthorizerList, AuthorizerQuery

router = contract_router()


@router.get("/authorizers")
async def list_authorizers(control: TheControl, query: Annotated[AuthorizerQuery, Query()]) -> AuthorizerList:
    """ListCustomAuthorizersV2."""
    return await authorizers.search(control, query)


@router.post("/authorizers", status_code=201)
async def create_authorizer(
    control: TheControl, actor: TheActor, body: Annotated[AuthorizerCreate, sent(AuthorizerCreate)]
) -> AuthorizerInfo:
    """CreateCustomAuthorizerV2."""
    return await authorizers.create(control, actor, body)


@router.get("/authorizers/{authorizer_id}")
async def show_authorizer(control: TheControl, authorizer_id: str) -> AuthorizerInfo:
    """ShowDetailsOfCustomAuthorizersV2."""
    return await authorizers.show(control, authorizer_id)


@router.put("/authorizers/{authorizer_id}")
async def update_authorizer(
    control: TheControl,
    actor: TheActor,
    authorizer_id: str,
    body: Annotated[AuthorizerCreate, sent(AuthorizerCreate)],
) -> AuthorizerInfo:
    """UpdateCustomAuthorizerV2."""
    return await authorizers.update(control, actor, authorizer_id, body)


@router.delete("/authorizers/{authorizer_id}", status_code=204)
async def delete_authorizer(control: TheControl, actor: TheActor, authorizer_id: str) -> None:
    """DeleteCustomAuthorizerV2."""
    await authorizers.delete(control, actor, authorizer_id)
