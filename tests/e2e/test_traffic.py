"""Traffic through real processes: bodies larger than memory should be, and changes under load."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from huaweicloudsdkapig import v2 as sdk

from tests.admin.documents import http_api, online
from tests.e2e.conftest import Start
from tests.e2e.running import Crossgate
from tests.e2e.test_processes import default_group, publish
from tests.gateway.peers import Client

GIB = 1 << 30
MOST_BYTES = 100 * 1024 * 1024
PIECE = bytes(1 << 20)


class LargeBackend:
    """A backend that swallows an upload of any size, or sends a GiB."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            data = connection.recv(1 << 20)
            head, _, body = data.partition(b"\r\n\r\n")
            if head.startswith(b"GET"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % GIB)
                for _ in range(GIB // len(PIECE)):
                    connection.sendall(PIECE)
                return
            received = len(body)
            while received < GIB:
                received += len(connection.recv(1 << 20))
            answer = b"%d" % received
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
            connection.recv(1)

    def stop(self) -> None:
        """Accepts no more."""
        self._listening.close()


@pytest.fixture
def large() -> Iterator[LargeBackend]:
    """A backend for large bodies."""
    backend = LargeBackend()
    yield backend
    backend.stop()


def to_large(port: int) -> dict[str, Any]:
    """The fields of an API whose backend takes any method."""
    backend = sdk.BackendApiCreate(
        url_domain=f"127.0.0.1:{port}", req_protocol="HTTP", req_method="ANY", req_uri="/", timeout=60000
    )
    return {"backend_type": "HTTP", "backend_api": backend, "mock_info": None, "req_method": "ANY"}


def connect(crossgate: Crossgate) -> Client:
    """A raw connection to the gateway."""
    host, _, port = crossgate.url.removeprefix("http://").partition(":")
    return Client(socket.create_connection((host, int(port)), timeout=60))


@pytest.mark.timeout(300)
def test_a_gib_both_ways_keeps_a_worker_small(start: Start, large: LargeBackend) -> None:
    """A worker passes a GiB up and a GiB down and never holds 100 MiB."""
    crossgate = start("--workers", "1").wait_until_up()
    limit = sdk.FeatureToggle(name="request_body_size", enable=True, config=str(GIB))
    crossgate.cloud().create_feature_v2(body=limit)
    publish(crossgate, "large", **to_large(large.port))
    worker = psutil.Process(crossgate.pids("worker-1")[-1])
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], worker.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    upload = connect(crossgate).send(b"PUT /large HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % GIB)
    for _ in range(GIB // len(PIECE)):
        upload.send(PIECE)
    assert upload.read().body == b"%d" % GIB
    download = connect(crossgate).send(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    received = 0
    while received < GIB:
        received += len(download.socket.recv(1 << 20))
    done.set()
    watching.join()

    assert most[0] < MOST_BYTES
    upload.socket.close()
    download.socket.close()


class Load:
    """Clients that ask one after the other over connections that stay open."""

    def __init__(self, crossgate: Crossgate, path: str, clients: int) -> None:
        self.answers: list[tuple[float, int, bytes]] = []
        self.failures: list[str] = []
        self._crossgate, self._path = crossgate, path
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        client = connect(self._crossgate)
        try:
            while not self._stop.is_set():
                began = time.monotonic()
                answer = client.ask(f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                self.answers.append((began, answer.status, answer.body))
        except OSError as error:
            self.failures.append(repr(error))
        finally:
            client.socket.close()

    def stop(self) -> None:
        """Lets every client finish its last request."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_a_change_under_load_is_in_effect_at_once_and_cuts_nothing(crossgate: Crossgate) -> None:
    """Every request begun after the admin API's answer gets the new definition; none fails meanwhile."""
    cloud, group = crossgate.cloud(), default_group(crossgate)
    definition = http_api("changing", group, **mock("0"))
    api = cloud.create_api_v2(body=definition)
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    load = Load(crossgate, "/changing", clients=8)
    published: list[float] = []
    for version in range(1, 6):
        cloud.update_api_v2(api_id=api.id, body=http_api("changing", group, **mock(str(version))))
        cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
        published.append(time.monotonic())
        time.sleep(0.2)
    load.stop()

    assert load.failures == []
    assert {status for _, status, _ in load.answers} == {200}
    for version, answered in enumerate(published, start=1):
        late = [int(body) for began, _, body in load.answers if began > answered]
        assert late
        assert min(late) >= version


def mock(result: str) -> dict[str, Any]:
    """The fields of a Mock API that answers `result`."""
    return {"backend_type": "MOCK", "backend_api": None, "mock_info": sdk.ApiMockCreate(result_content=result)}


def test_a_killed_worker_costs_only_what_it_held(crossgate: Crossgate) -> None:
    """New connections are served while a worker is being replaced; none is refused."""
    publish(crossgate)
    for _ in range(3):
        crossgate.kill("worker-1")
        for _ in range(10):
            client = connect(crossgate)
            assert client.ask(b"GET /mock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").body == b"mock"
            client.socket.close()
