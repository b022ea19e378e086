"""Gateway responses: the sets of answers a group has (gateway.md 1.12)."""

from typing import cast, get_args

from crossgate.control import audit, groups
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import (
    DEFAULT_RESPONSE_IS_BUILT_IN,
    DEFAULT_RESPONSE_NAME_IS_BUILT_IN,
    RESPONSE_NAME_TAKEN,
    RESPONSE_NOT_FOUND,
    TOO_MANY_RESPONSES,
    invalid,
)
from crossgate.core.model.gateway_response import (
    DEFAULT_NAME,
    MAX_SETS,
    ResponseInfo,
    ResponseInfoCreate,
    ResponseQuery,
    ResponsesCreate,
    ResponsesInfo,
    ResponsesList,
    ResponseType,
    all_responses,
    changed,
)
from crossgate.store import lists
from crossgate.store.rows import Session, count, find
from crossgate.store.tables import GatewayResponse


async def create(control: Control, actor: Actor, group_id: str, body: ResponsesCreate) -> ResponsesInfo:
    """A new set; it answers for the APIs that name it."""
    async with control.changing(actor, audit.CREATE_RESPONSE, body) as change:
        await groups.get(change.session, group_id)
        await _check_name_is_free(change.session, group_id, body.name)
        if await count(change.session, GatewayResponse, group_id=group_id) > MAX_SETS:
            raise TOO_MANY_RESPONSES.naming()
        response = GatewayResponse(
            id=new_id(),
            group_id=group_id,
            name=body.name,
            create_time=change.now,
            update_time=change.now,
            responses={kind: changed(answer, kind) for kind, answer in (body.responses or {}).items()},
        )
        change.session.add(response)
        change.of(response.id, response.name)
        return _info(response)


async def search(control: Control, group_id: str, query: ResponseQuery) -> ResponsesList:
    """A page of a group's sets, without their answers."""
    async with control.reading() as session:
        await groups.get(session, group_id)
        total, found = await lists.gateway_responses(session, group_id, query)
    responses = [_outline(response) for response in found]
    return ResponsesList(total=total, size=len(responses), responses=responses)


async def show(control: Control, group_id: str, response_id: str) -> ResponsesInfo:
    """One set with the answer to every type of fault."""
    async with control.reading() as session:
        return _info(await get(session, group_id, response_id))


async def update(
    control: Control, actor: Actor, group_id: str, response_id: str, body: ResponsesCreate
) -> ResponsesInfo:
    """Change a set, which answers like that at once; the built-in one keeps its name."""
    async with control.changing(actor, audit.UPDATE_RESPONSE, body) as change:
        response = await get(change.session, group_id, response_id)
        change.of(response.id, body.name)
        if body.name != response.name:
            if response.name == DEFAULT_NAME:
                raise DEFAULT_RESPONSE_NAME_IS_BUILT_IN.naming()
            await _check_name_is_free(change.session, group_id, body.name)
        response.name, response.update_time = body.name, change.now
        if body.responses is not None:
            response.responses = {kind: changed(answer, kind) for kind, answer in body.responses.items()}
        return _info(response)


async def delete(control: Control, actor: Actor, group_id: str, response_id: str) -> None:
    """Remove a set; for the APIs that name it, the group's built-in one answers from then on."""
    async with control.changing(actor, audit.DELETE_RESPONSE, {}) as change:
        response = await get(change.session, group_id, response_id)
        change.of(response.id, response.name)
        if response.name == DEFAULT_NAME:
            raise DEFAULT_RESPONSE_IS_BUILT_IN.naming()
        await change.session.delete(response)


async def show_type(
    control: Control, group_id: str, response_id: str, response_type: str
) -> dict[str, ResponseInfo]:
    """The answer to one type of fault, under its name."""
    async with control.reading() as session:
        response = await get(session, group_id, response_id)
        kind = _type(response_type)
        return {kind: all_responses(response.responses)[kind]}


async def update_type(
    control: Control, actor: Actor, group_id: str, response_id: str, response_type: str, body: ResponseInfoCreate
) -> dict[str, ResponseInfo]:
    """Change the answer to one type of fault."""
    async with control.changing(actor, audit.UPDATE_RESPONSE_TYPE, body) as change:
        response = await get(change.session, group_id, response_id)
        kind = _type(response_type)
        change.of(response.id, response.name)
        response.responses = {**response.responses, kind: changed(body, kind)}
        response.update_time = change.now
        return {kind: all_responses(response.responses)[kind]}


async def restore_type(
    control: Control, actor: Actor, group_id: str, response_id: str, response_type: str
) -> None:
    """Let one type of fault be answered as the contract ships it."""
    async with control.changing(actor, audit.DELETE_RESPONSE_TYPE, {}) as change:
        response = await get(change.session, group_id, response_id)
        kind = _type(response_type)
        change.of(response.id, response.name)
        response.responses = {name: answer for name, answer in response.responses.items() if name != kind}
        response.update_time = change.now


async def get(session: Session, group_id: str, response_id: str) -> GatewayResponse:
    """The set's row; raises when the group, or the set within it, does not exist."""
    await groups.get(session, group_id)
    response = await find(session, GatewayResponse, id=response_id, group_id=group_id)
    if response is None:
        raise RESPONSE_NOT_FOUND.naming(response_id)
    return response


async def _check_name_is_free(session: Session, group_id: str, name: str) -> None:
    if await find(session, GatewayResponse, group_id=group_id, name=name) is not None:
        raise RESPONSE_NAME_TAKEN.naming()


def _type(name: str) -> ResponseType:
    types = get_args(ResponseType)
    if name not in types:
        message = f"{name} is not a type of gateway response"
        raise invalid("response_type", message, f"Use one of {', '.join(types)}.")
    return cast("ResponseType", name)


def _info(response: GatewayResponse) -> ResponsesInfo:
    return _outline(response).model_copy(update={"responses": all_responses(response.responses)})


def _outline(response: GatewayResponse) -> ResponsesInfo:
    return ResponsesInfo(
        id=response.id,
        name=response.name,
        default=response.name == DEFAULT_NAME,
        create_time=response.create_time,
        update_time=response.update_time,
    )
