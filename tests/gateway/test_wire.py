"""Framing, persistence and refusals, whether the bytes come at once or one by one (wire.toml)."""

import socket
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import HOST, api, config, http
from .peers import OK, Client, Request, RunningGateway, ScriptedBackend

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("wire.toml").read_text())["case"]


class Stage:
    """One gateway and one backend for all cases."""

    def __init__(self) -> None:
        self.answer = OK
        self.backend = ScriptedBackend(self._respond)
        everything = api("/", http(self.backend.port, retry_count=0), match_mode="SWA")
        self.gateway = RunningGateway(config(everything))

    def prepare(self, answer: bytes) -> None:
        """The backend answers `answer` from now on, to requests on connections yet to be opened."""
        self.answer = answer
        self.gateway.run(self._forget_connections())
        self.backend.requests.clear()
        self.backend.connections = 0

    async def _forget_connections(self) -> None:
        self.gateway.gateway.pool.close()

    def _respond(self, connection: socket.socket, request: Request) -> None:
        connection.sendall(self.answer)


@pytest.fixture(scope="module")
def stage() -> Any:
    """The gateway and backend of this module."""
    stage = Stage()
    yield stage
    stage.gateway.stop()
    stage.backend.stop()


def send_at_once(client: Client, data: bytes) -> None:
    """Sends `data` in one piece."""
    client.send(data)


def send_byte_by_byte(client: Client, data: bytes) -> None:
    """Sends `data` in pieces of one byte, until the gateway will not have more."""
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(len(data)):
        try:
            client.send(data[at : at + 1])
        except OSError:
            return
        time.sleep(0.0001)


@pytest.mark.parametrize("send", [send_at_once, send_byte_by_byte])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_sent_and_what_comes_of_it(
    stage: Stage, case: dict[str, Any], send: Callable[[Client, bytes], None]
) -> None:
    """Every request is forwarded as it was meant, every answer belongs to its request, nothing else gets out."""
    stage.prepare(case["answers"].encode("latin-1") if "answers" in case else OK)
    client = stage.gateway.connect()
    send(client, case["sends"].replace("{host}", HOST.decode()).encode("latin-1"))
    methods = [seen.split(" ")[0].encode() for seen in case["seen"]] + [b"GET"] * len(case["statuses"])

    answers = [client.read(method=method) for _, method in zip(case["statuses"], methods, strict=False)]

    assert [answer.status for answer in answers] == case["statuses"]
    assert all(answer.field("X-Request-Id") and answer.field("X-Evil") is None for answer in answers)
    bodies = [answer.body.decode() for answer in answers if answer.status < 400]
    assert bodies == case.get("bodies", ["ok"] * len(bodies))
    seen = [f"{request.method} {request.target} {request.body.decode()}" for request in stage.backend.requests]
    assert seen == case["seen"]
    if case.get("closes", False):
        assert client.is_closed()
    else:
        client.socket.settimeout(0.02)
        with pytest.raises(TimeoutError):
            client.is_closed()
    if "reused" in case:
        assert stage.backend.connections == (1 if case["reused"] else len(case["seen"]))
