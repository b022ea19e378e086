"""What is asked of a call before its backend is, compiled for one API in the one order of gateway.md 2.2."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from crossgate.core.policies import jwt_auth, rate_limit, third_auth
from crossgate.core.policies.access_control import account_check, address_check
from crossgate.core.policies.app_authentication import app_check
from crossgate.core.policies.app_authorization import app_address_check, authorization_check
from crossgate.core.policies.app_token import AppTokenIssuer
from crossgate.core.policies.authorizer import authorizer_check
from crossgate.core.policies.call import Check
from crossgate.core.policies.counting import Charges, counting_check, looking_check
from crossgate.core.policies.credentials import Credentials, OpenSecret
from crossgate.core.policies.iam_authentication import Operators, iam_check
from crossgate.core.policies.jwt_auth_check import jwt_auth_check
from crossgate.core.policies.rate_limit import rate_limit_charges
from crossgate.core.policies.signature_key import BackendSigner
from crossgate.core.policies.third_auth_check import third_auth_check
from crossgate.core.policies.throttle import gateway_charges, quota_charges, throttle_charges
from crossgate.core.snapshot.config import Config, ConfigError, PublishedApi

_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "rate_limit": rate_limit.parse_content,
    "third_auth": third_auth.parse_content,
    "jwt_auth": jwt_auth.parse_content,
}


class Policies:
    """Every policy of one revision, each read once for all the APIs that have it."""

    def __init__(self, config: Config, open_secret: OpenSecret) -> None:
        """Raises ConfigError where a policy cannot be read."""
        self.features = config.features
        self.credentials = Credentials(config.apps, open_secret)
        tokens = config.features.app_tokens
        self.tokens = None if tokens is None else AppTokenIssuer(tokens, self.credentials, open_secret)
        self.has_app_addresses = any(app.acl_type is not None for app in config.apps)
        self.has_quotas = any(app.quota is not None for app in config.apps)
        self.operators = Operators(config.operators, config.token_key, open_secret)
        self.throttles = {policy.id: policy for policy in config.throttles}
        self.access_controls = {policy.id: policy for policy in config.access_controls}
        self.authorizers = {policy.id: policy for policy in config.authorizers}
        header = config.features.backend_sign_header
        self.signers = {key.id: BackendSigner(key, open_secret, header) for key in config.signature_keys}
        read = {
            plugin.id: (plugin.type, _READERS[plugin.type](plugin.content))
            for plugin in config.plugins
            if plugin.type in _READERS
        }
        wrong = [
            f"plugin {name}: {finding.message}"
            for name, (_, found) in read.items()
            if isinstance(found, list)
            for finding in found
        ]
        if wrong:
            raise ConfigError("; ".join(wrong))
        self.plugins = read

    def plugin(self, api: PublishedApi, kind: str) -> tuple[str, Any] | None:
        """Id and policy of the API's plugin of a kind; None where it has none."""
        for plugin_id in api.plugin_ids:
            if plugin_id in self.plugins and self.plugins[plugin_id][0] == kind:
                return plugin_id, self.plugins[plugin_id][1]
        return None


def checks_of(api: PublishedApi, policies: Policies) -> tuple[Check, ...]:
    """The checks of an API, in order; nobody has to say who they are to an API of method OPTIONS."""
    if api.req_method == "OPTIONS":
        api = msgspec.structs.replace(api, auth_type="NONE", authorizer_id=None)
    return tuple(check for stage in ORDER if (check := stage(api, policies)) is not None)


def _access_by_address(api: PublishedApi, policies: Policies) -> Check | None:
    return address_check([policies.access_controls[each] for each in api.access_control_ids])


def _authentication(api: PublishedApi, policies: Policies) -> Check | None:
    features = policies.features
    match api.auth_type:
        case "APP":
            modes, tokens = features.app_modes, policies.tokens
            return app_check(policies.credentials, modes, takes_app_code=api.app_code, tokens=tokens)
        case "IAM":
            return iam_check(policies.operators, features.backend_token_users)
        case "NONE" | "AUTHORIZER":
            return None
        case unknown:
            raise ConfigError(f"API {api.api_id}: auth_type {unknown} is not known")


def _access_by_account(api: PublishedApi, policies: Policies) -> Check | None:
    if api.auth_type != "IAM":
        # The contract has these for APIs of auth type IAM alone.
        return None
    return account_check([policies.access_controls[each] for each in api.access_control_ids])


def _app_authorization(api: PublishedApi, policies: Policies) -> Check | None:
    return authorization_check(frozenset(api.app_ids)) if api.auth_type == "APP" else None


def _app_address(api: PublishedApi, policies: Policies) -> Check | None:
    return app_address_check if api.auth_type == "APP" and policies.has_app_addresses else None


def _app_quota(api: PublishedApi, policies: Policies) -> Check | None:
    # It is counted below, with everything else; here it only spares a service being asked in vain.
    return looking_check(quota_charges) if api.auth_type == "APP" and _asks(api, policies) else None


def _authorizer(api: PublishedApi, policies: Policies) -> Check | None:
    if api.auth_type == "AUTHORIZER" and api.authorizer_id is None:
        raise ConfigError(f"API {api.api_id}: auth_type AUTHORIZER without an authorizer")
    return _authorizer_check(api, policies, api.authorizer_id)


def _third_auth(api: PublishedApi, policies: Policies) -> Check | None:
    found = policies.plugin(api, "third_auth")
    return None if found is None else third_auth_check(found[1], found[0])


def _jwt_auth(api: PublishedApi, policies: Policies) -> Check | None:
    found = policies.plugin(api, "jwt_auth")
    return None if found is None else jwt_auth_check(found[1])


def _limits(api: PublishedApi, policies: Policies) -> Check | None:
    charges: list[Charges] = [quota_charges] if api.auth_type == "APP" and policies.has_quotas else []
    if policies.features.calls_per_second is not None:
        charges.append(gateway_charges(policies.features.calls_per_second, api.api_id))
    plugin = policies.plugin(api, "rate_limit")
    if plugin is not None:
        charges.append(rate_limit_charges(plugin[1], plugin[0], api.publish_id))
    elif api.throttle_id is not None:
        charges.append(throttle_charges(policies.throttles[api.throttle_id], api.publish_id))
    return counting_check(charges)


def _backend_authorizer(api: PublishedApi, policies: Policies) -> Check | None:
    return _authorizer_check(api, policies, api.backend_authorizer_id)


def _backend_signature(api: PublishedApi, policies: Policies) -> Check | None:
    return None if api.signature_key_id is None else policies.signers[api.signature_key_id].body_check


ORDER: Final = (
    _access_by_address,
    _authentication,
    _access_by_account,
    _app_authorization,
    _app_address,
    _app_quota,
    _authorizer,
    _third_auth,
    _jwt_auth,
    _limits,
    _backend_authorizer,
    _backend_signature,
)


def _asks(api: PublishedApi, policies: Policies) -> bool:
    return api.authorizer_id is not None or policies.plugin(api, "third_auth") is not None


def _authorizer_check(api: PublishedApi, policies: Policies, authorizer_id: str | None) -> Check | None:
    if authorizer_id is None:
        return None
    return authorizer_check(policies.authorizers[authorizer_id], body_as_base64=api.body_as_base64)
