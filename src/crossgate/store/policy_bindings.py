"""Policies bound to publications: throttling, access control, signature keys; seen from both ends."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy import Row as Joined

from crossgate.core.model.binding import BoundApiQuery, BoundPolicyQuery
from crossgate.core.model.paging import Page
from crossgate.store.caller_tables import AccessControl, PolicyBinding, SignatureKey, Throttle
from crossgate.store.lists import Condition, equal, like, tagged
from crossgate.store.rows import Session
from crossgate.store.tables import Api, Environment, Group, Publication

Policy = Throttle | AccessControl | SignatureKey
Place = Joined[Publication, Api, Group, Environment]
BoundPlace = Joined[PolicyBinding, Publication, Api, Group, Environment]


async def bound(session: Session, policy_id: str, query: BoundApiQuery) -> tuple[int, list[BoundPlace]]:
    """Where a policy is bound, newest binding first."""
    statement = (
        _places(select(PolicyBinding, Publication, Api, Group, Environment))
        .join(PolicyBinding, PolicyBinding.publish_id == Publication.id)
        .where(PolicyBinding.policy_id == policy_id, *_conditions(query))
        .order_by(PolicyBinding.bind_time.desc(), PolicyBinding.id)
    )
    return await _page(session, statement, query)


async def unbound(
    session: Session, slot: str, query: BoundApiQuery, policy_id: str | None
) -> tuple[int, list[Place]]:
    """Where a policy can be bound: what is published and has not this policy, newest publication first.

    Without a policy it is what has none in `slot`.
    """
    taken: ColumnElement[bool] = exists().where(
        PolicyBinding.publish_id == Publication.id,
        PolicyBinding.slot == slot if policy_id is None else PolicyBinding.policy_id == policy_id,
    )
    statement = (
        _places(select(Publication, Api, Group, Environment))
        .where(Publication.version_id.is_not(None), ~taken, *_conditions(query))
        .order_by(Publication.publish_time.desc(), Publication.id)
    )
    return await _page(session, statement, query)


async def of_api(
    session: Session, table: type[Any], query: BoundPolicyQuery, *more: Condition
) -> tuple[int, list[Joined[Any, PolicyBinding, Environment]]]:
    """The policies of one table bound to an API, newest binding first."""
    statement = (
        select(table, PolicyBinding, Environment)
        .join(PolicyBinding, PolicyBinding.policy_id == table.id)
        .join(Publication, Publication.id == PolicyBinding.publish_id)
        .join(Environment, Environment.id == Publication.env_id)
        .where(
            Publication.api_id == query.api_id,
            *equal(Environment.id, query.env_id),
            *equal(Environment.name, query.env_name),
            *more,
        )
        .order_by(PolicyBinding.bind_time.desc(), PolicyBinding.id)
    )
    return await _page(session, statement, query)


async def place(session: Session, publish_id: str) -> Place | None:
    """The publication of that id with what it joins; None when it is not there or not in effect."""
    statement = _places(select(Publication, Api, Group, Environment))
    conditions = Publication.id == publish_id, Publication.version_id.is_not(None)
    return (await session.execute(statement.where(*conditions))).one_or_none()


def _places(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Publication)
        .join(Api, Api.id == Publication.api_id)
        .join(Group, Group.id == Api.group_id)
        .join(Environment, Environment.id == Publication.env_id)
    )


def _conditions(query: BoundApiQuery) -> list[Condition]:
    return (
        equal(Environment.id, query.env_id)
        + equal(Group.id, query.group_id)
        + equal(Api.id, query.api_id)
        + like(Api.name, query.api_name, query.is_precise("api_name"))
        + tagged(query.tags)
    )


async def _page(session: Session, statement: Select[*tuple[Any, ...]], page: Page) -> tuple[int, list[Any]]:
    # Joined tables share column names; only the number of rows matters.
    total = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    rows = await session.execute(statement.offset(page.offset).limit(page.limit))
    return int((await session.execute(total)).scalar_one()), list(rows.all())
