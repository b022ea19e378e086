"""The contract's CORS: the `cors` plugin, an API's `cors` switch and the OPTIONS API (gateway.md 1.11, 2.4)."""

import json
from difflib import get_close_matches
from typing import Any, get_args

import msgspec

from crossgate.cors.check import check, shown
from crossgate.cors.finding import Finding
from crossgate.cors.lint.own import subject_of
from crossgate.cors.lint.rules import lint_subject
from crossgate.cors.lint.subject import Place, Route
from crossgate.cors.policy import BackendHeaders, CorsPolicy
from crossgate.cors.server import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    MAX_AGE,
    CrossOrigin,
    Fields,
    Grant,
    block,
)
from crossgate.cors.table import CorsTable, compile_policy

__all__ = [
    "OPTIONS_API",
    "SWITCH",
    "CrossOrigin",
    "Parsed",
    "checked",
    "compile_content",
    "in_contract_terms",
    "parse_content",
    "read_content",
    "switch",
]

MAX_CONTENT_CHARS = 65_535


class _Key(msgspec.Struct, frozen=True):
    """One key of `plugin_content`: the policy's field, its JSON type, and what to write."""

    field: str
    type: type
    fix: str


_LIST = "write a string of names separated by commas, as in `{}`"
_KEYS = {
    "allow_origin": _Key(
        "origins", str, "write `*`, or origins separated by commas, as in `https://app.example.com`"
    ),
    "allow_methods": _Key("methods", str, _LIST.format("GET,POST,PUT")),
    "allow_headers": _Key("headers", str, _LIST.format("Content-Type,X-Stage")),
    "expose_headers": _Key("expose", str, _LIST.format("X-Request-Id")),
    "max_age": _Key("max_age", int, "write whole seconds from 0 to 86400, without quotes"),
    "allow_credentials": _Key("credentials", bool, "write true or false, without quotes"),
    "backend_headers": _Key("backend_headers", str, "write `override`, `strip-foreign` or `keep`"),
    "preflight_status": _Key("preflight_status", int, "write 204 or 200, without quotes"),
    "reject_foreign": _Key("reject_foreign", bool, "write true or false, without quotes"),
    "debug": _Key("debug", bool, "write true or false, without quotes"),
}
_TYPE_WORDS = {str: "a string", int: "a whole number", bool: "true or false"}
_LISTS = frozenset(("origins", "methods", "headers", "expose"))
_KEY_OF_FIELD = {key.field: name for name, key in _KEYS.items()}


_ANY_ROUTE = Route()


class Parsed(msgspec.Struct, frozen=True):
    """A plugin's policy, and what to reconsider in it."""

    policy: CorsPolicy
    warnings: tuple[Finding, ...]


def parse_content(content: str, route: Route = _ANY_ROUTE) -> Parsed | list[Finding]:
    """The policy in a `cors` plugin's `plugin_content`, or everything that is wrong with it.

    It has the contract's keys, and beside them `backend_headers`, `preflight_status`, `reject_foreign` and
    `debug`. Where the contract is silent: a `max_age` above 86400, as in its older samples, is accepted with a
    warning and sent as 86400; without `allow_methods` only GET, HEAD and POST are allowed, which need no
    permission. `route` is what is known about the APIs that use the plugin.
    """
    policy = _policy(content)
    if not isinstance(policy, CorsPolicy):
        return policy
    subject = subject_of(
        policy, name="cors", place_of=lambda at: Place(in_contract_terms(at)), route=checked(route, policy)
    )
    return Parsed(policy, tuple(lint_subject(subject)))


def checked(route: Route, policy: CorsPolicy) -> Route:
    """`route`, when it is known at all, with the one check of the caller's origin that there is."""
    return route if route == _ANY_ROUTE else msgspec.structs.replace(route, checks_csrf=policy.reject_foreign)


def compile_content(content: str) -> CorsTable | list[Finding]:
    """The compiled policy of a `cors` plugin's `plugin_content`, or everything that is wrong with it."""
    policy = _policy(content)
    return compile_policy(policy) if isinstance(policy, CorsPolicy) else policy


def read_content(content: str) -> tuple[CorsPolicy, list[Finding]]:
    """The policy in `content` as far as it can be read, not checked, and what cannot be read of it."""
    pairs = _pairs(content)
    if isinstance(pairs, Finding):
        return CorsPolicy(origins=()), [pairs]
    values: dict[str, Any] = {"origins": ()}
    findings = _read(pairs, values)
    return CorsPolicy(**values), findings


def in_contract_terms(at: str) -> str:
    """A place in a policy, such as `origins[2]`, as the contract calls it."""
    field, bracket, index = at.partition("[")
    return _KEY_OF_FIELD[field] + bracket + index


def _policy(content: str) -> CorsPolicy | list[Finding]:
    policy, findings = read_content(content)
    unread = {finding.at for finding in findings}
    if "plugin_content" not in unread:
        refusals = (msgspec.structs.replace(found, at=in_contract_terms(found.at)) for found in check(policy))
        findings += [found for found in refusals if found.at not in unread]
    return findings or policy


def _pairs(content: str) -> tuple[tuple[str, Any], ...] | Finding:
    at = "plugin_content"
    if len(content) > MAX_CONTENT_CHARS:
        return _finding(
            "content-too-long",
            at,
            f"it has {len(content)} characters, and {MAX_CONTENT_CHARS} are allowed",
            "use host patterns such as `https://*.example.com` in place of many origins",
        )
    try:
        # Objects become tuples of pairs, so that a key written twice can be seen.
        document = json.loads(content, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, tuple):
        return document
    example = '{"allow_origin":"https://app.example.com"}'
    return _finding("content-not-an-object", at, "it is not a JSON object", f"write one, as in `{example}`")


def _read(pairs: tuple[tuple[str, Any], ...], values: dict[str, Any]) -> list[Finding]:
    """Puts what can be read into `values`, by the policy's field names; returns what cannot."""
    findings = []
    seen: set[str] = set()
    for name, value in pairs:
        finding = _unreadable(name, value, seen)
        if finding is None:
            key = _KEYS[name]
            values[key.field] = _elements(value) if key.field in _LISTS else value
        else:
            findings.append(finding)
        seen.add(name)
    if "allow_origin" not in seen:
        findings.append(
            _finding("missing-key", "allow_origin", "`allow_origin` is missing", _KEYS["allow_origin"].fix)
        )
    return findings


def _unreadable(name: str, value: Any, seen: set[str]) -> Finding | None:
    if name in seen:
        return _finding("key-twice", name, f"{shown(name)} is written twice", "keep one")
    key = _KEYS.get(name)
    if key is None:
        return _unknown_key(name)
    # Not isinstance: to Python, true is a whole number.
    if type(value) is not key.type:
        return _finding("wrong-type", name, f"`{name}` is not {_TYPE_WORDS[key.type]}", key.fix)
    if key.field == "backend_headers" and value not in get_args(BackendHeaders):
        return _finding("unknown-value", name, f"{shown(str(value))} is not one of its values", key.fix)
    return None


def _unknown_key(name: str) -> Finding:
    close = get_close_matches(name[:64], _KEYS, n=1)
    fix = f"write `{close[0]}`" if close else "remove it; the keys are " + ", ".join(_KEYS)
    return _finding("unknown-key", name, f"{shown(name)} is not a key", fix)


def _finding(code: str, at: str, message: str, fix: str) -> Finding:
    # A key can be anything; as a place it must still be fit to print.
    return Finding(code=f"cors.{code}", at=shown(at)[1:-1] or "plugin_content", message=message, fix=fix)


def _elements(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text.strip() else ()


class _Static(msgspec.Struct, frozen=True):
    """The same grant for every origin, which leaves the last word to the backend (section 2.4)."""

    always: Grant

    def grant(self, origin: bytes | None) -> Grant:
        """The one grant; `origin` makes no difference."""
        del origin
        return self.always


def _static(fields: Fields, reason: str) -> _Static:
    return _Static(Grant(True, fields, block(fields), "keep", False, False, reason))


SWITCH: CrossOrigin = _static(((ALLOW_ORIGIN, b"*"),), "cors-switch")
OPTIONS_API: CrossOrigin = _static(
    (
        (ALLOW_ORIGIN, b"*"),
        (
            ALLOW_HEADERS,
            (
                b"X-Stage,X-Sdk-Date,X-Sdk-Nonce,X-Proxy-Signed-Headers,X-Sdk-Content-Sha256,X-Forwarded-For,"
                b"Authorization,Content-Type,Accept,Accept-Ranges,Cache-Control,Range"
            ),
        ),
        (
            EXPOSE_HEADERS,
            (
                b"X-Request-Id,X-Apig-Latency,X-Apig-Upstream-Latency,X-Apig-RateLimit-Api,X-Apig-RateLimit-User,"
                b"X-Apig-RateLimit-App,X-Apig-RateLimit-Ip,X-Apig-RateLimit-Api-Allenv"
            ),
        ),
        (ALLOW_METHODS, b"GET,POST,PUT,DELETE,HEAD,OPTIONS,PATCH"),
        (MAX_AGE, b"172800"),
    ),
    "options-api",
)


def switch(*, is_on: bool, is_options_api: bool) -> CrossOrigin | None:
    """What the `cors` field of an API grants (section 2.4); None when it is off."""
    if not is_on:
        return None
    return OPTIONS_API if is_options_api else SWITCH
