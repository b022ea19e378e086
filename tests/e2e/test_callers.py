"""Who may call: set up with the cloud's SDK, called through the real port, judged alike by every worker."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from huaweicloudsdkapig import v2 as sdk

from tests.e2e.callers import Site, Workers, basic, outcome, refusals
from tests.e2e.conftest import WORKERS
from tests.e2e.running import Crossgate, wait_until
from tests.gateway.peers import ScriptedBackend

OK = {(200, "")}
NOT_THE_APP = {(401, "APIG.0303")}
NOT_AUTHORIZED = {(403, "APIG.0304")}
NOT_THE_OPERATOR = {(401, "APIG.0301")}
NOT_FROM_THERE = {(403, "APIG.0402")}
NO_TRUSTED_ADDRESS = {(403, "APIG.0405")}
DENIED = {(401, "APIG.0305")}
URN = "urn:fss:eu-de:70c4ee37:function:default:check"
ALLOWED, REFUSED = "a" * 32, "b" * 32


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    """A backend that remembers what it was asked."""
    backend = ScriptedBackend()
    yield backend
    backend.stop()


def test_an_app_is_let_in_by_what_it_has(site: Site, workers: Workers) -> None:
    """With its AppCode, and signed by the SDK for callers, once it is authorized."""
    api = site.publish("/orders", "APP")
    app = site.app("shop")
    by_code = site.request("/orders", {"X-Apig-AppCode": site.app_code(app)})
    assert workers.outcomes(by_code) == NOT_AUTHORIZED
    authorization = site.authorize(app.id, api)

    assert workers.outcomes(by_code) == OK
    assert workers.outcomes(site.signed(app, "/orders?b=2&a=%2F", {"X-Own": "1"}, method="PUT", body="{}")) == OK
    assert workers.outcomes(site.request("/orders")) == NOT_THE_APP
    assert workers.outcomes(site.signed((app.id, app.key, "wrong"), "/orders")) == NOT_THE_APP
    changed = site.signed(app, "/orders", method="POST", body='{"a":1}').replace(b'"a":1', b'"a":2')
    assert workers.outcomes(changed) == NOT_THE_APP

    site.cloud.canceling_authorization_v2(app_auth_id=authorization)
    assert workers.outcomes(by_code) == NOT_AUTHORIZED


def test_a_secret_that_was_reset_is_dead_at_once(site: Site, workers: Workers) -> None:
    """On every worker, over connections that were used with it before; the AppCode stays."""
    app = site.app("shop", site.publish("/orders", "APP"))
    code = site.app_code(app)
    for round_ in range(5):
        assert workers.outcomes(site.signed(app, "/orders")) == OK
        made = site.cloud.resetting_app_secret_v2(app_id=app.id, body=sdk.AppResetCreate())
        assert workers.outcomes(site.signed(app, "/orders")) == NOT_THE_APP, round_
        app = app._replace(secret=made.app_secret)
    assert workers.outcomes(site.signed(app, "/orders")) == OK
    assert workers.outcomes(site.request("/orders", {"X-Apig-AppCode": code})) == OK


def test_what_is_taken_from_an_app_is_gone_at_once(site: Site, workers: Workers) -> None:
    """An AppCode, and the app itself."""
    app = site.app("shop", site.publish("/orders", "APP"))
    made = site.cloud.create_app_code_v2(app_id=app.id, body=sdk.AppCodeCreate(app_code="c" * 64))
    by_code = site.request("/orders", {"X-Apig-AppCode": "c" * 64})
    assert workers.outcomes(by_code) == OK
    site.cloud.delete_app_code_v2(app_id=app.id, app_code_id=made.id)
    assert workers.outcomes(by_code) == NOT_THE_APP
    assert workers.outcomes(site.signed(app, "/orders")) == OK
    site.cloud.delete_app_v2(app_id=app.id)
    assert workers.outcomes(site.signed(app, "/orders")) == NOT_THE_APP


def test_addresses_count_at_once(site: Site, workers: Workers) -> None:
    """Those of an app and those of an API, when they are set, changed and removed."""
    api = site.publish("/orders", "APP")
    app = site.app("shop", api)
    by_code = site.request("/orders", {"X-Apig-AppCode": site.app_code(app)})
    for kind, values, expected in (
        ("PERMIT", ["10.0.0.0/8"], NO_TRUSTED_ADDRESS),
        ("PERMIT", ["10.0.0.1", "127.0.0.0-127.0.0.9"], OK),
        ("DENY", ["127.0.0.0/31"], NO_TRUSTED_ADDRESS),
    ):
        body = sdk.AppAclCreate(app_acl_type=kind, app_acl_values=values)
        site.cloud.update_app_acl(app_id=app.id, body=body)
        assert workers.outcomes(by_code) == expected, (kind, values)
    site.cloud.delete_app_acl(app_id=app.id)
    assert workers.outcomes(by_code) == OK

    policy = {"acl_name": "denied", "acl_type": "DENY", "entity_type": "IP"}
    acl = site.cloud.create_acl_strategy_v2(body=sdk.ApiAclCreate(**policy, acl_value="127.0.0.1"))
    binding = sdk.AclApiBindingCreate(acl_id=acl.id, publish_ids=[api.publish_id])
    (bound,) = site.cloud.create_api_acl_binding_v2(body=binding).acl_bindings
    assert workers.outcomes(by_code) == NOT_FROM_THERE
    # The address is looked at before anything else.
    assert workers.outcomes(site.request("/orders")) == NOT_FROM_THERE
    site.cloud.update_acl_strategy_v2(acl_id=acl.id, body=sdk.ApiAclCreate(**policy, acl_value="127.0.0.2"))
    assert workers.outcomes(by_code) == OK
    site.cloud.update_acl_strategy_v2(acl_id=acl.id, body=sdk.ApiAclCreate(**policy, acl_value="127.0.0.0/8"))
    assert workers.outcomes(by_code) == NOT_FROM_THERE
    site.cloud.delete_api_acl_binding_v2(acl_bindings_id=bound.id)
    assert workers.outcomes(by_code) == OK


def test_other_ways_in_are_open_while_they_are_switched_on(site: Site, workers: Workers) -> None:
    """Key and secret in fields of their own, and basic authentication."""
    app = site.app("shop", site.publish("/orders", "APP"))
    ways = {
        "app_secret": site.request("/orders", {"X-HW-ID": app.key, "X-HW-AppKey": app.secret}),
        "app_basic": site.request("/orders", basic(app)),
    }
    for feature, call in ways.items():
        assert workers.outcomes(call) == NOT_THE_APP
        site.feature(feature)
        assert workers.outcomes(call) == OK
        site.feature(feature, "off")
        assert workers.outcomes(call) == NOT_THE_APP
        site.feature(feature)
        site.feature(feature, "", enable=False)
        assert workers.outcomes(call) == NOT_THE_APP


def test_a_token_stands_for_an_app(site: Site, workers: Workers, backend: ScriptedBackend) -> None:
    """It is traded for key and secret, is worth as much on every worker, and dies with the secret."""
    app = site.app("shop", site.publish("/orders", "APP", backend=backend.port))
    endpoint = "/v1/apigw/oauth2/token"
    form = f"client_id={app.key}&client_secret={app.secret}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    def trade(text: str) -> Any:
        return workers.one(site.request(endpoint, kind, method="POST", body=text.encode()))

    assert trade(f"grant_type=client_credentials&{form}").status == 404
    site.feature("app_token", {"enable": "on", "app_token_uri": endpoint, "app_token_key": "only-the-gateway"})
    assert outcome(trade(f"grant_type=client_credentials&{form}x")) == (400, "APIG.2201")
    tokens = json.loads(trade(f"grant_type=client_credentials&{form}").body)
    renewed = json.loads(trade(f"grant_type=refresh_token&refresh_token={tokens['refresh_token']}&{form}").body)
    calls = [
        site.request("/orders", {"Authorization": f"Bearer {each['access_token']}"}) for each in (tokens, renewed)
    ]
    assert [workers.outcomes(call) for call in calls] == [OK, OK]
    assert {request.field("Authorization") for request in backend.requests} == {None}
    site.cloud.resetting_app_secret_v2(app_id=app.id, body=sdk.AppResetCreate())
    assert not [call for call in calls if workers.outcomes(call) == OK]
    site.feature("app_token", "", enable=False)
    assert trade(f"grant_type=client_credentials&{form}").status == 404


def test_a_proxy_tells_where_a_call_comes_from(site: Site, workers: Workers) -> None:
    """While `real_ip_from_xff` is on, and by the entry it names."""
    api = site.publish("/here")
    body = sdk.ApiAclCreate(acl_name="ours", acl_type="PERMIT", entity_type="IP", acl_value="192.0.2.0/24")
    acl = site.cloud.create_acl_strategy_v2(body=body)
    binding = sdk.AclApiBindingCreate(acl_id=acl.id, publish_ids=[api.publish_id])
    site.cloud.create_api_acl_binding_v2(body=binding)
    last, first = (
        site.request("/here", {"X-Forwarded-For": text})
        for text in ("203.0.113.1, 192.0.2.1", "192.0.2.1, 203.0.113.1")
    )
    assert workers.outcomes(last) == NOT_FROM_THERE
    site.feature("real_ip_from_xff", {"enable": "on", "xff_index": -1})
    assert (workers.outcomes(last), workers.outcomes(first)) == (OK, NOT_FROM_THERE)
    site.feature("real_ip_from_xff", {"enable": "on", "xff_index": 0})
    assert (workers.outcomes(last), workers.outcomes(first)) == (NOT_FROM_THERE, OK)
    site.feature("real_ip_from_xff", "", enable=False)
    assert workers.outcomes(first) == NOT_FROM_THERE


def test_a_group_chooses_its_words(site: Site, workers: Workers) -> None:
    """What a refusal looks like changes at once, and back."""
    site.publish("/orders", "APP")
    (default,) = site.cloud.list_gateway_responses_v2(group_id=site.group_id).responses
    named = {"group_id": site.group_id, "response_id": default.id, "response_type": "AUTH_HEADER_MISSING"}
    words = sdk.ResponseInfo(
        status=418,
        body='{"why":"$context.error.code","id":"$context.requestId"}',
        headers=[sdk.ResponseInfoHeader(key="X-Why", value="$context.error.type")],
    )
    site.cloud.update_gateway_response_type_v2(body=words, **named)
    for response in workers.ask(site.request("/orders")):
        assert (response.status, response.field("X-Why")) == (418, "AUTH_HEADER_MISSING")
        assert json.loads(response.body) == {"why": "APIG.0303", "id": response.field("X-Request-Id")}
    # A wrong credential is another type.
    assert workers.outcomes(site.request("/orders", {"X-Apig-AppCode": "x" * 64})) == NOT_THE_APP
    site.cloud.delete_gateway_response_type_v2(**named)
    assert workers.outcomes(site.request("/orders")) == NOT_THE_APP


def test_refusals_are_counted_and_survive_their_worker(guarded: Crossgate, site: Site, workers: Workers) -> None:
    """Each in its metric and its line of the access log; kill -9 of every worker takes none back."""
    api = site.publish("/orders", "APP")
    app = site.app("stranger")
    before = refusals(guarded)
    workers.ask(site.request("/orders"))
    workers.ask(site.signed(app, "/orders"))
    site.authorize(app.id, api)
    site.throttle(api, api_call_limits=1)
    assert [sorted(outcome(each)[0] for each in workers.ask(site.signed(app, "/orders")))] == [
        [200, 429, 429, 429]
    ]
    expected = {"APIG.0303": 4, "APIG.0304": 4, "APIG.0308": 3}

    def grown() -> dict[str, int]:
        return {code: refusals(guarded).get(code, 0) - before.get(code, 0) for code in expected}

    assert grown() == expected
    told = wait_until(lambda: lines if len(lines := lines_of(guarded, site)) == 12 else [])
    workers.leave()
    for number in range(1, WORKERS + 1):
        kill(guarded, f"worker-{number}")
    assert workers.outcomes(site.signed(app, "/orders")) == {(429, "APIG.0308")}
    assert grown() == {**expected, "APIG.0308": 7}
    noted = Counter((line.get("apig_err_code"), line.get("apig_err_type"), line.get("app_id")) for line in told)
    assert noted == {
        ("APIG.0303", "AUTH_HEADER_MISSING", None): 4,
        ("APIG.0304", "UNAUTHORIZED", app.id): 4,
        ("APIG.0308", "THROTTLED", app.id): 3,
        (None, None, app.id): 1,
    }


def kill(guarded: Crossgate, worker: str) -> None:
    """kill -9, and wait for the one that takes its place."""
    served = guarded.log.count(f"serving child={worker}")
    guarded.kill(worker)
    wait_until(lambda: guarded.log.count(f"serving child={worker}") > served)


def lines_of(guarded: Crossgate, site: Site) -> list[dict[str, Any]]:
    """The lines of the access log about one host."""
    lines = map(json.loads, (guarded.data / "access.log").read_text("ascii").splitlines())
    return [line for line in lines if line["host"] == site.host]
