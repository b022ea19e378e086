"""Custom authorizers (gateway.md 1.10)."""

from collections.abc import Mapping
from typing import Any

from crossgate.control import audit
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import AUTHORIZER_IS_USED, AUTHORIZER_NAME_TAKEN, AUTHORIZER_NOT_FOUND
from crossgate.core.model.authorizer import AuthorizerCreate, AuthorizerInfo, AuthorizerList, AuthorizerQuery
from crossgate.core.policies import authorizer as policy
from crossgate.core.policies.functions import endpoint_of
from crossgate.store import caller_lists
from crossgate.store.caller_tables import Authorizer
from crossgate.store.rows import Session, find

DEFAULT_TIMEOUT_MS = 5000


async def create(control: Control, actor: Actor, body: AuthorizerCreate) -> AuthorizerInfo:
    """A new authorizer; nobody is asked before an API names it."""
    async with control.changing(actor, audit.CREATE_AUTHORIZER, body) as change:
        if await find(change.session, Authorizer, name=body.name) is not None:
            raise AUTHORIZER_NAME_TAKEN.naming()
        authorizer = Authorizer(
            id=new_id(), name=body.name, type=body.type, definition=_definition(body), create_time=change.now
        )
        change.session.add(authorizer)
        change.of(authorizer.id, authorizer.name)
        return _info(authorizer)


async def search(control: Control, query: AuthorizerQuery) -> AuthorizerList:
    """A page of authorizers."""
    async with control.reading() as session:
        total, found = await caller_lists.authorizers(session, query)
    shown = [_info(authorizer) for authorizer in found]
    return AuthorizerList(total=total, size=len(shown), authorizer_list=shown)


async def show(control: Control, authorizer_id: str) -> AuthorizerInfo:
    """One authorizer."""
    async with control.reading() as session:
        return _info(await get(session, authorizer_id))


async def update(control: Control, actor: Actor, authorizer_id: str, body: AuthorizerCreate) -> AuthorizerInfo:
    """Change an authorizer; every API that names it goes by it at once. One that is named keeps its type."""
    async with control.changing(actor, audit.UPDATE_AUTHORIZER, body) as change:
        authorizer = await get(change.session, authorizer_id)
        change.of(authorizer.id, body.name)
        holder = await find(change.session, Authorizer, name=body.name)
        if holder is not None and holder.id != authorizer.id:
            raise AUTHORIZER_NAME_TAKEN.naming()
        if body.type != authorizer.type:
            await _check_is_unused(change.session, authorizer)
        authorizer.name, authorizer.type, authorizer.definition = body.name, body.type, _definition(body)
        return _info(authorizer)


async def delete(control: Control, actor: Actor, authorizer_id: str) -> None:
    """Remove an authorizer that no API names, as edited or as published."""
    async with control.changing(actor, audit.DELETE_AUTHORIZER, {}) as change:
        authorizer = await get(change.session, authorizer_id)
        change.of(authorizer.id, authorizer.name)
        await _check_is_unused(change.session, authorizer)
        await change.session.delete(authorizer)


async def get(session: Session, authorizer_id: str) -> Authorizer:
    """The authorizer's row; raises when there is none."""
    authorizer = await session.get(Authorizer, authorizer_id)
    if authorizer is None:
        raise AUTHORIZER_NOT_FOUND.naming(authorizer_id)
    return authorizer


def published(authorizer: Authorizer, functions: Mapping[str, str]) -> policy.Authorizer:
    """The authorizer as the data plane gets it; `functions` says where the function of a URN is."""
    info = _info(authorizer)
    return policy.Authorizer(
        id=info.id,
        type="FRONTEND" if info.type == "FRONTEND" else "BACKEND",
        endpoint=endpoint_of(info.authorizer_uri, info.authorizer_version, info.authorizer_alias_uri, functions),
        identities=tuple(
            policy.Identity(each.name, each.location, each.validation or "") for each in info.identities
        ),
        ttl_s=info.ttl,
        user_data=info.user_data,
        needs_body=info.need_body,
        timeout_ms=info.timeout or DEFAULT_TIMEOUT_MS,
        retries=info.retry_attempts or 0,
        lets_pass_on_failure=info.auth_downgrade_enabled is True,
    )


async def _check_is_unused(session: Session, authorizer: Authorizer) -> None:
    names = await caller_lists.apis_naming(session, authorizer.id)
    if names:
        raise AUTHORIZER_IS_USED.because(", ".join(names[:5]))


def _definition(body: AuthorizerCreate) -> dict[str, Any]:
    return body.model_dump(exclude={"name", "type"}, exclude_none=True)


def _info(authorizer: Authorizer) -> AuthorizerInfo:
    return AuthorizerInfo(
        id=authorizer.id,
        name=authorizer.name,
        type=authorizer.type,
        create_time=authorizer.create_time,
        **authorizer.definition,
    )
