"""The 145 cases over sockets: a raw client, a running gateway, a scripted backend (tests/cors/cases.toml)."""

import contextlib
import socket
from collections.abc import Iterator

import msgspec
import pytest

from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.spending import Period
from crossgate.core.policies.throttle import Throttle
from crossgate.core.snapshot.config import Config, Group, HttpBackend
from tests.cors.rows import Answer, Row, differences, policies, rows

from .conftest import api, config, http
from .peers import Request, Response, RunningGateway, ScriptedBackend

HOST = "app.example.net"
POLICIES = policies()
ROWS = [row for row in rows() if not row.config]
NOBODY = AccessControl(id="nobody", acl_type="PERMIT", entity_type="IP", values=("192.0.2.1",))
ONCE = Throttle(id="once", is_shared=False, period=Period(1, "DAY"), api_limit=1)
# What this gateway cannot be brought to do yet. Each goes when its feature comes.
NOT_YET = {
    "http2": "HTTP/2 comes with TLS",
    503: "no breaker that could refuse",
}


def why_not_yet(row: Row) -> str | None:
    """Why the row cannot be run, if it cannot."""
    key = row.expected.status if row.situation == "gateway-error" else row.situation
    return NOT_YET.get(key) if isinstance(key, int | str) else None


RUN = [row for row in ROWS if why_not_yet(row) is None]


def fails_with(row: Row, status: int) -> bool:
    """Whether the gateway itself is to fail, and with `status`."""
    return row.situation == "gateway-error" and row.expected.status == status


class Stage:
    """One gateway and one backend for all rows; both are set up anew for each."""

    def __init__(self) -> None:
        self.row = ROWS[0]
        self.backend = ScriptedBackend(self._respond)
        with socket.create_server(("127.0.0.1", 0)) as unused:
            self.closed_port = unused.getsockname()[1]
        self.gateway = RunningGateway(config())

    def _respond(self, connection: socket.socket, request: Request) -> None:
        row = self.row
        if row.situation == "backend-timeout" or fails_with(row, 504):
            return
        body = b"" if row.backend.status in (204, 304) or request.method == "HEAD" else row.backend.body.encode()
        fields = "".join(f"{name}: {value}\r\n" for name, value in row.backend.headers)
        start = f"HTTP/1.1 {row.backend.status} Status\r\n{fields}X-From: backend\r\n".encode("latin-1")
        if row.situation == "early-hints":
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
        if row.situation == "trailers":
            connection.sendall(start + b"Transfer-Encoding: chunked\r\n\r\n")
            connection.sendall(b"2\r\nok\r\n0\r\nAccess-Control-Allow-Origin: *\r\n\r\n")
        else:
            connection.sendall(start + b"Content-Length: %d\r\n\r\n" % len(row.backend.body.encode()) + body)

    def set_up(self, row: Row) -> None:
        """A gateway in the row's situation."""
        self.row = row
        self.backend.requests.clear()
        self.gateway.swap(self._config(row))
        self.gateway.run(_nothing())
        if fails_with(row, 429):
            self.gateway.ask(b"GET /x HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n\r\n")
            self.backend.requests.clear()

    def _config(self, row: Row) -> Config:
        plugin_ids = ("p",) if row.policy != "OFF" else ()
        only_get = row.situation == "method-without-route" or fails_with(row, 404)
        served = api(
            "/x",
            self._target(row),
            plugin_ids=plugin_ids,
            req_method="GET" if only_get else "ANY",
            req_protocol="HTTPS" if row.situation == "https-only" else "BOTH",
            auth_type="APP" if row.situation == "auth-required" or fails_with(row, 401) else "NONE",
            access_control_ids=("nobody",) if fails_with(row, 403) else (),
            throttle_id="once" if fails_with(row, 429) else None,
        )
        document = config(served, cors=POLICIES.get(row.policy, ""))
        group = Group(id="g", debug_domain="g.apic.localhost", domains=(HOST, "app.example"), is_default=True)
        return msgspec.structs.replace(document, groups=(group,), access_controls=(NOBODY,), throttles=(ONCE,))

    def _target(self, row: Row) -> HttpBackend:
        if fails_with(row, 500):
            return HttpBackend(
                scheme="HTTP", address="no-such-host.invalid", method="ANY", path="/", timeout_ms=3000
            )
        down = row.situation == "backend-down" or fails_with(row, 502)
        return http(self.closed_port if down else self.backend.port, timeout_ms=150)

    def stop(self) -> None:
        """Ends both."""
        self.gateway.stop()
        self.backend.stop()


async def _nothing() -> None:
    """Comes back when the gateway's loop has taken what was put before it."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One stage for the whole module."""
    stage = Stage()
    yield stage
    stage.stop()


def request_bytes(row: Row) -> bytes:
    """The row's request as sent."""
    request = row.request
    if request.raw is not None:
        return request.raw.encode("latin-1")
    method = "PUT" if fails_with(row, 404) else request.method
    host = b"" if row.situation == "http10-without-host" else b"Host: " + HOST.encode() + b"\r\n"
    fields = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in request.fields())
    names = {name.lower() for name, _ in request.headers}
    if request.body and not names & {"content-length", "transfer-encoding"}:
        fields += b"Content-Length: %d\r\n" % len(request.body)
    start = f"{method} {request.path} HTTP/{request.version}\r\n".encode("latin-1")
    return start + host + fields + b"\r\n" + request.body.encode()


def seen(response: Response, stage: Stage) -> Answer:
    """What the client saw, to be compared with a row."""
    by = "backend" if response.field("X-From") else "gateway"
    return Answer(by, response.status, response.fields, response.body.decode("latin-1"))


@pytest.mark.parametrize("row", RUN, ids=lambda row: row.id)
def test_a_case_is_answered_over_sockets_as_expected(stage: Stage, row: Row) -> None:
    """The bytes a client reads are what the row says."""
    stage.set_up(row)
    client = stage.gateway.connect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        client.send(request_bytes(row))

    response = client.read(method=row.request.method.encode())

    assert differences(row, seen(response, stage)) == [], (row.why, response.head)
    if response.field("X-From") is None and row.situation not in ("gateway-error", "backend-timeout"):
        assert stage.backend.requests == []
    if row.situation == "then-actual":
        origin = dict(row.request.fields())["Origin"]
        following = client.ask(
            b"GET /x HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nOrigin: " + origin + b"\r\n\r\n"
        )
        assert (following.status, following.field("Access-Control-Allow-Origin")) == (200, origin.decode())
    if row.situation == "access-log":
        line = stage.gateway.line_of(response).decode("ascii")
        assert line.isprintable()
        assert msgspec.json.decode(line)["cors"] == "origin-not-listed"
    client.socket.close()


def test_the_rows_that_cannot_be_run_yet_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left out without a reason."""
    left_out = [(row.id, why_not_yet(row)) for row in ROWS if row not in RUN]
    with capsys.disabled():
        print(f"\n{len(RUN)} rows over sockets; not yet: {left_out}")

    assert len(left_out) == 3
