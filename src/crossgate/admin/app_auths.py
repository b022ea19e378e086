"""Authorizations over HTTP (gateway.md 1.5, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import app_auths
from crossgate.core.model.app_auth import (
    ApiAuthCreate,
    ApiAuthList,
    ApiAuthRelations,
    AuthorizedApiQuery,
    AuthorizedAppQuery,
    UnauthorizedApiList,
    UnauthorizedApiQuery,
)

router = contract_router()


@router.post("/app-auths", status_code=201)
async def authorize_apps(
    control: TheControl, actor: TheActor, body: Annotated[ApiAuthCreate, sent(ApiAuthCreate)]
) -> ApiAuthRelations:
    """CreateAuthorizingAppsV2."""
    return await app_auths.create(control, actor, body)


@router.get("/app-auths/binded-apis")
async def list_authorized_apis(control: TheControl, query: Annotated[AuthorizedApiQuery, Query()]) -> ApiAuthList:
    """ListApisBindedToAppV2."""
    return await app_auths.search_apis(control, query)


@router.get("/app-auths/binded-apps")
async def list_authorized_apps(control: TheControl, query: Annotated[AuthorizedAppQuery, Query()]) -> ApiAuthList:
    """ListAppsBindedToApiV2."""
    return await app_auths.search_apps(control, query)


@router.get("/app-auths/unbinded-apis")
async def list_unauthorized_apis(
    control: TheControl, query: Annotated[UnauthorizedApiQuery, Query()]
) -> UnauthorizedApiList:
    """ListApisUnbindedToAppV2."""
    return await app_auths.search_unauthorized_apis(control, query)


@router.delete("/app-auths/{app_auth_id}", status_code=204)
async def cancel_authorization(control: TheControl, actor: TheActor, app_auth_id: str) -> None:
    """CancelingAuthorizationV2."""
    await app_auths.cancel(control, actor, app_auth_id)
