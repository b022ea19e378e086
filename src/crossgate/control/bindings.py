"""Attaching plugins to APIs and detaching them, from either end; in effect at once (gateway.md 1.11)."""

from collections import Counter
from collections.abc import Sequence

from crossgate.control import apis, audit, cors_rules, environments, plugins
from crossgate.control.audit import Actor
from crossgate.control.control import Change, Control, new_id
from crossgate.core.errors.admin import ONLY_PUBLISHED_APIS, invalid
from crossgate.core.model.plugin import (
    ApiOperPluginInfo,
    AttachedPluginInfo,
    AttachedPluginList,
    AttachedPluginQuery,
    AttachedPlugins,
    PluginApiAttachInfo,
    PluginApiInfo,
    PluginApiList,
    PluginApiQuery,
    PluginList,
    PluginOperApiInfo,
    PluginQuery,
)
from crossgate.store import bindings, publications
from crossgate.store.rows import find
from crossgate.store.tables import Api, Environment, Group, Plugin, PluginBinding, Publication


async def attach_apis(control: Control, actor: Actor, plugin_id: str, body: PluginOperApiInfo) -> AttachedPlugins:
    """Attach one plugin to published APIs; it takes the place of another one of its type."""
    async with control.changing(actor, audit.ATTACH_APIS_TO_PLUGIN, body) as change:
        plugin = await plugins.get(change.session, plugin_id)
        environment = await environments.get(change.session, body.env_id)
        change.of(plugin.id, plugin.name)
        found = [await apis.get(change.session, api_id) for api_id in _unique(body.api_ids, "api_ids")]
        return await _attach(change, [plugin], found, environment)


async def attach_plugins(control: Control, actor: Actor, api_id: str, body: ApiOperPluginInfo) -> AttachedPlugins:
    """Attach plugins to one published API; each takes the place of another one of its type."""
    async with control.changing(actor, audit.ATTACH_PLUGINS_TO_API, body) as change:
        api = await apis.get(change.session, api_id)
        environment = await environments.get(change.session, body.env_id)
        change.of(api.id, api.name)
        wanted = [
            await plugins.get(change.session, plugin_id) for plugin_id in _unique(body.plugin_ids, "plugin_ids")
        ]
        [(kind, times)] = Counter(plugin.type for plugin in wanted).most_common(1)
        if times > 1:
            raise invalid("plugin_ids", f"{times} of the plugins are of type {kind}", "Attach one of each type.")
        return await _attach(change, wanted, [api], environment)


async def detach_apis(control: Control, actor: Actor, plugin_id: str, body: PluginOperApiInfo) -> None:
    """Detach a plugin from APIs; one it is not attached to is as wanted already."""
    async with control.changing(actor, audit.DETACH_APIS_FROM_PLUGIN, body) as change:
        plugin = await plugins.get(change.session, plugin_id)
        change.of(plugin.id, plugin.name)
        await environments.get(change.session, body.env_id)
        for api_id in _unique(body.api_ids, "api_ids"):
            await _detach(change, plugin_id, api_id, body.env_id)


async def detach_plugins(control: Control, actor: Actor, api_id: str, body: ApiOperPluginInfo) -> None:
    """Detach plugins from an API; one that is not attached is as wanted already."""
    async with control.changing(actor, audit.DETACH_PLUGINS_FROM_API, body) as change:
        api = await apis.get(change.session, api_id)
        change.of(api.id, api.name)
        await environments.get(change.session, body.env_id)
        for plugin_id in _unique(body.plugin_ids, "plugin_ids"):
            await _detach(change, plugin_id, api_id, body.env_id)


async def search_attached_plugins(control: Control, api_id: str, query: AttachedPluginQuery) -> AttachedPluginList:
    """A page of the plugins attached to an API."""
    async with control.reading() as session:
        await apis.get(session, api_id)
        total, found = await bindings.plugins_attached(session, api_id, query)
    shown = [
        AttachedPluginInfo(
            **dict(plugins.info(plugin)),
            plugin_attach_id=binding.id,
            env_id=environment.id,
            env_name=environment.name,
            attached_time=binding.attached_time,
        )
        for binding, plugin, environment in found
    ]
    return AttachedPluginList(total=total, size=len(shown), plugins=shown)


async def search_attachable_plugins(control: Control, api_id: str, query: PluginQuery) -> PluginList:
    """A page of the plugins that are not attached to an API."""
    async with control.reading() as session:
        await apis.get(session, api_id)
        total, found = await bindings.plugins_attachable(session, api_id, query)
    shown = [plugins.info(plugin) for plugin in found]
    return PluginList(total=total, size=len(shown), plugins=shown)


async def search_attached_apis(control: Control, plugin_id: str, query: PluginApiQuery) -> PluginApiList:
    """A page of the APIs a plugin is attached to."""
    async with control.reading() as session:
        await plugins.get(session, plugin_id)
        total, found = await bindings.apis_attached(session, plugin_id, query)
    shown = [_api(api, group, record, environment, binding) for api, group, record, environment, binding in found]
    return PluginApiList(total=total, size=len(shown), apis=shown)


async def search_attachable_apis(control: Control, plugin_id: str, query: PluginApiQuery) -> PluginApiList:
    """A page of the published APIs a plugin is not attached to."""
    async with control.reading() as session:
        await plugins.get(session, plugin_id)
        total, found = await bindings.apis_attachable(session, plugin_id, query)
    shown = [_api(api, group, record, environment, None) for api, group, record, environment in found]
    return PluginApiList(total=total, size=len(shown), apis=shown)


def _unique(ids: Sequence[str], field: str) -> list[str]:
    if not ids:
        raise invalid(field, "The list is empty", "Name at least one.")
    return list(dict.fromkeys(ids))


async def _attach(
    change: Change, wanted: list[Plugin], found: list[Api], environment: Environment
) -> AttachedPlugins:
    for api in found:
        if not await publications.is_running(change.session, api_id=api.id, env_id=environment.id):
            raise ONLY_PUBLISHED_APIS.because(
                f"API {api.name} ({api.id}) is not published in environment {environment.name}; publish it first"
            )
    warnings = None
    for plugin in (plugin for plugin in wanted if plugin.type == "cors"):
        api_ids = [api.id for api in found]
        await cors_rules.check_attached(change.session, plugin, environment.id, api_ids)
        warnings = await cors_rules.advise_attached(change, plugin, environment.id, api_ids)
    bound = [await _bind(change, plugin, api, environment) for plugin in wanted for api in found]
    return AttachedPlugins(attached_plugins=bound, warnings=warnings)


async def _bind(change: Change, plugin: Plugin, api: Api, environment: Environment) -> PluginApiAttachInfo:
    binding = await find(
        change.session, PluginBinding, api_id=api.id, env_id=environment.id, plugin_type=plugin.type
    )
    if binding is not None and binding.plugin_id != plugin.id:
        await change.session.delete(binding)
        await change.session.flush()
        binding = None
    if binding is None:
        binding = PluginBinding(
            id=new_id(),
            plugin_id=plugin.id,
            api_id=api.id,
            env_id=environment.id,
            plugin_type=plugin.type,
            attached_time=change.now,
        )
        change.session.add(binding)
    return PluginApiAttachInfo(
        plugin_attach_id=binding.id,
        plugin_id=plugin.id,
        plugin_name=plugin.name,
        plugin_type=plugin.type,
        plugin_scope=plugin.scope,
        env_id=environment.id,
        env_name=environment.name,
        api_id=api.id,
        api_name=api.name,
        attached_time=binding.attached_time,
    )


async def _detach(change: Change, plugin_id: str, api_id: str, env_id: str) -> None:
    binding = await find(change.session, PluginBinding, plugin_id=plugin_id, api_id=api_id, env_id=env_id)
    if binding is not None:
        await change.session.delete(binding)


def _api(
    api: Api,
    group: Group,
    record: Publication,
    environment: Environment,
    binding: PluginBinding | None,
) -> PluginApiInfo:
    return PluginApiInfo(
        api_id=api.id,
        api_name=api.name,
        type=api.type,
        req_protocol=api.req_protocol,
        req_method=api.req_method,
        req_uri=api.req_uri,
        auth_type=api.auth_type,
        match_mode=api.match_mode,
        remark=api.definition.get("remark", ""),
        group_id=group.id,
        group_name=group.name,
        env_id=environment.id,
        env_name=environment.name,
        publish_id=record.id,
        plugin_attach_id=binding.id if binding is not None else None,
        attached_time=binding.attached_time if binding is not None else None,
        tags=api.definition.get("tags", []),
    )
