"""Responses as the client receives them: the gateway's own, and the head of a backend's (gateway.md 4 and 5.1)."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from crossgate.core.errors import Fault
from crossgate.core.snapshot.snapshot import MockAnswer
from crossgate.cors.server import Grant, PreflightAnswer, merge
from crossgate.gateway.fields import pairs

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
    return head(exchange, answer.status, exchange.client.gateway.date(), framing, answer.block)


def fault(exchange: "Exchange", fault: Fault, grant: Grant | None) -> bytes:
    """The error body of section 5.1 with the CORS headers that its API's policy grants."""
    body = msgspec.json.encode(_Body(fault.kind.code, fault.message, exchange.request_id.decode()))
    return _json(exchange, fault.kind.status, grant, body)


def mock(exchange: "Exchange", backend: MockAnswer, grant: Grant | None) -> bytes:
    """The answer of a Mock backend."""
    return _json(exchange, backend.status, grant, backend.body)


def _json(exchange: "Exchange", status: int, grant: Grant | None, body: bytes) -> bytes:
    block, granted = exchange.client.gateway.date() + exchange.latency() + _JSON, b""
    if grant is not None:
        block, granted = (merged(grant, block), b"") if grant.exposes_all_names else (block, grant.block)
    framing = b"" if status == 204 else b"Content-Length: %d\r\n" % len(body)
    start = head(exchange, status, block, framing, granted)
    return start if exchange.method == b"HEAD" or status in (204, 304) else start + body


def merged(grant: Grant, block: bytes) -> bytes:
    """`block` with the grant applied to it: what cors.server.merge decides."""
    # The name of a field that is written later, so that it is exposed too where all names are.
    read = [*pairs(block), _OWN]
    return b"".join(name + b": " + value + b"\r\n" for name, value in merge(grant, read) if name != _OWN[0])


def head(exchange: "Exchange", status: int, block: bytes, framing: bytes, granted: bytes) -> bytes:
    """Status line and fields, the empty line included; the order is that of the contract's samples."""
    if not exchange.keep_alive:
        connection = b"Connection: close\r\n\r\n"
    else:
        connection = b"Connection: keep-alive\r\n\r\n" if exchange.is_http10 else b"\r\n"
    return b"".join(
        (
            STATUS_LINES[status],
            block,
            framing,
            _SERVER_AND_ID,
            exchange.request_id,
            b"\r\n",
            granted,
            connection,
        )
    )
