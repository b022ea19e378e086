"""Bodies that are kept back until it is known who sends them: no byte of one that is not let in goes further."""

import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

from crossgate.core.snapshot.config import Config, Limits, MockBackend

from .callers import FOR_THE_APP, HOST, UNSIGNED, Fields, guarded, signed, written
from .conftest import api, http
from .peers import Client, RunningGateway, ScriptedBackend

StartBackend = Callable[..., ScriptedBackend]
StartGateway = Callable[[Config], RunningGateway]

LIMITS = Limits(request_body_bytes=300_000, request_body_timeout_ms=400)
LONG = bytes(range(256)) * 800
EXPECT = (b"Expect", b"100-continue")


class Stage:
    """A gateway that takes signed requests, and the backend behind it."""

    def __init__(self, start_backend: StartBackend, start_gateway: StartGateway) -> None:
        self.backend = start_backend()
        everything = api("/", http(self.backend.port), **FOR_THE_APP)
        mock = api("/mock", MockBackend(result_content="{}"), **FOR_THE_APP)
        self.gateway = start_gateway(guarded(everything, mock, limits=LIMITS))

    def connect(self) -> Client:
        """A new connection to the gateway."""
        return self.gateway.connect()


@pytest.fixture
def stage(start_backend: StartBackend, start_gateway: StartGateway) -> Stage:
    """One gateway, one backend."""
    return Stage(start_backend, start_gateway)


def post(body: bytes, fields: Fields = (), *, sent: bytes | None = None, chunk: int = 0, **how: Any) -> bytes:
    """A POST whose signature is for `body`, and whose body is `sent`, where that is another."""
    said = signed("POST", "/", fields, body, **how)
    return written("POST", "/", said, body if sent is None else sent, chunk=chunk)


@pytest.mark.parametrize("chunk", [0, 1, 999, 70_000])
@pytest.mark.parametrize("size", [1, 64 * 1024, 64 * 1024 + 1, len(LONG)])
def test_a_body_arrives_as_it_was_signed(stage: Stage, size: int, chunk: int) -> None:
    """In memory and on disk, in one piece and in chunks, and the connection goes on behind it."""
    if chunk == 1 and size > 1:
        size = 3000
    client = stage.connect()
    for _ in range(2):
        assert client.ask(post(LONG[:size], chunk=chunk)).status == 200
    assert [request.body for request in stage.backend.requests] == [LONG[:size]] * 2


@pytest.mark.parametrize("chunk", [0, 1000])
def test_nothing_goes_on_before_the_last_byte(stage: Stage, chunk: int) -> None:
    """A backend hears of the request when the whole of its body is here and is what was signed."""
    data = post(LONG, chunk=chunk)
    client = stage.connect().send(data[:-6])
    time.sleep(0.15)
    assert (stage.backend.connections, stage.backend.bytes_received) == (0, 0)
    client.send(data[-6:])
    assert client.read().status == 200
    assert stage.backend.requests[0].body == LONG


@pytest.mark.parametrize("chunk", [0, 1000])
@pytest.mark.parametrize("size", [10, len(LONG)])
def test_a_body_with_another_end_is_refused(stage: Stage, size: int, chunk: int) -> None:
    """It is refused when its last byte is here; the next request is taken as usual."""
    body = LONG[:size]
    client = stage.connect()
    client.send(post(body, sent=body[:-1] + b"?", chunk=chunk) + post(b"next"))
    assert [client.read().status, client.read().status] == [401, 200]
    assert [request.body for request in stage.backend.requests] == [b"next"]


@pytest.mark.parametrize("chunk", [0, 1000])
def test_a_client_that_closes_before_the_end(stage: Stage, chunk: int) -> None:
    """Nothing of it reaches the backend, and the log says who left."""
    client = stage.connect().send(post(LONG, chunk=chunk)[:-1])
    time.sleep(0.05)
    client.socket.close()
    (line,) = stage.gateway.logged(1)
    assert (line["status"], line["client_gone"], stage.backend.bytes_received) == (0, True, 0)


@pytest.mark.parametrize("chunk", [0, 1000])
def test_a_body_that_stops_coming(stage: Stage, chunk: int) -> None:
    """408 after the time a client has for the next piece of its body."""
    client = stage.connect().send(post(LONG, chunk=chunk)[:-6])
    began = time.monotonic()
    answer = client.read()
    assert (answer.status, answer.field("Connection")) == (408, "close")
    assert 0.35 <= time.monotonic() - began < 3
    assert stage.backend.bytes_received == 0


def test_a_slow_body_has_time_while_it_moves(stage: Stage) -> None:
    """The time is for each piece, not for the whole."""
    data = post(b"0123456789")
    client = stage.connect().send(data[:-5])
    for at in range(-5, 0):
        time.sleep(0.15)
        client.send(data[at : at + 1 or None])
    assert client.read().status == 200


@pytest.mark.parametrize("chunk", [0, 1000])
@pytest.mark.parametrize("is_signed", [True, False])
def test_a_body_that_is_too_long(stage: Stage, chunk: int, is_signed: bool) -> None:
    """413, whoever sends it; by its length before any of it is read."""
    body = b"x" * 300_001
    fields = signed("POST", "/", (), body) if is_signed else [(b"Host", HOST), UNSIGNED]
    if not is_signed:
        fields = signed("POST", "/", [UNSIGNED])
    client = stage.connect()
    if chunk:
        answer = client.ask(written("POST", "/", fields, body, chunk=chunk))
    else:
        answer = client.ask(written("POST", "/", fields, body)[: -len(body)])
    assert answer.status == 413
    assert b'"APIG.0201"' in answer.body
    if is_signed:
        assert stage.backend.bytes_received == 0


@pytest.mark.parametrize("chunk", [0, 1000])
def test_an_unsigned_payload_streams(stage: Stage, chunk: int) -> None:
    """Its caller has signed that the body is not signed: the backend gets it as it comes."""
    data = written("POST", "/", signed("POST", "/", [UNSIGNED]), LONG, chunk=chunk)
    client = stage.connect().send(data[: len(data) // 2])
    deadline = time.monotonic() + 5
    while stage.backend.bytes_received < len(LONG) // 4:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    client.send(data[len(data) // 2 :])
    assert client.read().status == 200
    assert stage.backend.requests[0].body == LONG


def test_a_body_behind_a_signature_without_one(stage: Stage) -> None:
    """What was signed with an empty body, in any of the ways clients do that, is not let in with another."""
    empty = signed("POST", "/")
    core = [(b"X-Sdk-Content-Sha256", b"UNSIGNED-PAYLOAD")]
    literal = signed(
        "POST",
        "/",
        [(b"X-Sdk-Content-Sha256", b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")],
    )
    client = stage.connect()
    for fields in (empty, literal):
        assert client.ask(written("POST", "/", fields, b"")).status == 200
        assert client.ask(written("POST", "/", fields, b"body")).status == 401
        assert client.ask(written("POST", "/", [*fields, *core], b"body")).status == 401
    assert {request.body for request in stage.backend.requests} == {b""}


def test_a_declared_digest_that_is_not_the_bodys(stage: Stage) -> None:
    """A signature over a digest proves nothing about another body."""
    declared = [(b"X-Sdk-Content-Sha256", b"0" * 64)]
    assert stage.connect().ask(written("POST", "/", signed("POST", "/", declared), b"body")).status == 401
    assert stage.backend.bytes_received == 0


@pytest.mark.parametrize("fields", [[], [UNSIGNED]], ids=["signed", "unsigned"])
@pytest.mark.parametrize("target", ["/", "/mock"])
def test_a_client_that_waits_for_100(stage: Stage, target: str, fields: list[tuple[bytes, bytes]]) -> None:
    """Who may send a body is told so, once, where the body is wanted; and is then let in."""
    said = signed("POST", target, [*fields, EXPECT], b"" if fields else LONG)
    client = stage.connect().send(written("POST", target, said, LONG)[: -len(LONG)])
    first = client.socket.recv(65536)
    if target == "/mock" and fields:
        # A Mock backend wants no body that nobody has to check.
        assert first.startswith(b"HTTP/1.1 200 ")
        return
    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(LONG)
    answer = client.read()
    assert answer.status == 200
    assert target == "/mock" or stage.backend.requests[0].body == LONG


EARLY: dict[str, dict[str, Any]] = {
    "an old date": {"minutes": -16},
    "a date to come": {"minutes": 16},
    "an unknown key": {"key": "nobody"},
    "an unsigned payload, forged": {"secret": "of somebody else", "fields": [UNSIGNED, EXPECT]},
}


@pytest.mark.parametrize("how", EARLY.values(), ids=EARLY)
def test_a_refusal_that_needs_no_body_does_not_ask_for_one(stage: Stage, how: dict[str, Any]) -> None:
    """401 comes without 100, and the connection ends: nothing of the body is awaited, or kept."""
    data = post(LONG, **({"fields": [EXPECT]} | how))
    client = stage.connect().send(data[: -len(LONG)])
    answer = client.rest()
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nConnection: close\r\n" in answer
    assert stage.backend.bytes_received == 0


def test_a_forged_signature_over_a_body_is_found_out_at_its_end(stage: Stage) -> None:
    """Only the body can show it: the client is asked for it, and the connection goes on behind the refusal."""
    data = post(LONG, [EXPECT], secret="of somebody else")
    client = stage.connect().send(data[: -len(LONG)])
    assert client.socket.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert client.send(LONG).read().status == 401
    assert client.ask(post(b"next")).status == 200
    assert [request.body for request in stage.backend.requests] == [b"next"]


def test_a_long_body_is_kept_on_disk_until_its_request_is_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a file without a name, which is closed whether the request is let in, refused, or left."""
    opened: list[IO[bytes]] = []
    real = tempfile.TemporaryFile

    def noted() -> IO[bytes]:
        opened.append(real(dir=tmp_path))
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    statuses = [
        stage.connect().ask(data).status for data in (post(LONG), post(LONG, sent=LONG[1:] + b"x"), post(b"short"))
    ]
    leaving = stage.connect().send(post(LONG)[:-1])
    deadline = time.monotonic() + 5
    while len(opened) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not opened[2].closed
    leaving.socket.close()
    stage.gateway.logged(4)
    assert statuses == [200, 401, 200]
    assert [file.closed for file in opened] == [True] * 3
    assert list(tmp_path.iterdir()) == []


def test_a_held_body_is_sent_again_to_a_backend_that_hung_up(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """From the disk, the same bytes, however long."""
    tries: list[int] = []

    def second_time(connection: Any, request: Any) -> None:
        tries.append(len(request.body))
        if len(tries) == 1:
            connection.close()
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    backend = start_backend(second_time)
    gateway = start_gateway(guarded(api("/", http(backend.port), **FOR_THE_APP)))
    data = written("PUT", "/", signed("PUT", "/", (), LONG), LONG)
    assert gateway.connect().ask(data).status == 200
    assert [request.body for request in backend.requests] == [LONG, LONG]


def test_many_bodies_at_once_are_not_mixed_up(stage: Stage) -> None:
    """Forty clients, each with a body of its own, in pieces."""
    statuses: list[int] = []

    def call(number: int) -> None:
        body = bytes((number,)) * (1000 + 4000 * number)
        data = post(body, chunk=777 if number % 2 else 0)
        client = stage.connect()
        for at in range(0, len(data), 20_000):
            client.send(data[at : at + 20_000])
        statuses.append(client.read().status)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
    assert sorted(len(request.body) for request in stage.backend.requests) == [1000 + 4000 * n for n in range(40)]
    assert all(len(set(request.body)) == 1 for request in stage.backend.requests)


def test_the_server_time_in_a_refusal_is_now(stage: Stage) -> None:
    """The contract's sentence, byte for byte."""
    answer = stage.connect().ask(post(b"x", minutes=-20))
    said = answer.body.decode().partition("server time:")[2][:16]
    told = datetime.strptime(said, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - told).total_seconds()) < 3
