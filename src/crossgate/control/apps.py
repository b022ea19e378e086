"""Apps: the credentials of callers (gateway.md 1.5)."""

import secrets

from crossgate.control import audit
from crossgate.control.audit import Actor
from crossgate.control.control import Change, Control, new_id
from crossgate.core.errors.admin import APP_KEY_TAKEN, APP_NAME_TAKEN, APP_NOT_FOUND, TOO_MANY_APPS
from crossgate.core.model.app import (
    AppAclCreate,
    AppAclInfo,
    AppCheck,
    AppCreate,
    AppInfo,
    AppList,
    AppQuery,
    AppResetCreate,
)
from crossgate.core.policies.credentials import secret_name
from crossgate.store import caller_lists
from crossgate.store.caller_tables import App, AppAuthorization
from crossgate.store.rows import Session, count, find


async def create(control: Control, actor: Actor, body: AppCreate) -> AppInfo:
    """A new app, shown with its secret."""
    async with control.changing(actor, audit.CREATE_APP, body) as change:
        await _check_is_free(change.session, body)
        limit = control.quotas.apps
        if limit is not None and await count(change.session, App) >= limit:
            raise TOO_MANY_APPS.naming()
        app_id, secret = new_id(), body.app_secret or secrets.token_hex(16)
        app = App(
            id=app_id,
            name=body.name,
            remark=body.remark,
            app_key=body.app_key or secrets.token_hex(16),
            app_secret=_sealed(control, app_id, secret),
            creator="USER",
            register_time=change.now,
            update_time=change.now,
            related_domain_id=body.related_domain_id,
            related_project_id=body.related_project_id,
        )
        change.session.add(app)
        change.of(app.id, app.name)
        return _info(app, secret)


async def search(control: Control, query: AppQuery) -> AppList:
    """A page of apps, without their secrets."""
    async with control.reading() as session:
        total, found = await caller_lists.apps(session, query)
        bound = await caller_lists.authorizations_of(session, [app.id for app in found])
    apps = [_info(app, bind_num=bound.get(app.id, 0)) for app in found]
    return AppList(total=total, size=len(apps), apps=apps)


async def show(control: Control, app_id: str) -> AppInfo:
    """One app, with its secret."""
    async with control.reading() as session:
        app = await get(session, app_id)
        bound = await count(session, AppAuthorization, app_id=app_id)
    return _info(app, _opened(control, app), bind_num=bound)


async def check(control: Control, app_id: str) -> AppCheck:
    """That an app exists, and its name."""
    async with control.reading() as session:
        app = await get(session, app_id)
    return AppCheck(id=app.id, name=app.name, remark=app.remark)


async def update(control: Control, actor: Actor, app_id: str, body: AppCreate) -> AppInfo:
    """Change an app; key and secret stay what they are unless they are given, a remark left out is emptied."""
    async with control.changing(actor, audit.UPDATE_APP, body) as change:
        app = await get(change.session, app_id)
        change.of(app.id, body.name)
        await _check_is_free(change.session, body, app)
        app.name, app.remark, app.update_time = body.name, body.remark, change.now
        app.app_key = body.app_key or app.app_key
        if body.app_secret is not None:
            app.app_secret = _sealed(control, app.id, body.app_secret)
        return _info(app, _opened(control, app))


async def reset_secret(control: Control, actor: Actor, app_id: str, body: AppResetCreate) -> AppInfo:
    """Give an app another secret; the old one is good for nothing once this returns."""
    async with control.changing(actor, audit.RESET_APP_SECRET, body) as change:
        app = await _changing(change, app_id)
        secret = body.app_secret or secrets.token_hex(16)
        app.app_secret, app.update_time = _sealed(control, app.id, secret), change.now
        return _info(app, secret)


async def delete(control: Control, actor: Actor, app_id: str) -> None:
    """Remove an app with its AppCodes and authorizations."""
    async with control.changing(actor, audit.DELETE_APP, {}) as change:
        await change.session.delete(await _changing(change, app_id))


async def show_acl(control: Control, app_id: str) -> AppAclInfo:
    """From where an app may be used."""
    async with control.reading() as session:
        return _acl(await get(session, app_id))


async def set_acl(control: Control, actor: Actor, app_id: str, body: AppAclCreate) -> AppAclInfo:
    """Say from where an app may be used."""
    async with control.changing(actor, audit.UPDATE_APP_ACL, body) as change:
        app = await _changing(change, app_id)
        app.acl_type, app.acl_values = body.app_acl_type, list(body.app_acl_values)
        return _acl(app)


async def delete_acl(control: Control, actor: Actor, app_id: str) -> None:
    """Let an app be used from everywhere."""
    async with control.changing(actor, audit.DELETE_APP_ACL, {}) as change:
        app = await _changing(change, app_id)
        app.acl_type, app.acl_values = None, []


async def get(session: Session, app_id: str) -> App:
    """The app's row; raises when there is none."""
    app = await session.get(App, app_id)
    if app is None:
        raise APP_NOT_FOUND.naming(app_id)
    return app


async def _changing(change: Change, app_id: str) -> App:
    app = await get(change.session, app_id)
    change.of(app.id, app.name)
    return app


async def _check_is_free(session: Session, body: AppCreate, app: App | None = None) -> None:
    """Raises when another app than `app` has the name or the key."""
    own = app.id if app is not None else None
    holder = await find(session, App, name=body.name)
    if holder is not None and holder.id != own:
        raise APP_NAME_TAKEN.naming()
    holder = None if body.app_key is None else await find(session, App, app_key=body.app_key)
    if holder is not None and holder.id != own:
        raise APP_KEY_TAKEN.naming()


def _sealed(control: Control, app_id: str, secret: str) -> bytes:
    return control.seal.seal(secret.encode(), secret_name(app_id))


def _opened(control: Control, app: App) -> str:
    return control.seal.open(app.app_secret, secret_name(app.id)).decode()


def _info(app: App, secret: str | None = None, bind_num: int | None = None) -> AppInfo:
    return AppInfo(
        id=app.id,
        name=app.name,
        remark=app.remark,
        creator=app.creator,
        app_key=app.app_key,
        app_secret=secret,
        register_time=app.register_time,
        update_time=app.update_time,
        bind_num=bind_num,
        related_domain_id=app.related_domain_id,
        related_project_id=app.related_project_id,
    )


def _acl(app: App) -> AppAclInfo:
    return AppAclInfo(app_id=app.id, app_acl_type=app.acl_type, app_acl_values=app.acl_values or None)
