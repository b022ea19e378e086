"""Reading what is published into the Config the data plane lives by."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from crossgate.control import caller_config, limits
from crossgate.control.caller_config import BoundPolicies
from crossgate.core.model.gateway_response import DEFAULT_NAME
from crossgate.core.policies.gateway_response import Template
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
from crossgate.store import callers, publications, tables
from crossgate.store.rows import Session, every

DEBUG_DOMAIN = "{}.apic.localhost"

# A stored definition is one this program has checked and written: it is read as plain data, not checked again.
Definition = dict[str, Any]


async def read(session: Session, functions: Mapping[str, str]) -> Config:
    """Everything that is published at the newest revision `session` sees.

    `functions` says where the functions of custom authorizers are. Policies and authorizers are in it when
    something published uses them, apps and operators when something published asks for them.
    """
    longest_ms = (await limits.read(session)).backend_timeout_ms
    return await holding(session, await _apis(session, longest_ms), functions)


async def holding(session: Session, apis: tuple[PublishedApi, ...], functions: Mapping[str, str]) -> Config:
    """What the newest revision would be if `apis`, and nothing else, were published."""
    auth_types = {api.auth_type for api in apis}
    instance = (await every(session, tables.Instance))[0]
    return Config(
        revision=await publications.newest_revision(session),
        limits=await limits.read(session),
        environments={row.id: row.name for row in await every(session, tables.Environment)},
        groups=await _groups(session),
        apis=apis,
        plugins=await _plugins(session, {plugin_id for api in apis for plugin_id in api.plugin_ids}),
        features=await limits.features(session),
        apps=await caller_config.apps(session) if "APP" in auth_types else (),
        operators=await caller_config.operators(session, instance) if "IAM" in auth_types else (),
        token_key=instance.token_key,
        throttles=await caller_config.throttles(session, _used(api.throttle_id for api in apis)),
        access_controls=await caller_config.access_controls(
            session, {policy_id for api in apis for policy_id in api.access_control_ids}
        ),
        signature_keys=await caller_config.signature_keys(session, _used(api.signature_key_id for api in apis)),
        authorizers=await caller_config.authorizers(
            session,
            _used(api.authorizer_id for api in apis) | _used(api.backend_authorizer_id for api in apis),
            functions,
        ),
    )


def _used(ids: Iterable[str | None]) -> set[str]:
    return {each for each in ids if each is not None}


async def _apis(session: Session, longest_ms: int) -> tuple[PublishedApi, ...]:
    plugin_ids: dict[tuple[str, str], list[str]] = defaultdict(list)
    for binding in await every(session, tables.PluginBinding):
        plugin_ids[binding.api_id, binding.env_id].append(binding.plugin_id)
    app_ids = await callers.authorizations(session)
    policies = await caller_config.bound_policies(session)
    return tuple(
        published_api(
            version.definition,
            Reached(record.api_id, record.env_id, record.id),
            Bound(
                tuple(sorted(plugin_ids.get((record.api_id, record.env_id), ()))),
                tuple(app_ids.get((record.api_id, record.env_id), ())),
                policies.get(record.id, _NOTHING.policies),
            ),
            longest_ms,
        )
        for record, version in await publications.in_effect(session)
    )


async def _plugins(session: Session, used: Collection[str]) -> tuple[Plugin, ...]:
    return tuple(
        Plugin(id=plugin.id, type=plugin.type, content=plugin.content)
        for plugin in await every(session, tables.Plugin)
        if plugin.id in used
    )


async def _groups(session: Session) -> tuple[Group, ...]:
    domains: dict[str, list[str]] = defaultdict(list)
    for domain in await every(session, tables.Domain):
        domains[domain.group_id].append(domain.url_domain)
    responses: dict[str, dict[str, dict[str, Template]]] = defaultdict(dict)
    default_ids = {}
    for response in await every(session, tables.GatewayResponse):
        responses[response.group_id][response.id] = _templates(response)
        if response.name == DEFAULT_NAME:
            default_ids[response.group_id] = response.id
    return tuple(
        Group(
            id=group.id,
            debug_domain=DEBUG_DOMAIN.format(group.id),
            debug_domain_enabled=group.sl_domain_access_enabled,
            is_default=group.is_default,
            domains=tuple(sorted(domains[group.id])),
            responses=responses[group.id],
            default_response_id=default_ids.get(group.id),
        )
        for group in await every(session, tables.Group)
    )


def _templates(response: tables.GatewayResponse) -> dict[str, Template]:
    """What the set changes, by type of response."""
    return {
        kind: Template(
            status=answer["status"],
            body=answer["body"],
            headers=tuple((header["key"], header["value"]) for header in answer["headers"]),
        )
        for kind, answer in response.responses.items()
    }


class Reached(NamedTuple):
    """Which API is, or is to be, published in which environment."""

    api_id: str
    env_id: str
    publish_id: str = ""


class Bound(NamedTuple):
    """What an operator has bound to a publication; in effect without publishing again."""

    plugin_ids: tuple[str, ...] = ()
    app_ids: tuple[str, ...] = ()
    policies: BoundPolicies = BoundPolicies()


_NOTHING = Bound()


def published_api(
    api: Definition, reached: Reached, bound: Bound = _NOTHING, longest_ms: int = Limits().backend_timeout_ms
) -> PublishedApi:
    """The definition `api` in effect."""
    # An OPTIONS API asks nobody for credentials, whatever it says (gateway.md 2.4).
    auth_type = "NONE" if api["req_method"] == "OPTIONS" else api["auth_type"]
    is_mock = api["backend_type"] == "MOCK"
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
        auth_type=auth_type,
        cors=api["cors"],
        backend=_mock(api) if is_mock else _http(api, longest_ms),
        req_params=tuple(_request_param(param) for param in api["req_params"]),
        plugin_ids=bound.plugin_ids,
        app_code=auth_type == "APP" and api["auth_opt"]["app_code_auth_type"] == "HEADER",
        authorizer_id=None if auth_type == "NONE" else api.get("authorizer_id") or None,
        backend_authorizer_id=api["mock_info" if is_mock else "backend_api"].get("authorizer_id") or None,
        body_as_base64=api["is_send_fg_body_base64"],
        app_ids=bound.app_ids if auth_type == "APP" else (),
        response_id=api.get("response_id"),
        throttle_id=bound.policies.throttle_id,
        access_control_ids=bound.policies.access_control_ids,
        signature_key_id=bound.policies.signature_key_id,
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
