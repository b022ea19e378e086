"""Environments and their variables (gateway.md 1.4)."""

from typing import Any

import pytest

from crossgate.control import environments, variables
from crossgate.core.model.environment import RELEASE_ID, EnvCreate, EnvironmentQuery
from crossgate.core.model.variable import EnvVariableBase, EnvVariableCreate, VariableQuery
from tests.control.world import ACTOR, World


def _variable(world: World, name: str, value: str, env_id: str = RELEASE_ID) -> str:
    body = EnvVariableCreate(group_id=world.group_id, env_id=env_id, variable_name=name, variable_value=value)
    return world.do(variables.create(world.control, ACTOR, body)).id


def _http(world: World, address: str, path: str = "/") -> str:
    backend = {
        "url_domain": address,
        "req_protocol": "HTTP",
        "req_method": "GET",
        "req_uri": path,
        "timeout": 5000,
    }
    return world.api(backend_type="HTTP", mock_info=None, backend_api=backend).id


def test_release_is_there_from_the_start_and_stays(world: World) -> None:
    """Requests without X-Stage go there."""
    [release] = world.do(environments.search(world.control, EnvironmentQuery())).envs
    renaming = environments.update(world.control, ACTOR, RELEASE_ID, EnvCreate(name="other"))
    remarked = world.do(
        environments.update(world.control, ACTOR, RELEASE_ID, EnvCreate(name="RELEASE", remark="x"))
    )

    assert (release.id, release.name) == (RELEASE_ID, "RELEASE")
    assert world.refused(renaming).kind.status == 403
    assert world.refused(environments.delete(world.control, ACTOR, RELEASE_ID)).kind.status == 403
    assert remarked.remark == "x"


def test_an_environment_name_is_given_once(world: World) -> None:
    """X-Stage must name one environment."""
    world.environment("test")

    fault = world.refused(environments.create(world.control, ACTOR, EnvCreate(name="test")))
    assert fault.kind.code == "APIG.3205"


def test_a_renamed_environment_is_called_by_its_new_name(world: World) -> None:
    """The data plane learns of it at once."""
    env_id = world.environment("test")
    world.do(environments.update(world.control, ACTOR, env_id, EnvCreate(name="staging")))

    assert world.config.environments[env_id] == "staging"


def test_an_environment_with_published_apis_stays(world: World) -> None:
    """It can go when they are offline."""
    env_id = world.environment("test")
    api = world.api()
    world.publish(api.id, env_id)

    refusal = world.refused(environments.delete(world.control, ACTOR, env_id))
    world.publish(api.id, env_id, "offline")
    world.do(environments.delete(world.control, ACTOR, env_id))

    assert (refusal.kind.code, refusal.kind.status) == ("APIG.3418", 403)
    assert env_id not in world.config.environments


def test_variables_are_replaced_when_an_api_is_published(world: World) -> None:
    """Several may stand side by side, in the address and in the path."""
    for name, value in (("host", "10.0.0"), ("last", ".5"), ("folder", "v1/store")):
        _variable(world, name, value)
    api_id = _http(world, "#host##last#:8080", "/#folder#/items")
    world.publish(api_id)

    published = world.published(api_id)
    assert published is not None
    assert (published.backend.address, published.backend.path) == ("10.0.0.5:8080", "/v1/store/items")  # type: ignore[union-attr]


def test_a_new_value_takes_effect_at_the_next_publish(world: World) -> None:
    """What is published is a snapshot."""

    def address() -> Any:
        published = world.published(api_id)
        assert published is not None
        return published.backend.address  # type: ignore[union-attr]

    variable_id = _variable(world, "host", "10.0.0.5")
    api_id = _http(world, "#host#")
    world.publish(api_id)
    world.do(variables.update(world.control, ACTOR, variable_id, EnvVariableBase(variable_value="10.0.0.6")))
    world.environment("another_change_that_publishes")
    before = address()
    world.publish(api_id)

    assert (before, address()) == ("10.0.0.5", "10.0.0.6")


def test_every_missing_variable_is_named(world: World) -> None:
    """Nothing is published with a hole in its address; names have a case."""
    _variable(world, "Host", "10.0.0.5")
    api_id = _http(world, "#host#:#port#", "/#Host#")

    fault = world.refused(world.publishing(api_id))

    assert fault.kind.status == 400
    assert "#host#, #port#" in fault.message
    assert "#Host#" not in fault.message
    assert world.published(api_id) is None


def test_a_value_that_makes_no_address_is_refused(world: World) -> None:
    """The whole is checked after the parts are put in."""
    _variable(world, "host", "http://10.0.0.5")

    fault = world.refused(world.publishing(_http(world, "#host#")))
    assert "http://10.0.0.5" in fault.message


@pytest.mark.parametrize(("code", "names"), [("APIG.3303", ["one", "one"]), ("APIG.3106", [])])
def test_variables_are_few_and_different(world: World, code: str, names: list[str]) -> None:
    """One of each name, at most fifty in one group and environment."""
    names = names or [f"name_{number}" for number in range(51)]
    for name in names[:-1]:
        _variable(world, name, "1")
    body = EnvVariableCreate(
        group_id=world.group_id, env_id=RELEASE_ID, variable_name=names[-1], variable_value="1"
    )

    assert world.refused(variables.create(world.control, ACTOR, body)).kind.code == code


def test_variables_are_listed_by_where_they_hold(world: World) -> None:
    """The same name may hold in another environment."""
    env_id = world.environment("test")
    _variable(world, "host", "a")
    other = _variable(world, "host", "b", env_id)

    found = world.do(variables.search(world.control, VariableQuery(env_id=env_id, variable_name="HO")))

    assert [variable.id for variable in found.variables] == [other]
    world.do(variables.delete(world.control, ACTOR, other))
    assert world.refused(variables.show(world.control, other)).kind.code == "APIG.3011"
