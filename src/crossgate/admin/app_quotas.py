"""Quotas of apps over HTTP (gateway.md 1.5, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import app_quotas
from crossgate.core.model.app_quota import (
    AppQuotaApplied,
    AppQuotaBindings,
    AppQuotaCreate,
    AppQuotaInfo,
    AppQuotaList,
    AppQuotaQuery,
    QuotaAppList,
    QuotaAppQuery,
)

router = contract_router()


@router.get("/app-quotas")
async def list_app_quotas(control: TheControl, query: Annotated[AppQuotaQuery, Query()]) -> AppQuotaList:
    """ListAppQuotas."""
    return await app_quotas.search(control, query)


@router.post("/app-quotas", status_code=201)
async def create_app_quota(
    control: TheControl, actor: TheActor, body: Annotated[AppQuotaCreate, sent(AppQuotaCreate)]
) -> AppQuotaInfo:
    """CreateAppQuota."""
    return await app_quotas.create(control, actor, body)


@router.get("/app-quotas/{app_quota_id}")
async def show_app_quota(control: TheControl, app_quota_id: str) -> AppQuotaInfo:
    """ShowAppQuota."""
    return await app_quotas.show(control, app_quota_id)


@router.put("/app-quotas/{app_quota_id}")
async def update_app_quota(
    control: TheControl, actor: TheActor, app_quota_id: str, body: Annotated[AppQuotaCreate, sent(AppQuotaCreate)]
) -> AppQuotaInfo:
    """UpdateAppQuota."""
    return await app_quotas.update(control, actor, app_quota_id, body)


@router.delete("/app-quotas/{app_quota_id}", status_code=204)
async def delete_app_quota(control: TheControl, actor: TheActor, app_quota_id: str) -> None:
    """DeleteAppQuota."""
    await app_quotas.delete(control, actor, app_quota_id)


@router.get("/app-quotas/{app_quota_id}/bindable-apps")
async def list_bindable_apps(
    control: TheControl, app_quota_id: str, query: Annotated[QuotaAppQuery, Query()]
) -> QuotaAppList:
    """ListAppQuotaBindableApps."""
    return await app_quotas.search_bindable_apps(control, app_quota_id, query)


@router.post("/app-quotas/{app_quota_id}/binding-apps", status_code=201)
async def bind_apps(
    control: TheControl,
    actor: TheActor,
    app_quota_id: str,
    body: Annotated[AppQuotaBindings, sent(AppQuotaBindings)],
) -> AppQuotaApplied:
    """AssociateAppsForAppQuota."""
    return await app_quotas.bind(control, actor, app_quota_id, body)


@router.get("/app-quotas/{app_quota_id}/bound-apps")
async def list_bound_apps(
    control: TheControl, app_quota_id: str, query: Annotated[QuotaAppQuery, Query()]
) -> QuotaAppList:
    """ListAppQuotaBoundApps."""
    return await app_quotas.search_apps(control, app_quota_id, query)


@router.delete("/app-quotas/{app_quota_id}/bound-apps/{app_id}", status_code=204)
async def unbind_app(control: TheControl, actor: TheActor, app_quota_id: str, app_id: str) -> None:
    """DisassociateAppQuotaWithApp."""
    await app_quotas.unbind(control, actor, app_quota_id, app_id)
