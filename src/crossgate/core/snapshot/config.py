"""Config: everything the data plane needs to know at one revision, as plain data.

The control process reads it from the store and writes it to `DIR/snapshot.json`; every worker decodes it and
compiles it. A definition in here is as published: environment variables are already replaced.
"""

from typing import Literal

import msgspec

from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.app_authentication import AppModes
from crossgate.core.policies.app_token import AppTokens
from crossgate.core.policies.authorizer import Authorizer
from crossgate.core.policies.client_address import ClientAddressRule
from crossgate.core.policies.credentials import AppConfig
from crossgate.core.policies.gateway_response import Template
from crossgate.core.policies.iam_authentication import OperatorConfig
from crossgate.core.policies.signature_key import SignatureKey
from crossgate.core.policies.throttle import Throttle

FORMAT = 2


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway accepts (gateway.md 2.5); the defaults are the contract's."""

    request_body_bytes: int = 12 * 1024 * 1024
    request_body_timeout_ms: int = 8_000
    backend_timeout_ms: int = 60_000


class BackendParam(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter sent to the backend (gateway.md 1.3).

    `value` is a request parameter's name (REQUEST), a literal (CONSTANT) or a `$context.…` name (SYSTEM).
    """

    origin: Literal["REQUEST", "CONSTANT", "SYSTEM"]
    name: str
    location: Literal["PATH", "QUERY", "HEADER"]
    value: str


class RequestParam(msgspec.Struct, frozen=True, kw_only=True):
    """A declared request parameter: what a backend parameter may refer to."""

    name: str
    location: Literal["PATH", "QUERY", "HEADER"]
    default_value: str | None = None
    pass_through: bool = True


class HttpBackend(msgspec.Struct, frozen=True, kw_only=True, tag="HTTP"):
    """A backend reached over HTTP: `address` is `host[:port]`, `method` may be ANY (the caller's own)."""

    scheme: Literal["HTTP", "HTTPS"]
    address: str
    method: str
    path: str
    timeout_ms: int
    retry_count: int = -1
    params: tuple[BackendParam, ...] = ()


class MockBackend(msgspec.Struct, frozen=True, kw_only=True, tag="MOCK"):
    """An answer the gateway gives itself."""

    result_content: str = ""
    status_code: int = 200


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What the whole gateway is switched to (gateway.md 1.14); the defaults are the contract's.

    `backend_sign_header` is the lower-case field signature keys sign in. `calls_per_second` is the default limit
    of every API, None for none. `backend_token_users` are patterns of the accounts whose token a backend may see.
    """

    app_modes: AppModes = msgspec.field(default_factory=AppModes)
    app_tokens: AppTokens | None = None
    backend_sign_header: str = "authorization"
    client_address: ClientAddressRule = msgspec.field(default_factory=ClientAddressRule)
    calls_per_second: int | None = None
    backend_token_users: tuple[str, ...] = ()


class PublishedApi(msgspec.Struct, frozen=True, kw_only=True):
    """One API as published in one environment (gateway.md 1.3, 1.4).

    `app_code`: its `auth_opt` takes AppCodes. `authorizer_id` is its custom authorizer or its second factor,
    `backend_authorizer_id` the one whose answer is for its backend; `body_as_base64` is what they are sent.
    `app_ids` are the credentials authorized for it. `response_id` names its gateway responses, else its group's
    count. The other ids are policies bound to this publication.
    """

    api_id: str
    publish_id: str
    name: str
    group_id: str
    env_id: str
    req_protocol: Literal["HTTP", "HTTPS", "BOTH", "GRPCS"]
    req_method: str
    req_uri: str
    match_mode: Literal["NORMAL", "SWA"]
    auth_type: str
    cors: bool
    backend: HttpBackend | MockBackend
    req_params: tuple[RequestParam, ...] = ()
    plugin_ids: tuple[str, ...] = ()
    app_code: bool = False
    authorizer_id: str | None = None
    backend_authorizer_id: str | None = None
    body_as_base64: bool = True
    app_ids: tuple[str, ...] = ()
    response_id: str | None = None
    throttle_id: str | None = None
    access_control_ids: tuple[str, ...] = ()
    signature_key_id: str | None = None


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin as stored: `content` is the contract's JSON string, already checked."""

    id: str
    type: str
    content: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group: by which Host headers it is reached, and what it answers where the gateway itself does.

    `responses` are the templates of its gateway responses by their id, then by type; `default_response_id` names
    the one that counts where an API names none. A type that is not there is the contract's own.
    """

    id: str
    debug_domain: str
    debug_domain_enabled: bool = True
    is_default: bool = False
    domains: tuple[str, ...] = ()
    responses: dict[str, dict[str, Template]] = msgspec.field(default_factory=dict)
    default_response_id: str | None = None


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of everything that is published. `environments` maps env_id to name.

    Secrets in it are sealed: who reads the file without the key reads none. `token_key` is what access tokens of
    operators are signed with.
    """

    revision: int
    format: int = FORMAT
    limits: Limits = msgspec.field(default_factory=Limits)
    environments: dict[str, str] = msgspec.field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    apis: tuple[PublishedApi, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    features: Features = msgspec.field(default_factory=Features)
    apps: tuple[AppConfig, ...] = ()
    operators: tuple[OperatorConfig, ...] = ()
    token_key: bytes = b""
    throttles: tuple[Throttle, ...] = ()
    access_controls: tuple[AccessControl, ...] = ()
    signature_keys: tuple[SignatureKey, ...] = ()
    authorizers: tuple[Authorizer, ...] = ()


class ConfigError(ValueError):
    """The bytes are not a Config this program can read; the message names the place."""


def encode(config: Config) -> bytes:
    """`config` as JSON."""
    return msgspec.json.encode(config)


def decode(data: bytes) -> Config:
    """The Config in `data`; raises ConfigError when it is damaged or of another format."""
    try:
        config = msgspec.json.decode(data, type=Config)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error)) from error
    if config.format != FORMAT:
        raise ConfigError(f"snapshot format {config.format}; this program reads format {FORMAT}")
    return config
