"""Gateway features: the few that change what this gateway does (gateway.md 1.14, 2.5)."""

from crossgate.control import audit, instances, limits
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors import Fault
from crossgate.core.errors.admin import FEATURE_NOT_SUPPORTED, PARAMETER_ERROR
from crossgate.core.model.feature import (
    FeatureInfo,
    FeatureList,
    FeatureQuery,
    FeatureToggle,
    InstanceFeatureList,
)
from crossgate.store import lists
from crossgate.store.tables import Feature

_READERS = {limits.BODY_SIZE: limits.body_bytes, limits.BACKEND_TIMEOUT: limits.timeout_ms}
_OTHERS = frozenset(
    {
        "ratelimit",
        "app_token",
        "app_api_key",
        "app_basic",
        "app_secret",
        "app_route",
        "policy_cookie_param",
        "vpc_name_modifiable",
        "app_jwt",
        "public_key",
        "backend_token_allow",
        "backend_client_certificate",
        "ssl_ciphers",
        "real_ip_from_xff",
        "real_ip_header_getter",
        "default_group_host_trustlist",
        "throttle_strategy",
        "custom_log",
        "custom_auth_header",
        "gzip",
        "sse_strategy",
        "request_custom_config",
        "api_uri_no_escape",
        "vpc_health_status",
        "lts",
        "authorizer_context_support_num_bool",
        "gateway_responses",
        "sign_basic",
        "sign_aes",
        "multi_auth",
        "route",
        "cors",
        "app_quota",
        "app_acl",
        "set_resp_headers",
        "vpc_backup",
        "kafka_log",
        "backend_retry_count",
        "policy_sys_param",
        "breaker",
        "breakerv2",
        "content_type_configurable",
        "rate_limit_plugin",
        "rate_limit_algorithm",
    }
)


async def set_feature(control: Control, actor: Actor, body: FeatureToggle) -> FeatureInfo:
    """Switch a feature; switched off, the gateway goes by the contract's default again."""
    _check(body)
    async with control.changing(actor, audit.SET_FEATURE, body) as change:
        feature = await change.session.get(Feature, body.name)
        if feature is None:
            feature = Feature(
                name=body.name, id=new_id(), enable=body.enable, config=body.config, update_time=change.now
            )
            change.session.add(feature)
        feature.enable, feature.config, feature.update_time = body.enable, body.config, change.now
        change.of(feature.id, feature.name)
        return _info(feature, (await instances.row(change.session)).id)


async def search(control: Control, query: FeatureQuery) -> FeatureList:
    """A page of the features somebody has set."""
    async with control.reading() as session:
        total, found = await lists.features(session, query)
        instance_id = (await instances.row(session)).id
    features = [_info(feature, instance_id) for feature in found]
    return FeatureList(total=total, size=len(features), features=features)


def supported(query: FeatureQuery) -> InstanceFeatureList:
    """A page of the names of what this gateway can do."""
    everything = instances.SUPPORTED_FEATURES
    names = list(everything[query.offset : query.offset + query.limit])
    return InstanceFeatureList(total=len(everything), size=len(names), features=names)


def _check(body: FeatureToggle) -> None:
    if body.name in _OTHERS:
        raise FEATURE_NOT_SUPPORTED.because(f"{body.name} cannot be set here")
    if body.name not in _READERS:
        raise Fault(PARAMETER_ERROR, f"unrecognized feature {body.name}")
    if body.enable:
        _READERS[body.name](body.config)


def _info(feature: Feature, instance_id: str) -> FeatureInfo:
    return FeatureInfo(
        id=feature.id,
        name=feature.name,
        enable=feature.enable,
        config=feature.config,
        instance_id=instance_id,
        update_time=feature.update_time,
    )
