"""Publishing, versions and what is refused (gateway.md 1.4)."""

import json
from typing import Any

import pytest

from crossgate.control import apis, authorizers, groups, publishing
from crossgate.core.model.environment import RELEASE_ID
from crossgate.core.model.group import ApiGroupCreate
from crossgate.core.model.publication import ApiActionInfo, ApiBatchPublish, ApiVersion, VersionQuery
from tests.control.world import ACTOR, World


def _versions(world: World, api_id: str, **query: Any) -> list[tuple[str, int]]:
    found = world.do(publishing.search_versions(world.control, api_id, VersionQuery(**query)))
    return [(version.version_id, version.status) for version in found.api_versions]


def _edit(world: World, api_id: str, content: str) -> None:
    body = world.api_body(mock_info={"result_content": content})
    world.do(apis.update(world.control, ACTOR, api_id, body))


def _content(world: World, api_id: str) -> Any:
    published = world.published(api_id)
    return published.backend.result_content if published is not None else None  # type: ignore[union-attr]


def test_a_published_api_is_given_to_the_data_plane(world: World) -> None:
    """Before the verb returns."""
    api = world.api(cors=True)
    record = world.publish(api.id)

    published = world.published(api.id)
    assert published is not None
    assert (published.publish_id, published.group_id, published.cors) == (record.publish_id, world.group_id, True)
    assert published.auth_type == "NONE"


def test_offline_and_back_keeps_the_publication_record(world: World) -> None:
    """What is bound to it stays bound."""
    api = world.api()
    first = world.publish(api.id)
    offline = world.publish(api.id, action="offline")
    is_gone = world.published(api.id) is None
    again = world.publish(api.id)

    assert is_gone
    assert first.publish_id == offline.publish_id == again.publish_id
    assert first.version_id != again.version_id


def test_going_offline_repeats_the_remark(world: World) -> None:
    """As publishing does."""
    api = world.api()
    world.publish(api.id)
    body = ApiActionInfo(action="offline", env_id=RELEASE_ID, api_id=api.id, remark="the shop is closed")

    assert world.do(publishing.publish_or_offline(world.control, ACTOR, body)).remark == "the shop is closed"


def test_what_is_offline_cannot_go_offline(world: World) -> None:
    """Nor can what was never published."""
    fault = world.refused(world.publishing(world.api().id, action="offline"))

    assert (fault.kind.code, fault.kind.status) == ("APIG.3015", 404)


def test_ten_versions_are_kept(world: World) -> None:
    """The newest ten, in each environment; the one in effect is among them even when it is older."""
    test = world.environment("test")
    api = world.api()
    other = world.publish(api.id, test).version_id
    published = [str(world.publish(api.id).version_id) for _ in range(11)]
    world.do(publishing.switch(world.control, ACTOR, api.id, ApiVersion(version_id=published[1])))
    world.publish(api.id, test)
    before = _versions(world, api.id, env_id=RELEASE_ID)

    assert [version for version, _ in before] == published[:0:-1]
    assert [version for version, status in before if status == 1] == [published[1]]
    assert (other, 2) in _versions(world, api.id, env_name="test")


def test_a_version_can_be_brought_back(world: World) -> None:
    """The definition of that moment is in effect again, and the edited one is not lost."""
    api = world.api()
    old = world.publish(api.id)
    _edit(world, api.id, "new")
    world.publish(api.id)
    newer = _content(world, api.id)

    answer = world.do(publishing.switch(world.control, ACTOR, api.id, ApiVersion(version_id=str(old.version_id))))

    assert (newer, _content(world, api.id)) == ("new", "hello")
    assert answer.version_id == old.version_id
    shown = world.do(apis.show(world.control, api.id))
    assert shown.mock_info is not None
    assert (shown.mock_info.result_content, shown.arrange_necessary) == ("new", 1)


def test_a_version_belongs_to_its_api(world: World) -> None:
    """Another API cannot run it."""
    version_id = str(world.publish(world.api().id).version_id)
    other = world.api("other")
    switching = publishing.switch(world.control, ACTOR, other.id, ApiVersion(version_id=version_id))

    assert world.refused(switching).kind.code == "APIG.3022"


def test_the_version_in_effect_can_be_taken_offline(world: World) -> None:
    """It stays in the history; one that is not in effect has nothing to take offline."""
    api = world.api()
    old, new = (str(world.publish(api.id).version_id) for _ in range(2))

    world.do(publishing.take_version_offline(world.control, ACTOR, new))

    assert world.published(api.id) is None
    assert _versions(world, api.id) == [(new, 2), (old, 2)]
    taking = publishing.take_version_offline(world.control, ACTOR, old)
    assert world.refused(taking).kind.code == "APIG.3015"


def test_runtime_and_version_show_what_was_published(world: World) -> None:
    """Not what has been edited since."""
    api = world.api(remark="first")
    record = world.publish(api.id)
    world.do(apis.update(world.control, ACTOR, api.id, world.api_body(remark="second")))

    runtime = world.do(publishing.runtime(world.control, api.id))
    detail = world.do(publishing.show_version(world.control, str(record.version_id)))

    assert (runtime.remark, detail.remark) == ("first", "first")
    assert runtime.sl_domain == f"{world.group_id}.apic.localhost"
    assert (detail.version_id, detail.run_env_name) == (record.version_id, "RELEASE")
    missing = publishing.runtime(world.control, world.api("other").id)
    assert world.refused(missing).kind.status == 404


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (
            {
                "backend_type": "FUNCTION",
                "func_info": {
                    "function_urn": "urn:fss:x",
                    "invocation_type": "sync",
                    "network_type": "V1",
                    "timeout": 5000,
                },
            },
            "FUNCTION",
        ),
        (
            {
                "backend_type": "HTTP",
                "backend_api": {
                    "req_protocol": "HTTP",
                    "req_method": "GET",
                    "req_uri": "/",
                    "timeout": 5000,
                    "vpc_channel_status": 1,
                    "vpc_channel_info": {"vpc_channel_id": "0" * 32},
                },
            },
            "load channels",
        ),
        (
            {
                "policy_mocks": [
                    {
                        "name": "other",
                        "effect_mode": "ANY",
                        "conditions": [{"condition_origin": "source", "condition_value": "10.0.0.0/8"}],
                    }
                ]
            },
            "policy backends",
        ),
    ],
)
def test_what_cannot_be_served_whole_is_stored_but_not_published(
    world: World, fields: dict[str, Any], named: str
) -> None:
    """An API is never served half-working."""
    api = world.api(**fields)

    fault = world.refused(world.publishing(api.id))

    assert fault.kind.status == 400
    assert named in fault.message
    assert world.published(api.id) is None
    assert _versions(world, api.id) == []


def test_an_authorizer_nobody_is_sent_to_is_not_published(world: World) -> None:
    """Whoever names one does not mean the API to be open."""
    api = world.api(authorizer_id=world.authorizer())

    fault = world.refused(world.publishing(api.id))

    assert "set auth_type AUTHORIZER" in fault.message
    assert world.published(api.id) is None


@pytest.mark.parametrize(
    ("fields", "code", "at"),
    [
        ({"auth_type": "AUTHORIZER", "authorizer_id": "0" * 32}, "APIG.3081", None),
        ({"auth_type": "APP", "authorizer_id": "BACKEND"}, "APIG.2011", "authorizer_id"),
        ({"mock_info": {"authorizer_id": "FRONTEND"}}, "APIG.2011", "mock_info.authorizer_id"),
        ({"response_id": "0" * 32}, "APIG.3007", None),
    ],
)
def test_what_an_api_names_is_there(world: World, fields: dict[str, Any], code: str, at: str | None) -> None:
    """An authorizer of the type its place needs, and a gateway response of its group."""
    named = json.loads(
        json.dumps(fields)
        .replace("FRONTEND", world.authorizer("front", "FRONTEND"))
        .replace("BACKEND", world.authorizer("back", "BACKEND"))
    )

    fault = world.refused(apis.create(world.control, ACTOR, world.api_body(**named)))

    assert fault.kind.code == code
    assert [finding.at for finding in fault.findings] == ([at] if at else [])


def test_a_version_whose_authorizer_is_gone_stays_out(world: World) -> None:
    """It could not be called, and must not be open."""
    authorizer_id = world.authorizer()
    api = world.api(auth_type="AUTHORIZER", authorizer_id=authorizer_id)
    version_id = str(world.publish(api.id).version_id)
    world.do(apis.update(world.control, ACTOR, api.id, world.api_body()))
    world.publish(api.id)
    world.do(authorizers.delete(world.control, ACTOR, authorizer_id))
    switching = publishing.switch(world.control, ACTOR, api.id, ApiVersion(version_id=version_id))

    assert world.refused(switching).kind.code == "APIG.3081"


@pytest.mark.parametrize(
    ("uri", "advised"),
    [
        ("urn:unknown", "authorizer.function-unknown"),
        ("python:os:getcwd", "authorizer.function-not-allowed"),
        ("urn:listed", None),
        ("python:ours.auth:check", None),
        ("https://functions.example.com/", None),
    ],
)
def test_a_function_that_cannot_be_asked_is_advised_about(
    tmp_path_factory: pytest.TempPathFactory, uri: str, advised: str | None
) -> None:
    """The API is published all the same: the operator of the machine may list the function later."""
    world = World(tmp_path_factory.mktemp("functions"), functions={"urn:listed": "python:ours.auth:check"})
    try:
        api = world.api(auth_type="AUTHORIZER", authorizer_id=world.authorizer(uri=uri))
        answer = world.publish(api.id)
        [audited] = world.audit()[:1]
    finally:
        world.close()

    warnings = answer.warnings or []
    assert [(warning.code, warning.at) for warning in warnings] == (
        [(advised, "authorizer_id")] if advised else []
    )
    assert audited.request.get("warnings", []) == ([advised] if advised else [])
    assert [api.authorizer_id for api in world.config.apis] == [world.config.authorizers[0].id]


@pytest.mark.parametrize("auth_type", ["APP", "IAM", "NONE"])
def test_an_options_api_asks_for_no_credentials(world: World, auth_type: str) -> None:
    """Whatever it says, by contract; browsers send none with a preflight."""
    api = world.api(req_method="OPTIONS", auth_type=auth_type, cors=True)
    world.publish(api.id)

    published = world.published(api.id)
    assert published is not None
    assert published.auth_type == "NONE"


def test_a_route_runs_once(world: World) -> None:
    """An API whose old route still runs keeps it until it is published with its new one."""
    old = world.api("old", req_uri="/items")
    world.publish(old.id)
    world.do(apis.update(world.control, ACTOR, old.id, world.api_body("old", req_uri="/moved")))
    new = world.api("new", req_uri="/items")

    refusal = world.refused(world.publishing(new.id))
    world.publish(old.id)
    world.publish(new.id)

    assert refusal.kind.code == "APIG.3301"
    assert refusal.message.endswith("API name: old")


def test_a_version_whose_route_is_taken_stays_out(world: World) -> None:
    """Bringing it back would put two APIs on one route."""
    old = world.api("old", req_uri="/items")
    version_id = str(world.publish(old.id).version_id)
    world.do(apis.update(world.control, ACTOR, old.id, world.api_body("old", req_uri="/moved")))
    world.publish(old.id)
    world.publish(world.api("new", req_uri="/items").id)
    switching = publishing.switch(world.control, ACTOR, old.id, ApiVersion(version_id=version_id))

    assert world.refused(switching).kind.code == "APIG.3301"


def test_a_batch_does_what_it_can(world: World) -> None:
    """Each refusal names its API, and none stops the others."""
    good = [world.api(f"good{number}").id for number in range(2)]
    closed = world.api("closed", authorizer_id=world.authorizer()).id
    body = ApiBatchPublish(env_id=RELEASE_ID, apis=[good[0], closed, "0" * 32, good[1], good[0]])

    answer = world.do(publishing.batch(world.control, ACTOR, "online", body))

    assert [done.api_id for done in answer.success] == good
    assert [(failed.api_id, failed.api_name, failed.error_code) for failed in answer.failure] == [
        (closed, "closed", "APIG.2000"),
        ("0" * 32, None, "APIG.3002"),
    ]
    assert {api.api_id for api in world.config.apis} == set(good)


def test_a_batch_may_name_a_group(world: World) -> None:
    """Then all of its APIs are meant, and no other."""
    ids = {world.api(name).id for name in ("items", "orders")}
    other = world.do(groups.create(world.control, ACTOR, ApiGroupCreate(name="other")))
    world.publish(world.api("elsewhere", group_id=other.id).id)
    body = ApiBatchPublish(env_id=RELEASE_ID, group_id=world.group_id)

    online = world.do(publishing.batch(world.control, ACTOR, "online", body))
    offline = world.do(publishing.batch(world.control, ACTOR, "offline", body))

    assert {done.api_id for done in online.success} == ids == {done.api_id for done in offline.success}
    assert [api.name for api in world.config.apis] == ["elsewhere"]


@pytest.mark.parametrize(
    ("action", "body"), [("up", {"apis": ["0" * 32]}), ("online", {}), ("online", {"group_id": "0" * 32})]
)
def test_a_batch_says_what_and_which(world: World, action: str, body: dict[str, Any]) -> None:
    """Without either there is nothing to do."""
    batch = publishing.batch(world.control, ACTOR, action, ApiBatchPublish(env_id=RELEASE_ID, **body))

    assert world.refused(batch).kind.code in {"APIG.2011", "APIG.3001"}


def test_an_api_that_moved_on_keeps_its_old_group_in_use(world: World) -> None:
    """Deleting the group would take a running API away unasked."""
    api = world.api()
    first = world.publish(api.id)
    other = world.do(groups.create(world.control, ACTOR, ApiGroupCreate(name="other")))
    world.do(apis.update(world.control, ACTOR, api.id, world.api_body(group_id=other.id)))

    refusal = world.refused(groups.delete(world.control, ACTOR, world.group_id))
    world.publish(api.id)
    world.do(groups.delete(world.control, ACTOR, world.group_id))

    assert refusal.kind.code == "APIG.3415"
    published = world.published(api.id)
    assert published is not None
    assert published.group_id == other.id
    assert first.version_id is not None
    gone = world.refused(publishing.show_version(world.control, first.version_id))
    assert (gone.kind.code, gone.message) == ("APIG.3001", f"API group {world.group_id} does not exist")
