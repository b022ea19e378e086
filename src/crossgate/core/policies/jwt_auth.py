"""The `jwt_auth` plugin: callers prove who they are with a signed token (gateway.md 1.11).

Where the contract is silent: `carry_payload` names its header as `header`; the payload is sent in it as it is in
the token, which fits into a header whatever it holds. Of the claims on the `whitelist` each must have one of the
values listed for it.
"""

import re
from typing import Final, Literal

import msgspec

from crossgate.core.errors import Finding
from crossgate.core.policies.content import Fields, open_content
from crossgate.core.policies.functions import is_endpoint
from crossgate.core.policies.jwt_keys import MAX_BYTES, Keys, NotKeysError, read_keys
from crossgate.cors.check import shown

MAX_CLAIMS: Final = 16
_EXAMPLE: Final = '{"jwks":"{\\"keys\\":[…]}"}'
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

Location = Literal["header", "query", "cookie"]
_LOCATIONS: Final[tuple[Location, ...]] = ("header", "query", "cookie")
_NAMES: Final[dict[Location, str | None]] = {"header": "Authorization", "query": "access_token", "cookie": None}


class KeyService(msgspec.Struct, frozen=True):
    """Where keys are asked for; `kept_s` is how long the last ones are good while the service gives none."""

    url: str
    timeout_ms: int
    kept_s: int
    host: str


class ClaimHeader(msgspec.Struct, frozen=True):
    """A claim the backend is told in a header, in place of the client's or beside it."""

    claim: str
    header: str
    is_override: bool


class JwtAuth(msgspec.Struct, frozen=True, kw_only=True):
    """One policy. Its keys are fixed, or come from a service; a service is used where both are given."""

    keys: Keys | None
    service: KeyService | None
    location: Location
    name: str
    prefix: str
    tolerance_s: int
    passes_token: bool
    lets_pass_without: bool
    ignores_expiration: bool
    payload_header: str | None
    claim_headers: tuple[ClaimHeader, ...]
    blacklist: tuple[tuple[str, str], ...]
    whitelist: tuple[tuple[str, str], ...]


def parse_content(content: str) -> JwtAuth | list[Finding]:
    """The policy in a plugin's `plugin_content`, or everything that is wrong with it."""
    fields = open_content("jwt_auth", content, _EXAMPLE)
    if isinstance(fields, list):
        return fields
    service = _service(fields)
    location = fields.choice("token_location", _LOCATIONS, "header")
    policy = JwtAuth(
        keys=_keys(fields, service),
        service=service,
        location=location,
        name=fields.text("token_name", _NAMES[location], longest=128) or (_NAMES[location] or ""),
        prefix=fields.text("token_prefix", "Bearer", longest=64),
        tolerance_s=fields.digits("token_expiration_tolerance", 0, 86400, 0),
        passes_token=fields.flag("token_pass_through_enabled"),
        lets_pass_without=fields.flag("missing_token_skip_auth_enabled"),
        ignores_expiration=fields.flag("ignore_expiration_validation_enabled"),
        payload_header=_payload_header(fields),
        claim_headers=tuple(
            ClaimHeader(each.text("claim", longest=128), _header(each, "header"), each.flag("is_override", True))
            for each in fields.each("claims_to_headers", MAX_CLAIMS)
        ),
        blacklist=_list(fields, "blacklist"),
        whitelist=_list(fields, "whitelist"),
    )
    fields.close()
    return fields.findings.all or policy


def _service(fields: Fields) -> KeyService | None:
    service = fields.inner("jwks_service")
    if service is None:
        return None
    uri = service.text("uri", longest=1024)
    url = uri if "://" in uri else f"https://{uri}"
    if uri and (not url.startswith("http") or not is_endpoint(url)):
        service.wrong(
            "not-an-address", "uri", "`uri` is no address", "write it as in `https://id.example.com/keys`"
        )
    read = KeyService(
        url,
        service.number("timeout", 1, 60_000, 5000),
        service.number("ttl", 600, 86_400, 600),
        service.text("custom_host", ""),
    )
    service.close()
    return read


def _keys(fields: Fields, service: KeyService | None) -> Keys | None:
    jwks = fields.text("jwks", "", longest=MAX_BYTES)
    if not jwks:
        if service is None:
            fields.wrong(
                "missing-key", "jwks", "there are no keys", "give them in `jwks`, or name a `jwks_service`"
            )
        return None
    try:
        return read_keys(jwks)
    except NotKeysError as error:
        fields.wrong("not-keys", "jwks", str(error), "give the public keys as a JWKS")
        return None


def _payload_header(fields: Fields) -> str | None:
    carried = fields.inner("carry_payload")
    if carried is None:
        return None
    is_carried = carried.flag("enabled", True)
    header = _header(carried, "header") if is_carried else None
    carried.ignore("header")
    carried.close()
    return header


def _list(fields: Fields, name: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each.text("claim", longest=128), each.text("value", "", longest=1024)) for each in fields.each(name, 100)
    )


def _header(fields: Fields, key: str) -> str:
    name = fields.text(key, longest=128)
    if name and not _FIELD_NAME.fullmatch(name):
        fields.wrong("not-a-header", key, f"{shown(name)} cannot be the name of a header", "write another one")
    return name
