"""APIs as they are edited (gateway.md 1.3)."""

from typing import Any

import pytest

from crossgate.control import apis, features
from crossgate.core.model.api import ApiCheckInfoV2, ApiQuery
from crossgate.core.model.feature import FeatureToggle
from tests.control.world import ACTOR, World


def test_an_api_is_shown_as_it_was_written(world: World) -> None:
    """With ids for its parts, and the parameter a backend parameter carries."""
    created = world.api(
        backend_type="HTTP",
        mock_info=None,
        req_uri="/items/{id}",
        req_params=[{"name": "id", "type": "STRING", "location": "PATH"}],
        backend_params=[{"origin": "REQUEST", "name": "item", "location": "PATH", "value": "ID"}],
        backend_api={
            "url_domain": "10.0.0.5",
            "req_protocol": "HTTP",
            "req_method": "ANY",
            "req_uri": "/x/{item}",
            "timeout": 100,
        },
    )
    shown = world.do(apis.show(world.control, created.id))

    assert shown == created
    assert shown.backend_params[0].req_param_id == shown.req_params[0].id
    assert shown.backend_api is not None
    assert (shown.backend_api.retry_count, shown.backend_api.vpc_channel_status) == ("-1", 2)
    assert (shown.version, shown.group_name, shown.status, shown.arrange_necessary) == ("V0.0.1", "shop", 1, 2)
    assert shown.response_id is not None
    assert shown.run_env_id is None


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("APIG.3202", {"req_uri": "/other"}),
        ("APIG.3301", {"name": "other"}),
        ("APIG.3001", {"group_id": "0" * 32}),
        ("APIG.3007", {"name": "other", "req_uri": "/other", "response_id": "0" * 32}),
    ],
)
def test_an_api_fits_among_the_others(world: World, code: str, fields: dict[str, Any]) -> None:
    """Its name and its route are its own, and what it refers to exists."""
    world.api()
    body = world.api_body(**({"name": "items", "req_uri": "/items"} | fields))

    assert world.refused(apis.create(world.control, ACTOR, body)).kind.code == code


def test_a_route_is_the_same_whatever_its_parameters_are_called(world: World) -> None:
    """No request could tell the two apart; another method or match mode can be."""

    def params(name: str) -> list[dict[str, str]]:
        return [{"name": name, "type": "STRING", "location": "PATH"}]

    world.api("first", req_uri="/items/{id}", req_params=params("id"))
    same = world.api_body("second", req_uri="/items/{name}", req_params=params("name"))

    fault = world.refused(apis.create(world.control, ACTOR, same))
    world.api("third", req_uri="/items/{name}", req_params=params("name"), req_method="POST")
    world.api("fourth", req_uri="/items/{name}", req_params=params("name"), match_mode="SWA")

    assert fault.kind.code == "APIG.3301"
    assert fault.message.endswith("API name: first")


def test_a_name_or_path_can_be_checked_first(world: World) -> None:
    """An API that is being edited may keep its own."""
    api = world.api()

    def check(**fields: Any) -> Any:
        return apis.check(world.control, ApiCheckInfoV2(**fields))

    path = {
        "type": "path",
        "req_method": "GET",
        "req_uri": "/items",
        "match_mode": "NORMAL",
        "group_id": world.group_id,
    }
    assert world.refused(check(**path)).kind.code == "APIG.3301"
    assert world.refused(check(type="name", name="items")).kind.code == "APIG.3202"
    assert world.refused(check(type="path", req_method="GET")).kind.code == "APIG.2011"
    world.do(check(**path, api_id=api.id))
    world.do(check(type="name", name="items", group_id=world.group_id, api_id=api.id))
    world.do(check(type="name", name="others"))


def test_an_update_replaces_everything(world: World) -> None:
    """What is left out of the new definition is gone."""
    api = world.api(tags=["web"], remark="old")
    updated = world.do(apis.update(world.control, ACTOR, api.id, world.api_body("renamed", tags=["app"])))

    assert (updated.name, updated.remark, updated.tags) == ("renamed", "", ["app"])
    assert world.do(apis.search(world.control, ApiQuery(tags=["web"]))).total == 0
    assert updated.register_time == api.register_time < updated.update_time


def test_an_edited_api_needs_publishing_where_it_runs(world: World) -> None:
    """Until then callers get what was published."""
    api = world.api()
    never_published = world.do(apis.show(world.control, api.id)).arrange_necessary
    world.publish(api.id)
    body = world.api_body(mock_info={"result_content": "new"})
    edited = world.do(apis.update(world.control, ACTOR, api.id, body))
    before = world.published(api.id)
    world.publish(api.id)
    after = world.published(api.id)

    assert (never_published, edited.arrange_necessary) == (2, 1)
    assert world.do(apis.show(world.control, api.id)).arrange_necessary == 2
    assert before is not None
    assert after is not None
    assert (before.backend.result_content, after.backend.result_content) == ("hello", "new")  # type: ignore[union-attr]


def test_an_api_names_everywhere_it_runs(world: World) -> None:
    """Several environments are joined by a bar."""
    test = world.environment("test")
    api = world.api()
    publish_ids = [world.publish(api.id).publish_id, world.publish(api.id, test).publish_id]

    shown = world.do(apis.show(world.control, api.id))

    assert shown.run_env_name == "RELEASE|test"
    assert shown.run_env_id == f"DEFAULT_ENVIRONMENT_RELEASE_ID|{test}"
    assert shown.publish_id == "|".join(str(publish_id) for publish_id in publish_ids)


def test_a_published_api_stays(world: World) -> None:
    """It can be deleted once it is offline, and takes its history along."""
    api = world.api()
    world.publish(api.id)

    refusal = world.refused(apis.delete(world.control, ACTOR, api.id))
    world.publish(api.id, action="offline")
    world.do(apis.delete(world.control, ACTOR, api.id))

    assert (refusal.kind.code, refusal.kind.status) == ("APIG.3416", 403)
    assert world.refused(apis.show(world.control, api.id)).message == f"API {api.id} does not exist"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"name": "ITEM"}, ["items2", "items"]),
        ({"name": "items", "precise_search": "name"}, ["items"]),
        ({"req_uri": "/items", "precise_search": "req_uri"}, ["items"]),
        ({"req_method": "POST"}, ["items2"]),
        ({"req_protocol": "HTTPS"}, ["orders"]),
        ({"auth_type": "APP"}, ["orders"]),
        ({"type": "2"}, ["items2"]),
        ({"tags": "web,app"}, ["items2", "items"]),
        ({"tags": "#no_tags#"}, ["orders"]),
        ({"tags": ["#no_tags#", "app"]}, ["orders", "items2"]),
        ({"env_id": "DEFAULT_ENVIRONMENT_RELEASE_ID"}, ["items"]),
        ({"group_id": "0" * 32}, []),
        ({"vpc_channel_name": "any"}, []),
        ({"offset": "2"}, ["items"]),
    ],
)
def test_apis_are_found(world: World, query: dict[str, Any], names: list[str]) -> None:
    """Every filter of the contract narrows the list."""
    items = world.api("items", tags=["web"])
    world.api("items2", tags=["web", "app"], req_method="POST", type=2)
    world.api("orders", req_protocol="HTTPS", auth_type="APP")
    world.publish(items.id)

    found = world.do(apis.search(world.control, ApiQuery.model_validate(query)))

    assert [api.name for api in found.apis] == names


def test_a_list_shows_more_when_asked(world: World) -> None:
    """The group and the backend are left out of a plain list."""
    world.api()
    seen = []
    for mode in ("", "include_group", "include_group_backend,brief"):
        [api] = world.do(apis.search(world.control, ApiQuery(return_data_mode=mode))).apis
        seen.append(api.api_group_info is not None)

    assert seen == [False, True, True]


def test_a_backend_timeout_stays_below_the_gateways(world: World) -> None:
    """Both have to be raised (gateway.md 2.5)."""
    backend = {
        "url_domain": "10.0.0.5",
        "req_protocol": "HTTP",
        "req_method": "GET",
        "req_uri": "/",
        "timeout": 90000,
    }
    body = world.api_body(backend_type="HTTP", mock_info=None, backend_api=backend)

    [finding] = world.refused(apis.create(world.control, ACTOR, body)).findings
    toggle = FeatureToggle(name="backend_timeout", enable=True, config='{"max_timeout":120000}')
    world.do(features.set_feature(world.control, ACTOR, toggle))
    world.do(apis.create(world.control, ACTOR, body))

    assert finding.at == "backend_api.timeout"
    assert "60000" in finding.fix
