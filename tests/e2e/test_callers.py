"""Who may call: set up with the cloud's SDK, called through the real port, judged alike by every worker."""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from apigateway_sdk_python import signer
from huaweicloudsdkapig import v2 as sdk
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer as CloudSigner

from tests.e2e.callers import Site, Workers, basic, outcome, refusals
from tests.e2e.running import Crossgate, wait_until
from tests.gateway.peers import Request, ScriptedBackend

OK = {(200, "")}
NOT_THE_APP = {(401, "APIG.0303")}
NOT_AUTHORIZED = {(403, "APIG.0304")}
NOT_THE_OPERATOR = {(401, "APIG.0301")}
NOT_FROM_THERE = {(403, "APIG.0402")}
NO_TRUSTED_ADDRESS = {(403, "APIG.0405")}
DENIED = {(401, "APIG.0305")}
URN = "urn:fss:eu-de:70c4ee37:function:default:check"
ALLOWED, REFUSED = "a" * 32, "b" * 32


class Function(ScriptedBackend):
    """A function of custom authorizers: it knows one token, and whose it is."""

    def __init__(self) -> None:
        super().__init__(self._decide)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it was asked."""
        return [json.loads(request.body) for request in self.requests]

    def _decide(self, connection: socket.socket, request: Request) -> None:
        event = json.loads(request.body)
        # A call without a cache is told every field, by the name it was sent with.
        tokens = [value for name, value in event["headers"].items() if name.lower() == "token"]
        verdict: dict[str, Any] = {"status": "allow" if tokens == [ALLOWED] else "deny"}
        if verdict["status"] == "allow":
            verdict["context"] = {"user": "somebody", "admin": True}
        body = json.dumps({"statusCode": 200, "body": json.dumps(verdict)}).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@pytest.fixture(scope="module")
def function() -> Iterator[Function]:
    """A function somewhere else."""
    function = Function()
    yield function
    function.stop()


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    """A backend that remembers what it was asked."""
    backend = ScriptedBackend()
    yield backend
    backend.stop()


@pytest.fixture(scope="module")
def crossgate(tmp_path_factory: pytest.TempPathFactory, function: Function) -> Iterator[Crossgate]:
    """A gateway with two workers and a functions file; each test has a site of its own in it."""
    place = tmp_path_factory.mktemp("callers")
    functions = place / "functions.toml"
    functions.write_text(f'[functions]\n"{URN}" = "http://127.0.0.1:{function.port}/check"\n', "utf-8")
    crossgate = Crossgate(place / "data", place, "--workers", "2", "--functions", str(functions))
    try:
        yield crossgate.wait_until_up()
    finally:
        crossgate.leave_nothing()


@pytest.fixture(scope="module")
def workers(crossgate: Crossgate) -> Iterator[Workers]:
    """Both workers."""
    workers = Workers(crossgate, 2)
    yield workers
    workers.leave()


@pytest.fixture
def site(crossgate: Crossgate, request: pytest.FixtureRequest) -> Site:
    """A group and a host name for one test."""
    return Site(crossgate, "".join(word[:7] for word in request.node.name.split("_")[1:6]))


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


def is_verified(request: Request, key: str, secret: str) -> bool:
    """Whether the SDK for callers, as a backend uses it, accepts the signature of a request."""
    authorization = request.field("Authorization") or ""
    claimed = dict(part.split("=", 1) for part in authorization.partition(" ")[2].split(", "))
    if claimed.get("Access") != key:
        return False
    signed = {name: request.field(name) or "" for name in claimed["SignedHeaders"].split(";")}
    received = signer.HttpRequest(request.method, f"http://backend{request.target}", signed)
    received.body = request.body
    verifier = signer.Signer()
    verifier.Secret = secret
    return bool(verifier.Verify(received, claimed["Signature"]))


def test_a_backend_can_check_who_asks_it(site: Site, workers: Workers, backend: ScriptedBackend) -> None:
    """A signature key is in effect as soon as it is bound, changed or unbound."""
    api = site.publish("/orders", backend=backend.port)
    made = site.cloud.create_signature_key_v2(body=sdk.BaseSignature(name="to_backend", sign_type="hmac"))
    body = sdk.SignApiBinding(sign_id=made.id, publish_ids=[api.publish_id])
    (bound,) = site.cloud.associate_signature_key_v2(body=body).bindings
    call = site.request("/orders?b=2&a=1", {"Content-Type": "text/plain"}, method="POST", body="张三".encode())

    assert workers.outcomes(call) == OK
    assert [is_verified(each, made.sign_key, made.sign_secret) for each in backend.requests] == [True, True]
    key = sdk.BaseSignature(name="to_backend", sign_type="hmac", sign_key="another-key", sign_secret="s" * 20)
    site.cloud.update_signature_key_v2(sign_id=made.id, body=key)
    assert workers.outcomes(call) == OK
    assert [is_verified(each, "another-key", "s" * 20) for each in backend.requests[2:]] == [True, True]
    site.cloud.disassociate_signature_key_v2(sign_bindings_id=bound.id)
    assert workers.outcomes(call) == OK
    assert [each.field("Authorization") for each in backend.requests[4:]] == [None, None]


def by_cloud_signer(site: Site, path: str, key: str, secret: str) -> bytes:
    """A request that the cloud's SDK for operators has signed."""
    fields = {"Content-Type": "application/json"}
    request = SdkRequest(
        method="POST",
        schema="http",
        host=site.host,
        resource_path=path,
        query_params=[("page", "2")],
        header_params=fields,
        body='{"a":1}',
    )
    signed = CloudSigner(BasicCredentials(key, secret, "project")).sign(request)
    return site.request(signed.uri, signed.header_params, method="POST", body=b'{"a":1}')


def log_in(crossgate: Crossgate) -> str:
    """An access token of the operator."""
    user = {
        "name": crossgate.operator["user"],
        "password": crossgate.operator["password"],
        "domain": {"name": "x"},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    document = {"auth": {"identity": identity}}
    answer = httpx2.post(crossgate.admin_url + "/v3/auth/tokens", json=document)
    return answer.headers["X-Subject-Token"]


def test_an_operator_is_let_in(
    crossgate: Crossgate, site: Site, workers: Workers, backend: ScriptedBackend
) -> None:
    """By a signature or a token, which the backend does not see; and kept out by the account's policies."""
    api = site.publish("/ours", "IAM", backend=backend.port)
    operator, token = crossgate.operator, log_in(crossgate)
    key, secret = operator["access_key"], operator["secret_key"]
    calls = [
        by_cloud_signer(site, "/ours", key, secret),
        site.signed(("", key, secret), "/ours"),
        site.request("/ours", {"X-Auth-Token": token}),
    ]
    for call in calls:
        assert workers.outcomes(call) == OK
    assert len(backend.requests) == 6
    assert not [name for request in backend.requests for name, value in request.fields if token in value]
    for call in (
        by_cloud_signer(site, "/ours", key, "wrong"),
        by_cloud_signer(site, "/ours", "unknown", secret),
        site.request("/ours", {"X-Auth-Token": token[:-4] + "AAAA"}),
        site.request("/ours"),
    ):
        assert {outcome(workers.one(call))} == NOT_THE_OPERATOR

    body = sdk.ApiAclCreate(
        acl_name="no_operator", acl_type="DENY", entity_type="DOMAIN", acl_value=operator["user"]
    )
    acl = site.cloud.create_acl_strategy_v2(body=body)
    binding = sdk.AclApiBindingCreate(acl_id=acl.id, publish_ids=[api.publish_id])
    site.cloud.create_api_acl_binding_v2(body=binding)
    assert workers.outcomes(calls[2]) == {(403, "APIG.0302")}
    assert len(backend.requests) == 6


def authorizer(site: Site, name: str, uri: str, **fields: Any) -> str:
    """A custom authorizer that wants a header `Token`; its id."""
    identity = sdk.Identity(name="Token", location="HEADER", validation="[a-z]{32}")
    known = {"type": "FRONTEND", "authorizer_type": "FUNC", "identities": [identity]}
    body = sdk.AuthorizerCreate(**{"name": name, "authorizer_uri": uri, **known, **fields})
    return str(site.cloud.create_custom_authorizer_v2(body=body).id)


def test_a_function_decides(site: Site, workers: Workers, function: Function, backend: ScriptedBackend) -> None:
    """Found by its URN in the functions file, or by its own address; what it says is for the backend."""
    user = sdk.BackendParamBase(
        origin="SYSTEM", name="X-User", location="HEADER", value="$context.authorizer.frontend.user"
    )
    ids = {
        "/urn": authorizer(site, "by_urn", URN, user_data="ours"),
        "/url": authorizer(site, "by_address", f"http://127.0.0.1:{function.port}/here"),
    }
    for path, authorizer_id in ids.items():
        fields = {"authorizer_id": authorizer_id, "backend_params": [user]}
        site.publish(path, "AUTHORIZER", backend.port, **fields)
        asked = len(function.requests)
        assert workers.outcomes(site.request(path, {"Token": ALLOWED})) == OK
        assert workers.outcomes(site.request(path, {"Token": REFUSED})) == DENIED
        assert len(function.requests) == asked + 4
        assert workers.outcomes(site.request(path)) == DENIED
        assert workers.outcomes(site.request(path, {"Token": "123"})) == DENIED
        assert len(function.requests) == asked + 4
    assert {request.field("X-User") for request in backend.requests} == {"somebody"}
    assert {(event["user_data"]) for event in function.events} == {"ours", ""}
    assert {request.target for request in function.requests} == {"/check", "/here"}


def test_a_function_that_is_nowhere_lets_nobody_in(site: Site, workers: Workers) -> None:
    """Neither one nobody knows nor one that is gone."""
    for path, uri in (("/unknown", URN + "-unknown"), ("/gone", "http://127.0.0.1:9/")):
        site.publish(path, "AUTHORIZER", authorizer_id=authorizer(site, "at_" + path[1:], uri))
        assert workers.outcomes(site.request(path, {"Token": ALLOWED})) == {(500, "APIG.0601")}


def test_both_factors_must_be_right(site: Site, workers: Workers, function: Function) -> None:
    """A signature and a function's consent, which is kept for its time."""
    authorizer_id = authorizer(site, "second", URN, ttl=60)
    app = site.app("shop", site.publish("/both", "APP", authorizer_id=authorizer_id))
    before = len(function.requests)
    assert workers.outcomes(site.signed(app, "/both", {"Token": REFUSED})) == DENIED
    assert workers.outcomes(site.signed(app, "/both")) == DENIED
    assert workers.outcomes(site.request("/both", {"Token": ALLOWED})) == NOT_THE_APP
    for _ in range(3):
        assert workers.outcomes(site.signed(app, "/both", {"Token": ALLOWED})) == OK
    # Each worker keeps its own verdicts.
    assert len(function.requests) == before + 4


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


def test_refusals_are_counted_and_survive_their_worker(crossgate: Crossgate, site: Site, workers: Workers) -> None:
    """Each in its metric and its line of the access log; kill -9 of every worker takes none back."""
    api = site.publish("/orders", "APP")
    app = site.app("stranger")
    before = refusals(crossgate)
    workers.ask(site.request("/orders"))
    workers.ask(site.signed(app, "/orders"))
    site.authorize(app.id, api)
    site.throttle(api, api_call_limits=1)
    assert [sorted(outcome(each)[0] for each in workers.ask(site.signed(app, "/orders")))] == [[200, 429]]
    expected = {"APIG.0303": 2, "APIG.0304": 2, "APIG.0308": 1}

    def grown() -> dict[str, int]:
        return {code: refusals(crossgate).get(code, 0) - before.get(code, 0) for code in expected}

    assert grown() == expected
    told = wait_until(lambda: lines if len(lines := lines_of(crossgate, site)) == 6 else [])
    workers.leave()
    for name in ("worker-1", "worker-2"):
        crossgate.kill(name)
        wait_until(lambda name=name: crossgate.log.count(f"serving child={name}") > 1)  # type: ignore[misc]
    assert workers.outcomes(site.signed(app, "/orders")) == {(429, "APIG.0308")}
    assert grown() == {**expected, "APIG.0308": 3}
    noted = Counter((line.get("apig_err_code"), line.get("apig_err_type"), line.get("app_id")) for line in told)
    assert noted == {
        ("APIG.0303", "AUTH_HEADER_MISSING", None): 2,
        ("APIG.0304", "UNAUTHORIZED", app.id): 2,
        ("APIG.0308", "THROTTLED", app.id): 1,
        (None, None, app.id): 1,
    }


def lines_of(crossgate: Crossgate, site: Site) -> list[dict[str, Any]]:
    """The lines of the access log about one host."""
    lines = map(json.loads, (crossgate.data / "access.log").read_text("ascii").splitlines())
    return [line for line in lines if line["host"] == site.host]


def places(data: Path, secret: str) -> list[str]:
    """The files below `data` that hold `secret` as it is."""
    files = [
        path for path in data.rglob("*") if path.is_file() and path.name not in {"operator.json", "secret.key"}
    ]
    assert {"crossgate.db", "snapshot.json", "access.log", "counters"} <= {path.name for path in files}
    return [path.name for path in files if secret.encode() in path.read_bytes()]


def test_no_secret_is_written_down(crossgate: Crossgate, site: Site, workers: Workers) -> None:
    """Database and audit trail, snapshot, counters and logs hold none, used rightly or wrongly."""
    api = site.publish("/orders", "APP")
    app = site.app("shop", api)
    code, token_key = site.app_code(app), "the-key-of-tokens-0123456789"
    chosen = site.cloud.create_an_app_v2(body=sdk.AppCreate(name="chosen", app_secret="chosen-secret-0123"))
    site.cloud.create_app_code_v2(app_id=app.id, body=sdk.AppCodeCreate(app_code="AppCode-" * 8))
    reset = site.cloud.resetting_app_secret_v2(
        app_id=chosen.id, body=sdk.AppResetCreate(app_secret="reset-secret#1")
    )
    made = site.cloud.create_signature_key_v2(body=sdk.BaseSignature(name="no_secret", sign_type="hmac"))
    site.cloud.associate_signature_key_v2(body=sdk.SignApiBinding(sign_id=made.id, publish_ids=[api.publish_id]))
    site.feature("app_token", {"enable": "on", "app_token_key": token_key})
    for feature in ("app_secret", "app_basic", "signature_replay"):
        site.feature(feature)
    form = f"grant_type=client_credentials&client_id={app.key}&client_secret={app.secret}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    token = json.loads(
        workers.one(site.request("/v1/apigw/oauth2/token", kind, method="POST", body=form.encode())).body
    )
    operator, access = crossgate.operator, log_in(crossgate)
    site.publish("/ours", "IAM")
    for path, fields in (
        ("/orders", {"X-Apig-AppCode": code}),
        ("/orders", {"X-Apig-AppCode": "AppCode-" * 8}),
        ("/orders", {"X-HW-ID": app.key, "X-HW-AppKey": app.secret}),
        ("/orders", basic(app)),
        ("/orders", {"Authorization": "Bearer " + token["access_token"]}),
        ("/ours", {"X-Auth-Token": access}),
    ):
        assert workers.outcomes(site.request(path, fields)) == OK, fields
        # The same once more as part of something that is refused.
        worse = {name: value + "x" if name != "X-HW-ID" else value for name, value in fields.items()}
        assert (
            workers.outcomes(site.request(f"{path}?{next(iter(worse.values()))[:200].replace(' ', '')}", worse))
            != OK
        )
    assert workers.one(site.signed(app, "/orders")).status == 200
    assert (
        workers.one(by_cloud_signer(site, "/ours", operator["access_key"], operator["secret_key"])).status == 200
    )

    secrets = [app.secret, code, "AppCode-" * 8, "chosen-secret-0123", reset.app_secret, token_key]
    secrets += [
        made.sign_secret,
        token["access_token"],
        token["refresh_token"],
        access,
        basic(app)["Authorization"][6:],
    ]
    secrets += [
        operator["secret_key"],
        operator["password"],
        (crossgate.data / "secret.key").read_text("ascii").strip(),
    ]
    assert {secret[:4]: found for secret in secrets if (found := places(crossgate.data, secret))} == {}
    assert not [secret[:4] for secret in secrets if secret in crossgate.said + crossgate.log]
    assert app.key in (crossgate.data / "snapshot.json").read_text("utf-8")
    for feature in ("app_secret", "app_basic", "signature_replay", "app_token"):
        site.feature(feature, "", enable=False)
