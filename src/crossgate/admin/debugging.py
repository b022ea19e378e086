"""Debugging APIs over HTTP (gateway.md 2.6, appendix A)."""

from typing import Annotated

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import debugging
from crossgate.core.model.debug import ApiDebugInfo, DebugApiV2Response

router = contract_router()


@router.post("/apis/debug/{api_id}")
async def debug_api(
    control: TheControl, actor: TheActor, api_id: str, body: Annotated[ApiDebugInfo, sent(ApiDebugInfo)]
) -> DebugApiV2Response:
    """DebugApiV2."""
    return await debugging.debug(control, actor, api_id, body)
