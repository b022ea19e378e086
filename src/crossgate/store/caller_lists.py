"""The lists about callers: apps, what they are authorized for, quotas, and what policies are bound to."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row as Joined
from sqlalchemy import Select, String, cast, exists, func, or_, select

from crossgate.core.model.acl import AclQuery
from crossgate.core.model.app import AppQuery
from crossgate.core.model.app_auth import AuthorizedApiQuery, AuthorizedAppQuery, UnauthorizedApiQuery
from crossgate.core.model.app_quota import AppQuotaQuery, QuotaAppQuery
from crossgate.core.model.authorizer import AuthorizerQuery
from crossgate.core.model.signature_key import SignatureKeyQuery
from crossgate.core.model.throttle import ThrottleQuery
from crossgate.store.caller_tables import (
    AccessControl,
    App,
    AppAuthorization,
    AppQuota,
    Authorizer,
    SignatureKey,
    Throttle,
)
from crossgate.store.lists import Condition, Found, equal, like, page, tagged
from crossgate.store.rows import Session
from crossgate.store.tables import Api, Environment, Group, Publication, Version

Authorized = Joined[AppAuthorization, App, Api, Group, Environment, Publication]
PublishedApi = Joined[Api, Group, Publication, Environment]


async def apps(session: Session, query: AppQuery) -> Found[App]:
    """Apps, newest first. Every app is one that a user made, and has status 1."""
    conditions = (
        equal(App.id, query.id)
        + like(App.name, query.name, query.is_precise("name"))
        + equal(App.app_key, query.app_key)
        + equal(App.creator, query.creator)
        + equal(App.related_domain_id, query.related_domain_id)
        + equal(App.related_project_id, query.related_project_id)
    )
    if query.status not in (None, "1"):
        return 0, []
    return await page(session, select(App).where(*conditions).order_by(App.register_time.desc(), App.id), query)


async def authorizations_of(session: Session, app_ids: Iterable[str]) -> dict[str, int]:
    """How many authorizations each of `app_ids` has; one without any is not there."""
    statement = (
        select(AppAuthorization.app_id, func.count())
        .where(AppAuthorization.app_id.in_(list(app_ids)))
        .group_by(AppAuthorization.app_id)
    )
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}


async def quotas(session: Session, query: AppQuotaQuery) -> Found[AppQuota]:
    """Quotas, newest first."""
    conditions = like(AppQuota.name, query.name, query.is_precise("name"))
    statement = select(AppQuota).where(*conditions).order_by(AppQuota.create_time.desc(), AppQuota.id)
    return await page(session, statement, query)


async def apps_of_quota(session: Session, quota_id: str, query: QuotaAppQuery) -> Found[App]:
    """The apps bound to a quota."""
    conditions = like(App.name, query.app_name, is_precise=False)
    statement = select(App).where(App.app_quota_id == quota_id, *conditions).order_by(App.register_time, App.id)
    return await page(session, statement, query)


async def apps_without_quota(session: Session, query: QuotaAppQuery) -> Found[App]:
    """The apps that no quota counts."""
    conditions = like(App.name, query.app_name, is_precise=False)
    statement = select(App).where(App.app_quota_id.is_(None), *conditions).order_by(App.register_time, App.id)
    return await page(session, statement, query)


async def throttles(session: Session, query: ThrottleQuery) -> Found[Throttle]:
    """Throttling policies, newest first."""
    conditions = equal(Throttle.id, query.id) + like(Throttle.name, query.name, query.is_precise("name"))
    statement = select(Throttle).where(*conditions).order_by(Throttle.create_time.desc(), Throttle.id)
    return await page(session, statement, query)


async def acls(session: Session, query: AclQuery) -> Found[AccessControl]:
    """Access control policies, newest first."""
    conditions = (
        equal(AccessControl.id, query.id)
        + like(AccessControl.name, query.name, query.is_precise("name"))
        + equal(AccessControl.acl_type, query.acl_type)
        + equal(AccessControl.entity_type, query.entity_type)
    )
    statement = select(AccessControl).where(*conditions)
    return await page(session, statement.order_by(AccessControl.update_time.desc(), AccessControl.id), query)


async def signature_keys(session: Session, query: SignatureKeyQuery) -> Found[SignatureKey]:
    """Signature keys, newest first."""
    conditions = equal(SignatureKey.id, query.id) + like(SignatureKey.name, query.name, query.is_precise("name"))
    statement = select(SignatureKey).where(*conditions)
    return await page(session, statement.order_by(SignatureKey.create_time.desc(), SignatureKey.id), query)


async def authorizers(session: Session, query: AuthorizerQuery) -> Found[Authorizer]:
    """Custom authorizers, newest first."""
    conditions = (
        equal(Authorizer.id, query.id)
        + like(Authorizer.name, query.name, query.is_precise("name"))
        + equal(Authorizer.type, query.type)
    )
    statement = select(Authorizer).where(*conditions)
    return await page(session, statement.order_by(Authorizer.create_time.desc(), Authorizer.id), query)


async def apis_naming(session: Session, object_id: str) -> list[str]:
    """The names of the APIs whose definition, as edited or as in effect, holds `object_id`."""
    in_effect = select(Publication.version_id)
    published = select(Version.api_id).where(
        Version.id.in_(in_effect), cast(Version.definition, String).contains(object_id, autoescape=True)
    )
    edited = cast(Api.definition, String).contains(object_id, autoescape=True)
    statement = select(Api.name).where(or_(edited, Api.id.in_(published))).order_by(Api.name)
    return list((await session.execute(statement)).scalars())


async def authorized_apis(session: Session, query: AuthorizedApiQuery) -> tuple[int, list[Authorized]]:
    """What an app may call, newest authorization first."""
    conditions = (
        equal(App.id, query.app_id)
        + equal(Api.id, query.api_id)
        + like(Api.name, query.api_name, query.is_precise("api_name"))
        + equal(Group.id, query.group_id)
        + like(Group.name, query.group_name, query.is_precise("group_name"))
        + equal(Environment.id, query.env_id)
        + tagged(query.tags)
    )
    return await _authorized(session, query.offset, query.limit, conditions)


async def authorized_apps(session: Session, query: AuthorizedAppQuery) -> tuple[int, list[Authorized]]:
    """Who may call an API, newest authorization first."""
    conditions = (
        equal(Api.id, query.api_id)
        + equal(App.id, query.app_id)
        + like(App.name, query.app_name, query.is_precise("app_name"))
        + equal(Environment.id, query.env_id)
    )
    return await _authorized(session, query.offset, query.limit, conditions)


async def unauthorized_apis(session: Session, query: UnauthorizedApiQuery) -> tuple[int, list[PublishedApi]]:
    """What is published with authentication by app and an app may not call, newest publication first."""
    authorized = exists().where(
        AppAuthorization.app_id == query.app_id,
        AppAuthorization.api_id == Publication.api_id,
        AppAuthorization.env_id == Publication.env_id,
    )
    conditions = (
        equal(Api.id, query.api_id)
        + like(Api.name, query.api_name, query.is_precise("api_name"))
        + equal(Group.id, query.group_id)
        + equal(Environment.id, query.env_id)
        + tagged(query.tags)
    )
    statement = (
        select(Api, Group, Publication, Environment)
        .join(Publication, Publication.api_id == Api.id)
        .join(Group, Group.id == Api.group_id)
        .join(Environment, Environment.id == Publication.env_id)
        .where(Publication.version_id.is_not(None), Api.auth_type == "APP", ~authorized, *conditions)
        .order_by(Publication.publish_time.desc(), Publication.id)
    )
    total = await _count(session, statement)
    return total, list((await session.execute(statement.offset(query.offset).limit(query.limit))).all())


async def _authorized(
    session: Session, offset: int, limit: int, conditions: list[Condition]
) -> tuple[int, list[Authorized]]:
    statement = (
        select(AppAuthorization, App, Api, Group, Environment, Publication)
        .join(App, App.id == AppAuthorization.app_id)
        .join(Api, Api.id == AppAuthorization.api_id)
        .join(Group, Group.id == Api.group_id)
        .join(Environment, Environment.id == AppAuthorization.env_id)
        .join(
            Publication,
            (Publication.api_id == AppAuthorization.api_id) & (Publication.env_id == AppAuthorization.env_id),
        )
        .where(*conditions)
        .order_by(AppAuthorization.auth_time.desc(), AppAuthorization.id)
    )
    total = await _count(session, statement)
    return total, list((await session.execute(statement.offset(offset).limit(limit))).all())


async def _count(session: Session, statement: Select[*tuple[Any, ...]]) -> int:
    # Joined tables share column names; only the number of rows matters.
    total = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return int((await session.execute(total)).scalar_one())
