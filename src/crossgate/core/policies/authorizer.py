"""Custom authorizers: a function of the operator's decides about a call or its backend (gateway.md 1.10).

The function gets an event and answers `{"statusCode":200,"body":"{\\"status\\":\\"allow\\",…}"}`. Where it is
easier to write, `body` may be an object, or the verdict alone may be the answer. What it says in `context` is
known from then on as `$context.authorizer.frontend.…` or `.backend.…`.

Where the contract is silent: an authorizer without a cache is told every header and parameter, one with a cache
its identities alone, so that nothing it has not seen can change a kept answer. An identity that is sent twice is
refused, as the function and the backend might not mean the same one. A validation must match the whole value.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.asking import MEBIBYTE, Answer, Ask, AskFailed
from crossgate.core.policies.call import Body, Call, Check, Waiting
from crossgate.core.policies.pattern import Pattern

_JSON: Final = (
    (b"Content-Type", b"application/json"),
    (b"Accept", b"application/json"),
)

# What reaches a header field must not end it, and half a character cannot be sent at all.
_UNFIT: Final = re.compile("[\r\n\0\ud800-\udfff]")


class Identity(msgspec.Struct, frozen=True):
    """Something of a call that says who calls; without a `validation` any value will do."""

    name: str
    location: Literal["HEADER", "QUERY"]
    validation: str = ""


class Authorizer(msgspec.Struct, frozen=True, kw_only=True):
    """An authorizer as published.

    `endpoint` is what its function is reached by, or None while nobody has said so. A `ttl_s` of 0 keeps no
    answers. `lets_pass_on_failure`: a function that gives no answer is taken for one that allows.
    """

    id: str
    type: Literal["FRONTEND", "BACKEND"]
    endpoint: str | None
    identities: tuple[Identity, ...] = ()
    ttl_s: int = 0
    user_data: str = ""
    needs_body: bool = False
    timeout_ms: int = 5000
    retries: int = 0
    lets_pass_on_failure: bool = False


class _Source:
    """An identity, ready to be looked for."""

    __slots__ = ("field", "is_header", "name", "pattern")

    def __init__(self, identity: Identity) -> None:
        self.name = identity.name
        self.is_header = identity.location == "HEADER"
        self.field = identity.name.lower().encode()
        self.pattern = Pattern(identity.validation, is_whole=True) if identity.validation else None

    def value(self, call: Call) -> str:
        """Its one value; raises when there is none, more than one, or one that is not valid."""
        if self.is_header:
            values = [_text(value) for value in call.values(self.field)]
        else:
            values = [value for name, value in call.query() if name == self.name]
        if len(values) != 1 or not values[0]:
            wrong = "there more than once" if len(values) > 1 else "missing"
        elif self.pattern is None or self.pattern.matches(values[0]):
            return values[0]
        else:
            wrong = "not valid"
        where = "header" if self.is_header else "parameter"
        raise runtime.AUTHORIZER_IDENTITIES_WRONG.because(f"the {where} {self.name} is {wrong}")


def authorizer_check(policy: Authorizer, *, body_as_base64: bool = True) -> Check:
    """Lets through what the function of `policy` allows, and notes what it says about the caller.

    `body_as_base64` is the API's `is_send_fg_body_base64`.
    """
    sources = [_Source(identity) for identity in policy.identities]
    prefix = f"authorizer.{policy.type.lower()}."

    def check(call: Call) -> Waiting:
        identities = [(source, source.value(call)) for source in sources]
        event = _event(policy, call, identities)
        if policy.needs_body:
            body: bytes = b"" if call.is_empty else (yield Body())
            event["body"] = base64.b64encode(body).decode() if body_as_base64 else _text(body)
        if policy.endpoint is None:
            raise runtime.AUTHORIZER_FAILED.because("the function of the custom authorizer is not known here")
        ask = _ask(policy, policy.endpoint, json.dumps(event).encode())
        answer: Answer | AskFailed = AskFailed("failed")
        for _ in range(1 + policy.retries):
            answer = yield ask
            if isinstance(answer, Answer) and answer.status < 500:
                break
        if _is_failure(answer) and policy.lets_pass_on_failure:
            return
        context = _allowed(answer)
        call.context = {**call.context, **{prefix + name: value for name, value in context.items()}}

    return check


def _event(policy: Authorizer, call: Call, identities: Iterable[tuple[_Source, str]]) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    if not policy.ttl_s:
        for field, content in call.fields:
            name = field.decode("latin-1")
            headers[name] = f"{headers[name]}, {_text(content)}" if name in headers else _text(content)
        for name, value in call.query():
            known = parameters.get(name)
            parameters[name] = value if known is None else [*(known if type(known) is list else [known]), value]
    for source, value in identities:
        (headers if source.is_header else parameters)[source.name] = value
    return {"headers": headers, "queryStringParameters": parameters, "user_data": policy.user_data}


def _ask(policy: Authorizer, endpoint: str, event: bytes) -> Ask:
    key = ""
    if policy.ttl_s:
        # All the function is told is part of the key, and so is which function it is.
        key = f"authorizer:{policy.id}:{hashlib.sha256(endpoint.encode() + b' ' + event).hexdigest()}"
    return Ask(
        endpoint=endpoint,
        fields=_JSON,
        body=event,
        timeout_ms=policy.timeout_ms,
        max_bytes=MEBIBYTE,
        cache_key=key,
        ttl_s=policy.ttl_s,
    )


def _is_failure(answer: Answer | AskFailed) -> bool:
    return isinstance(answer, AskFailed) or answer.status >= 500


def _allowed(answer: Answer | AskFailed) -> dict[str, str]:
    """The context an answer gives with its permission; raises when it gives none."""
    if isinstance(answer, AskFailed):
        wrong = "gave no answer in time" if answer.reason == "timeout" else "cannot be asked"
        raise runtime.AUTHORIZER_FAILED.because(f"the custom authorizer {wrong}")
    verdict = _verdict(answer)
    if verdict is None:
        raise runtime.AUTHORIZER_FAILED.because("the answer of the custom authorizer cannot be understood")
    status, context = verdict
    if status != "allow":
        raise Fault(runtime.AUTHORIZER_DENIED)
    return context


def _verdict(answer: Answer) -> tuple[str, dict[str, str]] | None:
    """Status and context; None for what is no verdict."""
    document = _object(answer.body) if answer.status == 200 and len(answer.body) <= MEBIBYTE else None
    if document is None:
        return None
    succeeded = True
    if "status" not in document:
        succeeded = document.get("statusCode") == 200
        document = _object(_inner(document))
    status = None if document is None else document.get("status")
    if document is None or status not in ("allow", "deny") or (status == "allow" and not succeeded):
        return None
    context = document.get("context") or {}
    if not isinstance(context, dict):
        return None
    texts = {name: _value(value) for name, value in context.items() if value is not None}
    if any(_UNFIT.search(text) for pair in texts.items() for text in pair):
        return None
    return status, texts


def _inner(document: dict[str, Any]) -> Any:
    body = document.get("body")
    if isinstance(body, str) and document.get("isBase64Encoded") is True:
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error:
            return None
    return body


def _object(document: Any) -> dict[str, Any] | None:
    """The JSON object that `document` is, or is the text of."""
    if isinstance(document, (str, bytes)):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            return None
    return document if isinstance(document, dict) else None


def _value(value: Any) -> str:
    """A value of a context as the contract has it: a string, or what JSON calls it, as in `true`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
