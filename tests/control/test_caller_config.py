"""What the data plane is told about callers: all that is needed, nothing else, and no secret in clear."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, event

from crossgate.cluster import snapshot_file
from crossgate.control import (
    acls,
    app_auths,
    app_codes,
    app_quotas,
    apps,
    authorizers,
    gateway_responses,
    signature_keys,
    special_throttles,
    throttles,
)
from crossgate.core.model.acl import AclBindings, AclCreate
from crossgate.core.model.app import AppAclCreate, AppCodeCreate, AppCreate, AppResetCreate
from crossgate.core.model.app_auth import ApiAuthCreate
from crossgate.core.model.app_quota import AppQuotaBindings, AppQuotaCreate
from crossgate.core.model.authorizer import AuthorizerCreate
from crossgate.core.model.document import read
from crossgate.core.model.environment import RELEASE_ID
from crossgate.core.model.gateway_response import ResponsesCreate
from crossgate.core.model.signature_key import SignatureBindings, SignatureKeyCreate
from crossgate.core.model.throttle import SpecialThrottleCreate, ThrottleBindings, ThrottleCreate
from crossgate.core.policies import credentials, signature_key
from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.authorizer import Authorizer, Identity
from crossgate.core.policies.credentials import AppConfig, AppQuota, Credentials
from crossgate.core.policies.gateway_response import Template
from crossgate.core.policies.iam_authentication import TOKEN_KEY
from crossgate.core.policies.spending import Period
from crossgate.core.policies.throttle import Throttle
from crossgate.core.snapshot.config import PublishedApi
from crossgate.store.sealing import Seal
from tests.control.world import ACTOR, World

SEAL = Seal(b"k" * 32)
CODE = "a-code-of-an-app-" * 4


def _app(world: World, name: str = "an_app", **fields: Any) -> str:
    return world.do(apps.create(world.control, ACTOR, AppCreate(name=name, **fields))).id


def _authorize(world: World, app_id: str, api_id: str) -> None:
    body = ApiAuthCreate(env_id=RELEASE_ID, app_ids=[app_id], api_ids=[api_id])
    [auth] = world.do(app_auths.create(world.control, ACTOR, body)).auths
    assert auth.auth_result.status == "SUCCESS"


def _published(world: World, name: str = "items", **fields: Any) -> PublishedApi:
    api_id = world.api(name, **fields).id
    world.publish(api_id)
    return _now(world, api_id)


def _now(world: World, api_id: str) -> PublishedApi:
    found = world.published(api_id)
    assert found is not None
    return found


def _throttle(world: World, name: str, **fields: Any) -> str:
    body: dict[str, Any] = {
        "name": name,
        "api_call_limits": 100,
        "time_interval": 2,
        "time_unit": "MINUTE",
    } | fields
    return world.do(throttles.create(world.control, ACTOR, ThrottleCreate(**body))).id


def _acl(world: World, name: str, entity_type: Any, value: str, acl_type: Any = "PERMIT") -> str:
    body = AclCreate(acl_name=name, acl_type=acl_type, entity_type=entity_type, acl_value=value)
    return world.do(acls.create(world.control, ACTOR, body)).id


def test_an_app_is_given_with_its_secret_sealed(world: World) -> None:
    """It is found by key and by AppCode; what it was authorized for says so."""
    app_id = _app(world, app_key="key-12345", app_secret="secret-of-the-app")
    world.do(app_codes.create(world.control, ACTOR, app_id, AppCodeCreate(app_code=CODE)))
    api = _published(world, auth_type="APP", auth_opt={"app_code_auth_type": "HEADER"})
    _authorize(world, app_id, api.api_id)

    known = Credentials(world.config.apps, SEAL.open)
    by_key, by_code = known.by_key("key-12345"), known.by_code(CODE.encode())
    assert by_key is not None
    assert by_key is by_code
    assert (by_key.id, by_key.name, by_key.secret) == (app_id, "an_app", "secret-of-the-app")
    assert by_key.quota is None
    assert (_now(world, api.api_id).app_ids, _now(world, api.api_id).app_code) == ((app_id,), True)


def test_a_change_of_an_app_is_in_effect_at_once(world: World) -> None:
    """A new secret, a removed code, access control, and its end."""
    _published(world, auth_type="APP")
    app_id = _app(world)
    code = world.do(app_codes.create(world.control, ACTOR, app_id, AppCodeCreate(app_code=CODE)))
    [before] = world.config.apps
    body = AppResetCreate(app_secret="another-secret")
    world.do(apps.reset_secret(world.control, ACTOR, app_id, body))
    acl = AppAclCreate(app_acl_type="DENY", app_acl_values=["192.0.2.0/24", "10.0.0.1-10.0.0.9"])
    world.do(apps.set_acl(world.control, ACTOR, app_id, acl))
    world.do(app_codes.delete(world.control, ACTOR, app_id, code.id))
    [after] = world.config.apps
    world.do(apps.delete(world.control, ACTOR, app_id))

    assert before.codes == (credentials.code_digest(CODE.encode()),)
    assert (before.acl_type, before.acl_values) == (None, ())
    assert SEAL.open(after.secret, credentials.secret_name(app_id)) == b"another-secret"
    assert (after.codes, after.acl_type) == ((), "DENY")
    assert after.acl_values == ("192.0.2.0/24", "10.0.0.1-10.0.0.9")
    assert world.config.apps == ()


@pytest.mark.parametrize(
    ("reset_time", "starts_at"),
    [("2026-08-03 12:00:00", datetime(2026, 8, 3, 12, tzinfo=UTC).timestamp()), (None, None)],
)
def test_a_quota_is_its_apps(world: World, reset_time: str | None, starts_at: float | None) -> None:
    """With its period, and the moment from which periods follow each other, where there is one."""
    _published(world, auth_type="APP")
    body = AppQuotaCreate(name="daily", call_limits=1000, time_unit="DAY", time_interval=3, reset_time=reset_time)
    quota_id = world.do(app_quotas.create(world.control, ACTOR, body)).app_quota_id
    with_quota, without = _app(world, "first"), _app(world, "second")
    world.do(app_quotas.bind(world.control, ACTOR, quota_id, AppQuotaBindings(app_ids=[with_quota])))

    quotas = {app.id: app.quota for app in world.config.apps}

    assert quotas[without] is None
    assert quotas[with_quota] == AppQuota(id=quota_id, limit=1000, period=Period(3, "DAY"), starts_at=starts_at)


def test_a_throttle_is_given_with_its_exceptions(world: World) -> None:
    """To the publication it is bound to; what is bound to nothing is left out."""
    api, app_id = _published(world, auth_type="APP"), _app(world)
    user = world.config.apps[0].id
    throttle_id = _throttle(world, "shared", type=2, user_call_limits=50, app_call_limits=20, ip_call_limits=0)
    _throttle(world, "unused")
    for kind, object_id, limit in (("APP", app_id, 5), ("USER", user, 60)):
        special = SpecialThrottleCreate(object_type=kind, object_id=object_id, call_limits=limit)  # type: ignore[arg-type]
        world.do(special_throttles.create(world.control, ACTOR, throttle_id, special))
    binding = ThrottleBindings(strategy_id=throttle_id, publish_ids=[api.publish_id])
    world.do(throttles.bind(world.control, ACTOR, binding))

    assert _now(world, api.api_id).throttle_id == throttle_id
    assert world.config.throttles == (
        Throttle(
            id=throttle_id,
            is_shared=True,
            period=Period(2, "MINUTE"),
            api_limit=100,
            user_limit=50,
            app_limit=20,
            special_apps={app_id: 5},
            special_users={user: 60},
        ),
    )


def test_every_access_control_of_a_publication_is_given(world: World) -> None:
    """One for each type of entity."""
    api = _published(world, auth_type="IAM")
    by_address = _acl(world, "places", "IP", "192.0.2.1, 10.0.0.0/8")
    by_name = _acl(world, "people", "DOMAIN", "admin,partner", "DENY")
    for acl_id in (by_address, by_name):
        body = AclBindings(acl_id=acl_id, publish_ids=[api.publish_id])
        world.do(acls.bind(world.control, ACTOR, body))

    assert set(_now(world, api.api_id).access_control_ids) == {by_address, by_name}
    assert {policy.id: policy for policy in world.config.access_controls} == {
        by_address: AccessControl(
            id=by_address, acl_type="PERMIT", entity_type="IP", values=("192.0.2.1", "10.0.0.0/8")
        ),
        by_name: AccessControl(id=by_name, acl_type="DENY", entity_type="DOMAIN", values=("admin", "partner")),
    }


@pytest.mark.parametrize("kind", ["hmac", "basic"])
def test_a_signature_key_is_given_sealed(world: World, kind: Any) -> None:
    """The worker opens it with the gateway's key."""
    api = _published(world)
    body = SignatureKeyCreate(name="backend", sign_type=kind, sign_key="key-12345", sign_secret="0123456789abcdef")
    key_id = world.do(signature_keys.create(world.control, ACTOR, body)).id
    bound = SignatureBindings(sign_id=key_id, publish_ids=[api.publish_id])
    world.do(signature_keys.bind(world.control, ACTOR, bound))

    [key] = world.config.signature_keys
    assert (_now(world, api.api_id).signature_key_id, key.id) == (key_id, key_id)
    assert (key.type, key.key) == (kind, "key-12345")
    assert SEAL.open(key.secret, signature_key.secret_name(key_id)) == b"0123456789abcdef"


def test_authorizers_are_given_as_they_are_now(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the endpoint the operator of the machine has given their function; a change needs no publishing."""
    world = World(tmp_path_factory.mktemp("authorizers"), functions={"urn:f:v2": "https://f.example.com/2"})
    try:
        identity = {"name": "Token", "location": "HEADER", "validation": "[a-z]+"}
        front = world.authorizer("front", uri="urn:f", identities=[identity], ttl=60, authorizer_version="v2")
        back = world.authorizer("back", "BACKEND", "urn:elsewhere", need_body=True, user_data="mine")
        world.authorizer("unused")
        api = _published(
            world,
            auth_type="AUTHORIZER",
            authorizer_id=front,
            mock_info={"authorizer_id": back},
            is_send_fg_body_base64=False,
        )
        given = {each.id: each for each in world.config.authorizers}
        body = {
            "name": "front",
            "type": "FRONTEND",
            "authorizer_type": "FUNC",
            "authorizer_uri": "https://g.test/",
        }
        world.do(authorizers.update(world.control, ACTOR, front, read(AuthorizerCreate, body)))
        changed = {each.id: each for each in world.config.authorizers}
    finally:
        world.close()

    assert (api.authorizer_id, api.backend_authorizer_id, api.body_as_base64) == (front, back, False)
    assert given == {
        front: Authorizer(
            id=front,
            type="FRONTEND",
            endpoint="https://f.example.com/2",
            identities=(Identity("Token", "HEADER", "[a-z]+"),),
            ttl_s=60,
        ),
        back: Authorizer(id=back, type="BACKEND", endpoint=None, user_data="mine", needs_body=True),
    }
    assert changed[front] == Authorizer(id=front, type="FRONTEND", endpoint="https://g.test/")


def test_a_group_is_given_with_its_answers(world: World) -> None:
    """Those that were changed, by set; and which set counts where an API names none."""
    answer = {"status": 418, "body": '{"a":"$context.error.code"}', "headers": [{"key": "X-A", "value": "b"}]}
    body = read(ResponsesCreate, {"name": "other", "responses": {"THROTTLED": answer}})
    response_id = world.do(gateway_responses.create(world.control, ACTOR, world.group_id, body)).id
    first, second = _published(world, response_id=response_id), _published(world, "second")

    [group] = [group for group in world.config.groups if group.id == world.group_id]
    template = Template(status=418, body='{"a":"$context.error.code"}', headers=(("X-A", "b"),))
    assert group.default_response_id not in (None, response_id)
    assert group.responses == {response_id: {"THROTTLED": template}, group.default_response_id: {}}
    assert (first.response_id, second.response_id) == (response_id, group.default_response_id)


def test_operators_are_given_to_whom_asks_for_them(world: World) -> None:
    """With their secret key and the key of their tokens sealed; to policies the account is the project."""
    made = world.credentials
    assert made is not None
    _published(world)
    without = world.config.operators
    _published(world, "closed", auth_type="IAM")
    [operator] = world.config.operators

    assert without == ()
    assert (operator.name, operator.access_key, len(operator.id)) == (made.user, made.access_key, 32)
    assert SEAL.open(operator.secret, made.access_key) == made.secret_key.encode()
    assert len(SEAL.open(world.config.token_key, TOKEN_KEY)) == 32


def test_apps_are_given_to_whom_asks_for_them(world: World) -> None:
    """Nobody else's gateway holds their secrets."""
    app_id = _app(world)
    _published(world)
    open_only = world.config.apps
    _published(world, "closed", auth_type="APP")

    assert open_only == ()
    assert [app.id for app in world.config.apps] == [app_id]


def test_an_options_api_asks_nobody(world: World) -> None:
    """Whatever it says, and whoever was authorized for it."""
    api = _published(
        world,
        req_method="OPTIONS",
        auth_type="APP",
        auth_opt={"app_code_auth_type": "HEADER"},
        authorizer_id=world.authorizer(),
    )
    _authorize(world, _app(world), api.api_id)

    now = _now(world, api.api_id)
    assert (now.auth_type, now.app_code, now.authorizer_id, now.app_ids) == ("NONE", False, None, ())
    assert (world.config.apps, world.config.authorizers) == ((), ())


def test_the_snapshot_file_holds_no_readable_secret(world: World) -> None:
    """And only its owner may read it."""
    api = _published(world, auth_type="APP")
    app_id = _app(world, app_secret="secret-of-the-app")
    world.do(app_codes.create(world.control, ACTOR, app_id, AppCodeCreate(app_code=CODE)))
    body = SignatureKeyCreate(name="backend", sign_secret="0123456789abcdef")
    key_id = world.do(signature_keys.create(world.control, ACTOR, body)).id
    bound = SignatureBindings(sign_id=key_id, publish_ids=[api.publish_id])
    world.do(signature_keys.bind(world.control, ACTOR, bound))

    directory = world.database.file.parent
    snapshot_file.write(directory, world.config)
    file = directory / snapshot_file.NAME
    assert file.stat().st_mode & 0o777 == 0o600
    assert [app.id for app in snapshot_file.read(directory).apps] == [app_id]
    for secret in ("secret-of-the-app", CODE, "0123456789abcdef"):
        assert secret not in file.read_text("utf-8")


def test_many_apps_are_read_as_few_are(world: World) -> None:
    """No app, code, authorization or policy costs a question of its own."""
    api = _published(world, auth_type="APP")

    def grow(first: int, last: int) -> tuple[int, list[AppConfig]]:
        for number in range(first, last):
            app_id = _app(world, f"app_{number}")
            world.do(app_codes.create_automatically(world.control, ACTOR, app_id))
            _authorize(world, app_id, api.api_id)
        with _counted() as statements:
            world.do(world.control.put_in_effect())
        return len(statements), list(world.config.apps)

    (few, first), (many, second) = grow(0, 1), grow(1, 9)

    assert (len(first), len(second)) == (1, 9)
    assert len(_now(world, api.api_id).app_ids) == 9
    assert many == few


def test_a_config_is_the_same_after_its_journey(world: World) -> None:
    """Nothing a worker reads differs from what control has read."""
    _published(world, auth_type="AUTHORIZER", authorizer_id=world.authorizer())
    directory = world.database.file.parent
    snapshot_file.write(directory, world.config)

    assert msgspec.structs.asdict(snapshot_file.read(directory)) == msgspec.structs.asdict(world.config)


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The statements that any database is asked meanwhile."""
    statements: list[str] = []

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", count)
