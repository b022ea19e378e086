"""A change is whole or not at all, and in effect when its verb returns (architecture)."""

import asyncio

import pytest

from crossgate.control import apis, domains, features, groups, instances, operators, plugins
from crossgate.control.audit import CREATE_GROUP
from crossgate.control.control import Control, Quotas
from crossgate.core.errors import Fault
from crossgate.core.model.domain import UrlDomainCreate
from crossgate.core.model.environment import RELEASE_ID
from crossgate.core.model.feature import FeatureQuery, FeatureToggle
from crossgate.core.model.group import ApiGroupCreate, GroupQuery
from crossgate.core.model.instance import InstanceQuery
from crossgate.store.sealing import KeyUnusable, Seal
from tests.control.world import ACTOR, World


def test_every_change_is_written_down(world: World) -> None:
    """Who, from where, in which request, what, and how it ended."""
    api = world.api()
    world.publish(api.id)

    record = world.audit()[0]

    assert record.trace_name == "CreateOrDeletePublishRecordForApi"
    assert (record.resource_type, record.resource_id, record.resource_name) == ("Api", api.id, "items")
    assert (record.user, record.source_ip, record.request_id) == (ACTOR.user, ACTOR.source_ip, ACTOR.request_id)
    assert record.request == {"action": "online", "env_id": RELEASE_ID, "api_id": api.id, "remark": ""}
    assert record.code == 201
    assert record.revision == world.config.revision


def test_the_audit_trail_holds_no_constant_sent_to_a_backend(world: World) -> None:
    """It is often a password."""
    param = {"origin": "CONSTANT", "name": "X-Key", "location": "HEADER", "value": "swordfish"}
    world.api(backend_params=[param])

    record = world.audit()[0]
    assert record.trace_name == "CreateApi"
    assert "swordfish" not in str(record.request)
    assert "X-Key" in str(record.request)


def test_a_refused_change_leaves_nothing(world: World) -> None:
    """No resource, no audit record, no revision, and nothing for the data plane."""
    before, configs = len(world.audit()), len(world.recorder.configs)
    body = UrlDomainCreate(url_domain="www.example.com")
    world.do(domains.attach(world.control, ACTOR, world.group_id, body))
    revision = world.config.revision

    world.refused(domains.attach(world.control, ACTOR, world.group_id, body))
    world.refused(groups.create(world.control, ACTOR, ApiGroupCreate(name="shop")))

    assert len(world.audit()) == before + 1
    assert len(world.recorder.configs) == configs + 1
    world.do(groups.create(world.control, ACTOR, ApiGroupCreate(name="next")))
    assert world.config.revision == revision + 1


def test_a_change_that_breaks_half_way_leaves_nothing(world: World) -> None:
    """Whatever goes wrong after the first row is written takes it back."""
    before = len(world.audit())

    async def half() -> None:
        async with world.control.changing(ACTOR, CREATE_GROUP, {}) as change:
            await groups.add(change, "half", "")
            await change.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.do(half())

    assert world.do(groups.search(world.control, GroupQuery(name="half"))).total == 0
    assert len(world.audit()) == before


def test_what_the_data_plane_cannot_see_is_not_published(world: World) -> None:
    """An edited API concerns nobody but its editor."""
    before = len(world.recorder.configs)
    world.api()
    world.plugin()

    assert len(world.recorder.configs) == before


def test_changes_made_together_are_published_together(world: World) -> None:
    """Each verb returns with its change in effect; revisions only grow, and some Configs carry several."""

    async def many() -> None:
        async def one(number: int) -> None:
            made = await groups.create(world.control, ACTOR, ApiGroupCreate(name=f"group{number}"))
            assert made.id in {group.id for group in world.config.groups}

        await asyncio.gather(*(one(number) for number in range(20)))

    before = len(world.recorder.configs)
    # As long as workers may take to apply one: meanwhile others are committed.
    world.recorder.takes_s = 0.2
    world.do(many())
    revisions = [config.revision for config in world.recorder.configs[before:]]

    assert revisions == sorted(set(revisions))
    assert len(revisions) < 20
    assert len(world.config.groups) == 22


def test_a_change_that_could_not_be_handed_over_is_carried_by_the_next(world: World) -> None:
    """It is saved, and its caller is told that it is not in effect."""
    world.recorder.failure = OSError("No space left on device")
    fault = world.refused(groups.create(world.control, ACTOR, ApiGroupCreate(name="late")))
    world.recorder.failure = None
    world.do(world.control.put_in_effect())

    assert fault.kind.status == 500
    assert "saved but not in effect" in fault.message
    assert len(world.config.groups) == 3


def test_quotas_hold_when_they_are_set(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Unset they are no limit; set they answer as the contract's do."""
    quotas = Quotas(groups=2, apis=1, plugins=1)
    world = World(tmp_path_factory.mktemp("quotas"), quotas)
    try:
        world.api()
        world.plugin("cors_one")
        refusals = [
            world.refused(groups.create(world.control, ACTOR, ApiGroupCreate(name="third"))),
            world.refused(apis.create(world.control, ACTOR, world.api_body("second"))),
            world.refused(plugins.create(world.control, ACTOR, world.plugin_body("cors_two"))),
        ]
    finally:
        world.close()

    assert [refusal.kind.code for refusal in refusals] == ["APIG.3101", "APIG.3102", "APIG.3100"]


def test_the_first_start_happens_once(world: World) -> None:
    """Its credentials are shown once and are good for the admin API."""
    first = world.credentials
    assert first is not None

    assert world.do(operators.bootstrap(world.control)) is None
    assert world.do(operators.has_password(world.control, first.user, first.password))
    assert not world.do(operators.has_password(world.control, first.user, first.password + "x"))
    assert not world.do(operators.has_password(world.control, "nobody", first.password))
    assert world.do(operators.secret_key(world.control, first.access_key)) == (first.user, first.secret_key)
    assert world.do(operators.secret_key(world.control, "unknown")) is None
    assert len(world.do(operators.token_key(world.control))) == 32


def test_the_database_holds_no_readable_secret(world: World) -> None:
    """Nor does a printed object."""
    first = world.credentials
    assert first is not None
    files = list(world.database.file.parent.iterdir())
    stored = b"".join(file.read_bytes() for file in files)

    for secret in (first.password, first.secret_key):
        assert secret.encode() not in stored
        assert secret not in repr(first)
    assert first.access_key.encode() in stored


def test_another_key_opens_nothing(world: World) -> None:
    """The operator learns that the key file has been changed."""
    other = Control(world.database, world.recorder, Seal(b"x" * 32))

    with pytest.raises(KeyUnusable):
        world.do(operators.token_key(other))


def test_the_gateway_shows_itself(world: World) -> None:
    """By its own id, and in the list of gateways."""
    instance = world.do(instances.current(world.control))
    listed = world.do(instances.search(world.control, InstanceQuery(instance_name="CROSS", status="Running")))
    elsewhere = world.do(instances.search(world.control, InstanceQuery(instance_id="0" * 32)))

    assert [shown.id for shown in listed.instances] == [instance.id]
    assert (elsewhere.total, elsewhere.instances) == (0, [])


@pytest.mark.parametrize(
    ("name", "config", "expected"),
    [
        ("request_body_size", "104857600", ("request_body_bytes", 104857600)),
        ("request_body_size", '"1048576"', ("request_body_bytes", 1048576)),
        ("backend_timeout", '{"max_timeout":500}', ("backend_timeout_ms", 500)),
    ],
)
def test_a_feature_changes_a_limit_at_once(
    world: World, name: str, config: str, expected: tuple[str, int]
) -> None:
    """Switched off, the contract's default holds again."""
    limit, value = expected
    default = getattr(world.config.limits, limit)

    world.do(features.set_feature(world.control, ACTOR, FeatureToggle(name=name, enable=True, config=config)))
    switched_on = getattr(world.config.limits, limit)
    world.do(features.set_feature(world.control, ACTOR, FeatureToggle(name=name, enable=False, config=config)))

    assert (switched_on, getattr(world.config.limits, limit)) == (value, default)
    [feature] = world.do(features.search(world.control, FeatureQuery())).features
    assert (feature.name, feature.enable, feature.config) == (name, False, config)


@pytest.mark.parametrize(
    ("name", "config", "code", "status"),
    [
        ("request_body_size", "1", "APIG.2011", 400),
        ("request_body_size", "much", "APIG.2011", 400),
        ("backend_timeout", '{"max_timeout":600001}', "APIG.2011", 400),
        ("backend_timeout", "[]", "APIG.2011", 400),
        ("gzip", '{"enable":"on"}', "APIG.3458", 412),
        ("app-api-key", "on", "APIG.2000", 400),
    ],
)
def test_a_feature_without_effect_is_refused(world: World, name: str, config: str, code: str, status: int) -> None:
    """Accepting it would promise something."""
    toggle = FeatureToggle(name=name, enable=True, config=config)

    fault: Fault = world.refused(features.set_feature(world.control, ACTOR, toggle))

    assert (fault.kind.code, fault.kind.status) == (code, status)
    assert world.do(features.search(world.control, FeatureQuery())).features == []


def test_the_gateway_names_what_it_can(world: World) -> None:
    """Page by page."""
    everything = features.supported(FeatureQuery())
    second = features.supported(FeatureQuery(offset=1, limit=1))

    assert "cors" in everything.features
    assert (second.total, second.features) == (everything.total, everything.features[1:2])
