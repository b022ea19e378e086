"""Plugins, and what binds them to APIs (gateway.md 1.11)."""

import json
from typing import Any

import pytest

from crossgate.control import apis, bindings, plugins
from crossgate.core.model.environment import RELEASE_ID
from crossgate.core.model.plugin import (
    ApiOperPluginInfo,
    AttachedPluginQuery,
    PluginApiQuery,
    PluginCreate,
    PluginOperApiInfo,
    PluginQuery,
)
from tests.control.world import ACTOR, World


def _published_plugins(world: World, api_id: str) -> tuple[str, ...]:
    published = world.published(api_id)
    assert published is not None
    return published.plugin_ids


def _api(world: World, name: str, method: str = "GET", path: str = "/items") -> str:
    api_id = world.api(name, req_method=method, req_uri=path).id
    world.publish(api_id)
    return api_id


def test_an_attached_plugin_is_in_effect_at_once(world: World) -> None:
    """And gone at once when it is detached."""
    api_id, plugin_id = _api(world, "items"), world.plugin()
    [attached] = world.do(world.attaching(plugin_id, api_id)).attached_plugins
    while_attached = _published_plugins(world, api_id)
    [carried] = world.config.plugins
    world.do(
        bindings.detach_plugins(
            world.control, ACTOR, api_id, ApiOperPluginInfo(env_id=RELEASE_ID, plugin_ids=[plugin_id])
        )
    )

    assert (attached.api_id, attached.plugin_id, attached.env_name) == (api_id, plugin_id, "RELEASE")
    assert (while_attached, carried.id) == ((plugin_id,), plugin_id)
    assert _published_plugins(world, api_id) == ()
    assert world.config.plugins == ()


def test_only_a_published_api_takes_a_plugin(world: World) -> None:
    """The one that is not published is named."""
    published, other = _api(world, "items"), world.api("other").id

    fault = world.refused(world.attaching(world.plugin(), published, other))

    assert (fault.kind.code, fault.kind.status) == ("APIG.3707", 409)
    assert other in fault.message
    assert _published_plugins(world, published) == ()


def test_another_plugin_of_the_type_takes_the_place(world: World) -> None:
    """There is one of each type for an API in an environment."""
    api_id, first, second = _api(world, "items"), world.plugin("cors_one"), world.plugin("cors_two")
    world.do(world.attaching(first, api_id))
    world.do(world.attaching(second, api_id))

    assert _published_plugins(world, api_id) == (second,)
    world.do(plugins.delete(world.control, ACTOR, first))


def test_attaching_again_changes_nothing(world: World) -> None:
    """The attachment keeps its id."""
    api_id, plugin_id = _api(world, "items"), world.plugin()
    first, second = (world.do(world.attaching(plugin_id, api_id)).attached_plugins for _ in range(2))

    assert first == second


def test_an_attachment_outlives_going_offline(world: World) -> None:
    """Back online the API has its plugin again."""
    api_id, plugin_id = _api(world, "items"), world.plugin()
    world.do(world.attaching(plugin_id, api_id))
    world.publish(api_id, action="offline")
    world.publish(api_id)

    assert _published_plugins(world, api_id) == (plugin_id,)


def test_a_plugin_in_use_stays(world: World) -> None:
    """Deleting it would change its APIs unasked."""
    api_id, plugin_id = _api(world, "items"), world.plugin()
    world.do(world.attaching(plugin_id, api_id))

    fault = world.refused(plugins.delete(world.control, ACTOR, plugin_id))
    body = PluginOperApiInfo(env_id=RELEASE_ID, api_ids=[api_id])
    world.do(bindings.detach_apis(world.control, ACTOR, plugin_id, body))
    world.do(plugins.delete(world.control, ACTOR, plugin_id))

    assert (fault.kind.code, fault.kind.status) == ("APIG.3462", 409)
    assert world.refused(plugins.show(world.control, plugin_id)).kind.status == 404


def test_new_content_is_in_effect_at_once(world: World) -> None:
    """Without publishing anything again."""
    api_id, plugin_id = _api(world, "items"), world.plugin()
    world.do(world.attaching(plugin_id, api_id))
    world.do(plugins.update(world.control, ACTOR, plugin_id, world.plugin_body("renamed", "GET,PUT")))

    assert "PUT" in world.config.plugins[0].content
    assert world.do(plugins.show(world.control, plugin_id)).plugin_name == "renamed"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"plugin_content": '{"allow_origin":""}'}, "plugin_content"),
        ({"plugin_content": "not JSON"}, "plugin_content"),
        ({"plugin_type": "jwt_auth", "plugin_content": "{}"}, "plugin_content"),
        ({"plugin_type": "rate_limit", "plugin_content": "{}"}, "plugin_content"),
        ({"plugin_type": "third_auth", "plugin_content": "{}"}, "plugin_content"),
        ({"plugin_type": "kafka_log", "plugin_content": "{}"}, "kafka_log"),
        ({"plugin_name": "cors_one"}, "already exists"),
    ],
)
def test_a_plugin_that_could_not_work_is_refused(world: World, changes: dict[str, Any], named: str) -> None:
    """Before it is stored, with everything that is wrong."""
    world.plugin("cors_one")
    body = PluginCreate.model_validate(world.plugin_body("cors_two").model_dump() | changes)

    fault = world.refused(plugins.create(world.control, ACTOR, body))

    assert fault.kind.status == 400
    assert named in fault.message
    assert world.do(plugins.search(world.control, PluginQuery())).total == 1


def test_one_path_has_one_cors_plugin(world: World) -> None:
    """A preflight would otherwise be answered by chance; changing both in one call is the way."""
    get, post = _api(world, "read"), _api(world, "write", "POST")
    first, second = world.plugin("cors_one"), world.plugin("cors_two")
    world.do(world.attaching(first, get, post))

    fault = world.refused(world.attaching(second, get))
    world.do(world.attaching(second, get, post))

    assert fault.kind.status == 400
    assert all(word in fault.message for word in ("write", "cors_one", "cors_two", post))
    assert _published_plugins(world, get) == _published_plugins(world, post) == (second,)


def test_another_path_may_have_another_cors_plugin(world: World) -> None:
    """And so may another environment."""
    items, orders = _api(world, "items"), _api(world, "orders", path="/orders")
    first, second = world.plugin("cors_one"), world.plugin("cors_two")
    test = world.environment("test")
    world.publish(items, test)

    world.do(world.attaching(first, items))
    world.do(world.attaching(second, orders))
    world.do(world.attaching(second, items, env_id=test))

    assert (_published_plugins(world, items), _published_plugins(world, orders)) == ((first,), (second,))


@pytest.mark.parametrize(
    ("method", "allowed", "is_refused"),
    [("PUT", "GET,POST", True), ("PUT", "PUT", False), ("ANY", "GET", False), ("DELETE", "*", False)],
)
def test_the_apis_method_is_among_the_allowed(world: World, method: str, allowed: str, is_refused: bool) -> None:
    """A policy that forbids the very call it is attached to is a mistake."""
    api_id, plugin_id = _api(world, "items", method), world.plugin(methods=allowed)
    attaching = world.attaching(plugin_id, api_id)

    if is_refused:
        assert "allow_methods" in world.refused(attaching).message
    else:
        world.do(attaching)
        assert _published_plugins(world, api_id) == (plugin_id,)


def test_content_must_keep_the_methods_in_use(world: World) -> None:
    """Taking a method away from a running API would break its pages."""
    api_id, plugin_id = _api(world, "items", "PUT"), world.plugin(methods="PUT")
    world.do(world.attaching(plugin_id, api_id))

    updating = plugins.update(world.control, ACTOR, plugin_id, world.plugin_body(methods="GET"))
    assert "items" in world.refused(updating).message


def test_a_path_has_an_options_api_or_a_plugin(world: World) -> None:
    """Whichever comes second is refused; an OPTIONS API on another path is in nobody's way."""
    get, options = _api(world, "items"), world.api("preflights", req_method="OPTIONS", req_uri="/items").id
    everything = world.api("all_preflights", req_method="OPTIONS", req_uri="/", match_mode="SWA").id
    plugin_id = world.plugin()
    world.publish(everything)
    world.publish(options)

    attaching = world.refused(world.attaching(plugin_id, get))
    world.publish(options, action="offline")
    world.do(world.attaching(plugin_id, get))
    publishing = world.refused(world.publishing(options))

    assert "preflights" in attaching.message
    assert "items" in publishing.message
    assert _published_plugins(world, get) == (plugin_id,)


def test_an_api_that_moves_onto_a_path_follows_its_rules(world: World) -> None:
    """Publishing is checked as attaching is."""
    items, orders = _api(world, "items"), _api(world, "orders", "POST", "/orders")
    first, second = world.plugin("cors_one"), world.plugin("cors_two")
    world.do(world.attaching(first, items))
    world.do(world.attaching(second, orders))
    world.publish(orders, action="offline")
    moved = world.api_body("orders", req_method="POST", req_uri="/items")
    world.do(apis.update(world.control, ACTOR, orders, moved))

    assert "cors_one" in world.refused(world.publishing(orders)).message


def test_lists_show_what_is_attached_and_what_could_be(world: World) -> None:
    """Seen from the plugin and from the API."""
    items, orders = _api(world, "items"), _api(world, "orders", path="/orders")
    world.api("unpublished")
    first, second = world.plugin("cors_one"), world.plugin("cors_two")
    world.do(world.attaching(first, items))

    def found_by(verb: Any, **query: Any) -> list[str]:
        found = world.do(verb(world.control, first, PluginApiQuery.model_validate(query)))
        assert found.total == found.size
        return [api.api_id for api in found.apis]

    attached_plugins = world.do(
        bindings.search_attached_plugins(world.control, items, AttachedPluginQuery(env_name="RELEASE"))
    )
    attachable = world.do(bindings.search_attachable_plugins(world.control, items, PluginQuery(env_id=RELEASE_ID)))

    assert found_by(bindings.search_attached_apis) == [items]
    assert found_by(bindings.search_attached_apis, api_name="ord") == []
    assert found_by(bindings.search_attachable_apis, env_id=RELEASE_ID) == [orders]
    assert found_by(bindings.search_attachable_apis, req_uri="/ITEMS") == []
    assert [plugin.plugin_id for plugin in attached_plugins.plugins] == [first]
    assert [plugin.plugin_id for plugin in attachable.plugins] == [second]


def test_two_plugins_of_one_type_do_not_fit_one_call(world: World) -> None:
    """Which of them was meant to stay?"""
    api_id, ids = _api(world, "items"), [world.plugin("cors_one"), world.plugin("cors_two")]
    body = ApiOperPluginInfo(env_id=RELEASE_ID, plugin_ids=ids)

    fault = world.refused(bindings.attach_plugins(world.control, ACTOR, api_id, body))
    assert [finding.at for finding in fault.findings] == ["plugin_ids"]


def test_a_plugins_type_stays(world: World) -> None:
    """Its attachments rely on it."""
    plugin_id = world.plugin()
    body = world.plugin_body().model_copy(update={"plugin_type": "rate_limit"})

    assert world.refused(plugins.update(world.control, ACTOR, plugin_id, body)).kind.status == 400


CONTENTS: dict[str, dict[str, Any]] = {
    "rate_limit": {"default_interval": 1, "default_time_unit": "minute", "api_limit": 5},
    "third_auth": {
        "auth_request": {
            "method": "POST",
            "protocol": "HTTPS",
            "url_domain": "auth.example.com",
            "path": "/check",
        },
        "simple_auth_mode_enabled": True,
    },
    "jwt_auth": {"jwks_service": {"uri": "https://id.example.com/keys"}},
}


def _plugin(kind: str, **changes: Any) -> PluginCreate:
    return PluginCreate(
        plugin_name=f"a_{kind}",
        plugin_type=kind,  # type: ignore[arg-type]
        plugin_scope="global",
        plugin_content=json.dumps(CONTENTS[kind] | changes),
    )


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_policy_plugin_is_attached_and_changed(world: World, kind: str) -> None:
    """Beside the cors plugin, and in effect at once."""
    api_id, cors = _api(world, "items"), world.plugin()
    plugin_id = world.do(plugins.create(world.control, ACTOR, _plugin(kind))).plugin_id
    world.do(world.attaching(cors, api_id))
    world.do(world.attaching(plugin_id, api_id))
    changed = _plugin(kind).model_copy(update={"remark": "changed"})
    world.do(plugins.update(world.control, ACTOR, plugin_id, changed))

    assert set(_published_plugins(world, api_id)) == {cors, plugin_id}
    assert {plugin.type for plugin in world.config.plugins} == {"cors", kind}


def test_a_service_behind_a_load_channel_cannot_be_asked(world: World) -> None:
    """There are none yet, and the refusal says what to write instead."""
    request = {"protocol": "HTTP", "method": "GET", "path": "/", "vpc_channel_enabled": True}
    body = _plugin("third_auth", auth_request=request | {"vpc_channel_info": {"vpc_id": "0" * 32}})

    [finding] = world.refused(plugins.create(world.control, ACTOR, body)).findings

    assert (finding.code, finding.at) == ("third_auth.channel", "auth_request.vpc_channel_enabled")
    assert "url_domain" in finding.fix
