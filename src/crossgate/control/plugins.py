"""Plugins as such (gateway.md 1.11)."""

from collections.abc import Callable, Mapping, Sequence

from crossgate.control import audit, cors_rules
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors import Fault, Finding
from crossgate.core.errors.admin import (
    INVALID_PARAMETER,
    PARAMETER_ERROR,
    PLUGIN_IS_ATTACHED,
    PLUGIN_NAME_TAKEN,
    PLUGIN_NOT_FOUND,
    TOO_MANY_RESOURCES,
    invalid,
)
from crossgate.core.model.advice import advice
from crossgate.core.model.plugin import PluginCreate, PluginInfo, PluginList, PluginQuery, PluginWritten
from crossgate.core.policies import cors, jwt_auth, rate_limit, third_auth
from crossgate.core.policies.jwt_auth import JwtAuth
from crossgate.core.policies.rate_limit import RateLimit
from crossgate.core.policies.third_auth import ThirdAuth
from crossgate.store import lists
from crossgate.store.rows import Session, count, find
from crossgate.store.tables import Plugin, PluginBinding

Policy = cors.Parsed | JwtAuth | RateLimit | ThirdAuth

_PARSERS: Mapping[str, Callable[[str], Policy | list[Finding]]] = {
    "cors": cors.parse_content,
    "rate_limit": rate_limit.parse_content,
    "third_auth": third_auth.parse_content,
    "jwt_auth": jwt_auth.parse_content,
}
_CHANNEL = Finding(
    code="third_auth.channel",
    at="auth_request.vpc_channel_enabled",
    message="load channels cannot be used yet",
    fix="set vpc_channel_enabled false, and write the service's address as url_domain",
)


async def create(control: Control, actor: Actor, body: PluginCreate) -> PluginWritten:
    """A new plugin, and what to reconsider in it; nothing changes before it is attached."""
    findings = _check(body)
    async with control.changing(actor, audit.CREATE_PLUGIN, body) as change:
        await _check_name_is_free(change.session, body.plugin_name)
        limit = control.quotas.plugins
        if limit is not None and await count(change.session, Plugin) >= limit:
            raise TOO_MANY_RESOURCES.because("plugins")
        plugin = Plugin(
            id=new_id(),
            name=body.plugin_name,
            type=body.plugin_type,
            scope=body.plugin_scope,
            content=body.plugin_content,
            remark=body.remark,
            create_time=change.now,
            update_time=change.now,
        )
        change.session.add(plugin)
        change.of(plugin.id, plugin.name)
        change.advise(findings)
        return _written(plugin, findings)


async def search(control: Control, query: PluginQuery) -> PluginList:
    """A page of plugins."""
    async with control.reading() as session:
        total, found = await lists.plugins(session, query)
    plugins = [info(plugin) for plugin in found]
    return PluginList(total=total, size=len(plugins), plugins=plugins)


async def show(control: Control, plugin_id: str) -> PluginInfo:
    """One plugin."""
    async with control.reading() as session:
        return info(await get(session, plugin_id))


async def update(control: Control, actor: Actor, plugin_id: str, body: PluginCreate) -> PluginWritten:
    """Change a plugin, but not its type; every API it is attached to goes by the new content at once."""
    findings = _check(body)
    async with control.changing(actor, audit.UPDATE_PLUGIN, body) as change:
        plugin = await get(change.session, plugin_id)
        change.of(plugin.id, body.plugin_name)
        if body.plugin_type != plugin.type:
            raise invalid(
                "plugin_type", f"The type of a plugin stays {plugin.type}", "Create another plugin instead."
            )
        if body.plugin_name != plugin.name:
            await _check_name_is_free(change.session, body.plugin_name)
        if plugin.type == "cors":
            await cors_rules.check_content(change.session, plugin, body.plugin_content)
        plugin.name, plugin.content, plugin.remark = body.plugin_name, body.plugin_content, body.remark
        plugin.update_time = change.now
        change.advise(findings)
        return _written(plugin, findings)


async def delete(control: Control, actor: Actor, plugin_id: str) -> None:
    """Remove a plugin that is attached to nothing."""
    async with control.changing(actor, audit.DELETE_PLUGIN, {}) as change:
        plugin = await get(change.session, plugin_id)
        change.of(plugin.id, plugin.name)
        if await count(change.session, PluginBinding, plugin_id=plugin_id):
            raise PLUGIN_IS_ATTACHED.naming()
        await change.session.delete(plugin)


async def get(session: Session, plugin_id: str) -> Plugin:
    """The plugin's row; raises when there is none."""
    plugin = await session.get(Plugin, plugin_id)
    if plugin is None:
        raise PLUGIN_NOT_FOUND.naming(plugin_id)
    return plugin


def info(plugin: Plugin) -> PluginInfo:
    """The plugin as it is shown."""
    return PluginInfo(
        plugin_id=plugin.id,
        plugin_name=plugin.name,
        plugin_type=plugin.type,
        plugin_scope=plugin.scope,
        plugin_content=plugin.content,
        remark=plugin.remark,
        create_time=plugin.create_time,
        update_time=plugin.update_time,
    )


def _written(plugin: Plugin, findings: Sequence[Finding]) -> PluginWritten:
    return PluginWritten(**dict(info(plugin)), warnings=advice(findings))


def _check(body: PluginCreate) -> tuple[Finding, ...]:
    """What to reconsider; refuses what could not work: a type without an implementation, or bad content."""
    if body.plugin_type not in _PARSERS:
        known = ", ".join(_PARSERS)
        raise PARAMETER_ERROR.because(f"plugins of type {body.plugin_type} are not available yet: use {known}")
    parsed = _PARSERS[body.plugin_type](body.plugin_content)
    if isinstance(parsed, ThirdAuth) and parsed.channel is not None:
        parsed = [_CHANNEL]
    if isinstance(parsed, list):
        message = INVALID_PARAMETER.naming("plugin_content").message
        raise Fault(INVALID_PARAMETER, message, tuple(parsed))
    return parsed.warnings if isinstance(parsed, cors.Parsed) else ()


async def _check_name_is_free(session: Session, name: str) -> None:
    if await find(session, Plugin, name=name) is not None:
        raise PLUGIN_NAME_TAKEN.naming()
