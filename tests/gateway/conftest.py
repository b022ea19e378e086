"""A gateway and a backend for each test, and the Config that joins them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crossgate.core.snapshot.config import (
    Config,
    Group,
    HttpBackend,
    Limits,
    MockBackend,
    Plugin,
    PublishedApi,
)

from .peers import OK, RunningGateway, Script, ScriptedBackend

HOST = b"Host: g.example\r\n"


def api(path: str, backend: HttpBackend | MockBackend, **changes: Any) -> PublishedApi:
    """A published API on `path`: any method, plain HTTP, exact match unless `changes` say otherwise."""
    definition: dict[str, Any] = {
        "api_id": path,
        "publish_id": path,
        "name": path,
        "group_id": "g",
        "env_id": "release",
        "req_protocol": "BOTH",
        "req_method": "ANY",
        "req_uri": path,
        "match_mode": "NORMAL",
        "auth_type": "NONE",
        "cors": False,
        "backend": backend,
    }
    return PublishedApi(**(definition | changes))


def http(port: int, path: str = "/", **changes: Any) -> HttpBackend:
    """A backend on loopback that is called with the caller's method."""
    settings: dict[str, Any] = {"scheme": "HTTP", "method": "ANY", "path": path, "timeout_ms": 5000}
    return HttpBackend(address=f"127.0.0.1:{port}", **(settings | changes))


def config(*apis: PublishedApi, revision: int = 1, limits: Limits | None = None, cors: str = "") -> Config:
    """A Config of one group with `apis`; `cors` is the content of plugin `p`."""
    return Config(
        revision=revision,
        limits=limits or Limits(),
        environments={"release": "RELEASE", "develop": "DEVELOP"},
        groups=(
            Group(id="g", debug_domain="g.apic.localhost", domains=("g.example", "*.wild.example")),
            Group(id="d", debug_domain="d.apic.localhost", is_default=True),
        ),
        apis=apis,
        plugins=(Plugin(id="p", type="cors", content=cors),) if cors else (),
    )


@pytest.fixture
def start_backend() -> Iterator[Callable[..., ScriptedBackend]]:
    """Starts scripted backends."""
    started: list[ScriptedBackend] = []

    def start(script: Script | bytes = OK) -> ScriptedBackend:
        started.append(ScriptedBackend(script))
        return started[-1]

    yield start
    for backend in started:
        backend.stop()


@pytest.fixture
def start_gateway() -> Iterator[Callable[[Config], RunningGateway]]:
    """Starts gateways."""
    started: list[RunningGateway] = []

    def start(config: Config) -> RunningGateway:
        started.append(RunningGateway(config))
        return started[-1]

    yield start
    for gateway in started:
        gateway.stop()
