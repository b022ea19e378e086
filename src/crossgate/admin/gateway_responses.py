"""Gateway responses over HTTP (gateway.md 1.12, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import gateway_responses
from crossgate.core.model.gateway_response import (
    ResponseInfo,
    ResponseInfoCreate,
    ResponseQuery,
    ResponsesCreate,
    ResponsesInfo,
    ResponsesList,
)

SETS = "/api-groups/{group_id}/gateway-responses"
ONE = SETS + "/{response_id}"
TYPE = ONE + "/{response_type}"

router = contract_router()


@router.get(SETS)
async def list_responses(
    control: TheControl, group_id: str, query: Annotated[ResponseQuery, Query()]
) -> ResponsesList:
    """ListGatewayResponsesV2."""
    return await gateway_responses.search(control, group_id, query)


@router.post(SETS, status_code=201)
async def create_response(
    control: TheControl, actor: TheActor, group_id: str, body: Annotated[ResponsesCreate, sent(ResponsesCreate)]
) -> ResponsesInfo:
    """CreateGatewayResponseV2."""
    return await gateway_responses.create(control, actor, group_id, body)


@router.get(ONE)
async def show_response(control: TheControl, group_id: str, response_id: str) -> ResponsesInfo:
    """ShowDetailsOfGatewayResponseV2."""
    return await gateway_responses.show(control, group_id, response_id)


@router.put(ONE)
async def update_response(
    control: TheControl,
    actor: TheActor,
    group_id: str,
    response_id: str,
    body: Annotated[ResponsesCreate, sent(ResponsesCreate)],
) -> ResponsesInfo:
    """UpdateGatewayResponseV2."""
    return await gateway_responses.update(control, actor, group_id, response_id, body)


@router.delete(ONE, status_code=204)
async def delete_response(control: TheControl, actor: TheActor, group_id: str, response_id: str) -> None:
    """DeleteGatewayResponseV2."""
    await gateway_responses.delete(control, actor, group_id, response_id)


@router.get(TYPE)
async def show_response_type(
    control: TheControl, group_id: str, response_id: str, response_type: str
) -> dict[str, ResponseInfo]:
    """ShowDetailsOfGatewayResponseTypeV2."""
    return await gateway_responses.show_type(control, group_id, response_id, response_type)


@router.put(TYPE)
async def update_response_type(
    control: TheControl,
    actor: TheActor,
    group_id: str,
    response_id: str,
    response_type: str,
    body: Annotated[ResponseInfoCreate, sent(ResponseInfoCreate)],
) -> dict[str, ResponseInfo]:
    """UpdateGatewayResponseTypeV2."""
    return await gateway_responses.update_type(control, actor, group_id, response_id, response_type, body)


@router.delete(TYPE, status_code=204)
async def delete_response_type(
    control: TheControl, actor: TheActor, group_id: str, response_id: str, response_type: str
) -> None:
    """DeleteGatewayResponseTypeV2."""
    await gateway_responses.restore_type(control, actor, group_id, response_id, response_type)
