"""The lists of the contract: filtered, counted and cut into pages (gateway.md 0, lists)."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crossgate.core.model.api import ApiQuery
from crossgate.core.model.environment import EnvironmentQuery
from crossgate.core.model.feature import FeatureQuery
from crossgate.core.model.gateway_response import ResponseQuery
from crossgate.core.model.group import GroupQuery
from crossgate.core.model.paging import NO_TAGS, Page
from crossgate.core.model.plugin import PluginQuery
from crossgate.core.model.publication import VersionQuery
from crossgate.core.model.variable import VariableQuery
from crossgate.store.rows import Session
from crossgate.store.tables import (
    Api,
    ApiTag,
    AuditRecord,
    Environment,
    Feature,
    GatewayResponse,
    Group,
    Plugin,
    Publication,
    Row,
    Variable,
    Version,
)

AnyRow = TypeVar("AnyRow", bound=Row)
Found = tuple[int, Sequence[AnyRow]]
Condition = ColumnElement[bool]


async def groups(session: Session, query: GroupQuery) -> Found[Group]:
    """Groups, newest first."""
    conditions = equal(Group.id, query.id) + like(Group.name, query.name, query.is_precise("name"))
    return await page(session, select(Group).where(*conditions).order_by(*_newest(Group)), query)


async def environments(session: Session, query: EnvironmentQuery) -> Found[Environment]:
    """Environments, oldest first: RELEASE leads."""
    conditions = like(Environment.name, query.name, query.is_precise("name"))
    statement = select(Environment).where(*conditions).order_by(Environment.create_time, Environment.id)
    return await page(session, statement, query)


async def variables(session: Session, query: VariableQuery) -> Found[Variable]:
    """Variables by name."""
    conditions = (
        equal(Variable.group_id, query.group_id)
        + equal(Variable.env_id, query.env_id)
        + like(Variable.variable_name, query.variable_name, query.is_precise("variable_name"))
    )
    order = (Variable.variable_name, Variable.id)
    return await page(session, select(Variable).where(*conditions).order_by(*order), query)


async def apis(session: Session, query: ApiQuery) -> Found[Api]:
    """APIs, newest first; `env_id` keeps those in effect there."""
    if query.vpc_channel_name is not None:
        # There are no load channels, so no API uses one of that name.
        return 0, []
    conditions = (
        equal(Api.id, query.id)
        + like(Api.name, query.name, query.is_precise("name"))
        + equal(Api.group_id, query.group_id)
        + equal(Api.req_protocol, query.req_protocol)
        + equal(Api.req_method, query.req_method)
        + like(Api.req_uri, query.req_uri, query.is_precise("req_uri"))
        + equal(Api.auth_type, query.auth_type)
        + equal(Api.type, query.type)
        + tagged(query.tags)
    )
    if query.env_id is not None:
        conditions.append(is_published(query.env_id))
    return await page(session, select(Api).where(*conditions).order_by(*_newest(Api)), query)


async def versions(session: Session, api_id: str, query: VersionQuery) -> Found[Version]:
    """The versions of one API, newest first."""
    conditions = [Version.api_id == api_id, *equal(Version.env_id, query.env_id)]
    if query.env_name is not None:
        named = select(Environment.id).where(Environment.name == query.env_name)
        conditions.append(Version.env_id.in_(named))
    order = (Version.publish_time.desc(), Version.version_no.desc(), Version.id)
    return await page(session, select(Version).where(*conditions).order_by(*order), query)


async def plugins(session: Session, query: PluginQuery, *more: Condition) -> Found[Plugin]:
    """Plugins, newest first."""
    conditions = (
        equal(Plugin.id, query.plugin_id)
        + like(Plugin.name, query.plugin_name, query.is_precise("plugin_name"))
        + equal(Plugin.type, query.plugin_type)
        + equal(Plugin.scope, query.plugin_scope)
    )
    order = (Plugin.create_time.desc(), Plugin.id)
    return await page(session, select(Plugin).where(*conditions, *more).order_by(*order), query)


async def gateway_responses(session: Session, group_id: str, query: ResponseQuery) -> Found[GatewayResponse]:
    """The sets of answers of one group."""
    statement = select(GatewayResponse).where(GatewayResponse.group_id == group_id)
    order = (GatewayResponse.create_time.desc(), GatewayResponse.id)
    return await page(session, statement.order_by(*order), query)


async def features(session: Session, query: FeatureQuery) -> Found[Feature]:
    """The features somebody has set, by name."""
    return await page(session, select(Feature).order_by(Feature.name), query)


async def audit_records(session: Session, query: Page) -> Found[AuditRecord]:
    """The audit trail, newest first."""
    return await page(session, select(AuditRecord).order_by(AuditRecord.revision.desc()), query)


def equal(column: InstrumentedAttribute[Any], value: object) -> list[Condition]:
    """`column` equals `value`, when there is one."""
    return [] if value is None else [column == value]


def like(column: InstrumentedAttribute[str], text: str | None, is_precise: bool) -> list[Condition]:
    """`column` contains `text` in any case, or equals it; `%` and `_` mean themselves."""
    if text is None:
        return []
    return [column == text] if is_precise else [column.icontains(text, autoescape=True)]


def tagged(tags: list[str]) -> list[Condition]:
    """The API has one of `tags`, or none at all when that is asked for."""
    if not tags:
        return []
    has_tag = exists().where(ApiTag.api_id == Api.id)
    alternatives: list[Condition] = [has_tag.where(ApiTag.tag.in_(tags))]
    if NO_TAGS in tags:
        alternatives.append(~has_tag)
    return [or_(*alternatives)]


def is_published(env_id: str) -> Condition:
    """The API is in effect in `env_id`."""
    of_this = and_(Publication.api_id == Api.id, Publication.env_id == env_id)
    return exists().where(of_this, Publication.version_id.is_not(None))


def _newest(table: type[Group] | type[Api]) -> tuple[Any, ...]:
    return table.register_time.desc(), table.id


async def page(session: Session, statement: Select[AnyRow], asked: Page) -> Found[AnyRow]:
    """How many rows `statement` has, and the part of them that is asked for."""
    total = select(func.count()).select_from(statement.order_by(None).subquery())
    rows = await session.execute(statement.offset(asked.offset).limit(asked.limit))
    return int((await session.execute(total)).scalar_one()), rows.scalars().all()
