"""What a finished request leaves behind: nothing that only the garbage collector could take away."""

import gc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.credentials import AppConfig, code_digest
from crossgate.core.policies.spending import Period
from crossgate.core.policies.throttle import Throttle
from crossgate.core.snapshot.config import Config, MockBackend

from .conftest import api, config, http
from .peers import RunningGateway, ScriptedBackend

CODE = b"a-code-" + b"0123456789" * 6
REQUESTS = 200
# One connection's own objects refer to each other.
OF_A_CONNECTION = 20


@pytest.mark.parametrize(
    ("target", "code", "status"),
    [("/app", CODE, 200), ("/mock", CODE, 200), ("/app", b"wrong", 401), ("/nothing", CODE, 404)],
)
def test_a_finished_request_is_forgotten_at_once(
    target: str,
    code: bytes,
    status: int,
    start_backend: Callable[[], ScriptedBackend],
    start_gateway: Callable[[Config], RunningGateway],
) -> None:
    """Objects in a ring would wait for the collector, which then takes more time than the checks."""
    policies: dict[str, Any] = {"auth_type": "APP", "app_code": True, "app_ids": ("a",)}
    apis = config(
        api("/app", http(start_backend().port), throttle_id="t", access_control_ids=("c",), **policies),
        api("/mock", MockBackend(), **policies),
    )
    made = msgspec.structs.replace(
        apis,
        apps=(AppConfig(id="a", name="a", key="key", secret=b"secret", codes=(code_digest(CODE),)),),
        throttles=(Throttle(id="t", is_shared=False, period=Period(1, "DAY"), api_limit=10_000, ip_limit=10_000),),
        access_controls=(AccessControl(id="c", acl_type="PERMIT", entity_type="IP", values=("127.0.0.1",)),),
    )
    client = start_gateway(made).connect()
    request = b"GET %b HTTP/1.1\r\nHost: g.example\r\nX-Apig-AppCode: %b\r\n\r\n" % (target.encode(), code)

    def call() -> int:
        return client.ask(request).status

    assert call() == status
    gc.collect()
    gc.disable()
    try:
        assert {call() for _ in range(REQUESTS)} == {status}
        assert gc.collect() < OF_A_CONNECTION
    finally:
        gc.enable()
