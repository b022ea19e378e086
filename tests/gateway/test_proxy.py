"""What passes through the gateway, and how it is framed on both sides."""

import json
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from crossgate.core.snapshot.config import BackendParam, Limits, MockBackend, RequestParam

from .conftest import HOST, api, config, http
from .peers import OK, Request, RunningGateway, ScriptedBackend

StartBackend = Callable[..., ScriptedBackend]
StartGateway = Callable[..., RunningGateway]


def get(path: str = "/", *fields: str, method: str = "GET") -> bytes:
    """A request without a body."""
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"{method} {path} HTTP/1.1\r\n".encode() + HOST + lines.encode("latin-1") + b"\r\n"


@pytest.fixture
def backend(start_backend: StartBackend) -> ScriptedBackend:
    """A backend that answers 200 ok."""
    return start_backend()


@pytest.fixture
def gateway(start_gateway: StartGateway, backend: ScriptedBackend) -> RunningGateway:
    """A gateway with everything under / going to the backend."""
    return start_gateway(config(api("/", http(backend.port), match_mode="SWA")))


def test_a_request_reaches_the_backend_with_its_own_headers(
    gateway: RunningGateway, backend: ScriptedBackend
) -> None:
    """End-to-end fields pass, hop-by-hop fields and those named by Connection do not, ours are added."""
    answer = gateway.ask(
        get(
            "/a/b?x=1&y=%2F",
            "X-Own: 1",
            "Cookie: a=b",
            "Connection: keep-alive, X-Hop",
            "X-Hop: 1",
            "Keep-Alive: timeout=5",
            "TE: trailers",
            "X-Forwarded-For: 10.1.1.1",
            "X-Forwarded-Proto: https",
            "X-Request-Id: forged",
        )
    )

    assert (answer.status, answer.body) == (200, b"ok")
    request = backend.requests[0]
    assert (request.method, request.target) == ("GET", "/a/b?x=1&y=%2F")
    assert request.field("Host") == f"127.0.0.1:{backend.port}"
    assert request.field("X-Own") == "1"
    assert request.field("Cookie") == "a=b"
    assert request.field("X-Forwarded-For") == "10.1.1.1, 127.0.0.1"
    assert request.field("X-Forwarded-Proto") == "http"
    assert request.field("X-Forwarded-Host") == "g.example"
    assert request.field("X-Real-IP") == "127.0.0.1"
    assert request.field("X-Request-Id") == answer.field("X-Request-Id")
    for dropped in ("Connection", "X-Hop", "Keep-Alive", "TE"):
        assert request.field(dropped) is None


# An empty element of a list names nothing (RFC 9110 section 5.6.1).
LISTS_WITH_NOTHING = ("", ",", "close,", "keep-alive, ,", ", X-Hop")


@pytest.mark.parametrize("connection", LISTS_WITH_NOTHING)
def test_an_empty_connection_option_costs_no_field(
    gateway: RunningGateway, backend: ScriptedBackend, connection: str
) -> None:
    """The client's last field and the gateway's first stay two."""
    assert gateway.ask(get("/", f"Connection: {connection}", "X-Hop: 1", "X-Mine: v")).status == 200

    request = backend.requests[0]
    assert (request.field("X-Mine"), request.field("X-Forwarded-For")) == ("v", "127.0.0.1")
    assert request.field("X-Hop") == (None if "X-Hop" in connection else "1")


@pytest.mark.parametrize("connection", LISTS_WITH_NOTHING)
def test_nor_does_it_in_an_answer(
    start_backend: StartBackend, start_gateway: StartGateway, connection: str
) -> None:
    """Neither the framing of an answer is lost nor the end of an interim one."""
    head = f"Connection: {connection}\r\nX-Hop: 1\r\nX-Last: z"
    # To the parser nothing comes behind an interim answer that closes.
    early = "HTTP/1.1 103 Early Hints\r\n" + head.replace("close", "keep-alive") + "\r\n\r\n"
    answer = f"{early}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{head}\r\n\r\nok"
    gateway = start_gateway(config(api("/", http(start_backend(answer.encode()).port)), cors=""))

    received = gateway.connect().send(get("/", "Connection: close")).rest()

    interim, final, body = received.split(b"\r\n\r\n")
    assert (interim[:12], final[:12], body) == (b"HTTP/1.1 103", b"HTTP/1.1 200", b"ok")
    assert interim.endswith(b"\r\nX-Last: z")
    assert b"\r\nX-Last: z\r\n" in final
    assert b"\r\nContent-Length: 2\r\n" in final
    for part in (interim, final):
        assert (b"X-Hop" in part) is ("X-Hop" not in connection)


def test_every_answer_names_its_request_and_the_gateway(gateway: RunningGateway) -> None:
    """X-Request-Id is 32 hexadecimal digits and Server is api-gateway, on a backend's answer and on ours."""
    client = gateway.connect()
    for request in (get(), get("/", "X-Stage: NOWHERE")):
        answer = client.ask(request)

        assert re.fullmatch("[0-9a-f]{32}", answer.field("X-Request-Id") or "")
        assert answer.field("Server") == "api-gateway"
        assert answer.field("Date")


def test_an_error_has_the_contracts_body(gateway: RunningGateway) -> None:
    """The body holds code, message and the id that the header holds."""
    answer = gateway.ask(b"GET / HTTP/1.1\r\nHost: unknown.example\r\n\r\n")

    assert answer.status == 404
    assert answer.field("Content-Type") == "application/json"
    assert json.loads(answer.body) == {
        "error_code": "APIG.0101",
        "error_msg": "The API does not exist or has not been published in the environment.",
        "request_id": answer.field("X-Request-Id"),
    }


def test_connections_are_kept_on_both_sides(gateway: RunningGateway, backend: ScriptedBackend) -> None:
    """Many requests of one client use one connection to the backend."""
    client = gateway.connect()
    for number in range(20):
        assert client.ask(get(f"/{number}")).status == 200

    assert backend.connections == 1
    assert [request.target for request in backend.requests] == [f"/{number}" for number in range(20)]


def test_pipelined_requests_are_answered_in_order(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """Requests sent at once are answered one after the other, whoever answers them."""

    def echo(connection: socket.socket, request: Request) -> None:
        time.sleep(0.02 if request.target.endswith("1") else 0)
        body = request.target.encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    gateway = start_gateway(
        config(
            api("/", http(start_backend(echo).port), match_mode="SWA"),
            api("/mock", MockBackend(result_content="mock")),
        )
    )
    paths = ["/1", "/mock", "/2", "/mock", "/mock", "/31", "/4"] * 10
    client = gateway.connect()
    client.send(b"".join(get(path) for path in paths))

    bodies = [client.read().body.decode() for _ in paths]

    assert bodies == ["mock" if path == "/mock" else path for path in paths]


def test_a_request_may_come_byte_by_byte(gateway: RunningGateway, backend: ScriptedBackend) -> None:
    """How the bytes are cut makes no difference."""
    client = gateway.connect()
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = get("/cut", "Content-Length: 5", method="POST") + b"hello"
    for at in range(len(request)):
        client.send(request[at : at + 1])
        time.sleep(0.0005)

    assert client.read().status == 200
    assert (backend.requests[0].target, backend.requests[0].body) == ("/cut", b"hello")


@pytest.mark.parametrize("size", [0, 1, 5, 65536, 3_000_000])
def test_bodies_pass_both_ways_with_length_and_chunked(
    start_backend: StartBackend, start_gateway: StartGateway, size: int
) -> None:
    """What is sent arrives, whichever framing either side chose."""

    def echo(connection: socket.socket, request: Request) -> None:
        if request.target == "/chunked":
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, len(request.body), 10_007):
                part = request.body[at : at + 10_007]
                connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
            connection.sendall(b"0\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body) + request.body)

    backend = start_backend(echo)
    gateway = start_gateway(config(api("/", http(backend.port), match_mode="SWA")))
    body = bytes(index * 7 % 251 for index in range(size % 100_000)) * (size // (size % 100_000 or 1) or 1)
    client = gateway.connect()

    for path in ("/length", "/chunked"):
        plain = get(path, f"Content-Length: {len(body)}", method="POST") + body
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:1000], body[1000:]) if part)
        chunked = get(path, "Transfer-Encoding: chunked", method="POST") + chunks + b"0\r\n\r\n"
        for request in (plain, chunked):
            answer = client.ask(request)

            assert answer.body == body
            assert backend.requests[-1].body == body


def test_a_response_without_length_ends_with_its_connection(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """An HTTP/1.1 client gets it chunked on a connection that lives on; an HTTP/1.0 client until the close."""

    def until_close(connection: socket.socket, request: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        connection.shutdown(socket.SHUT_RDWR)

    gateway = start_gateway(config(api("/", http(start_backend(until_close).port))))
    client = gateway.connect()
    assert [client.ask(get()).body for _ in range(2)] == [b"all of it", b"all of it"]

    old = gateway.connect()
    answer = old.ask(b"GET / HTTP/1.0\r\n" + HOST + b"\r\n")
    assert answer.body == b"all of it"
    assert answer.field("Transfer-Encoding") is None


@pytest.mark.parametrize(
    ("response", "status", "length"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, None),
        (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 7\r\n\r\n", 304, "7"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", 304, None),
    ],
)
def test_answers_without_a_body_leave_the_connection_usable(
    start_backend: StartBackend, start_gateway: StartGateway, response: bytes, status: int, length: str | None
) -> None:
    """204 and 304 have no body and no transfer coding."""
    gateway = start_gateway(config(api("/", http(start_backend(response).port))))
    client = gateway.connect()
    for _ in range(3):
        answer = client.ask(get())

        assert (answer.status, answer.field("Content-Length")) == (status, length)
        assert answer.field("Transfer-Encoding") is None


def test_head_has_the_length_and_not_the_body(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """A HEAD answer is its head alone, from a backend, a Mock and the gateway itself."""
    backend = start_backend(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
    gateway = start_gateway(config(api("/", http(backend.port)), api("/mock", MockBackend(result_content="four"))))
    client = gateway.connect()
    for _ in range(2):
        for path, status, length in (("/", 200, "1234"), ("/mock", 200, "4"), ("/none", 404, None)):
            answer = client.ask(get(path, method="HEAD"))

            assert answer.status == status
            assert answer.field("Content-Length") == length or length is None
    assert backend.connections == 1


def test_expect_100_continue(gateway: RunningGateway, backend: ScriptedBackend) -> None:
    """The gateway says Continue once it knows the API, and does not ask the backend to."""
    client = gateway.connect()
    client.send(get("/", "Content-Length: 4", "Expect: 100-continue", method="PUT"))
    assert client.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"body")

    assert client.read().status == 200
    assert backend.requests[0].body == b"body"
    assert backend.requests[0].field("Expect") is None


def test_expect_100_continue_for_no_api(gateway: RunningGateway) -> None:
    """A client that waits for Continue is told at once that there is no API."""
    client = gateway.connect()
    answer = client.ask(get("/", "X-Stage: DEVELOP", "Content-Length: 4", "Expect: 100-continue", method="PUT"))

    assert answer.status == 404


def test_early_hints_pass_and_100_does_not(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """Interim answers of the backend: 103 reaches the client, 100 was not asked for."""
    backend = start_backend(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)
    gateway = start_gateway(config(api("/", http(backend.port)), cors=""))
    client = gateway.connect().send(get("/", "Connection: close"))

    received = client.rest()

    assert received.startswith(b"HTTP/1.1 103 ")
    assert received.count(b"HTTP/1.1 ") == 2
    assert b"\r\nLink: </a>\r\n" in received


def test_a_backends_trailers_end_at_the_gateway(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """Trailer fields are not mixed into anything."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n"
    gateway = start_gateway(config(api("/", http(start_backend(chunked).port))))
    client = gateway.connect()
    for _ in range(2):
        answer = client.ask(get())

        assert answer.body == b"ok"
        assert answer.field("X-Trailer") is None


@pytest.mark.parametrize(
    ("path", "has_backend"), [("/", True), ("/mock", False), ("/nowhere", False)], ids=["backend", "mock", "fault"]
)
def test_debug_headers_only_in_debug_mode(
    backend: ScriptedBackend, start_gateway: StartGateway, path: str, has_backend: bool
) -> None:
    """X-Apig-Latency comes with `X-Apig-Mode: debug` alone, its sibling only where a backend was asked too."""
    gateway = start_gateway(config(api("/", http(backend.port)), api("/mock", MockBackend())))
    client = gateway.connect()
    plain, debug = client.ask(get(path)), client.ask(get(path, "X-Apig-Mode: debug"))

    assert plain.field("X-Apig-Latency") is None
    assert (debug.field("X-Apig-Latency") or "").isdigit()
    assert (debug.field("X-Apig-Upstream-Latency") or "").isdigit() == has_backend


def test_the_callers_credentials_for_the_gateway_end_there(
    gateway: RunningGateway, backend: ScriptedBackend
) -> None:
    """What authenticates a caller to the gateway is not shown to the backend; Authorization may be for either."""
    gateway.ask(
        get(
            "/",
            "X-Apig-AppCode: a",
            "X-HW-AppKey: b",
            "X-Auth-Token: c",
            "Proxy-Authorization: d",
            "Authorization: e",
        )
    )

    seen = {name.lower() for name, _ in backend.requests[0].fields}
    assert seen.isdisjoint({"x-apig-appcode", "x-hw-appkey", "x-auth-token", "proxy-authorization"})
    assert backend.requests[0].field("Authorization") == "e"


@pytest.mark.parametrize(
    ("asked", "backends", "length", "body"),
    [("HEAD", "GET", "2", b""), ("GET", "HEAD", "0", b""), ("GET", "POST", "2", b"ok")],
)
def test_a_backend_may_be_called_with_another_method(
    start_backend: StartBackend, start_gateway: StartGateway, asked: str, backends: str, length: str, body: bytes
) -> None:
    """The caller gets what its own method promises, and the connection lives on."""

    def respond(connection: socket.socket, request: Request) -> None:
        assert request.method == backends
        connection.sendall(OK.removesuffix(b"ok") if backends == "HEAD" else OK)

    gateway = start_gateway(config(api("/", http(start_backend(respond).port, method=backends))))
    client = gateway.connect()
    for _ in range(3):
        answer = client.ask(get("/", method=asked))

        assert (answer.status, answer.field("Content-Length"), answer.body) == (200, length, body)


@pytest.mark.parametrize(
    ("query", "received"),
    [
        ("v=a%0D%0AX-Evil:%201%0D%0A%0D%0A", "aX-Evil: 1"),
        ("v=a+b%2Bc", "a b+c"),
        ("v=%00%7F%1Bx", "x"),
    ],
)
def test_a_mapped_value_is_a_value(
    start_backend: StartBackend, start_gateway: StartGateway, query: str, received: str
) -> None:
    """It is decoded, and cannot bring lines of its own."""
    backend = start_backend()
    definition = api(
        "/",
        http(backend.port, params=(BackendParam(origin="REQUEST", name="X-V", location="HEADER", value="v"),)),
        req_params=(RequestParam(name="v", location="QUERY"),),
    )
    start_gateway(config(definition)).ask(get(f"/?{query}"))

    assert backend.requests[0].field("X-V") == received
    assert backend.requests[0].field("X-Evil") is None


def test_repeated_fields_are_mapped_as_one_list(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """A field that came in several lines is one value (RFC 9110 section 5.3)."""
    backend = start_backend()
    definition = api(
        "/",
        http(backend.port, params=(BackendParam(origin="REQUEST", name="x", location="QUERY", value="X-List"),)),
        req_params=(RequestParam(name="X-List", location="HEADER"),),
    )
    start_gateway(config(definition)).ask(get("/", "X-List: a", "x-list: b"))

    assert backend.requests[0].target == "/?x=a,%20b"


def test_parameters_are_mapped(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """Path, query and header parameters leave their place and appear in the backend's; constants are added."""
    backend = start_backend()
    definition = api(
        "/users/{id}/{rest+}",
        http(
            backend.port,
            "/v1/{user}/x-{tail}",
            params=(
                BackendParam(origin="REQUEST", name="user", location="PATH", value="id"),
                BackendParam(origin="REQUEST", name="tail", location="PATH", value="rest"),
                BackendParam(origin="REQUEST", name="X-Sort", location="HEADER", value="sort"),
                BackendParam(origin="REQUEST", name="lang", location="QUERY", value="X-Lang"),
                BackendParam(origin="CONSTANT", name="mark", location="QUERY", value="[api]"),
                BackendParam(origin="SYSTEM", name="X-Stage-Name", location="HEADER", value="$context.stage"),
            ),
        ),
        req_params=(
            RequestParam(name="id", location="PATH"),
            RequestParam(name="rest", location="PATH"),
            RequestParam(name="sort", location="QUERY"),
            RequestParam(name="X-Lang", location="HEADER", default_value="en"),
            RequestParam(name="page", location="QUERY", default_value="1"),
        ),
    )
    gateway = start_gateway(config(definition))
    gateway.ask(get("/users/a%20b/c/d?sort=up&other=%41", "x-lang: zh"))

    request = backend.requests[0]
    assert request.target == "/v1/a%20b/x-c%2Fd?other=%41&lang=zh&mark=%5Bapi%5D&page=1"
    assert request.field("X-Sort") == "up"
    assert request.field("X-Stage-Name") == "RELEASE"
    assert request.field("X-Lang") is None


def test_a_call_that_keeps_passing_the_gateway_is_stopped(start_gateway: StartGateway) -> None:
    """An API whose backend is the gateway itself ends with 500 APIG.0612."""
    placeholder = config()
    gateway = start_gateway(placeholder)
    own = http(
        gateway.port,
        "/",
        params=(BackendParam(origin="CONSTANT", name="Host", location="HEADER", value="g.example"),),
    )
    gateway.swap(config(api("/", own), revision=2))
    time.sleep(0.1)

    answer = gateway.ask(get())

    assert (answer.status, json.loads(answer.body)["error_code"]) == (500, "APIG.0612")


def test_a_websocket_passes_through(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """After 101 bytes go both ways as they are, and either end's close ends the other."""

    def upgraded(connection: socket.socket, request: Request) -> None:
        assert request.field("Upgrade") == "websocket"
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: x\r\n\r\nhello"
        )
        while data := connection.recv(100):
            connection.sendall(data.upper())
        connection.close()

    backend = start_backend(upgraded)
    gateway = start_gateway(config(api("/", http(backend.port))))
    client = gateway.connect()
    answer = client.ask(get("/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"))
    assert (answer.status, answer.field("Upgrade"), answer.field("Sec-WebSocket-Accept")) == (
        101,
        "websocket",
        "x",
    )
    received = b""
    while received != b"hello":
        received += client.more()
    for word in (b"one", b"two"):
        client.send(word)
        assert client.more() == word.upper()
    client.socket.close()
    assert backend.closed.wait(5)


def test_what_surrounds_the_switch_to_a_websocket_goes_through(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """Bytes that a client sends too early, and those it sends last, reach the backend."""
    received = []

    def upgraded(connection: socket.socket, request: Request) -> None:
        time.sleep(0.1)
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        while data := connection.recv(100):
            received.append(data)
        connection.close()

    backend = start_backend(upgraded)
    gateway = start_gateway(config(api("/", http(backend.port))))
    client = gateway.connect().send(get("/", "Connection: Upgrade", "Upgrade: websocket") + b"early")
    assert client.read().status == 101
    client.send(b"last")
    client.socket.close()

    assert backend.closed.wait(5)
    assert b"".join(received) == b"earlylast"


@pytest.mark.parametrize("body", [b"", b"posted"])
def test_an_upgrade_that_is_not_taken_is_an_ordinary_request(
    gateway: RunningGateway, backend: ScriptedBackend, body: bytes
) -> None:
    """A client that offers h2c is answered in HTTP/1.1, its body read as announced."""
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    length = (f"Content-Length: {len(body)}",) if body else ()
    client = gateway.connect()

    answer = client.ask(get("/h2c", *offer, *length, method="POST" if body else "GET") + body)

    assert answer.status == 200
    assert backend.requests[0].body == body
    assert backend.requests[0].field("Upgrade") is None
    if not body:
        assert client.ask(get("/next")).status == 200


def faults(gateway: RunningGateway, request: bytes) -> tuple[int, Any, bool]:
    """Status, code and whether the connection was closed."""
    client = gateway.connect()
    answer = client.ask(request)
    return answer.status, json.loads(answer.body)["error_code"], answer.field("Connection") == "close"


MALFORMED = {
    "two lengths": b"POST / HTTP/1.1\r\n%bContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length and chunked": b"POST / HTTP/1.1\r\n%bContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: gzip\r\n\r\nabc",
    "bad length": b"POST / HTTP/1.1\r\n%bContent-Length: +3\r\n\r\nabc",
    "bad chunk": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "space before colon": b"GET / HTTP/1.1\r\n%bX : 1\r\n\r\n",
    "folded line": b"GET / HTTP/1.1\r\n%bX: 1\r\n 2\r\n\r\n",
    "bare line feed": b"GET / HTTP/1.1\n%b\n",
    "bare carriage return": b"GET / HTTP/1.1\r\n%bX: a\rb\r\n\r\n",
    "nul": b"GET / HTTP/1.1\r\n%bX: a\0b\r\n\r\n",
    "no version": b"GET /\r\n%b\r\n",
    "version 2": b"GET / HTTP/2.0\r\n%b\r\n",
    "lower-case method": b"get / HTTP/1.1\r\n%b\r\n",
    "no host": b"GET / HTTP/1.1\r\nX: %b\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n%bHost: other.example\r\n\r\n",
    "not http": b"\x16\x03\x01\x02\x00\x01\x00\x01%b",
    "broken escape": b"GET /%%zz HTTP/1.1\r\n%b\r\n",
    "escaped nul": b"GET /%%00 HTTP/1.1\r\n%b\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_http_is_refused(gateway: RunningGateway, backend: ScriptedBackend, name: str) -> None:
    """A malformed request gets 400 and never reaches the backend whole."""
    status, code, _ = faults(gateway, MALFORMED[name] % (HOST if name != "no host" else b"x"))

    assert (status, code) == (400, "APIG.0602")
    assert backend.requests == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/" + "a" * 33_000), 414),
        (get("/" + "a" * 300_000), 414),
        (get("/", "X-Long: " + "a" * 33_000), 494),
        (get("/", *(f"X-{number}: {'a' * 1000}" for number in range(140))), 494),
        (get("/", *(f"X-{number}: {'a' * 1000}" for number in range(400))), 494),
        (get("/", "Content-Length: 99999999", method="POST"), 413),
        (get("/", method="TRACE"), 405),
    ],
    ids=["target", "endless target", "field", "fields", "many fields", "body", "method"],
)
def test_what_is_too_large_or_unsupported(gateway: RunningGateway, request_: bytes, status: int) -> None:
    """The limits of 2.5, each with its own status."""
    assert faults(gateway, request_)[:2] == (status, "APIG.0201")


def test_a_chunked_body_is_limited_too(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """A body that grows past the limit is cut off with 413; one at the limit passes."""
    backend = start_backend()
    gateway = start_gateway(config(api("/", http(backend.port)), limits=Limits(request_body_bytes=1000)))
    head = get("/", "Transfer-Encoding: chunked", method="POST")

    assert gateway.ask(head + b"3e8\r\n" + b"a" * 1000 + b"\r\n0\r\n\r\n").status == 200
    assert gateway.ask(head + b"3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n").status == 413


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("g.example", 200),
        ("G.Example:8080", 200),
        ("g.apic.localhost:8080", 200),
        ("a.wild.example", 200),
        ("a.b.wild.example", 200),
        ("wild.example", 404),
        ("127.0.0.1", 404),
        ("other.example", 404),
    ],
)
def test_the_group_is_found_by_host(gateway: RunningGateway, host: str, status: int) -> None:
    """Exact domains, wildcard domains of one or more labels, the debug domain; the port does not count."""
    assert gateway.ask(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).status == status
