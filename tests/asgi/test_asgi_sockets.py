"""The 145 cases over sockets: uvicorn, the middleware and an application behind it (tests/cors/cases.toml)."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.asgi.asking import Served
from tests.asgi.case_application import RUN, CaseApplication, middleware, why_not
from tests.cors.rows import Answer, Row, differences, rows

HOST = "app.example.net"
SERVER_ALONE = [row for row in rows() if row.situation == "before-routing" or row.id == "K12"]
# uvicorn speaks HTTP/1.
OVER_SOCKETS = [row for row in RUN if row.situation != "http2"]


class Stage:
    """One server for all rows; its application is the row's."""

    def __init__(self) -> None:
        self.set_up(RUN[0])
        self.served = Served(self._call)

    def set_up(self, row: Row) -> None:
        """An application as the row has it, and its policy before it."""
        self.application = CaseApplication(row)
        self._middleware = middleware(self.application)

    async def _call(self, scope: Any, receive: Any, send: Any) -> None:
        await self._middleware(scope, receive, send)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One stage for the whole module."""
    stage = Stage()
    yield stage
    stage.served.stop()


def request_bytes(row: Row) -> bytes:
    """The row's request as sent."""
    request = row.request
    if request.raw is not None:
        return request.raw.encode("latin-1")
    host = b"" if row.situation == "http10-without-host" else b"Host: " + HOST.encode() + b"\r\n"
    fields = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in request.fields())
    names = {name.lower() for name, _ in request.headers}
    if request.body and not names & {"content-length", "transfer-encoding"}:
        fields += b"Content-Length: %d\r\n" % len(request.body)
    start = f"{request.method} {request.path} HTTP/{request.version}\r\n".encode("latin-1")
    return start + host + fields + b"\r\n" + request.body.encode()


@pytest.mark.filterwarnings("ignore::crossgate.asgi.PolicyWarning")
@pytest.mark.parametrize("row", [*OVER_SOCKETS, *SERVER_ALONE], ids=lambda row: row.id)
def test_a_case_is_answered_over_sockets_as_expected(stage: Stage, row: Row) -> None:
    """The bytes that a client reads are what the row says."""
    stage.set_up(row)
    client = stage.served.connect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        client.send(request_bytes(row))
    response = client.read(method=row.request.method.encode())
    is_ours = not stage.application.reached or row.situation == "gateway-error" or row in SERVER_ALONE
    answer = Answer(
        "gateway" if is_ours else "backend", response.status, response.fields, response.body.decode("latin-1")
    )

    assert differences(row, answer) == [], (row.why, response.head)
    if row.situation == "then-actual":
        origin = dict(row.request.fields())["Origin"].decode()
        following = client.ask(f"GET /x HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {origin}\r\n\r\n".encode())
        assert following.field("Access-Control-Allow-Origin") == origin


def test_what_the_server_answers_alone_is_left_out_elsewhere() -> None:
    """The rows that only sockets can tell are those that the other table leaves out."""
    assert {row.id for row in SERVER_ALONE} == {"K12", "A33"}
    assert all(why_not(row) for row in SERVER_ALONE)
