"""APIs over HTTP (gateway.md 1.3, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import apis
from crossgate.core.model.api import ApiCheckInfoV2, ApiCreate, ApiQuery
from crossgate.core.model.api_info import ApiInfo, ApiList

router = contract_router()


@router.get("/apis")
async def list_apis(control: TheControl, query: Annotated[ApiQuery, Query()]) -> ApiList:
    """ListApisV2."""
    return await apis.search(control, query)


@router.post("/apis", status_code=201)
async def create_api(control: TheControl, actor: TheActor, body: Annotated[ApiCreate, sent(ApiCreate)]) -> ApiInfo:
    """CreateApiV2."""
    return await apis.create(control, actor, body)


@router.post("/apis/check", status_code=204)
async def check_api(control: TheControl, body: Annotated[ApiCheckInfoV2, sent(ApiCheckInfoV2)]) -> None:
    """CheckApisV2."""
    await apis.check(control, body)


@router.get("/apis/{api_id}")
async def show_api(control: TheControl, api_id: str) -> ApiInfo:
    """ShowDetailsOfApiV2."""
    return await apis.show(control, api_id)


@router.put("/apis/{api_id}")
async def update_api(
    control: TheControl, actor: TheActor, api_id: str, body: Annotated[ApiCreate, sent(ApiCreate)]
) -> ApiInfo:
    """UpdateApiV2."""
    return await apis.update(control, actor, api_id, body)


@router.delete("/apis/{api_id}", status_code=204)
async def delete_api(control: TheControl, actor: TheActor, api_id: str) -> None:
    """DeleteApiV2."""
    await apis.delete(control, actor, api_id)
