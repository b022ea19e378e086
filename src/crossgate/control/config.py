"""Reading what is published into the Config the data plane lives by."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from crossgate.control import limits
from crossgate.core.snapshot.config import (
    BackendParam,
    Config,
    Group,
    HttpBackend,
    Limits,
    MockBackend,
    Plugin,
    PublishedApi,
    RequestParam,
)
from crossgate.store import publications, tables
from crossgate.store.rows import Session, every

DEBUG_DOMAIN = "{}.apic.localhost"

# A stored definition is one this program has checked and written: it is read as plain data, not checked again.
Definition = dict[str, Any]


async def read(session: Session) -> Config:
    """Everything that is published at the newest revision `session` sees."""
    plugin_ids: dict[tuple[str, str], list[str]] = defaultdict(list)
    for binding in await every(session, tables.PluginBinding):
        plugin_ids[binding.api_id, binding.env_id].append(binding.plugin_id)
    longest = (gateway_limits := await limits.read(session)).backend_timeout_ms
    apis = [
        published_api(
            version.definition,
            Reached(record.api_id, record.env_id, record.id),
            plugin_ids[record.api_id, record.env_id],
            longest,
        )
        for record, version in await publications.in_effect(session)
    ]
    used = {plugin_id for api in apis for plugin_id in api.plugin_ids}
    plugins = [plugin for plugin in await every(session, tables.Plugin) if plugin.id in used]
    return Config(
        revision=await publications.newest_revision(session),
        limits=gateway_limits,
        environments={row.id: row.name for row in await every(session, tables.Environment)},
        groups=await _groups(session),
        apis=tuple(apis),
        plugins=tuple(Plugin(id=plugin.id, type=plugin.type, content=plugin.content) for plugin in plugins),
    )


async def _groups(session: Session) -> tuple[Group, ...]:
    domains: dict[str, list[str]] = defaultdict(list)
    for domain in await every(session, tables.Domain):
        domains[domain.group_id].append(domain.url_domain)
    return tuple(
        Group(
            id=group.id,
            debug_domain=DEBUG_DOMAIN.format(group.id),
            debug_domain_enabled=group.sl_domain_access_enabled,
            is_default=group.is_default,
            domains=tuple(sorted(domains[group.id])),
        )
        for group in await every(session, tables.Group)
    )


class Reached(NamedTuple):
    """Which API is, or is to be, published in which environment."""

    api_id: str
    env_id: str
    publish_id: str = ""


def published_api(
    api: Definition,
    reached: Reached,
    plugin_ids: Sequence[str] = (),
    longest_ms: int = Limits().backend_timeout_ms,
) -> PublishedApi:
    """The definition `api` in effect."""
    return PublishedApi(
        api_id=reached.api_id,
        publish_id=reached.publish_id,
        name=api["name"],
        group_id=api["group_id"],
        env_id=reached.env_id,
        req_protocol=api["req_protocol"],
        req_method=api["req_method"],
        req_uri=api["req_uri"],
        match_mode=api["match_mode"],
        # An OPTIONS API asks nobody for credentials, whatever it says (gateway.md 2.4).
        auth_type="NONE" if api["req_method"] == "OPTIONS" else api["auth_type"],
        cors=api["cors"],
        backend=_mock(api) if api["backend_type"] == "MOCK" else _http(api, longest_ms),
        req_params=tuple(_request_param(param) for param in api["req_params"]),
        plugin_ids=tuple(sorted(plugin_ids)),
    )


def _request_param(param: Definition) -> RequestParam:
    return RequestParam(
        name=param["name"],
        location=param["location"],
        default_value=param.get("default_value"),
        pass_through=param["pass_through"] == 1,
    )


def _mock(api: Definition) -> MockBackend:
    mock = api["mock_info"]
    return MockBackend(result_content=mock["result_content"], status_code=mock.get("status_code", 200))


def _http(api: Definition, longest_ms: int) -> HttpBackend:
    backend = api["backend_api"]
    return HttpBackend(
        scheme=backend["req_protocol"],
        address=backend["url_domain"],
        method=backend["req_method"],
        path=backend["req_uri"],
        timeout_ms=min(backend["timeout"], longest_ms),
        retry_count=int(backend["retry_count"]),
        params=tuple(
            BackendParam(
                origin=param["origin"], name=param["name"], location=param["location"], value=param["value"]
            )
            for param in api["backend_params"]
        ),
    )
