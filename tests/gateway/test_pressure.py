"""Slow readers, slow senders, slow connects: nothing piles up, nothing hangs, nobody pays for another."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable

import pytest

from crossgate.core.snapshot.config import Limits
from crossgate.gateway import connection

from .conftest import HOST, api, config, http
from .peers import OK, Request, RunningGateway, ScriptedBackend

StartBackend = Callable[..., ScriptedBackend]
StartGateway = Callable[..., RunningGateway]

GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
LARGE = 15_000_000


def large(connection: socket.socket, request: Request) -> None:
    """A backend whose answer is more than the kernel's buffers hold."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(LARGE))


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether `condition` comes true within `seconds`."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def test_a_slow_reader_leaves_the_backends_connection_usable(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """A backend that had to wait for one client, with the last piece of its answer, answers the next."""

    def as_much_as_asked(connection: socket.socket, request: Request) -> None:
        size = int(request.target[1:])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))

    gateway = start_gateway(config(api("/", http(start_backend(as_much_as_asked).port), match_mode="SWA")))
    gateway._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
    for size in range(100_000, 900_000, 50_000):
        slow, quick = gateway.connect(), gateway.connect()
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.send(f"GET /{size} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        time.sleep(0.02)

        assert quick.ask(b"GET /2 HTTP/1.1\r\n" + HOST + b"\r\n").status == 200
        assert len(slow.read().body) == size


def test_a_slow_reader_has_longer_than_the_backends_timeout(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """While the client is the slow one, the API's timeout does not run."""
    gateway = start_gateway(config(api("/", http(start_backend(large).port, timeout_ms=200))))
    client = gateway.connect()
    client.send(GET)
    time.sleep(0.8)

    assert len(client.read().body) == LARGE


def test_a_pipeline_that_is_not_read_does_not_pile_up(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """The next request begins when the client has taken the last answer."""
    backend = start_backend(large)
    gateway = start_gateway(config(api("/", http(backend.port))))
    client = gateway.connect().send(GET * 10)
    time.sleep(0.5)

    assert len(backend.requests) < 4
    assert [len(client.read().body) for _ in range(10)] == [LARGE] * 10


def test_a_client_that_reads_nothing_is_given_up(
    start_backend: StartBackend, start_gateway: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection, and what waits for it, is freed when it has taken nothing for long enough."""
    monkeypatch.setattr(connection, "STALLED_S", 0.2)
    backend = start_backend(large)
    gateway = start_gateway(config(api("/", http(backend.port))))
    gateway.connect().send(GET)
    assert wait_for(lambda: len(backend.requests) == 1)

    assert wait_for(lambda: not gateway.gateway.clients, 3)


def test_a_slow_connect_does_not_stop_an_upload(start_gateway: StartGateway) -> None:
    """A client that paused while the backend was being connected to goes on when it is."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    # They fill the queue: the gateway's own connect has to wait for its second attempt.
    fillers = [socket.create_connection(listening.getsockname())]
    gateway = start_gateway(config(api("/", http(listening.getsockname()[1]))))
    client = gateway.connect().send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9000000\r\n\r\n")
    sender = threading.Thread(target=client.send, args=(bytes(9_000_000),))
    sender.start()
    time.sleep(0.3)

    def accept() -> None:
        while True:
            connection = listening.accept()[0]
            received = 0
            with contextlib.suppress(OSError), connection:
                while received < 9_000_000 and (data := connection.recv(1 << 20)):
                    received += len(data)
                if received >= 9_000_000:
                    connection.sendall(OK)
                    return

    fillers[0].close()
    threading.Thread(target=accept, daemon=True).start()

    assert client.read().status == 200
    sender.join(5)
    listening.close()


def test_a_backend_that_cannot_be_connected_to_is_not_the_clients_fault(start_gateway: StartGateway) -> None:
    """504, not 408, while the client's body is not even wanted yet."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    filler = socket.create_connection(listening.getsockname())
    gateway = start_gateway(config(api("/", http(listening.getsockname()[1], timeout_ms=300))))

    answer = gateway.ask(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nhalf")

    assert (answer.status, json.loads(answer.body)["error_code"]) == (504, "APIG.0203")
    filler.close()
    listening.close()


def test_an_answer_that_ends_before_its_request_ends_the_connection(start_gateway: StartGateway) -> None:
    """What the client still sends is neither kept nor taken for a request."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer_at_once() -> None:
        with contextlib.suppress(OSError), listening.accept()[0] as connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            time.sleep(0.1)
            connection.sendall(b"done")
            connection.recv(1)

    threading.Thread(target=answer_at_once, daemon=True).start()
    gateway = start_gateway(config(api("/", http(listening.getsockname()[1]))))
    client = gateway.connect().send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n")

    assert client.read().body == b"done"
    client.send(GET)
    assert client.is_closed()
    listening.close()


def test_a_refused_upload_may_take_its_time(
    start_backend: StartBackend, start_gateway: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads its answer only after it has sent everything finds it, unless it falls silent."""
    monkeypatch.setattr(connection, "LINGER_S", 0.3)
    gateway = start_gateway(config(api("/", http(start_backend().port)), limits=Limits(request_body_bytes=1000)))
    client = gateway.connect().send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n")
    for _ in range(10):
        client.send(bytes(100_000))
        time.sleep(0.1)

    assert client.read().status == 413
    assert wait_for(lambda: not gateway.gateway.clients, 2)


@pytest.mark.parametrize("path", ["/mock", "/none", "/"])
def test_a_drain_waits_for_nobody_who_only_lingers(
    start_backend: StartBackend, start_gateway: StartGateway, path: str
) -> None:
    """A connection that has had its last answer does not hold up the end."""
    gateway = start_gateway(config(api("/", http(start_backend().port))))
    client = gateway.connect()
    client.ask(f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    began = time.monotonic()
    gateway.run(gateway.gateway.drain(5))

    assert time.monotonic() - began < 1
    assert client.is_closed()
