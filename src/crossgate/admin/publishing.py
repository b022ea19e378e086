"""Publishing, versions and live definitions over HTTP (gateway.md 1.4, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import publishing
from crossgate.core.model.api_info import ApiRuntime, ApiVersionDetail
from crossgate.core.model.publication import (
    ApiActionInfo,
    ApiBatchPublish,
    ApiVersion,
    BatchPublishResp,
    PublishResp,
    VersionList,
    VersionQuery,
)

router = contract_router()


@router.post("/apis/action", status_code=201)
async def publish_or_offline(
    control: TheControl, actor: TheActor, body: Annotated[ApiActionInfo, sent(ApiActionInfo)]
) -> PublishResp:
    """CreateOrDeletePublishRecordForApiV2."""
    return await publishing.publish_or_offline(control, actor, body)


@router.post("/apis/publish")
async def publish_batch(
    control: TheControl,
    actor: TheActor,
    body: Annotated[ApiBatchPublish, sent(ApiBatchPublish)],
    action: str = "online",
) -> BatchPublishResp:
    """BatchPublishOrOfflineApiV2."""
    return await publishing.batch(control, actor, action, body)


@router.get("/apis/publish/{api_id}")
async def list_versions(control: TheControl, api_id: str, query: Annotated[VersionQuery, Query()]) -> VersionList:
    """ListApiVersionsV2."""
    return await publishing.search_versions(control, api_id, query)


@router.put("/apis/publish/{api_id}")
async def switch_version(
    control: TheControl, actor: TheActor, api_id: str, body: Annotated[ApiVersion, sent(ApiVersion)]
) -> PublishResp:
    """ChangeApiVersionV2."""
    return await publishing.switch(control, actor, api_id, body)


@router.get("/apis/runtime/{api_id}")
async def show_runtime(control: TheControl, api_id: str, env_id: str | None = None) -> ApiRuntime:
    """ListApiRuntimeDefinitionV2."""
    return await publishing.runtime(control, api_id, env_id)


@router.get("/apis/versions/{version_id}")
async def show_version(control: TheControl, version_id: str) -> ApiVersionDetail:
    """ListApiVersionDetailV2."""
    return await publishing.show_version(control, version_id)


@router.delete("/apis/versions/{version_id}", status_code=204)
async def take_version_offline(control: TheControl, actor: TheActor, version_id: str) -> None:
    """DeleteApiByVersionIdV2."""
    await publishing.take_version_offline(control, actor, version_id)
