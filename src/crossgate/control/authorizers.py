"""Custom authorizers (gateway.md 1.10)."""

from collections.abc import Mapping
from typing import Any

from crossgate.control import audit, caller_config
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors import Finding, Severity
from crossgate.core.errors.admin import AUTHORIZER_IS_USED, AUTHORIZER_NAME_TAKEN, AUTHORIZER_NOT_FOUND, invalid
from crossgate.core.model.api import ApiCreate
from crossgate.core.model.authorizer import (
    AuthorizerCreate,
    AuthorizerInfo,
    AuthorizerList,
    AuthorizerQuery,
    named_by,
)
from crossgate.core.policies.functions import PYTHON
from crossgate.store import caller_lists
from crossgate.store.caller_tables import Authorizer
from crossgate.store.rows import Session, find


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


async def check_named(session: Session, api: ApiCreate) -> None:
    """Raise when `api` names an authorizer that is not there, or that is not of the type its place needs."""
    for at, authorizer_id, kind in named_by(api):
        authorizer = await get(session, authorizer_id)
        if authorizer.type != kind:
            message = f"The authorizer {authorizer.name} is of type {authorizer.type}"
            raise invalid(at, message, f"Name an authorizer of type {kind}.")


async def advise_published(session: Session, api: ApiCreate, functions: Mapping[str, str]) -> list[Finding]:
    """What to reconsider in the authorizers of `api`: whose function is not known, or may not be run."""
    found = []
    for at, authorizer_id, _ in named_by(api):
        authorizer = await get(session, authorizer_id)
        endpoint = caller_config.authorizer(authorizer, functions).endpoint
        uri = authorizer.definition["authorizer_uri"]
        if endpoint is None:
            message = f"Nobody has said where the function {uri} of the authorizer {authorizer.name} is"
            fix = "List it in the functions file and start the gateway again: until then every call is refused."
            found.append(_warning("authorizer.function-unknown", at, message, fix))
        elif endpoint.startswith(PYTHON) and endpoint not in functions.values():
            message = (
                f"The functions file does not let {endpoint} run, which the authorizer {authorizer.name} names"
            )
            fix = "List it there and start the gateway again: until then every call is refused."
            found.append(_warning("authorizer.function-not-allowed", at, message, fix))
    return found


def _warning(code: str, at: str, message: str, fix: str) -> Finding:
    return Finding(code=code, at=at, message=message, fix=fix, severity=Severity.HIGH)


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
