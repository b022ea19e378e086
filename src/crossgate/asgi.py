"""CORS for any ASGI application: the gateway's policies and engine as a middleware, without any framework.

    app = FastAPI()
    app.add_middleware(CORSMiddleware, origins=["https://app.example.com"], credentials=True)

Any other application is wrapped: `app = CORSMiddleware(app, origins=["https://app.example.com"])`.
"""

import contextlib
import logging
import warnings
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from difflib import get_close_matches
from typing import Any, TypedDict, Unpack, get_args

from crossgate.cors.check import check, shown
from crossgate.cors.finding import Finding, Severity
from crossgate.cors.lint.own import subject_of
from crossgate.cors.lint.rules import lint_subject
from crossgate.cors.origin import MAX_ORIGIN_BYTES
from crossgate.cors.policy import BackendHeaders, CorsPolicy
from crossgate.cors.server import MERGE_SENSITIVE, Fields, Grant, PreflightAnswer, merge
from crossgate.cors.table import CorsTable, compile_policy

__all__ = ["CORSMiddleware", "PolicyFields", "PolicyRefusedError", "PolicyWarning"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Every framework has types of its own for the three, so an application is only known to take them.
Application = Callable[[Any, Any, Any], Awaitable[None]]

_LOG = logging.getLogger(__name__)
_TEXT: Fields = ((b"content-type", b"text/plain; charset=utf-8"),)


class PolicyFields(TypedDict, total=False):
    """The fields of a CorsPolicy as keywords; lists may be any iterable of strings."""

    origins: Iterable[str]
    credentials: bool
    methods: Iterable[str]
    headers: Iterable[str]
    expose: Iterable[str]
    max_age: int | None
    backend_headers: BackendHeaders
    preflight_status: int
    reject_foreign: bool
    debug: bool


class PolicyRefusedError(ValueError):
    """The policy would endanger somebody, or could never work; `findings` has every reason and what to write."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("the CORS policy cannot be used:" + "".join(map(_paragraph, self.findings)))


class PolicyWarning(UserWarning):
    """The policy is used, but something in it is unwise or without effect; `finding` says what."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(f"CORS policy ({finding.severity}):" + _paragraph(finding))


class CORSMiddleware:
    """Answers preflights and puts CORS headers on every other HTTP response, as the gateway does.

    Takes a `policy`, or its fields as keywords. Raises PolicyRefusedError for one that cannot be used. What the
    linter finds unwise in one that can is a PolicyWarning each, for filters of `warnings` to silence or to raise.

    An exception that leaves the application before its response has begun is answered 500 with CORS headers and
    raised again, where the page may read answers: whoever catches it further out knows no policy, and the page
    would see a CORS error instead of the failure. With `add_middleware` of Starlette or FastAPI that answer comes
    before the one of a handler for `Exception`, which still runs; wrap the whole application to keep its answer.

    WebSocket and lifespan pass: no browser makes a CORS check for a WebSocket. So does `OPTIONS *`, which is
    about the server and not about anything in it.
    """

    def __init__(self, app: Application, policy: CorsPolicy | None = None, **fields: Unpack[PolicyFields]) -> None:
        if policy is not None and fields:
            raise TypeError("CORSMiddleware takes a policy or the fields of one, not both")
        self._app = app
        self._table = _compile(_read(dict(fields)) if policy is None else policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of an ASGI server."""
        if scope["type"] != "http" or scope["path"] == "*":
            await self._app(scope, receive, send)
            return
        origin = _field(scope, b"origin")
        answer = self._preflight(scope, origin)
        if answer is not None:
            await _answer(send, answer.status, answer.headers)
            return
        grant = self._table.grant(origin)
        if grant.rejects:
            _log_refusal("request", origin, grant.reason)
            await _answer(send, 403, (*_TEXT, *grant.headers), b"Forbidden")
            return
        await self._actual(
            scope, receive, _Granting(grant, send), may_be_read=origin is not None and grant.allowed
        )

    def _preflight(self, scope: Scope, origin: bytes | None) -> PreflightAnswer | None:
        if origin is None or scope["method"] != "OPTIONS":
            return None
        requested_method = _field(scope, b"access-control-request-method")
        if requested_method is None:
            return None
        answer = self._table.preflight(origin, requested_method, _field(scope, b"access-control-request-headers"))
        if not answer.granted:
            _log_refusal("preflight", origin, answer.reason)
        return answer

    async def _actual(self, scope: Scope, receive: Receive, response: "_Granting", *, may_be_read: bool) -> None:
        try:
            await self._app(scope, receive, response)
        except Exception:
            if may_be_read and not response.has_begun:
                # A client that is gone must not hide what went wrong.
                with contextlib.suppress(OSError):
                    await _answer(response, 500, _TEXT, b"Internal Server Error")
            raise


class _Granting:
    """Sends a response with its grant applied; every other message passes as it is."""

    __slots__ = ("_grant", "_send", "has_begun")

    def __init__(self, grant: Grant, send: Send) -> None:
        self._grant = grant
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        # Interim responses carry nothing: browsers check the final one.
        if message["type"] == "http.response.start" and message["status"] >= 200:
            self.has_begun = True
            message = {**message, "headers": _granted(self._grant, message.get("headers", ()))}
        await self._send(message)


def _granted(grant: Grant, headers: Iterable[Iterable[bytes]]) -> list[tuple[bytes, bytes]]:
    sent = [(name, value) for name, value in headers]
    if grant.exposes_all_names or any(name.lower() in MERGE_SENSITIVE for name, _ in sent):
        return [_as_asgi(field) if field[0].lower() in MERGE_SENSITIVE else field for field in merge(grant, sent)]
    return [*sent, *map(_as_asgi, grant.headers)]


def _as_asgi(field: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A field of ours with its name in lower case, as ASGI wants it; what the application spells is its own."""
    return field[0].lower(), field[1]


async def _answer(send: Send, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> None:
    # RFC 9110 section 8.6: a 204 has no Content-Length.
    length = () if status == 204 else ((b"content-length", b"%d" % len(body)),)
    await send({"type": "http.response.start", "status": status, "headers": [*map(_as_asgi, fields), *length]})
    await send({"type": "http.response.body", "body": body})


def _field(scope: Scope, name: bytes) -> bytes | None:
    """A request field's value, repeated ones joined (RFC 9110 section 5.3); ASGI servers send lower-case names."""
    # Not every server takes the white space away that may stand around a value (section 5.5).
    values = [value.strip(b" \t") for field, value in scope["headers"] if field == name]
    return b", ".join(values) if values else None


def _log_refusal(what: str, origin: bytes | None, reason: str) -> None:
    if _LOG.isEnabledFor(logging.INFO):
        # As a literal of Python's: what a client sent must not forge a line of the log, nor fill it.
        _LOG.info("%s from %r refused: %s", what, (origin or b"")[:MAX_ORIGIN_BYTES], reason)


def _compile(policy: CorsPolicy) -> CorsTable:
    table = compile_policy(policy)
    if not isinstance(table, CorsTable):
        raise PolicyRefusedError(table)
    for finding in lint_subject(subject_of(policy)):
        # What is merely worth knowing is left to `crossgate cors lint`.
        if finding.severity is not Severity.INFO:
            warnings.warn(PolicyWarning(finding), stacklevel=3)
    return table


_LISTS = frozenset(("origins", "methods", "headers", "expose"))
_TYPES: dict[str, tuple[type, str]] = {
    "credentials": (bool, "write True or False"),
    "max_age": (int, "write whole seconds from 0 to 86400, or leave it out"),
    "preflight_status": (int, "write 204 or 200"),
    "reject_foreign": (bool, "write True or False"),
    "debug": (bool, "write True or False"),
}


def _read(fields: dict[str, Any]) -> CorsPolicy:
    """The policy that the keywords mean; raises PolicyRefusedError with everything that is wrong with them."""
    values: dict[str, Any] = {"origins": ()}
    findings = []
    for name, value in fields.items():
        read = _value(name, value)
        if isinstance(read, Finding):
            findings.append(read)
        else:
            values[name] = read
    policy = CorsPolicy(**values)
    if findings:
        unread = {finding.at for finding in findings}
        raise PolicyRefusedError([*findings, *(finding for finding in check(policy) if finding.at not in unread)])
    return policy


def _value(name: str, value: Any) -> Any:
    if name in _LISTS:
        return _names(name, value)
    if name == "backend_headers":
        if value in get_args(BackendHeaders):
            return value
        fix = "write `override`, `strip-foreign` or `keep`"
        return _finding("unknown-value", name, f"{shown(str(value))} is not one of its values", fix)
    if name not in _TYPES:
        close = get_close_matches(name.removeprefix("allow_"), CorsPolicy.__struct_fields__, n=1)
        fix = f"write `{close[0]}`" if close else "the fields are " + ", ".join(CorsPolicy.__struct_fields__)
        return _finding("unknown-key", name, f"{shown(name)} is not a field of a policy", fix)
    kind, fix = _TYPES[name]
    # Not isinstance: to Python, True is a whole number.
    if type(value) is kind or (name == "max_age" and value is None):
        return value
    return _finding("wrong-type", name, f"`{name}` is {shown(repr(value))}", fix)


def _names(name: str, value: Any) -> tuple[str, ...] | Finding:
    names = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes) else None
    if names is not None and all(isinstance(each, str) for each in names):
        return names
    return _finding("wrong-type", name, f"`{name}` is not a list of strings", f'write `{name}=["…"]`')


def _finding(code: str, at: str, message: str, fix: str) -> Finding:
    return Finding(code=f"cors.{code}", at=at, message=message, fix=fix)


def _paragraph(finding: Finding) -> str:
    return f"\n  {finding.at}: {finding.message}; {finding.fix} ({finding.code})"
