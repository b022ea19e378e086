"""What the CORS linter says is told with each write, refuses what is critical, and is kept in the audit trail."""

import json
from typing import Any

import pytest

from crossgate.control import apis, bindings, plugins, publishing
from crossgate.core.model.advice import Advice
from crossgate.core.model.environment import RELEASE_ID
from crossgate.core.model.plugin import ApiOperPluginInfo, PluginCreate
from crossgate.core.model.publication import ApiBatchPublish, ApiVersion
from crossgate.store.tables import Plugin
from tests.control.world import ACTOR, World


def body(name: str = "cors_one", **content: Any) -> PluginCreate:
    """A cors plugin as a request."""
    return PluginCreate(
        plugin_name=name, plugin_type="cors", plugin_scope="global", plugin_content=json.dumps(content)
    )


def plugin(world: World, name: str = "cors_one", **content: Any) -> str:
    """A new cors plugin's id."""
    return world.do(plugins.create(world.control, ACTOR, body(name, **content))).plugin_id


def codes(warnings: list[Advice] | None) -> list[str]:
    """The codes of what an answer advises."""
    return [each.code for each in warnings or []]


def advised(world: World) -> object:
    """What the newest audit record keeps."""
    return world.audit()[0].request.get("warnings")


def spoil(world: World, plugin_id: str, content: dict[str, Any]) -> None:
    """Put content into the store that this program would not accept, as an older one might have."""

    async def write() -> None:
        async with world.database.writing() as session:
            row = await session.get(Plugin, plugin_id)
            assert row is not None
            row.content = json.dumps(content)

    world.do(write())


def test_a_plugin_is_written_with_what_to_reconsider(world: World) -> None:
    """Creating and updating succeed all the same; what is good has no warnings at all."""
    created = world.do(
        plugins.create(world.control, ACTOR, body(allow_origin="http://app.example.com", max_age=100_000))
    )
    kept = advised(world)
    updated = world.do(
        plugins.update(world.control, ACTOR, created.plugin_id, body(allow_origin="https://app.example.com"))
    )

    assert codes(created.warnings)[0] == "cors.insecure-origin"
    assert "cors.max-age-capped" in codes(created.warnings)
    assert kept == codes(created.warnings)
    first = (created.warnings or [])[0]
    assert (first.severity, first.at, first.plugin_id) == ("medium", "allow_origin[0]", None)
    assert first.message
    assert first.fix
    assert updated.warnings is None
    assert advised(world) is None


def test_debugging_is_pointed_out(world: World) -> None:
    """So that nobody forgets to switch it off."""
    created = world.do(
        plugins.create(world.control, ACTOR, body(allow_origin="https://a.example.com", debug=True))
    )

    assert [(each.code, each.severity, each.at) for each in created.warnings or []] == [
        ("cors.debug-on", "info", "debug")
    ]


def test_reading_a_plugin_says_nothing_of_it(world: World) -> None:
    """Warnings belong to the write."""
    plugin_id = plugin(world, allow_origin="http://app.example.com")

    assert not hasattr(world.do(plugins.show(world.control, plugin_id)), "warnings")


def test_attaching_and_publishing_judge_the_plugin_by_its_routes(world: World) -> None:
    """The same policy is fine on one path and not on another; each verb that joins the two says so."""
    plugin_id = plugin(world, allow_origin="*")
    api = world.api("users", req_uri="/admin/users")
    first = world.publish(api.id)
    attached = world.do(world.attaching(plugin_id, api.id))
    kept = advised(world)
    again = world.publish(api.id)
    batched = world.do(
        publishing.batch(world.control, ACTOR, "online", ApiBatchPublish(env_id=RELEASE_ID, apis=[api.id]))
    )
    assert first.version_id is not None
    switched = world.do(publishing.switch(world.control, ACTOR, api.id, ApiVersion(version_id=first.version_id)))

    expected = ["cors.any-origin-on-internal-route"]
    assert first.warnings is None
    answers = [attached.warnings, again.warnings, batched.success[0].warnings, switched.warnings]
    assert [codes(warnings) for warnings in answers] == [expected] * 4
    assert kept == advised(world) == expected
    for warnings in answers:
        assert [(each.plugin_id, each.at) for each in warnings] == [(plugin_id, "allow_origin[0]")]


def test_attaching_from_the_apis_end_says_the_same(world: World) -> None:
    """Both ends are one verb."""
    plugin_id, api = plugin(world, allow_origin="*"), world.api("users", req_uri="/admin/users")
    world.publish(api.id)
    wanted = ApiOperPluginInfo(env_id=RELEASE_ID, plugin_ids=[plugin_id])
    attached = world.do(bindings.attach_plugins(world.control, ACTOR, api.id, wanted))

    assert codes(attached.warnings) == ["cors.any-origin-on-internal-route"]


def test_the_switch_without_anybody_to_answer_preflights(world: World) -> None:
    """Publishing says so, until an OPTIONS API is there, in the same environment."""
    api = world.api("items", cors=True)
    elsewhere = world.environment("elsewhere")
    options = world.api("preflights", req_method="OPTIONS", req_uri="/", match_mode="SWA", cors=True)
    alone = world.publish(api.id)
    world.publish(options.id, elsewhere)
    still_alone = world.publish(api.id)
    world.publish(options.id)
    answered = world.publish(api.id)

    assert codes(alone.warnings) == codes(still_alone.warnings) == ["cors.preflight-blocked"]
    assert [(each.at, each.plugin_id) for each in alone.warnings or []] == [("cors", None)]
    assert answered.warnings is None


def test_an_api_without_cors_gets_the_contracts_answer_alone(world: World) -> None:
    """Nothing is added where there is nothing to say."""
    published = world.publish(world.api("users", req_uri="/admin/users").id)

    assert "warnings" not in published.model_dump(exclude_none=True)


@pytest.mark.parametrize("verb", ["publish", "switch", "attach"])
def test_a_plugin_that_has_become_dangerous_is_not_put_into_effect(world: World, verb: str) -> None:
    """Everything critical is named at once, and nothing changes."""
    plugin_id, api = plugin(world, allow_origin="https://app.example.com"), world.api("items")
    version_id = world.publish(api.id).version_id
    assert version_id is not None
    world.do(world.attaching(plugin_id, api.id))
    spoil(world, plugin_id, {"allow_origin": "*,https://*.com", "allow_credentials": True, "max_age": -1})
    before = (len(world.recorder.configs), len(world.audit()))
    verbs = {
        "publish": world.publishing(api.id),
        "switch": publishing.switch(world.control, ACTOR, api.id, ApiVersion(version_id=version_id)),
        "attach": world.attaching(plugin_id, api.id),
    }
    fault = world.refused(verbs.pop(verb))
    for unused in verbs.values():
        unused.close()

    found = {(finding.code, finding.at) for finding in fault.findings}
    assert found == {
        ("cors.any-origin-with-credentials", "allow_origin[0]"),
        ("cors.wildcard-over-public-suffix", "allow_origin[1]"),
        ("cors.max-age-out-of-range", "max_age"),
    }
    assert (fault.kind.code, fault.kind.status) == ("APIG.2000", 400)
    assert "cors_one" in fault.message
    assert all(finding.at in fault.message and finding.fix in fault.message for finding in fault.findings)
    assert (len(world.recorder.configs), len(world.audit())) == before


def test_in_a_batch_only_the_dangerous_one_is_refused(world: World) -> None:
    """The others go online, and its failure says why."""
    plugin_id, bad, good = plugin(world, allow_origin="https://a.example.com"), world.api("bad"), world.api("good")
    world.publish(bad.id)
    world.do(world.attaching(plugin_id, bad.id))
    world.publish(bad.id, action="offline")
    spoil(world, plugin_id, {"allow_origin": "*", "allow_credentials": True})
    both = ApiBatchPublish(env_id=RELEASE_ID, apis=[bad.id, good.id])
    done = world.do(publishing.batch(world.control, ACTOR, "online", both))

    assert [each.api_id for each in done.success] == [good.id]
    (failure,) = done.failure
    assert (failure.api_id, failure.error_code) == (bad.id, "APIG.2000")
    assert "allow_origin" in failure.error_msg


def test_an_older_definition_is_judged_as_it_is(world: World) -> None:
    """Switching to a version judges that version, not what was edited since."""
    plugin_id, api = plugin(world, allow_origin="*"), world.api("users", req_uri="/admin/users")
    old = world.publish(api.id).version_id
    world.do(apis.update(world.control, ACTOR, api.id, world.api_body("users", req_uri="/users")))
    new = world.publish(api.id).version_id
    world.do(world.attaching(plugin_id, api.id))
    assert old is not None
    assert new is not None
    back = world.do(publishing.switch(world.control, ACTOR, api.id, ApiVersion(version_id=old)))
    forth = world.do(publishing.switch(world.control, ACTOR, api.id, ApiVersion(version_id=new)))

    assert codes(back.warnings) == ["cors.any-origin-on-internal-route"]
    assert forth.warnings is None
