"""Gateway responses: every group's built-in set, to be read (gateway.md 1.12)."""

from crossgate.control import groups
from crossgate.control.control import Control
from crossgate.core.errors.admin import RESPONSE_NOT_FOUND, invalid
from crossgate.core.model.gateway_response import (
    DEFAULT_NAME,
    ResponseInfo,
    ResponseQuery,
    ResponsesInfo,
    ResponsesList,
    default_responses,
)
from crossgate.store import lists
from crossgate.store.rows import Session, find
from crossgate.store.tables import GatewayResponse


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
        response = await get(session, group_id, response_id)
    return _outline(response).model_copy(update={"responses": default_responses()})


async def show_type(
    control: Control, group_id: str, response_id: str, response_type: str
) -> dict[str, ResponseInfo]:
    """The answer to one type of fault, under its name."""
    responses = {str(kind): answer for kind, answer in default_responses().items()}
    async with control.reading() as session:
        await get(session, group_id, response_id)
    if response_type not in responses:
        raise invalid(
            "response_type",
            f"{response_type} is not a type of gateway response",
            f"Use one of {', '.join(responses)}.",
        )
    return {response_type: responses[response_type]}


async def get(session: Session, group_id: str, response_id: str) -> GatewayResponse:
    """The set's row; raises when the group, or the set within it, does not exist."""
    await groups.get(session, group_id)
    response = await find(session, GatewayResponse, id=response_id, group_id=group_id)
    if response is None:
        raise RESPONSE_NOT_FOUND.naming(response_id)
    return response


def _outline(response: GatewayResponse) -> ResponsesInfo:
    return ResponsesInfo(
        id=response.id,
        name=response.name,
        default=response.name == DEFAULT_NAME,
        create_time=response.create_time,
        update_time=response.update_time,
    )
