"""Plugins attached to APIs, seen from both ends."""

from typing import Any

from sqlalchemy import Row as Joined
from sqlalchemy import Select, exists, func, select

from crossgate.core.model.plugin import AttachedPluginQuery, PluginApiQuery, PluginQuery
from crossgate.store import lists
from crossgate.store.rows import Session
from crossgate.store.tables import Api, Environment, Group, Plugin, PluginBinding, Publication

AttachedPlugin = Joined[PluginBinding, Plugin, Environment]
AttachedApi = Joined[Api, Group, Publication, Environment, PluginBinding]
AttachableApi = Joined[Api, Group, Publication, Environment]


async def plugins_attached(
    session: Session, api_id: str, query: AttachedPluginQuery
) -> tuple[int, list[AttachedPlugin]]:
    """The plugins attached to an API, newest attachment first."""
    conditions = (
        lists.equal(Plugin.id, query.plugin_id)
        + lists.like(Plugin.name, query.plugin_name, query.is_precise("plugin_name"))
        + lists.equal(Plugin.type, query.plugin_type)
        + lists.equal(PluginBinding.env_id, query.env_id)
        + lists.equal(Environment.name, query.env_name)
    )
    statement = (
        select(PluginBinding, Plugin, Environment)
        .join(Plugin, Plugin.id == PluginBinding.plugin_id)
        .join(Environment, Environment.id == PluginBinding.env_id)
        .where(PluginBinding.api_id == api_id, *conditions)
        .order_by(PluginBinding.attached_time.desc(), PluginBinding.id)
    )
    total = await _count(session, statement)
    return total, list((await session.execute(statement.offset(query.offset).limit(query.limit))).all())


async def plugins_attachable(session: Session, api_id: str, query: PluginQuery) -> tuple[int, list[Plugin]]:
    """The plugins not attached to an API in the environment asked for; without one, in any."""
    attached = exists().where(PluginBinding.plugin_id == Plugin.id, PluginBinding.api_id == api_id)
    if query.env_id is not None:
        attached = attached.where(PluginBinding.env_id == query.env_id)
    total, found = await lists.plugins(session, query, ~attached)
    return total, list(found)


async def apis_attached(session: Session, plugin_id: str, query: PluginApiQuery) -> tuple[int, list[AttachedApi]]:
    """The APIs a plugin is attached to, newest attachment first."""
    statement = (
        select(Api, Group, Publication, Environment, PluginBinding)
        .join(PluginBinding, PluginBinding.api_id == Api.id)
        .join(Group, Group.id == Api.group_id)
        .join(
            Publication,
            (Publication.api_id == Api.id) & (Publication.env_id == PluginBinding.env_id),
        )
        .join(Environment, Environment.id == PluginBinding.env_id)
        .where(PluginBinding.plugin_id == plugin_id, *_api_conditions(query))
        .order_by(PluginBinding.attached_time.desc(), PluginBinding.id)
    )
    total = await _count(session, statement)
    return total, list((await session.execute(statement.offset(query.offset).limit(query.limit))).all())


async def apis_attachable(
    session: Session, plugin_id: str, query: PluginApiQuery
) -> tuple[int, list[AttachableApi]]:
    """The published APIs a plugin is not attached to, newest publication first."""
    attached = exists().where(
        PluginBinding.plugin_id == plugin_id,
        PluginBinding.api_id == Publication.api_id,
        PluginBinding.env_id == Publication.env_id,
    )
    statement = (
        select(Api, Group, Publication, Environment)
        .join(Publication, Publication.api_id == Api.id)
        .join(Group, Group.id == Api.group_id)
        .join(Environment, Environment.id == Publication.env_id)
        .where(Publication.version_id.is_not(None), ~attached, *_api_conditions(query))
        .order_by(Publication.publish_time.desc(), Publication.id)
    )
    total = await _count(session, statement)
    return total, list((await session.execute(statement.offset(query.offset).limit(query.limit))).all())


def _api_conditions(query: PluginApiQuery) -> list[lists.Condition]:
    return (
        lists.equal(Publication.env_id, query.env_id)
        + lists.equal(Api.id, query.api_id)
        + lists.equal(Api.group_id, query.group_id)
        + lists.like(Api.name, query.api_name, query.is_precise("api_name"))
        + lists.equal(Api.req_method, query.req_method)
        + lists.like(Api.req_uri, query.req_uri, query.is_precise("req_uri"))
        + lists.tagged(query.tags)
    )


async def _count(session: Session, statement: Select[*tuple[Any, ...]]) -> int:
    # Joined tables share column names; only the number of rows matters.
    total = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return int((await session.execute(total)).scalar_one())
