"""Apps, their AppCodes and their access control over HTTP (gateway.md 1.5, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import app_codes, app_quotas, apps
from crossgate.core.model.app import (
    AppAclCreate,
    AppAclInfo,
    AppCheck,
    AppCodeCreate,
    AppCodeInfo,
    AppCodeList,
    AppCreate,
    AppInfo,
    AppList,
    AppQuery,
    AppResetCreate,
)
from crossgate.core.model.app_quota import AppQuotaInfo
from crossgate.core.model.paging import Page

router = contract_router()


@router.get("/apps")
async def list_apps(control: TheControl, query: Annotated[AppQuery, Query()]) -> AppList:
    """ListAppsV2."""
    return await apps.search(control, query)


@router.post("/apps", status_code=201)
async def create_app(control: TheControl, actor: TheActor, body: Annotated[AppCreate, sent(AppCreate)]) -> AppInfo:
    """CreateAnAppV2."""
    return await apps.create(control, actor, body)


@router.put("/apps/secret/{app_id}")
async def reset_secret(
    control: TheControl, actor: TheActor, app_id: str, body: Annotated[AppResetCreate, sent(AppResetCreate)]
) -> AppInfo:
    """ResettingAppSecretV2."""
    return await apps.reset_secret(control, actor, app_id, body)


@router.get("/apps/validation/{app_id}")
async def check_app(control: TheControl, app_id: str) -> AppCheck:
    """CheckAppV2."""
    return await apps.check(control, app_id)


@router.get("/apps/{app_id}")
async def show_app(control: TheControl, app_id: str) -> AppInfo:
    """ShowDetailsOfAppV2."""
    return await apps.show(control, app_id)


@router.put("/apps/{app_id}")
async def update_app(
    control: TheControl, actor: TheActor, app_id: str, body: Annotated[AppCreate, sent(AppCreate)]
) -> AppInfo:
    """UpdateAppV2."""
    return await apps.update(control, actor, app_id, body)


@router.delete("/apps/{app_id}", status_code=204)
async def delete_app(control: TheControl, actor: TheActor, app_id: str) -> None:
    """DeleteAppV2."""
    await apps.delete(control, actor, app_id)


@router.get("/apps/{app_id}/app-acl")
async def show_app_acl(control: TheControl, app_id: str) -> AppAclInfo:
    """ShowDetailsOfAppAcl."""
    return await apps.show_acl(control, app_id)


@router.put("/apps/{app_id}/app-acl", status_code=201)
async def update_app_acl(
    control: TheControl, actor: TheActor, app_id: str, body: Annotated[AppAclCreate, sent(AppAclCreate)]
) -> AppAclInfo:
    """UpdateAppAcl."""
    return await apps.set_acl(control, actor, app_id, body)


@router.delete("/apps/{app_id}/app-acl", status_code=204)
async def delete_app_acl(control: TheControl, actor: TheActor, app_id: str) -> None:
    """DeleteAppAcl."""
    await apps.delete_acl(control, actor, app_id)


@router.get("/apps/{app_id}/app-codes")
async def list_app_codes(control: TheControl, app_id: str, query: Annotated[Page, Query()]) -> AppCodeList:
    """ListAppCodesV2."""
    return await app_codes.search(control, app_id, query)


@router.post("/apps/{app_id}/app-codes", status_code=201)
async def create_app_code(
    control: TheControl, actor: TheActor, app_id: str, body: Annotated[AppCodeCreate, sent(AppCodeCreate)]
) -> AppCodeInfo:
    """CreateAppCodeV2."""
    return await app_codes.create(control, actor, app_id, body)


@router.put("/apps/{app_id}/app-codes", status_code=201)
async def create_app_code_automatically(control: TheControl, actor: TheActor, app_id: str) -> AppCodeInfo:
    """CreateAppCodeAutoV2."""
    return await app_codes.create_automatically(control, actor, app_id)


@router.get("/apps/{app_id}/app-codes/{app_code_id}", status_code=201)
async def show_app_code(control: TheControl, app_id: str, app_code_id: str) -> AppCodeInfo:
    """ShowDetailsOfAppCodeV2; the contract answers 201."""
    return await app_codes.show(control, app_id, app_code_id)


@router.delete("/apps/{app_id}/app-codes/{app_code_id}", status_code=204)
async def delete_app_code(control: TheControl, actor: TheActor, app_id: str, app_code_id: str) -> None:
    """DeleteAppCodeV2."""
    await app_codes.delete(control, actor, app_id, app_code_id)


@router.get("/apps/{app_id}/bound-quota")
async def show_bound_quota(control: TheControl, app_id: str) -> AppQuotaInfo:
    """ShowAppBoundAppQuota."""
    return await app_quotas.show_of_app(control, app_id)
