"""Debugging: what the audit trail keeps of it, and what of a definition still guards the call."""

from typing import Any

import pytest

from crossgate.control import debugging
from crossgate.control.audit import Actor
from crossgate.core.model.debug import ApiDebugInfo, DebugApiV2Response
from crossgate.core.model.document import read
from tests.control.world import World

ACTOR = Actor("admin", "192.0.2.7", "454d689fa69847610b3ca486458fb08b")


def debugged(world: World, api_id: str, **fields: Any) -> DebugApiV2Response:
    asked = {"mode": "DEVELOPER", "scheme": "HTTP", "method": "GET", "path": "/items", **fields}
    return world.do(debugging.debug(world.control, ACTOR, api_id, read(ApiDebugInfo, asked)))


def test_a_call_is_audited_without_what_could_be_secret(world: World) -> None:
    """Who called what, with which app; of headers and query the names, of the body its length."""
    api = world.api()
    published = len(world.recorder.configs)

    debugged(
        world,
        api.id,
        header={"Cookie": ["secret-1"], "X-Auth-Token": ["secret-2"]},
        query={"pin": ["secret-3"]},
        body="secret-4",
        app_key="key-of-shop",
        app_secret="secret-5",
    )

    entry = world.audit()[0]
    assert (entry.trace_name, entry.resource_type, entry.resource_id, entry.code) == (
        "DebugApi",
        "Api",
        api.id,
        200,
    )
    assert entry.request == {
        "mode": "DEVELOPER",
        "scheme": "HTTP",
        "method": "GET",
        "path": "/items",
        "app_key": "key-of-shop",
        "domain": "",
        "stage": "",
        "header": ["Cookie", "X-Auth-Token"],
        "query": ["pin"],
        "body": "8 bytes",
    }
    assert len(world.recorder.configs) == published


def test_what_proves_who_calls_is_not_shown(world: World) -> None:
    """Neither in the request nor in the log."""
    answer = debugged(
        world, world.api().id, header={"Cookie": ["secret-1"], "Authorization": ["secret-2"], "X-Id": ["seen"]}
    )

    assert answer.response.endswith("\n\nhello")
    assert answer.request.count(": ***\n") == 2
    assert "X-Id: seen\n" in answer.request
    assert "secret" not in answer.request + answer.log


@pytest.mark.parametrize(("header", "status"), [({"X-Who": ["me"]}, 200), ({}, 401)])
def test_a_custom_authorizer_is_part_of_the_definition(
    tmp_path_factory: pytest.TempPathFactory, header: dict[str, list[str]], status: int
) -> None:
    """It is asked, and what it says counts; a function in Python runs when the functions file lists it."""
    functions = {"urn:allow": "python:tests.gateway.functions:allow"}
    world = World(tmp_path_factory.mktemp("functions"), functions=functions)
    try:
        api = world.api(auth_type="AUTHORIZER", authorizer_id=world.authorizer(uri="urn:allow"))
        answer = debugged(world, api.id, header=header)
    finally:
        world.close()

    assert answer.response.startswith(f"HTTP/1.1 {status} ")
