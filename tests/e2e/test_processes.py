"""Real processes: what starts, what refuses to, what dies and is healed, and how it ends."""

import os
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from apigateway_sdk_python import signer
from huaweicloudsdkapig import v2 as sdk
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

from tests.admin.documents import http_api, online
from tests.e2e.conftest import Start
from tests.e2e.running import Crossgate, is_alive, wait_until
from tests.gateway.peers import OK, Request, ScriptedBackend

HEALED_S = 2.0
EFFECTIVE_S = 1.0


class SlowBackend:
    """A backend that answers when it is let, and knows when it is asked."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()
        self.port = ScriptedBackend(self._answer).port

    def _answer(self, connection: socket.socket, _: Request) -> None:
        self.asked.set()
        self.go.wait(60)
        connection.sendall(OK)


@pytest.fixture
def slow() -> Iterator[SlowBackend]:
    """A slow backend, let go at the latest when the test is over."""
    backend = SlowBackend()
    yield backend
    backend.go.set()


def ask(crossgate: Crossgate, path: str = "/mock", timeout_s: float = 20.0) -> httpx2.Response:
    """One GET over a connection of its own, so that any worker may get it."""
    return httpx2.get(crossgate.url + path, timeout=timeout_s)


def default_group(crossgate: Crossgate) -> str:
    """The group that a caller without a domain name reaches."""
    groups = crossgate.cloud().list_api_groups_v2().groups
    return str(next(group.id for group in groups if group.name == "DEFAULT"))


def make(crossgate: Crossgate, name: str, **fields: Any) -> str:
    """Make an API, a Mock that answers with `name` unless `fields` say otherwise; its id."""
    mock = {"backend_type": "MOCK", "backend_api": None, "mock_info": sdk.ApiMockCreate(result_content=name)}
    document = http_api(name, default_group(crossgate), **{**mock, **fields})
    return str(crossgate.cloud().create_api_v2(body=document).id)


def go_online(crossgate: Crossgate, api_id: str) -> None:
    """Publish an API."""
    crossgate.cloud().create_or_delete_publish_record_for_api_v2(body=online(api_id))


def publish(crossgate: Crossgate, name: str = "mock", **fields: Any) -> None:
    """Make an API and publish it."""
    go_online(crossgate, make(crossgate, name, **fields))


def to_backend(port: int) -> dict[str, Any]:
    """The fields of an API that goes to a backend here."""
    backend = sdk.BackendApiCreate(
        url_domain=f"127.0.0.1:{port}", req_protocol="HTTP", req_method="GET", req_uri="/", timeout=60000
    )
    return {"backend_type": "HTTP", "backend_api": backend, "mock_info": None}


def refusal(crossgate: Crossgate) -> str:
    """The one sentence with which a start ends."""
    assert crossgate.wait() == 1
    sentences = [line for line in crossgate.log.splitlines() if not line.startswith("20")]
    assert len(sentences) == 1, crossgate.log
    assert "Traceback" not in crossgate.log
    assert crossgate.said == ""
    return sentences[0]


def test_the_first_start_makes_an_operator_and_later_ones_keep_it(start: Start) -> None:
    """The credentials are complete, private, out of the log, and the same after a restart on another port."""
    first = start().wait_until_up()
    operator = first.operator
    path = first.data / "operator.json"

    assert path.stat().st_mode & 0o777 == 0o600
    assert set(operator) == {
        "admin_url",
        "project_id",
        "instance_id",
        "access_key",
        "secret_key",
        "user",
        "password",
    }
    assert operator["admin_url"] == first.admin_url
    for secret in ("secret_key", "password"):
        assert operator[secret] not in first.said + first.log
    assert str(path) in first.said
    assert first.end() == 0

    second = start().wait_until_up()

    assert path.stat().st_mode & 0o777 == 0o600
    assert second.operator == {**operator, "admin_url": second.admin_url}
    assert second.cloud().list_api_groups_v2().status_code == 200


def test_a_taken_port_is_named(start: Start) -> None:
    """Each of the two ports is refused with the option that changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option in ("--http-port", "--admin-port"):
            assert refusal(start(option, str(port))) == (
                f"Port {port} on 127.0.0.1 is taken; choose another with {option}."
            )


def test_a_data_directory_that_cannot_be_written_is_named(start: Start, tmp_path: Path) -> None:
    """A file in its place stops even root."""
    (tmp_path / "data").write_text("")

    assert "choose another with --data" in refusal(start())


def test_a_data_directory_has_one_master(lasting: Crossgate, start: Start) -> None:
    """A second gateway on the same directory is refused, and the first one goes on."""
    assert "Another crossgate already uses" in refusal(start("--data", str(lasting.data)))
    assert lasting.cloud().list_api_groups_v2().status_code == 200


def test_a_newer_database_is_left_alone(start: Start) -> None:
    """What a newer program wrote is neither read nor changed."""
    first = start().wait_until_up()
    first.end()
    with sqlite3.connect(first.data / "crossgate.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    assert "was written by a newer Crossgate" in refusal(start())


def test_a_killed_worker_is_replaced(lasting: Crossgate) -> None:
    """kill -9 of every worker costs no configuration, refuses nobody, and is healed in time."""
    publish(lasting, "workers")
    killed = time.monotonic()
    lasting.kill("worker-1")
    lasting.kill("worker-2")

    assert {ask(lasting, "/workers").text for _ in range(6)} == {"workers"}
    assert time.monotonic() - killed < HEALED_S


def test_a_killed_control_process_is_replaced(lasting: Crossgate) -> None:
    """kill -9 of control costs no configuration; the admin API answers again in time, the gateway always."""
    publish(lasting, "before")
    group = default_group(lasting)
    lasting.wait_for_spare()
    killed = time.monotonic()
    lasting.kill("control")

    assert ask(lasting, "/before").text == "before"
    assert default_group(lasting) == group
    assert time.monotonic() - killed < HEALED_S
    publish(lasting, "after")
    assert ask(lasting, "/after").text == "after"


def test_a_published_change_is_in_effect_in_every_worker(lasting: Crossgate) -> None:
    """When the admin API has answered, no connection meets the old state."""
    for round_ in range(3):
        name = f"round-{round_}"
        api = make(lasting, name)
        assert ask(lasting, f"/{name}").status_code == 404
        began = time.monotonic()
        go_online(lasting, api)
        took_s = time.monotonic() - began

        assert {ask(lasting, f"/{name}").text for _ in range(12)} == {name}
        assert took_s < EFFECTIVE_S
    for worker in ("worker-1", "worker-2"):
        assert f"snapshot applied child={worker}" in lasting.log


def test_a_damaged_snapshot_is_written_again(lasting: Crossgate) -> None:
    """A worker that boots and finds it unreadable has control write it anew."""
    publish(lasting, "damaged")
    (lasting.data / "snapshot.json").write_bytes(b"{")
    lasting.kill("worker-1")
    lasting.kill("worker-2")

    assert ask(lasting, "/damaged").text == "damaged"


@pytest.mark.parametrize("damage", ["overwritten", "gone"])
def test_a_broken_database_costs_no_request(start: Start, damage: str) -> None:
    """The gateway starts from its last snapshot and says why; admin answers 503 until the database is back."""
    first = start().wait_until_up()
    publish(first)
    first.end()
    database = first.data / "crossgate.db"
    good = database.read_bytes()
    if damage == "gone":
        database.unlink()
    else:
        database.write_bytes(b"not a database" * 1000)

    second = start("--workers", "1").wait_until_up()
    assert ask(second).text == "mock"
    wait_until(lambda: "serving the last good snapshot child=worker-1 revision=" in second.log)
    answer = httpx2.get(second.admin_url + "/health")
    assert answer.status_code == 503
    assert "crossgate.db" in answer.json()["error_msg"]

    database.write_bytes(good)
    wait_until(lambda: "admin API serves" in second.log)
    assert second.cloud().list_api_groups_v2().status_code == 200
    assert ask(second).text == "mock"


def test_a_lost_key_is_told_and_can_be_brought_back(start: Start) -> None:
    """What needs no secret is served; admin answers 503 with the way out until the key is back."""
    first = start("--workers", "1").wait_until_up()
    publish(first)
    publish(first, "signed", auth_type="IAM")
    first.end()
    key = first.data / "secret.key"
    good = key.read_bytes()
    key.unlink()

    second = start("--workers", "1").wait_until_up()
    operator = first.operator
    assert ask(second).text == "mock"
    assert ask_signed(second, "/signed", operator) == 500
    answer = httpx2.get(second.admin_url + "/health")
    assert answer.status_code == 503
    assert "bring back the secret.key" in answer.json()["error_msg"]

    key.write_bytes(good)
    wait_until(lambda: "admin API serves" in second.log)
    assert second.cloud().list_api_groups_v2().status_code == 200
    assert ask_signed(second, "/signed", operator) == 200


def ask_signed(crossgate: Crossgate, path: str, operator: dict[str, str]) -> int:
    """The status of a GET that the operator has signed."""
    request = signer.HttpRequest("GET", crossgate.url + path)
    client = signer.Signer()
    client.Key, client.Secret = operator["access_key"], operator["secret_key"]
    client.Sign(request)
    return httpx2.get(crossgate.url + path, headers=request.headers).status_code


def test_without_database_and_snapshot_there_is_no_start(start: Start) -> None:
    """Where nothing is left to serve by, the start is refused with the way out."""
    first = start().wait_until_up()
    first.end()
    (first.data / "crossgate.db").write_bytes(b"not a database" * 1000)
    (first.data / "snapshot.json").unlink()

    assert "restore it from a backup" in refusal(start())


def test_sigterm_lets_what_is_in_flight_finish(crossgate: Crossgate, slow: SlowBackend) -> None:
    """A request under way is answered, a new connection is refused, and the end is clean."""
    publish(crossgate, "slow", **to_backend(slow.port))
    answers: list[httpx2.Response] = []
    asking = threading.Thread(target=lambda: answers.append(ask(crossgate, "/slow", 60)))
    asking.start()
    assert slow.asked.wait(20)
    crossgate.process.terminate()
    place = httpx2.URL(crossgate.url)
    wait_until(lambda: is_refused(place.host, place.port or 80))
    assert crossgate.process.poll() is None
    slow.go.set()
    asking.join(20)

    assert answers[0].text == "ok"
    assert crossgate.wait() == 0


def is_refused(host: str, port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except ConnectionError:
        return True
    return False


def ask_in_vain(crossgate: Crossgate, broken: list[Exception]) -> None:
    """Ask what will be cut off, and note how it was."""
    try:
        ask(crossgate, "/slow", 60)
    except httpx2.HTTPError as error:
        broken.append(error)


def test_a_second_sigterm_ends_at_once(crossgate: Crossgate, slow: SlowBackend) -> None:
    """What is in flight is cut off, and the exit status says so."""
    publish(crossgate, "slow", **to_backend(slow.port))
    broken: list[Exception] = []
    asking = threading.Thread(target=ask_in_vain, args=(crossgate, broken))
    asking.start()
    assert slow.asked.wait(20)
    crossgate.process.terminate()
    wait_until(lambda: "draining" in crossgate.log)
    told = time.monotonic()
    crossgate.process.terminate()

    assert crossgate.wait() == 1
    assert time.monotonic() - told < 2
    asking.join(20)
    assert broken


def test_a_drain_has_an_end(start: Start, slow: SlowBackend) -> None:
    """What does not finish within --drain is cut off."""
    crossgate = start("--drain", "0.5").wait_until_up()
    publish(crossgate, "slow", **to_backend(slow.port))
    broken: list[Exception] = []
    asking = threading.Thread(target=ask_in_vain, args=(crossgate, broken))
    asking.start()
    assert slow.asked.wait(20)
    told = time.monotonic()
    crossgate.end()

    assert time.monotonic() - told < 5
    asking.join(20)
    assert broken


def test_without_a_supervisor_the_children_end(crossgate: Crossgate, start: Start) -> None:
    """kill -9 of the supervisor leaves nobody behind; the next one gets the same directory and ports at once."""
    publish(crossgate)
    children = [pid for name in ("control", "worker-1", "worker-2") for pid in crossgate.pids(name)]
    assert len(children) == 3
    os.kill(crossgate.process.pid, signal.SIGKILL)
    crossgate.wait()
    ports = [str(httpx2.URL(url).port) for url in (crossgate.url, crossgate.admin_url)]
    successor = start("--http-port", ports[0], "--admin-port", ports[1]).wait_until_up()

    assert ask(successor).text == "mock"
    assert not [pid for pid in children if is_alive(pid)]


def test_quotas_come_from_variables(start: Start) -> None:
    """A quota that is set is kept; the contract's own refusal says so."""
    crossgate = start(CROSSGATE_QUOTA_GROUPS="1").wait_until_up()

    with pytest.raises(ServiceResponseException, match="exceeds the maximum"):
        crossgate.cloud().create_api_group_v2(body=sdk.ApiGroupCreate(name="one_too_many"))
