"""Gateway features: what they are set to, and which there are (gateway.md 1.14, 2.5)."""

import base64
import json

from crossgate.control import audit, instances
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors import Fault
from crossgate.core.errors.admin import FEATURE_NOT_SUPPORTED, PARAMETER_ERROR
from crossgate.core.model import feature_forms
from crossgate.core.model.feature import (
    FeatureInfo,
    FeatureList,
    FeatureQuery,
    FeatureToggle,
    InstanceFeatureList,
)
from crossgate.core.model.feature_forms import APP_TOKEN, APP_TOKEN_KEY, READERS
from crossgate.core.policies.app_token import KEY_NAME
from crossgate.store import lists
from crossgate.store.tables import Feature

# What the contract has, and cannot be set here.
_OTHERS = frozenset(
    {
        "app_api_key",
        "app_route",
        "policy_cookie_param",
        "vpc_name_modifiable",
        "app_jwt",
        "public_key",
        "backend_client_certificate",
        "ssl_ciphers",
        "default_group_host_trustlist",
        "throttle_strategy",
        "custom_log",
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
    shown = body.model_copy(update={"config": _shown(body.name, body.config)})
    async with control.changing(actor, audit.SET_FEATURE, shown) as change:
        feature = await change.session.get(Feature, body.name)
        config = _stored(control, body, feature)
        if feature is None:
            feature = Feature(
                name=body.name, id=new_id(), enable=body.enable, config=config, update_time=change.now
            )
            change.session.add(feature)
        feature.enable, feature.config, feature.update_time = body.enable, config, change.now
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
    if body.name not in READERS:
        raise Fault(PARAMETER_ERROR, f"unrecognized feature {body.name}")
    # What may hold a secret is read in any case: nothing else knows where in it the secret is.
    if body.enable or (body.name == APP_TOKEN and body.config):
        READERS[body.name](body.config)


def _shown(name: str, config: str) -> str:
    return feature_forms.without_key(config) if name == APP_TOKEN and config else config


def _stored(control: Control, body: FeatureToggle, before: Feature | None) -> str:
    """The config as it is kept: the key that signs tokens is sealed. Where none is sent the one before stays."""
    if body.name != APP_TOKEN or not body.config:
        return body.config
    document = json.loads(body.config)
    key = document.get(APP_TOKEN_KEY)
    if key:
        document[APP_TOKEN_KEY] = base64.b64encode(control.seal.seal(key.encode(), KEY_NAME)).decode()
    elif key is None and before is not None and before.config:
        document[APP_TOKEN_KEY] = json.loads(before.config).get(APP_TOKEN_KEY)
    return json.dumps(document)


def _info(feature: Feature, instance_id: str) -> FeatureInfo:
    return FeatureInfo(
        id=feature.id,
        name=feature.name,
        enable=feature.enable,
        config=_shown(feature.name, feature.config),
        instance_id=instance_id,
        update_time=feature.update_time,
    )
