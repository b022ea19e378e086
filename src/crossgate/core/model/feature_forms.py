"""What may be written as the config of a feature, and what it then says (gateway.md 1.14, 2.5).

A config is plain (`on`) or a JSON text. Where it has a key `enable` of its own, that key may be left out: the
feature is switched on or off beside it. Every reader raises a Fault that names all that is wrong, and where.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from crossgate.core.errors import Fault, Finding
from crossgate.core.errors.admin import INVALID_PARAMETER, invalid, refusal
from crossgate.core.policies.content import Fields, open_content
from crossgate.core.policies.pattern import Pattern, PatternError

APP_TOKEN: Final = "app_token"  # noqa: S105
APP_TOKEN_KEY: Final = "app_token_key"  # noqa: S105

_MEBIBYTE: Final = 1024 * 1024
_MAX_BODY_BYTES: Final = 9536 * _MEBIBYTE
_MAX_TIMEOUT_MS: Final = 600_000
_MAX_CALLS: Final = 1_000_000
_MAX_TOKEN_SECONDS: Final = 72_000
_MAX_USERS: Final = 100
_MAX_HOPS: Final = 1000
_TOKEN_URI: Final = re.compile(r"/[A-Za-z0-9._~/-]*")
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_AUTH_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{2,63}")
_NOT_FOR_CREDENTIALS: Final = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class AppToken(msgspec.Struct, frozen=True, kw_only=True):
    """The config of `app_token`. `key` is the text in it: None where it has none, empty to go without one."""

    is_on: bool
    uri: str
    access_seconds: int
    refresh_seconds: int
    key: str | None

    def __repr__(self) -> str:
        return f"AppToken(uri={self.uri!r}, …)"


class AuthFields(msgspec.Struct, frozen=True):
    """The config of `custom_auth_header`: lower-case names, None for the contract's own."""

    of_app: str | None
    to_backend: str | None


def is_on(config: str) -> bool:
    """Whether a plain config says `on`. One that is empty does: it is then the feature itself that is on."""
    text = config.strip().strip('"')
    if text not in {"", "on", "off"}:
        raise invalid("config", "It is neither on nor off", "Write on or off.")
    return text != "off"


def body_bytes(config: str) -> int:
    """The size `config` gives. The contract's example quotes it once more: both work."""
    text = config.strip().strip('"')
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not _MEBIBYTE <= size <= _MAX_BODY_BYTES:
        raise invalid(
            "config",
            "It is not a size the gateway can take",
            f"Write bytes from {_MEBIBYTE} to {_MAX_BODY_BYTES}, such as 104857600.",
        )
    return size


def timeout_ms(config: str) -> int:
    """The longest time a backend may be given."""
    fields = _opened("backend_timeout", config, '{"max_timeout":60000}')
    longest = fields.number("max_timeout", 1, _MAX_TIMEOUT_MS)
    _close(fields)
    return longest


def calls_per_second(config: str) -> int:
    """How often each API may be called, where no policy says otherwise."""
    fields = _opened("ratelimit", config, '{"api_limits":200}')
    calls = fields.number("api_limits", 1, _MAX_CALLS)
    _close(fields)
    return calls


def app_token(config: str) -> AppToken:
    """How tokens are given out."""
    fields = _opened(
        APP_TOKEN,
        config,
        '{"enable":"on","app_token_expire_time":3600,"app_token_uri":"/v1/apigw/oauth2/token",'
        '"refresh_token_expire_time":7200}',
    )
    made = AppToken(
        is_on=_is_enabled(fields),
        uri=fields.text("app_token_uri", "/v1/apigw/oauth2/token"),
        access_seconds=fields.number("app_token_expire_time", 1, _MAX_TOKEN_SECONDS, 3600),
        refresh_seconds=fields.number("refresh_token_expire_time", 1, _MAX_TOKEN_SECONDS, 7200),
        key=fields.text(APP_TOKEN_KEY, "", longest=512) if fields.has(APP_TOKEN_KEY) else None,
    )
    fields.ignore(APP_TOKEN_KEY)
    if not _TOKEN_URI.fullmatch(made.uri):
        fields.wrong(
            "not-a-path", "app_token_uri", "it is no path", "begin with / and write letters, digits or . _ ~ - /"
        )
    _close(fields)
    return made


def without_key(config: str) -> str:
    """A config of `app_token` that has been read before, as it may be shown."""
    document = json.loads(config)
    document.pop(APP_TOKEN_KEY, None)
    return json.dumps(document)


def xff_index(config: str) -> int | None:
    """Which address of X-Forwarded-For counts; None while it is switched off."""
    fields = _opened("real_ip_from_xff", config, '{"enable":"on","xff_index":-1}')
    on = _is_enabled(fields)
    index = fields.number("xff_index", -_MAX_HOPS, _MAX_HOPS, None if on else -1)
    _close(fields)
    return index if on else None


def address_header(config: str) -> str | None:
    """The lower-case field the caller's address is in; None while it is switched off."""
    fields = _opened("real_ip_header_getter", config, '{"enable":"on","header_getter":"header:X-Real-IP"}')
    on = _is_enabled(fields)
    getter = fields.text("header_getter", None if on else "")
    place, _, name = getter.partition(":")
    if getter and (place != "header" or not _FIELD_NAME.fullmatch(name)):
        fields.wrong(
            "not-a-header",
            "header_getter",
            "it names no header",
            "write `header:` and a name, as in `header:X-Real-IP`",
        )
    _close(fields)
    return name.lower() if on else None


def auth_fields(config: str) -> AuthFields:
    """In which fields signatures are, a caller's and the gateway's own."""
    fields = _opened("custom_auth_header", config, '{"app_auth_header":"X-App-Auth","backend_sign_header":""}')
    made = AuthFields(_auth_field(fields, "app_auth_header"), _auth_field(fields, "backend_sign_header"))
    _close(fields)
    return made


def token_users(config: str) -> tuple[str, ...]:
    """Patterns of the accounts whose token a backend may see."""
    fields = _opened("backend_token_allow", config, '{"backend_token_allow_users":["partner-.*"]}')
    patterns = fields.texts("backend_token_allow_users", _MAX_USERS, longest=256)
    for number, pattern in enumerate(patterns):
        try:
            Pattern(pattern, is_whole=True)
        except PatternError as error:
            at = f"backend_token_allow_users[{number}]"
            fields.wrong(
                "not-a-pattern", at, f"it is no expression that can be used: {error}", "write another one"
            )
    _close(fields)
    return patterns


READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "app_basic": is_on,
    "app_secret": is_on,
    APP_TOKEN: app_token,
    "backend_timeout": timeout_ms,
    "backend_token_allow": token_users,
    "custom_auth_header": auth_fields,
    "ratelimit": calls_per_second,
    "real_ip_from_xff": xff_index,
    "real_ip_header_getter": address_header,
    "request_body_size": body_bytes,
    # Ours: whether a signature counts once.
    "signature_replay": is_on,
}
"""What reads the config of each feature that can be set."""


def _auth_field(fields: Fields, key: str) -> str | None:
    name = fields.text(key, "").lower()
    if not name:
        return None
    if not _AUTH_FIELD.fullmatch(name) or name.startswith(("x-apig", "x-sdk")):
        fix = "write 3 to 64 letters, digits, - or _ that start with a letter, but not with x-apig or x-sdk"
        fields.wrong("not-a-header", key, "it is no header the gateway can use", fix)
    elif name in _NOT_FOR_CREDENTIALS:
        fields.wrong("not-a-header", key, f"the header {name} has a meaning of its own", "write another one")
    return name


def _is_enabled(fields: Fields) -> bool:
    return fields.choice("enable", ("on", "off"), "on") == "on"


def _opened(feature: str, config: str, example: str) -> Fields:
    fields = open_content(feature, config, example)
    if isinstance(fields, list):
        raise _refusal(fields)
    return fields


def _close(fields: Fields) -> None:
    fields.close()
    if fields.findings.all:
        raise _refusal(fields.findings.all)


def _refusal(findings: list[Finding]) -> Fault:
    placed = [
        Finding(code=INVALID_PARAMETER.code, at=_place(found.at), message=found.message, fix=found.fix)
        for found in findings
    ]
    return refusal(placed)


def _place(at: str) -> str:
    return "config" if at == "plugin_content" else f"config.{at}"
