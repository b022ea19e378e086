"""Responses as the client receives them: the gateway's own, and the head of a backend's (gateway.md 4 and 5.1)."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from crossgate.core.errors import Fault
from crossgate.core.snapshot.snapshot import MockAnswer
from crossgate.cors.server import Grant, PreflightAnswer, merge

if TYPE_CHECKING:
    from crossgate.gateway.exchange import Exchange

_REASONS = {status.value: status.phrase for status in HTTPStatus} | {494: "Request Header Too Large"}
STATUS_LINES = {
    status: f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\n".encode("ascii") for status in range(100, 1000)
}
_JSON = b"Content-Type: application/json"
_SERVER_AND_ID = b"Server: api-gateway\r\nX-Request-Id: "


class Answer(msgspec.Struct, frozen=True):
    """An answer of the gateway's own: `lines` are `Name: value`, `block` more of them, each with its CRLF."""

    status: int
    lines: list[bytes]
    block: bytes
    body: bytes


class _Body(msgspec.Struct):
    error_code: str
    error_msg: str
    request_id: str


def fault(fault: Fault, grant: Grant | None, request_id: bytes, date: bytes) -> Answer:
    """The error body of section 5.1 with the CORS headers that its API's policy grants."""
    body = msgspec.json.encode(_Body(fault.kind.code, fault.message, request_id.decode()))
    return _own(fault.kind.status, [b"Date: " + date, _JSON], grant, body)


def mock(backend: MockAnswer, grant: Grant | None, date: bytes) -> Answer:
    """The answer of a Mock backend."""
    return _own(backend.status, [b"Date: " + date, _JSON], grant, backend.body)


def preflight(answer: PreflightAnswer, date: bytes) -> Answer:
    """The answer of a `cors` plugin to a preflight; its body is empty."""
    return Answer(answer.status, [b"Date: " + date], answer.block, b"")


def _own(status: int, lines: list[bytes], grant: Grant | None, body: bytes) -> Answer:
    if grant is None:
        return Answer(status, lines, b"", body)
    if grant.exposes_all_names:
        return Answer(status, merged(grant, lines), b"", body)
    return Answer(status, lines, grant.block, body)


def merged(grant: Grant, lines: list[bytes]) -> list[bytes]:
    """`lines` with the grant applied to them: what cors.server.merge decides."""
    cut = (line.partition(b":") for line in lines)
    return [
        name + b": " + value for name, value in merge(grant, ((name, value.strip()) for name, _, value in cut))
    ]


def whole(answer: Answer, exchange: "Exchange") -> bytes:
    """`answer` as bytes; without its body when the request was HEAD."""
    framing = b"" if answer.status == 204 else b"Content-Length: %d\r\n" % len(answer.body)
    start = head(exchange, answer.status, answer.lines, answer.block, framing)
    return start if exchange.head.method == b"HEAD" or answer.status in (204, 304) else start + answer.body


def head(exchange: "Exchange", status: int, lines: list[bytes], block: bytes, framing: bytes) -> bytes:
    """Status line and fields, the empty line included. `lines` is never empty: it holds at least a Date."""
    if not exchange.keep_alive:
        connection = b"Connection: close\r\n"
    else:
        connection = b"Connection: keep-alive\r\n" if exchange.is_http10 else b""
    return b"".join(
        (
            STATUS_LINES[status],
            b"\r\n".join(lines),
            b"\r\n",
            framing,
            _SERVER_AND_ID,
            exchange.request_id,
            b"\r\n",
            block,
            connection,
            b"\r\n",
        )
    )
