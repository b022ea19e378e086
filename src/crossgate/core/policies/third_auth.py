"""The `third_auth` plugin: how a service of the operator's is asked about each call (gateway.md 1.11)."""

import re
from typing import Final, Literal

import msgspec

from crossgate.core.errors import Finding
from crossgate.core.policies.asking import MEBIBYTE
from crossgate.core.policies.content import Fields, open_content
from crossgate.core.policies.expression import Matches, read_expression, read_parameters
from crossgate.cors.check import shown

_MAX_BODY: Final = 9536 * MEBIBYTE
_EXAMPLE: Final = (
    '{"auth_request":{"method":"POST","protocol":"HTTPS","url_domain":"auth.example.com","path":"/check",'
    '"vpc_channel_enabled":false},"simple_auth_mode_enabled":true}'
)
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)
_PATH: Final = re.compile(r"/[!\"$-~]*")
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

Method = Literal["GET", "POST", "PUT", "HEAD"]
RuleType = Literal["allow", "deny"]
_METHODS: Final[tuple[Method, ...]] = ("GET", "POST", "PUT", "HEAD")
_RULE_TYPES: Final[tuple[RuleType, ...]] = ("allow", "deny")


class Channel(msgspec.Struct, frozen=True):
    """A load channel in front of the service, and the host it is asked for."""

    id: str
    host: str = ""


class ThirdAuth(msgspec.Struct, frozen=True, kw_only=True):
    """One policy.

    The host is empty where a `channel` finds it. `headers` and `queries` are what is sent, None for everything;
    `body_bytes` is the longest body that is sent, None for no body. An answer must have the `required` fields, or,
    with None, a status of success. `rules` single out calls that need not be asked about (`allow`), or alone are
    asked about (`deny`).
    """

    method: Method
    scheme: Literal["http", "https"]
    host: str
    path: str
    timeout_ms: int
    channel: Channel | None
    headers: tuple[str, ...] | None
    queries: tuple[str, ...] | None
    body_bytes: int | None
    carries_path: bool
    carried_fields: tuple[str, ...]
    relays_refusals: bool
    required: tuple[tuple[str, str], ...] | None
    rule_type: RuleType | None
    rules: tuple[Matches, ...]
    failures_allowed: int | None
    lets_pass_on_failure: bool


def parse_content(content: str) -> ThirdAuth | list[Finding]:
    """The policy in a plugin's `plugin_content`, or everything that is wrong with it.

    Keys that the contract's own documents spell in two ways are read in both. A `custom_forbid_limit` of 0, or
    none, blocks nobody.
    """
    fields = open_content("third_auth", content, _EXAMPLE)
    if isinstance(fields, list):
        return fields
    request = fields.inner("auth_request")
    if request is None:
        fields.wrong("missing-key", "auth_request", "`auth_request` is missing", f"write it, as in `{_EXAMPLE}`")
    service = _NO_SERVICE if request is None else _service(request)
    headers, queries = _identities(fields)
    rule_type, rules = _rules(fields)
    forbid = fields.number("custom_forbid_limit", 0, 2_147_483_647, 0)
    policy = ThirdAuth(
        method=service.method,
        scheme=service.scheme,
        host=service.host,
        path=service.path,
        timeout_ms=service.timeout_ms,
        channel=service.channel,
        headers=headers,
        queries=queries,
        body_bytes=_body_bytes(fields),
        carries_path=fields.flag("carry_path_enabled"),
        carried_fields=_carried_fields(fields),
        relays_refusals=fields.flag("return_resp_body_enabled"),
        required=_required(fields),
        rule_type=rule_type,
        rules=rules,
        failures_allowed=forbid or None,
        lets_pass_on_failure=fields.flag("auth_downgrade_enabled", also="auth_downgrade_enable"),
    )
    fields.close()
    return fields.findings.all or policy


class _Service(msgspec.Struct, frozen=True):
    method: Method
    scheme: Literal["http", "https"]
    host: str
    path: str
    timeout_ms: int
    channel: Channel | None


_NO_SERVICE: Final = _Service("POST", "https", "", "/", 5000, None)


def _service(request: Fields) -> _Service:
    is_secure = request.choice("protocol", ("HTTP", "HTTPS")) == "HTTPS"
    path = request.text("path", longest=512)
    if path and not _PATH.fullmatch(path):
        request.wrong("not-a-path", "path", "`path` is no path", "begin with `/` and write printable characters")
    uses_channel = request.flag("vpc_channel_enabled")
    channel_fields = request.inner("vpc_channel_info") if uses_channel else None
    request.ignore("vpc_channel_info")
    channel = None
    if channel_fields is not None:
        channel = Channel(channel_fields.text("vpc_id", longest=65), channel_fields.text("vpc_proxy_host", ""))
        channel_fields.close()
    elif uses_channel:
        request.wrong("missing-key", "vpc_channel_info", "no channel is named", "write `vpc_channel_info`")
    service = _Service(
        request.choice("method", _METHODS),
        "https" if is_secure else "http",
        "" if uses_channel else _host(request),
        path,
        request.number("timeout", 1, 600_000, 5000),
        channel,
    )
    request.ignore("url_domain")
    request.close()
    return service


def _host(request: Fields) -> str:
    host = request.text("url_domain")
    if host and not _HOST.fullmatch(host):
        request.wrong(
            "not-a-host", "url_domain", "`url_domain` is no host", "write it as in `auth.example.com:8443`"
        )
    return host


def _identities(fields: Fields) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    identities = fields.inner("identities")
    if identities is None:
        return None, None
    headers = tuple(_field_name(each, "name") for each in identities.each("headers", 10))
    queries = tuple(each.text("name", longest=128) for each in identities.each("queries", 10, also="query"))
    identities.close()
    # Neither named: as if there were no `identities`, which sends everything.
    return (headers, queries) if headers or queries else (None, None)


def _field_name(fields: Fields, key: str) -> str:
    name = fields.text(key, longest=128)
    if name and not _FIELD_NAME.fullmatch(name):
        fields.wrong("not-a-header", key, f"{shown(name)} cannot be the name of a header", "write another one")
    return name


def _carried_fields(fields: Fields) -> tuple[str, ...]:
    names = fields.texts("carry_resp_headers", 10, also="carry_resp_header")
    for name in names:
        if not _FIELD_NAME.fullmatch(name):
            message = f"{shown(name)} cannot be the name of a header"
            fields.wrong("not-a-header", "carry_resp_headers", message, "write another one")
    return names


def _body_bytes(fields: Fields) -> int | None:
    carried = fields.inner("carry_body")
    if carried is None:
        return None
    is_carried = carried.flag("enabled")
    most = carried.number("max_body_size", 1 if is_carried else 0, _MAX_BODY, None if is_carried else 0)
    carried.close()
    return most if is_carried else None


def _required(fields: Fields) -> tuple[tuple[str, str], ...] | None:
    """The fields an answer must have; None where its status decides."""
    if fields.flag("simple_auth_mode_enabled"):
        fields.ignore("match_auth")
        return None
    one_or_more = fields.one_or_more("match_auth", most=10)
    required = tuple((_field_name(each, "key"), each.text("value", longest=1024)) for each in one_or_more)
    if not required:
        fields.wrong(
            "missing-key",
            "match_auth",
            "nothing says which answer lets a call pass",
            "set `simple_auth_mode_enabled` to true, or name a header and its value in `match_auth`",
        )
    return required


def _rules(fields: Fields) -> tuple[RuleType | None, tuple[Matches, ...]]:
    parameters = read_parameters(fields)
    is_on = fields.flag("rule_enabled")
    rule_type = fields.choice("rule_type", _RULE_TYPES, None if is_on else "allow")
    rules = []
    for each in fields.each("rules", most=100):
        each.text("rule_name")
        matches = read_expression(each, "match_regex", parameters)
        if matches is not None:
            rules.append(matches)
    if is_on and not fields.has("rules"):
        fields.wrong("missing-key", "rules", "`rule_enabled` is true, and there is no rule", "add rules")
    return (rule_type if is_on else None), tuple(rules)
