"""Quotas of apps (gateway.md 1.5)."""

from typing import Any

from crossgate.control import apps, audit
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import APP_QUOTA_NAME_TAKEN, APP_QUOTA_NOT_FOUND
from crossgate.core.model.app_quota import (
    AppQuotaApplied,
    AppQuotaBinding,
    AppQuotaBindings,
    AppQuotaCreate,
    AppQuotaInfo,
    AppQuotaList,
    AppQuotaQuery,
    QuotaAppInfo,
    QuotaAppList,
    QuotaAppQuery,
    read_reset_time,
    write_reset_time,
)
from crossgate.store import caller_lists
from crossgate.store.caller_tables import App, AppQuota
from crossgate.store.rows import Session, count, every, find


async def create(control: Control, actor: Actor, body: AppQuotaCreate) -> AppQuotaInfo:
    """A new quota; nothing is counted before an app is bound to it."""
    async with control.changing(actor, audit.CREATE_APP_QUOTA, body) as change:
        if await find(change.session, AppQuota, name=body.name) is not None:
            raise APP_QUOTA_NAME_TAKEN.naming()
        quota = AppQuota(id=new_id(), create_time=change.now, **_columns(body))
        change.session.add(quota)
        change.of(quota.id, quota.name)
        return _info(quota, 0)


async def search(control: Control, query: AppQuotaQuery) -> AppQuotaList:
    """A page of quotas."""
    async with control.reading() as session:
        total, found = await caller_lists.quotas(session, query)
        quotas = [_info(quota, await count(session, App, app_quota_id=quota.id)) for quota in found]
    return AppQuotaList(total=total, size=len(quotas), quotas=quotas)


async def show(control: Control, quota_id: str) -> AppQuotaInfo:
    """One quota."""
    async with control.reading() as session:
        return await _counted(session, await _get(session, quota_id))


async def show_of_app(control: Control, app_id: str) -> AppQuotaInfo:
    """The quota of an app; raises when it has none."""
    async with control.reading() as session:
        app = await apps.get(session, app_id)
        return await _counted(session, await _get(session, app.app_quota_id or f"of app {app_id}"))


async def update(control: Control, actor: Actor, quota_id: str, body: AppQuotaCreate) -> AppQuotaInfo:
    """Change a quota. What has been counted stays counted while the length of the period stays the same."""
    async with control.changing(actor, audit.UPDATE_APP_QUOTA, body) as change:
        quota = await _get(change.session, quota_id)
        change.of(quota.id, body.name)
        holder = await find(change.session, AppQuota, name=body.name)
        if holder is not None and holder.id != quota.id:
            raise APP_QUOTA_NAME_TAKEN.naming()
        for name, value in _columns(body).items():
            setattr(quota, name, value)
        return await _counted(change.session, quota)


async def delete(control: Control, actor: Actor, quota_id: str) -> None:
    """Remove a quota; its apps are counted no more."""
    async with control.changing(actor, audit.DELETE_APP_QUOTA, {}) as change:
        quota = await _get(change.session, quota_id)
        change.of(quota.id, quota.name)
        for app in await every(change.session, App, app_quota_id=quota_id):
            app.app_quota_id = app.quota_bound_time = None
        await change.session.flush()
        await change.session.delete(quota)


async def bind(control: Control, actor: Actor, quota_id: str, body: AppQuotaBindings) -> AppQuotaApplied:
    """Count apps by a quota; it takes the place of the one they had."""
    async with control.changing(actor, audit.BIND_APP_QUOTA, body) as change:
        quota = await _get(change.session, quota_id)
        change.of(quota.id, quota.name)
        bound = [await apps.get(change.session, app_id) for app_id in dict.fromkeys(body.app_ids)]
        for app in bound:
            if app.app_quota_id != quota_id:
                app.app_quota_id, app.quota_bound_time = quota_id, change.now
        return AppQuotaApplied(
            applies=[
                AppQuotaBinding(
                    app_quota_id=quota_id, app_id=app.id, bound_time=app.quota_bound_time or change.now
                )
                for app in bound
            ]
        )


async def unbind(control: Control, actor: Actor, quota_id: str, app_id: str) -> None:
    """Count an app no more; one that is not bound is as wanted already."""
    async with control.changing(actor, audit.UNBIND_APP_QUOTA, {}) as change:
        quota = await _get(change.session, quota_id)
        change.of(quota.id, quota.name)
        app = await apps.get(change.session, app_id)
        if app.app_quota_id == quota_id:
            app.app_quota_id = app.quota_bound_time = None


async def search_apps(control: Control, quota_id: str, query: QuotaAppQuery) -> QuotaAppList:
    """A page of the apps a quota counts."""
    async with control.reading() as session:
        quota = await _get(session, quota_id)
        total, found = await caller_lists.apps_of_quota(session, quota_id, query)
    shown = [_app(app, quota) for app in found]
    return QuotaAppList(total=total, size=len(shown), apps=shown)


async def search_bindable_apps(control: Control, quota_id: str, query: QuotaAppQuery) -> QuotaAppList:
    """A page of the apps that no quota counts."""
    async with control.reading() as session:
        await _get(session, quota_id)
        total, found = await caller_lists.apps_without_quota(session, query)
    shown = [_app(app, None) for app in found]
    return QuotaAppList(total=total, size=len(shown), apps=shown)


async def _get(session: Session, quota_id: str) -> AppQuota:
    quota = await session.get(AppQuota, quota_id)
    if quota is None:
        raise APP_QUOTA_NOT_FOUND.naming(quota_id)
    return quota


async def _counted(session: Session, quota: AppQuota) -> AppQuotaInfo:
    return _info(quota, await count(session, App, app_quota_id=quota.id))


def _columns(body: AppQuotaCreate) -> dict[str, Any]:
    reset_time = None if body.reset_time is None else read_reset_time(body.reset_time)
    return body.model_dump(exclude={"reset_time"}) | {"reset_time": reset_time}


def _info(quota: AppQuota, bound: int) -> AppQuotaInfo:
    return AppQuotaInfo(
        app_quota_id=quota.id,
        name=quota.name,
        call_limits=quota.call_limits,
        time_unit=quota.time_unit,
        time_interval=quota.time_interval,
        remark=quota.remark,
        reset_time=None if quota.reset_time is None else write_reset_time(quota.reset_time),
        create_time=quota.create_time,
        bound_app_num=bound,
    )


def _app(app: App, quota: AppQuota | None) -> QuotaAppInfo:
    return QuotaAppInfo(
        app_id=app.id,
        name=app.name,
        app_key=app.app_key,
        remark=app.remark,
        register_time=app.register_time,
        update_time=app.update_time,
        related_domain_id=app.related_domain_id,
        related_project_id=app.related_project_id,
        app_quota_id=quota.id if quota is not None else None,
        app_quota_name=quota.name if quota is not None else None,
        bound_time=app.quota_bound_time,
    )
