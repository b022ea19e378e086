"""What the features that are switched on make of the gateway: its limits, and what else they change."""

import base64
from collections.abc import Callable, Mapping
from typing import TypeVar

from crossgate.core.model import feature_forms
from crossgate.core.policies.app_authentication import AppModes
from crossgate.core.policies.app_token import AppTokens
from crossgate.core.policies.client_address import ClientAddressRule
from crossgate.core.snapshot.config import Features, Limits
from crossgate.store.rows import Session, every
from crossgate.store.tables import Feature

Read = TypeVar("Read")


async def read(session: Session) -> Limits:
    """The limits that hold now; a feature that is not switched on leaves the contract's default."""
    configs = await _switched_on(session)
    default = Limits()
    return Limits(
        request_body_bytes=_value(
            configs, "request_body_size", feature_forms.body_bytes, default.request_body_bytes
        ),
        backend_timeout_ms=_value(
            configs, "backend_timeout", feature_forms.timeout_ms, default.backend_timeout_ms
        ),
    )


async def features(session: Session) -> Features:
    """Everything else that features change, as it holds now."""
    configs = await _switched_on(session)
    fields = _value(configs, "custom_auth_header", feature_forms.auth_fields, feature_forms.AuthFields(None, None))
    return Features(
        app_modes=AppModes(
            app_secret=_value(configs, "app_secret", feature_forms.is_on, False),
            app_basic=_value(configs, "app_basic", feature_forms.is_on, False),
            header=fields.of_app or AppModes().header,
            refuses_replays=_value(configs, "signature_replay", feature_forms.is_on, False),
        ),
        app_tokens=_value(configs, feature_forms.APP_TOKEN, _app_tokens, None),
        backend_sign_header=fields.to_backend or Features().backend_sign_header,
        client_address=ClientAddressRule(
            xff_index=_value(configs, "real_ip_from_xff", feature_forms.xff_index, None),
            header=_value(configs, "real_ip_header_getter", feature_forms.address_header, None),
        ),
        calls_per_second=_value(configs, "ratelimit", feature_forms.calls_per_second, None),
        backend_token_users=_value(configs, "backend_token_allow", feature_forms.token_users, ()),
    )


async def _switched_on(session: Session) -> dict[str, str]:
    return {feature.name: feature.config for feature in await every(session, Feature, enable=True)}


def _value(configs: Mapping[str, str], name: str, reader: Callable[[str], Read], otherwise: Read) -> Read:
    config = configs.get(name)
    return otherwise if config is None else reader(config)


def _app_tokens(config: str) -> AppTokens | None:
    """What is stored, where the key is sealed."""
    form = feature_forms.app_token(config)
    if not form.is_on:
        return None
    return AppTokens(
        uri=form.uri,
        access_seconds=form.access_seconds,
        refresh_seconds=form.refresh_seconds,
        key=base64.b64decode(form.key or ""),
    )
