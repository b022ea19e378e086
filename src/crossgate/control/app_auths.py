"""Authorizations: which app may call which API in which environment (gateway.md 1.5)."""

from crossgate.control import apis, apps, audit, environments
from crossgate.control.audit import Actor
from crossgate.control.control import Change, Control, new_id
from crossgate.core.errors import Fault
from crossgate.core.errors.admin import (
    API_NOT_FOUND,
    APP_NOT_FOUND,
    AUTHORIZATION_NOT_FOUND,
    AUTHORIZATION_TAKEN,
    PARAMETER_ERROR,
    PUBLICATION_NOT_FOUND,
)
from crossgate.core.model.app_auth import (
    ApiAuthCreate,
    ApiAuthInfo,
    ApiAuthList,
    ApiAuthRelation,
    ApiAuthRelations,
    ApiOutline,
    AuthorizedApiQuery,
    AuthorizedAppQuery,
    AuthResult,
    UnauthorizedApiList,
    UnauthorizedApiQuery,
)
from crossgate.store import caller_lists, publications
from crossgate.store.caller_lists import Authorized, PublishedApi
from crossgate.store.caller_tables import App, AppAuthorization
from crossgate.store.rows import find
from crossgate.store.tables import Api, Environment


async def create(control: Control, actor: Actor, body: ApiAuthCreate) -> ApiAuthRelations:
    """Authorize every app for every API; each pair has its own result, and one that fails stops no other."""
    async with control.changing(actor, audit.AUTHORIZE_APPS, body) as change:
        environment = await environments.get(change.session, body.env_id)
        change.of(environment.id, environment.name)
        pairs = [
            (app_id, api_id) for app_id in dict.fromkeys(body.app_ids) for api_id in dict.fromkeys(body.api_ids)
        ]
        auths = [await _authorize(change, environment, app_id, api_id) for app_id, api_id in pairs]
    return ApiAuthRelations(auths=auths)


async def cancel(control: Control, actor: Actor, authorization_id: str) -> None:
    """Take an authorization back; the next call of the app is refused."""
    async with control.changing(actor, audit.CANCEL_AUTHORIZATION, {}) as change:
        authorization = await change.session.get(AppAuthorization, authorization_id)
        if authorization is None:
            raise AUTHORIZATION_NOT_FOUND.naming(authorization_id)
        change.of(authorization.id, (await apps.get(change.session, authorization.app_id)).name)
        await change.session.delete(authorization)


async def search_apis(control: Control, query: AuthorizedApiQuery) -> ApiAuthList:
    """A page of the APIs an app may call."""
    async with control.reading() as session:
        await apps.get(session, query.app_id)
        total, found = await caller_lists.authorized_apis(session, query)
    return _listed(total, found)


async def search_apps(control: Control, query: AuthorizedAppQuery) -> ApiAuthList:
    """A page of the apps that may call an API."""
    async with control.reading() as session:
        await apis.get(session, query.api_id)
        total, found = await caller_lists.authorized_apps(session, query)
    return _listed(total, found)


async def search_unauthorized_apis(control: Control, query: UnauthorizedApiQuery) -> UnauthorizedApiList:
    """A page of the published APIs that an app may not call."""
    async with control.reading() as session:
        await apps.get(session, query.app_id)
        total, found = await caller_lists.unauthorized_apis(session, query)
    shown = [_outline(place) for place in found]
    return UnauthorizedApiList(total=total, size=len(shown), apis=shown)


async def _authorize(change: Change, environment: Environment, app_id: str, api_id: str) -> ApiAuthRelation:
    app = await change.session.get(App, app_id)
    api = await change.session.get(Api, api_id)
    if app is None or api is None:
        fault = APP_NOT_FOUND.naming(app_id) if app is None else API_NOT_FOUND.naming(api_id)
        return _failed(fault, app_id, api_id)
    if api.auth_type != "APP":
        fault = PARAMETER_ERROR.because(f"API {api.name} is not one that apps are authorized for")
        return _failed(fault, app_id, api_id, api, app)
    if not await publications.is_running(change.session, api_id=api_id, env_id=environment.id):
        fault = PUBLICATION_NOT_FOUND.because(f"API {api.name} is not published in {environment.name}")
        return _failed(fault, app_id, api_id, api, app)
    there = await find(change.session, AppAuthorization, app_id=app_id, api_id=api_id, env_id=environment.id)
    if there is not None:
        skipped = _result("SKIPPED", api, app, Fault(AUTHORIZATION_TAKEN))
        return ApiAuthRelation(
            api_id=api_id, app_id=app_id, auth_result=skipped, id=there.id, auth_time=there.auth_time
        )
    made = AppAuthorization(id=new_id(), app_id=app_id, api_id=api_id, env_id=environment.id, auth_time=change.now)
    change.session.add(made)
    succeeded = _result("SUCCESS", api, app)
    return ApiAuthRelation(
        api_id=api_id, app_id=app_id, auth_result=succeeded, id=made.id, auth_time=made.auth_time
    )


def _failed(
    fault: Fault, app_id: str, api_id: str, api: Api | None = None, app: App | None = None
) -> ApiAuthRelation:
    return ApiAuthRelation(api_id=api_id, app_id=app_id, auth_result=_result("FAILED", api, app, fault))


def _result(status: str, api: Api | None, app: App | None, fault: Fault | None = None) -> AuthResult:
    return AuthResult(
        status=status,
        error_code=fault.kind.code if fault is not None else None,
        error_msg=fault.message if fault is not None else None,
        api_name=api.name if api is not None else None,
        app_name=app.name if app is not None else None,
    )


def _listed(total: int, found: list[Authorized]) -> ApiAuthList:
    auths = [_info(place) for place in found]
    return ApiAuthList(total=total, size=len(auths), auths=auths)


def _info(place: Authorized) -> ApiAuthInfo:
    authorization, app, api, group, environment, publication = place
    return ApiAuthInfo(
        id=authorization.id,
        api_id=api.id,
        api_name=api.name,
        api_type=api.type,
        api_remark=api.definition.get("remark", ""),
        group_id=group.id,
        group_name=group.name,
        env_id=environment.id,
        env_name=environment.name,
        publish_id=publication.id,
        app_id=app.id,
        app_name=app.name,
        app_remark=app.remark,
        app_creator=app.creator,
        auth_time=authorization.auth_time,
        tags=api.definition.get("tags", []),
    )


def _outline(place: PublishedApi) -> ApiOutline:
    api, group, publication, environment = place
    return ApiOutline(
        id=api.id,
        name=api.name,
        auth_type=api.auth_type,
        group_id=group.id,
        group_name=group.name,
        run_env_id=environment.id,
        run_env_name=environment.name,
        publish_id=publication.id,
        remark=api.definition.get("remark", ""),
        req_uri=api.req_uri,
        tags=api.definition.get("tags", []),
    )
