"""What happens when a side is slow, gone, or more than the other can take; and when the configuration changes."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from crossgate.core.snapshot.config import HttpBackend, Limits, MockBackend

from .conftest import HOST, api, config, http
from .peers import OK, Request, RunningGateway, ScriptedBackend

StartBackend = Callable[..., ScriptedBackend]
StartGateway = Callable[..., RunningGateway]

GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
POLICY = '{"allow_origin":"https://app.example","allow_methods":"GET,PUT"}'


def silent(connection: socket.socket, request: Request) -> None:
    """A backend that reads and says nothing."""


def error_code(body: bytes) -> str:
    """The contract's code in an error body."""
    code: str = json.loads(body)["error_code"]
    return code


def test_a_slow_backend_is_given_up_after_the_apis_timeout(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """504 comes when the API's timeout is over, not before and not much later."""
    gateway = start_gateway(config(api("/", http(start_backend(silent).port, timeout_ms=400))))
    began = time.monotonic()
    answer = gateway.ask(GET)

    assert (answer.status, error_code(answer.body)) == (504, "APIG.0203")
    assert 0.4 <= time.monotonic() - began < 1.0


def test_a_refusing_backend(start_gateway: StartGateway) -> None:
    """502 when nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    answer = start_gateway(config(api("/", http(port)))).ask(GET)

    assert (answer.status, error_code(answer.body)) == (502, "APIG.0202")


def test_a_backend_whose_name_is_unknown(start_gateway: StartGateway) -> None:
    """500 with the contract's own code."""
    unknown = HttpBackend(scheme="HTTP", address="no-such-host.invalid", method="ANY", path="/", timeout_ms=5000)
    answer = start_gateway(config(api("/", unknown))).ask(GET)

    assert (answer.status, error_code(answer.body)) == (500, "APIG.0605")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 140_000,
    ],
    ids=["nothing", "half a head", "ssh", "two lengths", "endless head"],
)
def test_a_backend_that_breaks_off_before_its_head_is_done(
    start_backend: StartBackend, start_gateway: StartGateway, nonsense: bytes
) -> None:
    """502 when the connection ends, or stops making sense, before the head; the client's connection lives on."""

    def breaks(connection: socket.socket, request: Request) -> None:
        connection.sendall(nonsense)
        connection.close()

    gateway = start_gateway(config(api("/", http(start_backend(breaks).port, retry_count=0))))
    client = gateway.connect()
    for _ in range(2):
        answer = client.ask(GET)

        assert (answer.status, error_code(answer.body)) == (502, "APIG.0201")


@pytest.mark.parametrize("framing", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_a_backend_that_breaks_off_in_its_body(
    start_backend: StartBackend, start_gateway: StartGateway, framing: bytes
) -> None:
    """After the head only a closed connection can say that the rest is missing."""

    def breaks(connection: socket.socket, request: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n5\r\nhello\r\n" % framing)
        connection.close()

    gateway = start_gateway(config(api("/", http(start_backend(breaks).port))))
    received = gateway.connect().send(GET).rest()

    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b"hello" in received
    assert not received.endswith(b"0\r\n\r\n")


def flaky(failures: int) -> Callable[[socket.socket, Request], None]:
    """A backend that drops the first `failures` requests."""
    left = iter(range(failures))

    def script(connection: socket.socket, request: Request) -> None:
        if next(left, None) is not None:
            connection.close()
        else:
            connection.sendall(OK)

    return script


@pytest.mark.parametrize(
    ("method", "retry_count", "failures", "status"),
    [
        ("GET", -1, 1, 200),
        ("GET", -1, 2, 502),
        ("PUT", -1, 1, 200),
        ("POST", -1, 1, 502),
        ("PATCH", -1, 1, 502),
        ("GET", 0, 1, 502),
        ("POST", 2, 2, 200),
        ("GET", 2, 3, 502),
    ],
)
def test_retries(
    start_backend: StartBackend,
    start_gateway: StartGateway,
    method: str,
    retry_count: int,
    failures: int,
    status: int,
) -> None:
    """`-1` is one more try unless POST or PATCH; a number is that many more; the body is sent again whole."""
    backend = start_backend(flaky(failures))
    gateway = start_gateway(config(api("/", http(backend.port, retry_count=retry_count))))
    request = f"{method} / HTTP/1.1\r\n".encode() + HOST + b"Content-Length: 4\r\n\r\nbody"

    assert gateway.ask(request).status == status
    assert {request.body for request in backend.requests} == {b"body"}


def test_a_connection_that_closed_while_idle_costs_no_request(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """Backends close idle connections when they like."""

    def once(connection: socket.socket, request: Request) -> None:
        connection.sendall(OK)
        connection.close()

    backend = start_backend(once)
    gateway = start_gateway(config(api("/", http(backend.port, retry_count=0))))
    client = gateway.connect()

    assert [client.ask(GET).status for _ in range(50)] == [200] * 50


def test_a_client_that_leaves_cancels_its_backend_request(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """The backend's connection is closed at once."""
    backend = start_backend(silent)
    gateway = start_gateway(config(api("/", http(backend.port, timeout_ms=60_000))))
    client = gateway.connect().send(GET)
    while not backend.requests:
        time.sleep(0.01)
    client.socket.close()

    assert backend.closed.wait(2)


def test_a_client_that_does_not_send_its_body(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """408 when a body stops coming; the connection is closed."""
    gateway = start_gateway(
        config(api("/", http(start_backend().port)), limits=Limits(request_body_timeout_ms=300))
    )
    client = gateway.connect()
    answer = client.ask(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nhalf")

    assert (answer.status, answer.field("Connection")) == (408, "close")


def test_an_early_answer_reaches_a_client_that_is_still_sending(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """A backend's refusal is read although most of the body was never taken."""

    def refuse_at_once(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        connection.close()

    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=lambda: refuse_at_once(listening.accept()[0]), daemon=True).start()
    gateway = start_gateway(config(api("/", http(listening.getsockname()[1], retry_count=0))))
    client = gateway.connect()
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000000\r\n\r\n" + b"a" * 1_000_000)
    answer = client.read()
    listening.close()

    # The backend reset its connection over unread bytes, so its own answer may be lost; ours is not.
    assert answer.status in (403, 502)


def test_a_413_reaches_a_client_that_is_still_sending(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """The refusal comes while the body is under way and is not lost in a reset."""
    gateway = start_gateway(config(api("/", http(start_backend().port)), limits=Limits(request_body_bytes=1000)))
    for _ in range(10):
        client = gateway.connect()
        client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2000000\r\n\r\n" + b"a" * 2_000_000)

        assert client.read().status == 413


def test_a_slow_reader_slows_the_backend_down(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """What a client does not read is not piled up in the gateway."""
    sent = [0]

    def flood(connection: socket.socket, request: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
        for _ in range(200):
            connection.sendall(bytes(1_000_000))
            sent[0] += 1_000_000

    gateway = start_gateway(config(api("/", http(start_backend(flood).port))))
    client = gateway.connect().send(GET)
    time.sleep(1.0)
    stalled_at = sent[0]
    time.sleep(0.3)

    assert sent[0] == stalled_at
    assert stalled_at < 50_000_000
    received = 0
    while received < 200_000_000:
        received += len(client.socket.recv(1 << 20))


def test_a_slow_backend_slows_the_client_down(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """What a backend does not read is not piled up in the gateway."""
    listening = socket.create_server(("127.0.0.1", 0))
    limits = Limits(request_body_bytes=1 << 40, request_body_timeout_ms=60_000)
    gateway = start_gateway(config(api("/", http(listening.getsockname()[1], timeout_ms=60_000)), limits=limits))
    client = gateway.connect()
    client.socket.settimeout(1)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 400000000\r\n\r\n")
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 100_000_000:
            sent += client.socket.send(bytes(100_000))

    assert sent < 50_000_000
    listening.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/none", 404), ("/get-only", 404), ("/down", 502), ("/slow", 504), ("/https", 400), ("/large", 413)],
)
def test_the_gateways_own_answers_carry_the_apis_cors_headers(
    start_backend: StartBackend, start_gateway: StartGateway, path: str, status: int
) -> None:
    """A page can read the gateway's refusals wherever the path has a policy."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = unused.getsockname()[1]
    plugin: dict[str, Any] = {"plugin_ids": ("p",)}
    gateway = start_gateway(
        config(
            api("/get-only", MockBackend(), req_method="GET", **plugin),
            api("/down", http(closed), **plugin),
            api("/slow", http(start_backend(silent).port, timeout_ms=100), **plugin),
            api("/https", MockBackend(), req_protocol="HTTPS", **plugin),
            api("/large", http(closed), **plugin),
            cors=POLICY,
        )
    )
    length = "Content-Length: 99999999\r\n" if path == "/large" else ""
    head = f"PUT {path} HTTP/1.1\r\nHost: g.example\r\n{length}Origin: https://app.example\r\n\r\n"
    answer = gateway.ask(head.encode())

    assert answer.status == status
    expected = None if path == "/none" else "https://app.example"
    assert answer.field("Access-Control-Allow-Origin") == expected


def test_a_swap_cuts_and_fails_nothing(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """Under load every request is answered, by the old configuration or by the new one."""
    backend = start_backend()
    old, new = api("/", http(backend.port)), api("/", MockBackend(result_content="mock"))
    gateway = start_gateway(config(old))
    stop = threading.Event()

    def load() -> Iterator[bytes]:
        client = gateway.connect()
        while not stop.is_set():
            answer = client.ask(GET)
            assert answer.status == 200
            yield answer.body

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(lambda: set(load())) for _ in range(8)]
        for revision in range(2, 100):
            gateway.swap(config(new if revision % 2 else old, revision=revision))
            time.sleep(0.01)
        stop.set()
        bodies = set().union(*(future.result() for future in running))

    assert bodies == {b"ok", b"mock"}


def test_draining_finishes_what_has_begun(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """A request under way is answered, told that the connection closes; an idle connection is closed at once."""

    def slow(connection: socket.socket, request: Request) -> None:
        time.sleep(0.5)
        connection.sendall(OK)

    gateway = start_gateway(config(api("/", http(start_backend(slow).port))))
    idle, busy = gateway.connect(), gateway.connect().send(GET)
    time.sleep(0.1)
    began = time.monotonic()
    drained = ThreadPoolExecutor(1).submit(gateway.run, gateway.gateway.drain(10))

    assert idle.is_closed()
    assert time.monotonic() - began < 0.4
    answer = busy.read()
    assert (answer.status, answer.body, answer.field("Connection")) == (200, b"ok", "close")
    drained.result(2)
