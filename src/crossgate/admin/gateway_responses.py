"""Gateway responses over HTTP, to be read (gateway.md 1.12, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.routing import TheControl, contract_router
from crossgate.control import gateway_responses
from crossgate.core.model.gateway_response import ResponseInfo, ResponseQuery, ResponsesInfo, ResponsesList

SETS = "/api-groups/{group_id}/gateway-responses"

router = contract_router()


@router.get(SETS)
async def list_responses(
    control: TheControl, group_id: str, query: Annotated[ResponseQuery, Query()]
) -> ResponsesList:
    """ListGatewayResponsesV2."""
    return await gateway_responses.search(control, group_id, query)


@router.get(SETS + "/{response_id}")
async def show_response(control: TheControl, group_id: str, response_id: str) -> ResponsesInfo:
    """ShowDetailsOfGatewayResponseV2."""
    return await gateway_responses.show(control, group_id, response_id)


@router.get(SETS + "/{response_id}/{response_type}")
async def show_response_type(
    control: TheControl, group_id: str, response_id: str, response_type: str
) -> dict[str, ResponseInfo]:
    """ShowDetailsOfGatewayResponseTypeV2."""
    return await gateway_responses.show_type(control, group_id, response_id, response_type)
