"""Config → Snapshot: all work that a request should not have to do."""

import re

from crossgate.core.policies import cors
from crossgate.core.policies.app_token import TokenEndpoint
from crossgate.core.policies.client_address import ClientAddressRule
from crossgate.core.policies.credentials import OpenSecret
from crossgate.core.policies.gateway_response import Responses
from crossgate.core.snapshot.checks import Policies, checks_of
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


def _keep_sealed(sealed: bytes, name: str) -> bytes:
    raise ConfigError(f"{name} is sealed, and there is no key to open it")


def compile_config(config: Config, open_secret: OpenSecret = _keep_sealed) -> Snapshot:
    """The Snapshot of `config`; raises ConfigError where a policy in it cannot be compiled.

    `open_secret` opens what is sealed in it, when that is first needed; without it no secret proves anything.
    """
    tables = {plugin.id: _table(plugin) for plugin in config.plugins if plugin.type == "cors"}
    policies = Policies(config, open_secret)
    written = [written for group in config.groups for written in group.responses.items()]
    responses = {response_id: Responses(templates) for response_id, templates in written}
    sites = {
        group.id: Site(group.id, {}, responses.get(group.default_response_id or "")) for group in config.groups
    }
    for api in config.apis:
        env = config.environments[api.env_id].encode()
        site = sites[api.group_id]
        router = site.environments.setdefault(env, Router())
        answers = responses.get(api.response_id or "", site.responses)
        route = _route(api, env, tables, policies, answers, config.limits.backend_timeout_ms)
        router.add(api.req_method.encode(), api.req_uri.encode(), prefix=api.match_mode == "SWA", route=route)
    by_host: dict[bytes, Site] = {}
    by_suffix: dict[bytes, Site] = {}
    for group in config.groups:
        for domain in _hosts(group):
            if domain.startswith(b"*."):
                by_suffix[domain[2:]] = sites[group.id]
            else:
                by_host[domain] = sites[group.id]
    rule = config.features.client_address
    default = next((sites[group.id] for group in config.groups if group.is_default), None)
    return Snapshot(
        revision=config.revision,
        limits=config.limits,
        client_address=None if rule == ClientAddressRule() else rule,
        token_endpoint=None if policies.tokens is None else TokenEndpoint(policies.tokens),
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


def _route(
    api: PublishedApi,
    env: bytes,
    tables: dict[str, CorsTable],
    policies: Policies,
    responses: Responses | None,
    max_timeout_ms: int,
) -> Route:
    table = next((tables[plugin_id] for plugin_id in api.plugin_ids if plugin_id in tables), None)
    backend = api.backend
    return Route(
        api_id=api.api_id,
        api_name=api.name,
        group_id=api.group_id,
        env_id=api.env_id,
        env=env,
        path_names=tuple(_PATH_NAME.findall(api.req_uri)),
        takes_http=api.req_protocol in ("HTTP", "BOTH"),
        protocol=_SUPPORTED.get(api.req_protocol, api.req_protocol),
        cross_origin=table or cors.switch(is_on=api.cors, is_options_api=api.req_method == "OPTIONS"),
        preflight=table,
        backend=_target(api, backend, max_timeout_ms) if isinstance(backend, HttpBackend) else _mock(backend),
        checks=checks_of(api, policies),
        answers_preflights=api.req_method == "OPTIONS",
        asks_for_credentials=api.auth_type != "NONE",
        responses=responses,
        signer=policies.signers.get(api.signature_key_id or ""),
    )


def _mock(backend: MockBackend) -> MockAnswer:
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
