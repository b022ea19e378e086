"""Responses as the client receives them: the gateway's own, and the head of a backend's (gateway.md 4 and 5.1)."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from crossgate.core.errors import Fault
from crossgate.core.policies.asking import Relayed
from crossgate.core.policies.gateway_response import Rendered
from crossgate.core.snapshot.snapshot import MockAnswer
from crossgate.cors.server import Grant, PreflightAnswer, merge
from crossgate.gateway.fields import lines, pairs, speaks_of_origins

if TYPE_CHECKING:
    from crossgate.gateway.exchange import Exchange

_REASONS = {status.value: status.phrase for status in HTTPStatus} | {494: "Request Header Too Large"}
STATUS_LINES = {
    status: f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\n".encode("ascii") for status in range(100, 1000)
}
_JSON = b"Content-Type: application/json\r\n"
_OWN = (b"X-Request-Id", b"")
_SERVER_AND_ID = b"Server: api-gateway\r\nX-Request-Id: "


class _Body(msgspec.Struct):
    error_code: str
    error_msg: str
    request_id: str


def preflight(exchange: "Exchange", answer: PreflightAnswer) -> bytes:
    """The answer of a `cors` plugin to a preflight; its body is empty."""
    framing = b"" if answer.status == 204 else b"Content-Length: 0\r\n"
    return b"".join(head(exchange, answer.status, exchange.client.gateway.date, framing, answer.block))


def fault(exchange: "Exchange", fault: Fault, grant: Grant | None) -> tuple[int, bytes]:
    """Status and answer for `fault`, in the words of its API's group, with the CORS headers its policy grants."""
    verdict = exchange.verdict
    responses = verdict.responses if verdict is not None else None
    if isinstance(fault, Relayed):
        answer = fault.answer
        return answer.status, _own(exchange, answer.status, grant, lines(answer.fields), answer.body)
    if responses is None:
        body = msgspec.json.encode(_Body(fault.kind.code, fault.message, exchange.request_id.decode()))
        return fault.kind.status, _own(exchange, fault.kind.status, grant, _JSON, body)
    words = responses.render(fault, exchange.call())
    return words.status, rendered(exchange, words, grant)


def rendered(exchange: "Exchange", answer: Rendered, grant: Grant | None) -> bytes:
    """An answer that a policy has written."""
    return _own(exchange, answer.status, grant, lines(answer.fields), answer.body)


def mock(exchange: "Exchange", backend: MockAnswer, grant: Grant | None) -> bytes:
    """The answer of a Mock backend."""
    return _own(exchange, backend.status, grant, _JSON, backend.body)


def _own(exchange: "Exchange", status: int, grant: Grant | None, fields: bytes, body: bytes) -> bytes:
    block, granted = exchange.client.gateway.date + exchange.debug_fields() + fields, b""
    if grant is not None:
        is_merged = grant.exposes_all_names or (fields is not _JSON and speaks_of_origins(fields))
        block, granted = (merged(grant, block), b"") if is_merged else (block, grant.block)
    framing = b"" if status in (204, 304) else b"Content-Length: %d\r\n" % len(body)
    if exchange.method == b"HEAD" or status in (204, 304):
        body = b""
    return b"".join((*head(exchange, status, block, framing, granted), body))


def merged(grant: Grant, block: bytes) -> bytes:
    """`block` with the grant applied to it: what cors.server.merge decides."""
    # The name of a field that is written later, so that it is exposed too where all names are.
    read = [*pairs(block), _OWN]
    return b"".join(name + b": " + value + b"\r\n" for name, value in merge(grant, read) if name != _OWN[0])


def head(exchange: "Exchange", status: int, block: bytes, framing: bytes, granted: bytes) -> tuple[bytes, ...]:
    """Status line and fields, the empty line included, to be joined; in the order of the contract's samples."""
    if not exchange.keep_alive:
        connection = b"Connection: close\r\n\r\n"
    else:
        connection = b"Connection: keep-alive\r\n\r\n" if exchange.is_http10 else b"\r\n"
    request_id = exchange.request_id
    return STATUS_LINES[status], block, framing, _SERVER_AND_ID, request_id, b"\r\n", granted, connection
