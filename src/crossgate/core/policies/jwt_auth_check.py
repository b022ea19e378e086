"""What the `jwt_auth` plugin demands of a call: a token that is signed, in time, and about somebody it lets in."""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.call import Call, Check, FieldChange, Waiting
from crossgate.core.policies.jwt_auth import JwtAuth, KeyService
from crossgate.core.policies.jwt_keys import MAX_BYTES, Keys, NotATokenError, NotKeysError, read_keys, verified

FRESH_SECONDS: Final = 300
"""How long keys of a service are used before it is asked again, as the contract polls it."""
_UNFIT: Final = re.compile("[\r\n\0\ud800-\udfff]")


def jwt_auth_check(policy: JwtAuth) -> Check:
    """What the policy demands of calls; keys of a service are read once for each answer that holds them."""
    keys_of = _KeysOfAnswers()

    def check(call: Call) -> Waiting | None:
        token = _token(policy, call)
        if token is None:
            if not policy.lets_pass_without:
                raise _refused("it is missing")
            call.changes += (*_told(policy, "", {}),)
            return None
        if policy.service is not None:
            return _with_service(policy, policy.service, keys_of, call, token)
        _let_in(policy, policy.keys or {}, call, token)
        return None

    return check


class _KeysOfAnswers:
    """Remembers the keys of the newest answer: reading them takes longer than verifying a token."""

    __slots__ = ("_body", "_keys")

    def __init__(self) -> None:
        self._body = b""
        self._keys: Keys = {}

    def __call__(self, answer: Answer) -> Keys:
        """The keys in `answer`; raises NotKeysError."""
        if answer.body != self._body or not self._keys:
            self._keys = read_keys(answer.body)
            self._body = answer.body
        return self._keys


def _with_service(
    policy: JwtAuth, service: KeyService, keys_of: Callable[[Answer], Keys], call: Call, token: str
) -> Waiting:
    answer: Answer | AskFailed = yield Ask(
        endpoint=service.url,
        method="GET",
        fields=((b"Accept", b"application/json"), *(((b"Host", service.host.encode()),) if service.host else ())),
        timeout_ms=service.timeout_ms,
        max_bytes=MAX_BYTES,
        cache_key=f"jwks:{service.url} {service.host}",
        ttl_s=FRESH_SECONDS,
        stale_s=service.kept_s,
    )
    if isinstance(answer, AskFailed) or answer.status != 200:
        raise runtime.JWT_KEYS_UNAVAILABLE.because("the keys for tokens cannot be had")
    try:
        keys = keys_of(answer)
    except NotKeysError:
        raise runtime.JWT_KEYS_UNAVAILABLE.because("the keys for tokens cannot be read") from None
    _let_in(policy, keys, call, token)


def _let_in(policy: JwtAuth, keys: Keys, call: Call, token: str) -> None:
    """Raises unless the token lets the call pass; notes what the backend is told."""
    try:
        payload = verified(token, keys)
    except NotATokenError as error:
        raise _refused(str(error)) from None
    _check_times(policy, payload, call.now)
    for claim, value in policy.blacklist:
        if value in _texts(payload.get(claim)):
            raise _refused(f"its claim {claim} is on a black list")
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for claim, value in policy.whitelist:
        wanted[claim].add(value)
    for claim, values in wanted.items():
        if values.isdisjoint(_texts(payload.get(claim))):
            raise _refused(f"its claim {claim} is not on the white list")
    call.changes += (*_told(policy, token, payload),)
    if not policy.passes_token:
        _take_away(policy, call)


def _check_times(policy: JwtAuth, payload: dict[str, Any], now: float) -> None:
    for claim in ("exp", "nbf"):
        if type(payload.get(claim, 0)) not in (int, float):
            raise _refused(f"its claim {claim} is not a number")
    if not policy.ignores_expiration and "exp" in payload and payload["exp"] + policy.tolerance_s <= now:
        raise _refused("it has expired")
    if payload.get("nbf", 0) > now:
        raise _refused("it is not valid yet")


def _texts(value: Any) -> list[str]:
    """A claim as texts to compare: each entry of a list, and what is no string as JSON writes it."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in values]


def _told(policy: JwtAuth, token: str, payload: dict[str, Any]) -> list[FieldChange]:
    """The header fields a backend gets; where they are its own, a client cannot send them in their place."""
    changes = []
    for each in policy.claim_headers:
        value = payload.get(each.claim)
        values = () if value is None else (_field_value(each.claim, value),)
        if values or each.is_override:
            changes.append(FieldChange(each.header.lower().encode(), values, not each.is_override))
    if policy.payload_header is not None:
        values = (token.split(".")[1].encode(),) if token else ()
        changes.append(FieldChange(policy.payload_header.lower().encode(), values))
    return changes


def _field_value(claim: str, value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if _UNFIT.search(text):
        raise _refused(f"its claim {claim} does not fit into a header")
    return text.encode()


def _token(policy: JwtAuth, call: Call) -> str | None:
    """The token of a call; None when it has none, raises when it has more than one."""
    match policy.location:
        case "header":
            found = [value.decode("latin-1") for value in call.values(policy.name.lower().encode())]
        case "query":
            found = [value for name, value in call.query() if name == policy.name]
        case "cookie":
            found = [value.strip('"') for name, value in _cookies(call) if name.lower() == policy.name.lower()]
    if len(found) > 1:
        raise _refused("it is there more than once")
    token = found[0].strip() if found else ""
    if policy.location == "header":
        scheme, space, rest = token.partition(" ")
        if space and scheme.lower() == policy.prefix.lower():
            token = rest.strip()
    return token or None


def _cookies(call: Call) -> list[tuple[str, str]]:
    parts = [part for value in call.values(b"cookie") for part in value.decode("latin-1").split(";")]
    pairs = [part.partition("=") for part in parts]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _take_away(policy: JwtAuth, call: Call) -> None:
    """Keep the token from the backend."""
    match policy.location:
        case "header":
            call.changes = (FieldChange(policy.name.lower().encode(), ()), *call.changes)
        case "query":
            call.hidden |= {policy.name}
        case "cookie":
            kept = "; ".join(
                f"{name}={value}" for name, value in _cookies(call) if name.lower() != policy.name.lower()
            )
            call.changes += (FieldChange(b"cookie", (kept.encode("latin-1"),) if kept else ()),)


def _refused(reason: str) -> Fault:
    return runtime.JWT_REFUSED.because(f"the token is refused, {reason}")
