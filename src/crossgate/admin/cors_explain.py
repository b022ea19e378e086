"""What browsers make of a published API, over HTTP: ours, beside the contract."""

from typing import Annotated, Any

from fastapi import Query

from crossgate.admin.routing import TheControl, contract_router
from crossgate.control import cors_explain
from crossgate.core.model.cors_explain import CorsExplainQuery

router = contract_router()


@router.get("/apis/{api_id}/cors-explain")
async def explain_cors(
    control: TheControl, api_id: str, query: Annotated[CorsExplainQuery, Query()]
) -> dict[str, Any]:
    """What `crossgate cors explain --api --json` prints."""
    return await cors_explain.cors_explain(control, api_id, query)
