"""The `third_auth` plugin: a service of the operator's is asked about each call (gateway.md 1.11).

Where the contract is silent: a header or parameter that `identities` names must be there, else the call is refused
(APIG.0313) before the service is asked; a body longer than `max_body_size` is refused with 413, because a part of
it would be judged for the whole. With `return_resp_body_enabled` a refusal is the service's own answer, its status
included where it is one of an error.
"""

import re
import string
from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import quote, urlencode

import msgspec

from crossgate.core.errors import Fault, FaultKind, Finding, runtime
from crossgate.core.policies.asking import MEBIBYTE, Answer, Ask, AskFailed, Relayed
from crossgate.core.policies.call import Body, Call, Check, FieldChange, Look, Spend, Waiting
from crossgate.core.policies.content import Fields, open_content
from crossgate.core.policies.expression import Matches, read_expression, read_parameters
from crossgate.core.policies.spending import Left, Spending
from crossgate.cors.check import shown

FORBID_SECONDS: Final = 300
_MAX_BODY: Final = 9536 * MEBIBYTE
_EXAMPLE: Final = (
    '{"auth_request":{"method":"POST","protocol":"HTTPS","url_domain":"auth.example.com","path":"/check",'
    '"vpc_channel_enabled":false},"simple_auth_mode_enabled":true}'
)
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)
_PATH: Final = re.compile(r"/[!\"$-~]*")
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What belongs to one connection or is written anew for another host, and what would make an answer unreadable.
_OF_ONE_HOP: Final = frozenset(
    b"accept-encoding connection content-length expect host keep-alive proxy-connection te trailer"
    b" transfer-encoding upgrade".split()
)
_SENT_AS_IT_IS: Final = string.punctuation.replace("#", "")

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


def third_auth_check(policy: ThirdAuth, plugin_id: str) -> Check:
    """What the policy demands of a call; failures are counted by address, for all APIs that have the plugin."""
    headers = None if policy.headers is None else [name.lower().encode() for name in policy.headers]

    def check(call: Call) -> Waiting | None:
        if policy.rule_type is not None:
            is_named = any(matches(call) for matches in policy.rules)
            if is_named is (policy.rule_type == "allow"):
                return None
        if policy.failures_allowed is None:
            return _authenticate(policy, headers, call)
        failures = Spending(f"third_auth:{plugin_id}:{call.client}", policy.failures_allowed, FORBID_SECONDS)
        return _authenticate_unless_blocked(policy, headers, call, failures)

    return check


def _authenticate_unless_blocked(
    policy: ThirdAuth, headers: list[bytes] | None, call: Call, failures: Spending
) -> Waiting:
    left: Left = yield Look((failures,))
    if left.refused is not None:
        raise Fault(runtime.THIRD_AUTH_BLOCKED)
    try:
        yield from _authenticate(policy, headers, call)
    except Fault as fault:
        if fault.kind is runtime.THIRD_AUTH_REFUSED:
            yield Spend((failures,))
        raise


def _authenticate(policy: ThirdAuth, headers: list[bytes] | None, call: Call) -> Waiting:
    fields = _fields_sent(call, headers)
    target = _target(policy, call)
    body = b""
    if policy.body_bytes is not None and not call.is_empty:
        body = yield Body()
        if len(body) > policy.body_bytes:
            raise Fault(runtime.ENTITY_TOO_LARGE)
    if policy.channel is not None:
        raise runtime.THIRD_AUTH_CHANNEL_WRONG.because("load channels cannot be used for it yet")
    answer: Answer | AskFailed = yield Ask(
        endpoint=f"{policy.scheme}://{policy.host}{target}",
        method=policy.method,
        fields=fields,
        body=body,
        timeout_ms=policy.timeout_ms,
    )
    _refuse(policy, answer)
    call.changes += _carried(policy, answer)


def _fields_sent(call: Call, names: list[bytes] | None) -> tuple[tuple[bytes, bytes], ...]:
    """The header fields the service is sent: those of `names`, which must be there, or all of the client's."""
    if names is None:
        return tuple((name, value) for name, value in call.fields if name.lower() not in _OF_ONE_HOP)
    for name in names:
        if not call.values(name):
            raise _without("header", name.decode())
    wanted = frozenset(names) - _OF_ONE_HOP | {b"content-type"}
    return tuple((name, value) for name, value in call.fields if name.lower() in wanted)


def _target(policy: ThirdAuth, call: Call) -> str:
    """Path and query the service is asked for."""
    path, _, query = policy.path.partition("?")
    if policy.carries_path:
        path = path.removesuffix("/") + quote(call.path, safe="/:@!$&'()*+,;=~-._")
    queries = [query] if query else []
    if policy.queries is None:
        queries.append(quote(call.target.partition(b"?")[2], safe=_SENT_AS_IT_IS))
    else:
        known = call.query()
        for name in policy.queries:
            if not any(name == each for each, _ in known):
                raise _without("parameter", name)
        queries.append(urlencode([(name, value) for name, value in known if name in policy.queries]))
    joined = "&".join(part for part in queries if part)
    return f"{path}?{joined}" if joined else path


def _without(where: str, name: str) -> Fault:
    return runtime.THIRD_AUTH_IDENTITIES_WRONG.because(f"the {where} {name} is missing")


def _refuse(policy: ThirdAuth, answer: Answer | AskFailed) -> None:
    """Raises what an answer means that lets nobody pass."""
    if isinstance(answer, AskFailed) or answer.status >= 500:
        if policy.lets_pass_on_failure:
            return
        says_nothing = isinstance(answer, AskFailed) and answer.reason != "too-long"
        raise Fault(runtime.THIRD_AUTH_UNREACHABLE if says_nothing else runtime.THIRD_AUTH_ANSWER_WRONG)
    if not _allows(policy, answer):
        if policy.relays_refusals:
            raise _relayed(runtime.THIRD_AUTH_REFUSED, answer)
        raise Fault(runtime.THIRD_AUTH_REFUSED)


def _allows(policy: ThirdAuth, answer: Answer) -> bool:
    if policy.required is None:
        return 200 <= answer.status < 300
    return all(answer.values(key.lower().encode()) == [value.encode()] for key, value in policy.required)


def _relayed(kind: FaultKind, answer: Answer) -> Relayed:
    fields = tuple((name, value) for name, value in answer.fields if name.lower() == b"content-type")
    status = answer.status if 400 <= answer.status < 500 else kind.status
    return Relayed(kind, Answer(status, fields, answer.body))


def _carried(policy: ThirdAuth, answer: Answer | AskFailed) -> Iterable[FieldChange]:
    """The fields of the answer that the backend gets; a client cannot send them in its place."""
    for each in policy.carried_fields:
        name = each.lower().encode()
        yield FieldChange(name, () if isinstance(answer, AskFailed) else tuple(answer.values(name)))
