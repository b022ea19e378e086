"""The access log over sockets: one line for each request, whatever becomes of it, with a reason for its CORS."""

import re
import socket
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossgate.core.snapshot.config import Config, HttpBackend, Limits, MockBackend, Plugin
from crossgate.cors.disclosure import SENTENCES
from crossgate.gateway.access_log import LONGEST_LINE

from .conftest import HOST, api, config, http
from .peers import Request, RunningGateway, ScriptedBackend

StartBackend = Callable[..., ScriptedBackend]
StartGateway = Callable[..., RunningGateway]

ROWS = tomllib.loads(Path(__file__).with_name("outcomes.toml").read_text("utf-8"))["row"]
PLUGINS = {
    "list": '{"allow_origin":"https://app.example","allow_methods":"GET,PUT","allow_headers":"content-type"}',
    "any": '{"allow_origin":"*"}',
    "pattern": '{"allow_origin":"https://*.example.com"}',
    "reject": '{"allow_origin":"https://app.example","reject_foreign":true}',
}
MOCK = MockBackend(result_content="ok")


def silent(connection: socket.socket, request: Request) -> None:
    """A backend that reads and says nothing."""


def document(closed_port: int, silent_port: int) -> Config:
    """The APIs that outcomes.toml names."""
    unknown = HttpBackend(scheme="HTTP", address="no-such-host.invalid", method="ANY", path="/", timeout_ms=5000)
    apis = [
        *(api(f"/{name}", MOCK, plugin_ids=(name,)) for name in PLUGINS),
        api("/get", MOCK, plugin_ids=("list",), req_method="GET"),
        api("/switch", MOCK, cors=True),
        api("/mock", MOCK),
        api("/off", MOCK),
        api("/options", MOCK, cors=True, req_method="OPTIONS"),
        api("/https", MOCK, req_protocol="HTTPS"),
        api("/down", http(closed_port)),
        api("/slow", http(silent_port, timeout_ms=200)),
        api("/name", unknown),
    ]
    plugins = tuple(Plugin(id=name, type="cors", content=content) for name, content in PLUGINS.items())
    return msgspec.structs.replace(config(*apis), plugins=plugins)


@pytest.fixture(scope="module")
def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port: int = unused.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def silent_backend() -> Iterator[ScriptedBackend]:
    """A backend that never answers."""
    backend = ScriptedBackend(silent)
    yield backend
    backend.stop()


@pytest.fixture
def gateway(start_gateway: StartGateway, closed_port: int, silent_backend: ScriptedBackend) -> RunningGateway:
    """A gateway with the APIs of outcomes.toml."""
    return start_gateway(document(closed_port, silent_backend.port))


def sent(row: dict[str, Any]) -> bytes:
    """The request of a row."""
    value = row["sends"]
    text: str = (
        value if isinstance(value, str) else value["text"] + value["repeat"] * value["times"] + value["end"]
    )
    return text.replace("{host}", HOST.decode()).encode("latin-1")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: re.sub(r"\W+", "-", sent(row).decode("latin-1"))[:90])
def test_a_request_is_logged_with_what_became_of_it(gateway: RunningGateway, row: dict[str, Any]) -> None:
    """Its status, its reasons, and of its headers the Origin alone."""
    answer = gateway.ask(sent(row))
    (line,) = gateway.logged(1)

    assert answer.status == row["status"]
    assert {name: line.get(name) for name in row["logs"]} == row["logs"]
    assert [name for name in row.get("lacks", []) if name in line] == []
    assert line["status"] == answer.status
    assert line["request_id"] == answer.field("X-Request-Id")
    assert line["bytes_sent"] == len(answer.head) + 4 + len(answer.body)
    assert "secret" not in str(line)
    assert "client_gone" not in line
    assert "cut" not in line


def test_every_reason_is_met() -> None:
    """No reason for which a preflight is refused is left out above."""
    met = {row["logs"].get("cors") for row in ROWS}

    assert set(SENTENCES) <= met


def test_times_are_told_in_seconds(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """When it was finished, how long it took, and how much of that was the backend's."""

    def answer(connection: socket.socket, _: Request) -> None:
        time.sleep(0.2)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        time.sleep(0.1)
        connection.sendall(b"ok")

    gateway = start_gateway(config(api("/", http(start_backend(answer).port))))
    before = datetime.now(UTC)
    gateway.ask(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    (line,) = gateway.logged(1)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert 0.29 < (datetime.fromisoformat(line["time"]) - before).total_seconds() < 5
    assert 0.3 <= line["upstream_response_time"] <= line["request_time"] < 5


def test_every_request_of_a_connection_is_logged(gateway: RunningGateway) -> None:
    """Refused preflights too, sent one upon the other without waiting."""
    refused = b"OPTIONS /list HTTP/1.1\r\n" + HOST + b"Origin: https://evil.example\r\n"
    refused += b"Access-Control-Request-Method: PUT\r\n\r\n"
    plain = b"GET /mock HTTP/1.1\r\n" + HOST + b"\r\n"
    client = gateway.connect().send(refused + plain + refused)
    ids = [client.read(method=method).field("X-Request-Id") for method in (b"OPTIONS", b"GET", b"OPTIONS")]
    lines = gateway.logged(3)

    assert [line["request_id"] for line in lines] == ids
    assert [line.get("cors") for line in lines] == ["origin-not-listed", None, "origin-not-listed"]
    assert [line["status"] for line in lines] == [403, 200, 403]


def test_a_client_that_leaves_is_told_from_one_that_was_answered(gateway: RunningGateway) -> None:
    """Nothing was sent to it, and nobody refused it."""
    client = gateway.connect().send(b"GET /slow HTTP/1.1\r\n" + HOST + b"Origin: https://app.example\r\n\r\n")
    time.sleep(0.05)
    client.socket.close()
    (line,) = gateway.logged(1)

    assert (line["status"], line["bytes_sent"], line["client_gone"]) == (0, 0, True)
    assert line["cors"] == "no-policy"
    assert not {"apig_err_code", "cut"} & set(line)


def test_an_answer_that_breaks_off_is_told(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """The backend promised more than it sent, so the client got the beginning alone."""

    def answer(connection: socket.socket, _: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok")
        connection.shutdown(socket.SHUT_RDWR)

    gateway = start_gateway(config(api("/", http(start_backend(answer).port))))
    gateway.connect().send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n").rest()
    (line,) = gateway.logged(1)

    assert (line["status"], line["cut"]) == (200, True)
    assert "client_gone" not in line


def test_a_request_that_a_drain_cuts_is_told(gateway: RunningGateway) -> None:
    """It was the gateway that left, not the client."""
    gateway.connect().send(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
    time.sleep(0.05)
    gateway.run(gateway.gateway.drain(0))
    (line,) = gateway.logged(1)

    assert (line["status"], line["cut"]) == (0, True)
    assert "client_gone" not in line


def test_an_upload_that_does_not_come_is_told(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """The client had its time for the body."""
    limits = Limits(request_body_timeout_ms=200)
    gateway = start_gateway(config(api("/", http(start_backend(silent).port)), limits=limits))
    answer = gateway.ask(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nab")
    (line,) = gateway.logged(1)

    assert (answer.status, line["status"], line["apig_err_code"]) == (408, 408, "APIG.0201")


@pytest.mark.parametrize("who", ["client", "backend"])
def test_a_tunnel_is_logged_when_it_ends(
    start_backend: StartBackend, start_gateway: StartGateway, who: str
) -> None:
    """One line, with all the bytes that went to the client; that somebody leaves is how tunnels end."""

    def answer(connection: socket.socket, _: Request) -> None:
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        connection.sendall(connection.recv(100) * 2)
        if who == "backend":
            connection.shutdown(socket.SHUT_RDWR)

    gateway = start_gateway(config(api("/", http(start_backend(answer).port))))
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://app.example\r\n\r\n"
    client = gateway.connect()
    head = client.ask(b"GET / HTTP/1.1\r\n" + HOST + upgrade).head
    client.send(b"ping")
    if who == "backend":
        assert client.rest() == b"pingping"
    else:
        time.sleep(0.1)
        client.socket.close()
    (line,) = gateway.logged(1)

    assert (line["status"], line["bytes_sent"]) == (101, len(head) + 4 + 8)
    assert (line["origin"], line["cors"]) == ("https://app.example", "no-policy")
    assert not {"client_gone", "cut"} & set(line)


def test_no_line_is_longer_than_a_pipe_takes(gateway: RunningGateway) -> None:
    """However long and full of escapes, a line stays one, and stays JSON."""
    junk = b'"\\' * 5000
    gateway.ask(b"GET /" + junk + b" HTTP/1.1\r\nHost: " + junk + b"\r\nOrigin: " + junk + b"\r\n\r\n")
    gateway.ask(b"GET /list HTTP/1.1\r\n" + HOST + b"Origin: https://" + b"x" * 1000 + b"\r\n\r\n")
    escaped, long = gateway.logged(2)

    assert long["origin"] == "https://" + "x" * 248
    assert len(msgspec.json.encode(escaped)) <= LONGEST_LINE


def test_texts_are_remembered_within_bounds(gateway: RunningGateway) -> None:
    """Thousands of paths come and go, and each line still has its own."""
    client = gateway.connect()
    for number in range(1500):
        client.ask(b"GET /nowhere/%d?q HTTP/1.1\r\n" % number + HOST + b"\r\n")

    assert [line["router_uri"] for line in gateway.logged(1500)] == [f"/nowhere/{n}" for n in range(1500)]


def test_a_path_is_not_taken_for_a_value(gateway: RunningGateway) -> None:
    """Whoever sends a path with its query as an Origin does not make the query of the next request appear."""
    target = b"/nowhere?token=secret"
    gateway.ask(b"GET / HTTP/1.1\r\n" + HOST + b"Origin: " + target + b"\r\n\r\n")
    gateway.ask(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")

    assert gateway.logged(2)[1]["router_uri"] == "/nowhere"
