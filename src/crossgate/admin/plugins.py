"""Plugins and their bindings over HTTP (gateway.md 1.11, appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import bindings, plugins
from crossgate.core.model.plugin import (
    ApiOperPluginInfo,
    AttachedPluginList,
    AttachedPluginQuery,
    AttachedPlugins,
    PluginApiList,
    PluginApiQuery,
    PluginCreate,
    PluginInfo,
    PluginList,
    PluginOperApiInfo,
    PluginQuery,
    PluginWritten,
)

router = contract_router()


@router.get("/plugins")
async def list_plugins(control: TheControl, query: Annotated[PluginQuery, Query()]) -> PluginList:
    """ListPlugins."""
    return await plugins.search(control, query)


@router.post("/plugins", status_code=201)
async def create_plugin(
    control: TheControl, actor: TheActor, body: Annotated[PluginCreate, sent(PluginCreate)]
) -> PluginWritten:
    """CreatePlugin."""
    return await plugins.create(control, actor, body)


@router.get("/plugins/{plugin_id}")
async def show_plugin(control: TheControl, plugin_id: str) -> PluginInfo:
    """ShowPlugin."""
    return await plugins.show(control, plugin_id)


@router.put("/plugins/{plugin_id}")
async def update_plugin(
    control: TheControl, actor: TheActor, plugin_id: str, body: Annotated[PluginCreate, sent(PluginCreate)]
) -> PluginWritten:
    """UpdatePlugin."""
    return await plugins.update(control, actor, plugin_id, body)


@router.delete("/plugins/{plugin_id}", status_code=204)
async def delete_plugin(control: TheControl, actor: TheActor, plugin_id: str) -> None:
    """DeletePlugin."""
    await plugins.delete(control, actor, plugin_id)


@router.post("/plugins/{plugin_id}/attach", status_code=201)
async def attach_apis(
    control: TheControl,
    actor: TheActor,
    plugin_id: str,
    body: Annotated[PluginOperApiInfo, sent(PluginOperApiInfo)],
) -> AttachedPlugins:
    """AttachApiToPlugin."""
    return await bindings.attach_apis(control, actor, plugin_id, body)


@router.put("/plugins/{plugin_id}/detach", status_code=204)
async def detach_apis(
    control: TheControl,
    actor: TheActor,
    plugin_id: str,
    body: Annotated[PluginOperApiInfo, sent(PluginOperApiInfo)],
) -> None:
    """DetachApiFromPlugin."""
    await bindings.detach_apis(control, actor, plugin_id, body)


@router.get("/plugins/{plugin_id}/attached-apis")
async def list_attached_apis(
    control: TheControl, plugin_id: str, query: Annotated[PluginApiQuery, Query()]
) -> PluginApiList:
    """ListPluginAttachedApis."""
    return await bindings.search_attached_apis(control, plugin_id, query)


@router.get("/plugins/{plugin_id}/attachable-apis")
async def list_attachable_apis(
    control: TheControl, plugin_id: str, query: Annotated[PluginApiQuery, Query()]
) -> PluginApiList:
    """ListPluginAttachableApis."""
    return await bindings.search_attachable_apis(control, plugin_id, query)


@router.post("/apis/{api_id}/plugins/attach", status_code=201)
async def attach_plugins(
    control: TheControl, actor: TheActor, api_id: str, body: Annotated[ApiOperPluginInfo, sent(ApiOperPluginInfo)]
) -> AttachedPlugins:
    """AttachPluginToApi."""
    return await bindings.attach_plugins(control, actor, api_id, body)


@router.put("/apis/{api_id}/plugins/detach", status_code=204)
async def detach_plugins(
    control: TheControl, actor: TheActor, api_id: str, body: Annotated[ApiOperPluginInfo, sent(ApiOperPluginInfo)]
) -> None:
    """DetachPluginFromApi."""
    await bindings.detach_plugins(control, actor, api_id, body)


@router.get("/apis/{api_id}/attached-plugins")
async def list_attached_plugins(
    control: TheControl, api_id: str, query: Annotated[AttachedPluginQuery, Query()]
) -> AttachedPluginList:
    """ListApiAttachedPlugins."""
    return await bindings.search_attached_plugins(control, api_id, query)


@router.get("/apis/{api_id}/attachable-plugins")
async def list_attachable_plugins(
    control: TheControl, api_id: str, query: Annotated[PluginQuery, Query()]
) -> PluginList:
    """ListApiAttachablePlugins."""
    return await bindings.search_attachable_plugins(control, api_id, query)
