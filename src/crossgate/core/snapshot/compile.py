"""Config → Snapshot: all work that a request should not have to do."""

import re

from crossgate.core.policies import cors
from crossgate.core.snapshot.config import (
    Config,
    ConfigError,
    Group,
    HttpBackend,
    MockBackend,
    Plugin,
    PublishedApi,
)
from crossgate.core.snapshot.mapping import Mapping, needs_mapping
from crossgate.core.snapshot.router import Router
from crossgate.core.snapshot.snapshot import Address, HttpTarget, MockAnswer, Route, Site, Snapshot
from crossgate.cors.table import CorsTable

_PATH_NAME = re.compile(r"\{([^{}+]+)\+?\}")
_SUPPORTED = {"BOTH": "HTTP, HTTPS"}


def compile_config(config: Config) -> Snapshot:
    """The Snapshot of `config`; raises ConfigError where a plugin in it cannot be compiled."""
    tables = {plugin.id: _table(plugin) for plugin in config.plugins if plugin.type == "cors"}
    sites = {group.id: Site(group.id, {}) for group in config.groups}
    for api in config.apis:
        env = config.environments[api.env_id].encode()
        router = sites[api.group_id].environments.setdefault(env, Router())
        route = _route(api, env, tables, config.limits.backend_timeout_ms)
        router.add(api.req_method.encode(), api.req_uri.encode(), prefix=api.match_mode == "SWA", route=route)
    by_host: dict[bytes, Site] = {}
    by_suffix: dict[bytes, Site] = {}
    for group in config.groups:
        for domain in _hosts(group):
            if domain.startswith(b"*."):
                by_suffix[domain[2:]] = sites[group.id]
            else:
                by_host[domain] = sites[group.id]
    default = next((sites[group.id] for group in config.groups if group.is_default), None)
    return Snapshot(
        revision=config.revision,
        limits=config.limits,
        sites=by_host,
        wildcard_sites=by_suffix,
        default_site=default,
    )


def _hosts(group: Group) -> list[bytes]:
    debug = [group.debug_domain] if group.debug_domain_enabled else []
    return [domain.lower().encode() for domain in (*group.domains, *debug)]


def _table(plugin: Plugin) -> CorsTable:
    table = cors.compile_content(plugin.content)
    if isinstance(table, CorsTable):
        return table
    raise ConfigError(f"plugin {plugin.id}: " + "; ".join(finding.message for finding in table))


def _route(api: PublishedApi, env: bytes, tables: dict[str, CorsTable], max_timeout_ms: int) -> Route:
    table = next((tables[plugin_id] for plugin_id in api.plugin_ids if plugin_id in tables), None)
    backend = _target(api, api.backend, max_timeout_ms) if isinstance(api.backend, HttpBackend) else None
    return Route(
        api_id=api.api_id,
        api_name=api.name,
        group_id=api.group_id,
        env=env,
        path_names=tuple(_PATH_NAME.findall(api.req_uri)),
        takes_http=api.req_protocol in ("HTTP", "BOTH"),
        protocol=_SUPPORTED.get(api.req_protocol, api.req_protocol),
        cross_origin=table or cors.switch(is_on=api.cors, is_options_api=api.req_method == "OPTIONS"),
        preflight=table,
        backend=backend or _mock(api.backend),
    )


def _mock(backend: HttpBackend | MockBackend) -> MockAnswer:
    assert isinstance(backend, MockBackend)
    return MockAnswer(status=backend.status_code, body=backend.result_content.encode())


def _target(api: PublishedApi, backend: HttpBackend, max_timeout_ms: int) -> HttpTarget:
    tls = backend.scheme == "HTTPS"
    host, port = _split_address(backend.address, 443 if tls else 80)
    rewrites = needs_mapping(api, backend)
    return HttpTarget(
        address=Address(host, port, tls),
        host_line=b"Host: " + backend.address.encode(),
        method=None if backend.method == "ANY" else backend.method.encode(),
        path=backend.path.encode(),
        timeout_s=min(backend.timeout_ms, max_timeout_ms) / 1000,
        retries=None if backend.retry_count < 0 else backend.retry_count,
        mapping=Mapping(api, backend) if rewrites else None,
    )


def _split_address(address: str, default_port: int) -> tuple[str, int]:
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, int(rest[1:] or default_port)
    host, _, port = address.partition(":")
    return host, int(port or default_port)
