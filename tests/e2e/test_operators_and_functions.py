"""Operators, functions and signature keys at the gate, and every worker judges alike."""

from collections.abc import Iterator
from typing import Any

import pytest
from apigateway_sdk_python import signer
from huaweicloudsdkapig import v2 as sdk

from tests.e2e.callers import Site, Workers, by_cloud_signer, log_in, outcome
from tests.e2e.conftest import WORKERS
from tests.e2e.function import ALLOWED, REFUSED, URN, Function
from tests.e2e.running import Crossgate
from tests.gateway.peers import Request, ScriptedBackend

OK = {(200, "")}
NOT_THE_APP = {(401, "APIG.0303")}
NOT_THE_OPERATOR = {(401, "APIG.0301")}
DENIED = {(401, "APIG.0305")}


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    """A backend that remembers what it was asked."""
    backend = ScriptedBackend()
    yield backend
    backend.stop()


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
    assert [is_verified(each, made.sign_key, made.sign_secret) for each in backend.requests] == [True] * WORKERS
    key = sdk.BaseSignature(name="to_backend", sign_type="hmac", sign_key="another-key", sign_secret="s" * 20)
    site.cloud.update_signature_key_v2(sign_id=made.id, body=key)
    assert workers.outcomes(call) == OK
    assert [is_verified(each, "another-key", "s" * 20) for each in backend.requests[WORKERS:]] == [True] * WORKERS
    site.cloud.disassociate_signature_key_v2(sign_bindings_id=bound.id)
    assert workers.outcomes(call) == OK
    assert [each.field("Authorization") for each in backend.requests[2 * WORKERS :]] == [None] * WORKERS


def test_an_operator_is_let_in(guarded: Crossgate, site: Site, workers: Workers, backend: ScriptedBackend) -> None:
    """By a signature or a token, which the backend does not see; and kept out by the account's policies."""
    api = site.publish("/ours", "IAM", backend=backend.port)
    operator, token = guarded.operator, log_in(guarded)
    key, secret = operator["access_key"], operator["secret_key"]
    calls = [
        by_cloud_signer(site, "/ours", key, secret),
        site.signed(("", key, secret), "/ours"),
        site.request("/ours", {"X-Auth-Token": token}),
    ]
    for call in calls:
        assert workers.outcomes(call) == OK
    assert len(backend.requests) == 3 * WORKERS
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
    assert len(backend.requests) == 3 * WORKERS


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
        assert len(function.requests) == asked + 2 * WORKERS
        assert workers.outcomes(site.request(path)) == DENIED
        assert workers.outcomes(site.request(path, {"Token": "123"})) == DENIED
        assert len(function.requests) == asked + 2 * WORKERS
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
    assert len(function.requests) == before + 2 * WORKERS
