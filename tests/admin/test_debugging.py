"""Debugging APIs, through the cloud's SDK: one call each, to a scripted backend, without any policy."""

import socket
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huaweicloudsdkapig import v2 as sdk

from crossgate.control import debugging
from tests.admin.cloud import Cloud, refusal
from tests.admin.conftest import AdminServer
from tests.admin.documents import RELEASE, http_api, offline, online
from tests.gateway.peers import Request, ScriptedBackend

Case = dict[str, Any]
CASES: list[Case] = tomllib.loads(Path(__file__).with_name("debugging.toml").read_text("utf-8"))["refused"]
LONGEST = 2_097_152
SECRET = "a-Secret-0123456789"


def answering(text: bytes, fields: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (fields, len(text), text)


@pytest.fixture
def backend() -> Iterator[ScriptedBackend]:
    """A backend that says hello."""
    backend = ScriptedBackend(answering(b"hello", b"Content-Type: text/plain\r\n"))
    yield backend
    backend.stop()


def to(address: object, **fields: Any) -> sdk.BackendApiCreate:
    """A backend on this machine at a port, or at an address."""
    url_domain = f"127.0.0.1:{address}" if isinstance(address, int) else str(address)
    shape = {"req_protocol": "HTTP", "req_method": "ANY", "req_uri": "/", "timeout": 5000}
    return sdk.BackendApiCreate(url_domain=url_domain, **{**shape, **fields})


def api(cloud: Cloud, group: sdk.ApiGroupInfo, port: int = 1, **fields: Any) -> str:
    """The id of an API of any method at `/debugged`."""
    shape = {"req_method": "ANY", "backend_api": to(port)}
    return str(cloud.create_api_v2(body=http_api("debugged", group.id, **{**shape, **fields})).id)


def debugged(cloud: Cloud, api_id: str, **fields: Any) -> sdk.DebugApiV2Response:
    """What the gateway answers to a GET of `/debugged`; `fields` replace what is asked."""
    asked = {"mode": "DEVELOPER", "scheme": "HTTP", "method": "GET", "path": "/debugged", **fields}
    answer = cloud.debug_api_v2(api_id=api_id, body=sdk.ApiDebugInfo(**asked))
    assert answer.status_code == 200
    return answer


def status_of(answer: sdk.DebugApiV2Response) -> int:
    """The status inside the text of the response."""
    return int(answer.response.split(" ", 2)[1])


def app(cloud: Cloud, name: str) -> sdk.CreateAnAppV2Response:
    body = sdk.AppCreate(name=name, app_key=f"key_of_{name}", app_secret=SECRET)
    return cloud.create_an_app_v2(body=body)


def test_what_was_never_published_is_called(
    cloud: Cloud, group: sdk.ApiGroupInfo, backend: ScriptedBackend
) -> None:
    """Request and response come as the contract shows them, and the backend sees a real call."""
    api_id = api(cloud, group, backend.port)

    answer = debugged(
        cloud,
        api_id,
        method="POST",
        query={"city": ["Ürümqi", "B&C"]},
        header={"x-MY-hEaDer": ["1", "2"]},
        body='{"é": 1}',
    )

    head, _, body = answer.response.partition("\n\n")
    start, *fields = head.split("\n")
    assert (start, body) == ("HTTP/1.1 200 OK", "hello")
    assert "Content-Type: text/plain" in fields
    assert {"X-Apig-Latency", "X-Apig-Upstream-Latency", "X-Request-Id"} <= {f.split(":")[0] for f in fields}
    assert answer.request == (
        "POST /debugged?city=%C3%9Cr%C3%BCmqi&city=B%26C HTTP/1.1\n"
        f"Host: {group.sl_domain}\n"
        "Content-Length: 9\n"
        "User-Agent: APIGatewayDebugClient/1.0\n"
        "X-Apig-Mode: debug\n"
        "X-My-Header: 1\n"
        "X-My-Header: 2\n\n"
        '{"é": 1}'
    )
    assert answer.latency >= 0
    assert f'"api_id":"{api_id}"' in answer.log
    (seen,) = backend.requests
    assert (seen.method, seen.body) == ("POST", '{"é": 1}'.encode())
    assert seen.field("User-Agent") == "APIGatewayDebugClient/1.0"


def test_the_request_is_the_one_of_the_contract(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """The contract's own sample, of a Mock."""
    mock = sdk.ApiMockCreate(result_content="mocked\r\ntwice")
    api_id = api(cloud, group, req_uri="/test/mock", backend_type="MOCK", backend_api=None, mock_info=mock)

    answer = debugged(cloud, api_id, path="/test/mock", scheme="HTTPS")

    assert answer.request == (
        f"GET /test/mock HTTP/1.1\nHost: {group.sl_domain}\n"
        "User-Agent: APIGatewayDebugClient/1.0\nX-Apig-Mode: debug\n\n"
    )
    assert answer.response.endswith("\n\nmocked\r\ntwice")
    assert "\r" not in answer.response.partition("\n\n")[0]


@pytest.mark.parametrize("mode", ["CONSUMER", "MARKET"])
def test_what_is_published_is_called_in_its_environment(cloud: Cloud, group: sdk.ApiGroupInfo, mode: str) -> None:
    """The definition in effect in `stage`, RELEASE where none is named; the edited one meanwhile is another."""

    def mock(text: str) -> dict[str, Any]:
        content = sdk.ApiMockCreate(result_content=text)
        return {"req_method": "ANY", "backend_type": "MOCK", "backend_api": None, "mock_info": content}

    stage = f"{mode}_{group.id[:8]}"
    env_id = cloud.create_environment_v2(body=sdk.EnvCreate(name=stage)).id
    api_id = api(cloud, group, **mock("first"))
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id))
    cloud.update_api_v2(api_id=api_id, body=http_api("debugged", group.id, **mock("second")))
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id, env_id))
    cloud.update_api_v2(api_id=api_id, body=http_api("debugged", group.id, **mock("third")))

    assert debugged(cloud, api_id, mode=mode).response.endswith("first")
    staged = debugged(cloud, api_id, mode=mode, stage=stage)
    assert staged.response.endswith("second")
    assert f"X-Stage: {stage}\n" in staged.request
    assert debugged(cloud, api_id, stage=stage).response.endswith("third")

    def asked(**fields: str) -> sdk.ApiDebugInfo:
        return sdk.ApiDebugInfo(mode=mode, scheme="HTTP", method="GET", path="/debugged", **fields)

    cloud.create_or_delete_publish_record_for_api_v2(body=offline(api_id))
    assert refusal(cloud.debug_api_v2, api_id=api_id, body=asked()) == (404, "APIG.3015")
    assert refusal(cloud.debug_api_v2, api_id=api_id, body=asked(stage="NONE")) == (404, "APIG.3003")
    assert refusal(cloud.debug_api_v2, api_id="none", body=asked()) == (404, "APIG.3002")


def test_a_call_that_reaches_nothing_reads_so(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Another path, another method, another domain: what a caller would be told."""
    api_id = api(cloud, group, req_method="GET")

    answers = [
        debugged(cloud, api_id, path="/elsewhere"),
        debugged(cloud, api_id, method="DELETE"),
        debugged(cloud, api_id, domain="shop.example.com:8080"),
    ]

    assert [status_of(answer) for answer in answers] == [404] * 3
    assert all('"error_code":"APIG.0101"' in answer.response.replace(" ", "") for answer in answers)
    assert "Host: shop.example.com:8080\n" in answers[2].request


def test_an_app_signs(cloud: Cloud, group: sdk.ApiGroupInfo, backend: ScriptedBackend) -> None:
    """Key and secret sign the call; neither the secret nor the signature is told, and wrong ones are APIG.0303."""
    api_id = api(cloud, group, backend.port, auth_type="APP")
    credential = app(cloud, f"signer_{group.id[:8]}")
    right = {"app_key": credential.app_key, "app_secret": SECRET}

    signed = debugged(cloud, api_id, **right, method="POST", path="/debugged", query={"a": ["b c"]}, body="ü")

    assert status_of(signed) == 200
    assert "\nAuthorization: ***\n" in signed.request
    assert SECRET not in signed.request + signed.response + signed.log
    assert f'"app_id":"{credential.id}"' in signed.log
    for wrong in ({}, {**right, "app_secret": "another-secret"}, {**right, "app_key": "nobody"}):
        refused = debugged(cloud, api_id, **wrong)
        assert (status_of(refused), "APIG.0303" in refused.response) == (401, True)
    assert len(backend.requests) == 1


def test_an_app_has_to_be_authorized_where_the_api_is_published(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """In mode CONSUMER as in a real call: APIG.0304 until it is authorized in the environment."""
    mock = sdk.ApiMockCreate(result_content="for apps")
    api_id = api(cloud, group, backend_type="MOCK", backend_api=None, mock_info=mock, auth_type="APP")
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id))
    credential = app(cloud, f"buyer_{group.id[:8]}")
    asked = {"mode": "CONSUMER", "app_key": credential.app_key, "app_secret": SECRET}

    before = debugged(cloud, api_id, **asked)
    body = sdk.ApiAuthCreate(env_id=RELEASE, app_ids=[credential.id], api_ids=[api_id])
    cloud.create_authorizing_apps_v2(body=body)

    assert (status_of(before), "APIG.0304" in before.response) == (403, True)
    assert debugged(cloud, api_id, **asked).response.endswith("for apps")


def test_an_api_for_operators_is_called_as_the_one_who_debugs(
    cloud: Cloud, admin: AdminServer, token: str, group: sdk.ApiGroupInfo
) -> None:
    """Signed for them, or with the token they send; a wrong token is told."""
    mock = sdk.ApiMockCreate(result_content="for operators")
    api_id = api(cloud, group, backend_type="MOCK", backend_api=None, mock_info=mock, auth_type="IAM")

    as_themselves = debugged(cloud, api_id)
    with_token = debugged(cloud, api_id, header={"X-Auth-Token": [token]})
    with_nonsense = debugged(cloud, api_id, header={"X-Auth-Token": ["nonsense"]})

    assert as_themselves.response.endswith("for operators")
    assert admin.operator.access_key not in as_themselves.request
    assert with_token.response.endswith("for operators")
    assert token not in with_token.request
    assert (status_of(with_nonsense), "APIG.0301" in with_nonsense.response) == (401, True)


def test_policies_are_skipped(cloud: Cloud, http: httpx2.Client, group: sdk.ApiGroupInfo) -> None:
    """One call a day, no address at all, the group's debug domain switched off: a debugger still gets through."""
    mock = sdk.ApiMockCreate(result_content="reached")
    api_id = api(cloud, group, backend_type="MOCK", backend_api=None, mock_info=mock)
    publish_id = cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id)).publish_id
    once = sdk.ThrottleBaseInfo(name="once_a_day", api_call_limits=1, time_interval=1, time_unit="DAY")
    throttle = cloud.create_request_throttling_policy_v2(body=once)
    cloud.associate_request_throttling_policy_v2(
        body=sdk.ThrottleApiBindingCreate(strategy_id=throttle.id, publish_ids=[publish_id])
    )
    nobody = sdk.ApiAclCreate(acl_name="nobody", acl_type="PERMIT", entity_type="IP", acl_value="192.0.2.1")
    acl = cloud.create_acl_strategy_v2(body=nobody)
    cloud.create_api_acl_binding_v2(body=sdk.AclApiBindingCreate(acl_id=acl.id, publish_ids=[publish_id]))
    http.put(f"/api-groups/{group.id}/sl-domain-access-settings", json={"sl_domain_access_enabled": False})

    answers = [debugged(cloud, api_id, mode="CONSUMER") for _ in range(3)]

    assert [status_of(answer) for answer in answers] == [200] * 3


def test_a_dead_backend_is_told_in_the_response(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """502 inside the text, in the contract's words."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]

    answer = debugged(cloud, api(cloud, group, port))

    assert (status_of(answer), "APIG.0202" in answer.response) == (502, True)
    assert '"apig_err_code":"APIG.0202"' in answer.log


def test_a_slow_backend_is_told_in_the_response(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """504 inside the text after the timeout of the definition."""
    backend = ScriptedBackend(lambda _, __: time.sleep(2))
    api_id = api(cloud, group, backend_api=to(backend.port, timeout=100, retry_count="0"))

    answer = debugged(cloud, api_id)

    assert (status_of(answer), "APIG.0203" in answer.response) == (504, True)
    assert 100 <= answer.latency < 2000
    backend.stop()


def test_a_call_ends_in_time(cloud: Cloud, group: sdk.ApiGroupInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a backend takes: what came by then is told, and that more was missing."""

    def drip(connection: socket.socket, _: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        time.sleep(2)

    monkeypatch.setattr(debugging, "TIMEOUT_S", 0.5)
    backend = ScriptedBackend(drip)

    answer = debugged(cloud, api(cloud, group, backend.port))

    assert answer.response.endswith("\n\nhalf")
    assert "no whole answer within" in answer.log
    assert 500 <= answer.latency < 2000
    backend.stop()


def test_an_answer_that_breaks_off_is_told(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """What came of it, and that it broke off."""

    def break_off(connection: socket.socket, _: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_RDWR)

    backend = ScriptedBackend(break_off)

    answer = debugged(cloud, api(cloud, group, backend.port))

    assert answer.response.endswith("\n\nhalf")
    assert answer.log.endswith("The answer broke off.")
    backend.stop()


@pytest.mark.parametrize(("length", "ending"), [(LONGEST, "aa"), (LONGEST + 1, "aa[TRUNCATED]")])
def test_a_long_response_is_truncated(cloud: Cloud, group: sdk.ApiGroupInfo, length: int, ending: str) -> None:
    """2,097,152 bytes of a body are told, and that there were more."""
    backend = ScriptedBackend(answering(b"a" * length))

    answer = debugged(cloud, api(cloud, group, backend.port))

    _, _, body = answer.response.partition("\n\n")
    assert len(body.removesuffix("[TRUNCATED]")) == LONGEST
    assert body.endswith(ending)
    backend.stop()


def test_the_longest_body_arrives(cloud: Cloud, group: sdk.ApiGroupInfo, backend: ScriptedBackend) -> None:
    """A body of 2,097,152 bytes, which as JSON takes thrice that."""
    answer = debugged(cloud, api(cloud, group, backend.port), method="PUT", body="é" * (LONGEST // 2))

    assert status_of(answer) == 200
    assert len(backend.requests[0].body) == LONGEST


def test_every_framing_of_a_response_is_read(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Chunks, an interim answer before the real one, one without a body, and the answer to HEAD."""
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answering(b"late", b"X-Late: 1\r\n")
    scripts = {
        "POST": chunks,
        "GET": early,
        "DELETE": b"HTTP/1.1 204 No Content\r\n\r\n",
        "HEAD": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    }
    backend = ScriptedBackend(lambda connection, request: connection.sendall(scripts[request.method]))
    api_id = api(cloud, group, backend.port)

    told = {method: debugged(cloud, api_id, method=method) for method in scripts}

    assert [status_of(answer) for answer in told.values()] == [200, 200, 204, 200]
    bodies = [answer.response.partition("\n\n")[2] for answer in told.values()]
    assert bodies == ["abcdef", "late", "", ""]
    assert "X-Late: 1" in told["GET"].response
    assert "Link" not in told["GET"].response
    assert "broke off" not in "".join(answer.log for answer in told.values())
    backend.stop()


def test_variables_have_no_value_before_an_environment_is_chosen(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """APIG.2030 for the edited definition; the published one has the values in it."""
    backend = ScriptedBackend()
    api_id = api(cloud, group, backend_api=to(f"127.0.0.1:{backend.port}", req_uri="/#place#"))
    variable = {"env_id": RELEASE, "group_id": group.id, "variable_name": "place", "variable_value": "here"}
    cloud.create_environment_variable_v2(body=sdk.EnvVariableCreate(**variable))
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id))
    asked = sdk.ApiDebugInfo(mode="DEVELOPER", scheme="HTTP", method="GET", path="/debugged")

    assert refusal(cloud.debug_api_v2, api_id=api_id, body=asked) == (400, "APIG.2030")
    assert status_of(debugged(cloud, api_id, mode="CONSUMER")) == 200
    assert backend.requests[0].target == "/here"
    backend.stop()


def test_what_could_not_be_published_cannot_be_debugged(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """A definition this gateway cannot serve is refused with the reason."""
    channel = sdk.BackendApiCreate(
        vpc_channel_status=1,
        vpc_channel_info=sdk.VpcInfo(vpc_channel_id="a" * 32),
        req_protocol="HTTP",
        req_method="GET",
        req_uri="/",
        timeout=5000,
    )
    api_id = api(cloud, group, backend_api=channel)
    asked = sdk.ApiDebugInfo(mode="DEVELOPER", scheme="HTTP", method="GET", path="/debugged")

    assert refusal(cloud.debug_api_v2, api_id=api_id, body=asked) == (400, "APIG.2000")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['at']} {str(case['asked'])[:40]}")
def test_a_call_that_cannot_be_made_is_refused_by_its_field(
    http: httpx2.Client, cloud: Cloud, group: sdk.ApiGroupInfo, case: Case
) -> None:
    """In the contract's own words, with the place, and without what was sent."""
    api_id = api(cloud, group, req_protocol="HTTP")
    asked = {"mode": "DEVELOPER", "scheme": "HTTP", "method": "GET", "path": "/debugged", **case["asked"]}
    if asked.get("body") == "LONG":
        asked["body"] = "é" * (LONGEST // 2) + "a"

    answer = http.post(f"/apis/debug/{api_id}", json=asked)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "APIG.2011"), answer.text
    assert [finding["at"].lower() for finding in answer.json()["details"]] == [case["at"].lower()]
