"""Gateway responses: what a caller is told when the gateway itself answers (gateway.md 1.12).

A template is taken apart once, when it is published; a fault then only fills its places. Where the body is JSON, a
value cannot break it: it is escaped within a string, and becomes a string of its own outside of one. Where the
contract is silent: a response nobody has changed keeps the status its fault has in section 5.1; a variable without
a value is empty, and a name that is no variable stays as it was written.
"""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

import msgspec

from crossgate.core.errors import Fault
from crossgate.core.policies.call import Call

DEFAULT_BODY: Final = (
    '{"error_code":"$context.error.code","error_msg":"$context.error.message","request_id":"$context.requestId"}'
)
_VARIABLE: Final = re.compile(
    r"\$context\.(?:(error\.(?:code|message|type)|apiId|apiName|appId|appName|requestId|stage|sourceIp|reqPath|reqUri"
    r"|reqMethod)(?![\w])|(authorizer\.(?:frontend|backend)\.[\w-]+))"
)
_NOT_IN_A_FIELD: Final = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")
_QUOTE: Final = re.compile(r'(?<!\\)(?:\\\\)*"')
_JSON: Final = (b"Content-Type", b"application/json")
_TEXT: Final = (b"Content-Type", b"text/plain; charset=utf-8")
_WITHOUT_BODY: Final = frozenset((204, 205, 304))

Fields = tuple[tuple[bytes, bytes], ...]
Parts = tuple[str, ...]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as an operator has written it; without a `status` it has the fault's own."""

    status: int | None = None
    body: str = DEFAULT_BODY
    headers: tuple[tuple[str, str], ...] = ()


class Rendered(msgspec.Struct, frozen=True):
    """An answer ready to be sent; its length is nobody's to add but the connection's."""

    status: int
    fields: Fields
    body: bytes


class GatewayResponse:
    """A template taken apart."""

    __slots__ = ("_body", "_fields", "_has_type", "_is_json", "_is_quoted", "_status")

    def __init__(self, template: Template) -> None:
        self._status = template.status
        self._body = _parts(template.body)
        self._is_json = _is_json(template.body)
        self._is_quoted = _are_in_strings(self._body)
        self._fields = tuple((name.encode(), _parts(value)) for name, value in template.headers)
        self._has_type = any(name.lower() == b"content-type" for name, _ in self._fields)

    def render(self, fault: Fault, call: Call | None) -> Rendered:
        """The answer to a call that met `fault`; without a call, what is known of it is empty."""
        values = _Values(fault, call)
        filled = values.of(self._body)
        if self._is_json:
            filled = [_as_json(value, quoted) for value, quoted in zip(filled, self._is_quoted, strict=True)]
        body = _joined(self._body, filled)
        fields = tuple(
            (name, _NOT_IN_A_FIELD.sub(b"", _joined(parts, values.of(parts)))) for name, parts in self._fields
        )
        if body and not self._has_type:
            fields = (_JSON if self._is_json else _TEXT, *fields)
        status = fault.kind.status if self._status is None else self._status
        return Rendered(status, fields, b"" if status in _WITHOUT_BODY else body)


class Responses:
    """The answers of one group, by type; where it has none, the contract's own."""

    __slots__ = ("_by_type",)

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._by_type = {kind: GatewayResponse(template) for kind, template in templates.items()}

    def render(self, fault: Fault, call: Call | None) -> Rendered:
        """The answer to a call that met `fault`."""
        by_status = "DEFAULT_4XX" if fault.kind.status < 500 else "DEFAULT_5XX"
        kind = fault.kind.response_type or by_status
        return self._by_type.get(kind, _CONTRACTS_OWN).render(fault, call)


class _Values:
    """What the variables of one answer stand for."""

    __slots__ = ("_call", "_fault")

    def __init__(self, fault: Fault, call: Call | None) -> None:
        self._fault = fault
        self._call = call

    def of(self, parts: Parts) -> list[str]:
        """The value of each variable of a template, in order."""
        return [self._value(name) for name in parts[1::2]]

    def _value(self, name: str) -> str:
        match name:
            case "error.code":
                return self._fault.kind.code
            case "error.message":
                return self._fault.message
            case "error.type":
                return self._fault.kind.response_type
            case _:
                return (self._call.system(name) if self._call is not None else None) or ""


def _joined(parts: Parts, values: Iterable[str]) -> bytes:
    filled = list(parts)
    filled[1::2] = values
    return "".join(filled).encode("utf-8", "replace")


def _as_json(value: str, is_quoted: bool) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written[1:-1] if is_quoted else written


def _are_in_strings(parts: Parts) -> list[bool]:
    """For each variable of a JSON text, whether it is within a string."""
    quotes = accumulate(len(_QUOTE.findall(text)) for text in parts[:-1:2])
    return [count % 2 == 1 for count in quotes]


def _parts(template: str) -> Parts:
    """Texts and, between them, the names of variables: every second part is one."""
    parts, end = [], 0
    for found in _VARIABLE.finditer(template):
        parts += [template[end : found.start()], found[1] or found[2]]
        end = found.end()
    return (*parts, template[end:])


def _is_json(template: str) -> bool:
    """Whether the body is JSON once its variables, in strings or not, have values."""
    try:
        json.loads(_VARIABLE.sub("0", template))
    except (ValueError, RecursionError):
        return False
    return True


_CONTRACTS_OWN: Final = GatewayResponse(Template())
