"""What happens to a request before a route sees it: who asks, how much, in what form."""

import asyncio
import logging
import re
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from crossgate.admin.door import Door
from crossgate.core.signing import Message, payload_sha256, sign
from tests.admin.conftest import AdminServer


def signed(admin: AdminServer, method: str, path: str, body: bytes = b"", secret: str = "") -> httpx2.Response:
    """Send what our own signer signs."""
    url = httpx2.URL(admin.base + path)
    message = Message(method, url.raw_path, [(b"Host", url.netloc)], payload_sha256(body))
    headers = sign(
        message,
        access_key=admin.operator.access_key,
        secret=secret or admin.operator.secret_key,
        now=datetime.now(UTC),
    )
    return httpx2.request(method, url, content=body, headers=[*message.headers, *headers])


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_health_is_open_to_anybody(admin: AdminServer) -> None:
    """Health answers without credentials and says nothing else."""
    answer = httpx2.get(f"{admin.url}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/openapi.json", "/nope", "/health/", "/v3/projects"])
def test_nothing_else_is(admin: AdminServer, path: str) -> None:
    """Every other path, known or not, wants to know who asks."""
    answer = httpx2.get(admin.url + path)
    assert error_of(answer) == (401, "APIG.1000")
    assert answer.json()["error_msg"] == "Token missing. Log in again or try again later."


def test_every_answer_has_a_request_id_of_its_own(admin: AdminServer, http: httpx2.Client) -> None:
    """Successes, refusals and unknown routes all carry one, and no two are alike."""
    answers = [
        http.get("/api-groups"),
        http.get("/api-groups/none"),
        http.get("/none"),
        httpx2.get(f"{admin.url}/health"),
        httpx2.get(f"{admin.url}/none"),
    ]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_a_signature_covers_the_body_as_it_was_received(admin: AdminServer) -> None:
    """A signed body is accepted byte for byte, spaces and unusual text included."""
    body = '{ "group_name" : "名字-free" }'.encode()
    assert signed(admin, "POST", "/api-groups/check", body).status_code == 204


def test_a_signature_covers_a_path_and_query_with_unusual_characters(admin: AdminServer) -> None:
    """Encoded slashes, pluses and repeated parameters are verified as sent."""
    answer = signed(admin, "GET", "/api-groups?name=a%2Fb+c&precise_search=id&precise_search=name&limit=")
    assert answer.status_code == 200


def test_an_access_key_nobody_has_is_named(admin: AdminServer) -> None:
    """The refusal of an unknown AK is the contract's sentence."""
    headers = {
        "X-Sdk-Date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
        "Authorization": "SDK-HMAC-SHA256 Access=NOBODY, SignedHeaders=host;x-sdk-date, Signature=" + "0" * 64,
    }
    answer = httpx2.get(f"{admin.base}/api-groups", headers=headers)
    assert error_of(answer) == (401, "APIG.0301")
    assert answer.json()["error_msg"] == (
        "Incorrect IAM authentication information: Get secretKey failed,ak:NOBODY,err:ak not exist"
    )


def test_another_scheme_is_told_what_to_write(admin: AdminServer) -> None:
    """An Authorization header of another kind is refused with the form that is expected."""
    answer = httpx2.get(f"{admin.base}/api-groups", headers={"Authorization": "Basic YTpi"})
    assert error_of(answer) == (401, "APIG.0301")
    assert "SDK-HMAC-SHA256 Access=" in answer.json()["error_msg"]


@pytest.mark.parametrize("garbage", ["garbage", "a.b.c", "\xff\xfe", "x" * 4000])
def test_a_garbled_token_is_refused(admin: AdminServer, garbage: str) -> None:
    """Whatever is not a token is answered with the contract's code."""
    headers = [(b"X-Auth-Token", garbage.encode("latin-1"))]
    answer = httpx2.get(f"{admin.base}/api-groups", headers=headers)
    assert error_of(answer) == (401, "APIG.1002")


def test_an_unknown_route_and_a_wrong_method_are_told_apart(http: httpx2.Client) -> None:
    """404 for a path that does not exist, 405 for a method the path does not have."""
    assert http.get("/nothing-here").status_code == 404
    assert http.delete("/api-groups").status_code == 405
    assert set(http.delete("/api-groups").headers["Allow"].split(", ")) == {"GET", "POST"}
    assert "error_code" in http.patch("/envs").json()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name": "a",\n "remark": }', "line 2, column 12"),
        (b"", "it is empty"),
        (b"[]", "JSON object"),
        (b'"text"', "JSON object"),
        (b'{"name": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b'{"remark": ' + b"1" * 5000 + b"}", "number too long"),
    ],
)
def test_a_body_that_is_not_json_is_refused_with_the_place(http: httpx2.Client, body: bytes, said: str) -> None:
    """The refusal says where reading stopped, or what to send instead."""
    answer = http.post("/api-groups", content=body, headers={"Content-Type": "application/json"})
    assert error_of(answer)[0] == 400
    assert said in answer.json()["error_msg"]


def test_a_body_is_json_whatever_its_type_says(http: httpx2.Client) -> None:
    """JSON is read under any Content-Type or none, as curl sends it; a real form is told to be JSON."""
    for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/plain"}):
        answer = http.post("/api-groups/check", content=b'{"group_name": "typeless"}', headers=headers)
        assert answer.status_code == 204
    form = http.post("/api-groups/check", data={"group_name": "abc"})
    assert error_of(form) == (400, "APIG.2012")


def test_a_body_is_at_most_one_mebibyte(http: httpx2.Client) -> None:
    """A larger body is refused before anything reads it."""
    largest = b'{"group_name": "abc"}'.ljust(1024 * 1024)
    assert http.post("/api-groups/check", content=largest).status_code == 204
    answer = http.post("/api-groups/check", content=largest + b" ")
    assert answer.status_code == 413
    assert "1048576 bytes" in answer.json()["error_msg"]


def test_every_bad_field_is_named_at_once(http: httpx2.Client) -> None:
    """One refusal lists each finding with its place and its fix."""
    answer = http.post("/api-groups", json={"name": "a", "remark": 5, "version": "V9"})
    assert error_of(answer) == (400, "APIG.2011")
    details = answer.json()["details"]
    assert {finding["at"] for finding in details} == {"name", "remark", "version"}
    assert all({"code", "at", "message", "fix", "severity"} == set(finding) for finding in details)


def test_five_wrong_signatures_lock_the_key(admin: AdminServer) -> None:
    """The sixth attempt is refused in the contract's words, even with the right secret; tokens still work."""
    answers = [signed(admin, "GET", "/api-groups", secret="guess") for _ in range(5)]
    assert [error_of(answer) for answer in answers] == [(401, "APIG.0301")] * 5
    assert "verify aksk signature fail, canonicalRequest:GET|/v2/" in answers[0].json()["error_msg"]
    locked = signed(admin, "GET", "/api-groups")
    assert locked.json() == {
        "error_code": "APIG.0301",
        "error_msg": "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden.",
    }


def test_an_error_nobody_foresaw_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets the contract's 500 and an id; the log has the same id and the reason."""

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the secret reason")

    async def anybody(scope: Scope, body: bytes) -> str:
        return "admin"

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(Door(broken, anybody))
        async with httpx2.AsyncClient(transport=transport, base_url="http://admin") as client:
            return await client.get("/anything")

    with caplog.at_level(logging.ERROR):
        answer = asyncio.run(ask())
    assert error_of(answer) == (500, "APIG.9999")
    assert "secret reason" not in answer.text
    (record,) = caplog.records
    assert vars(record)["request_id"] == answer.headers["X-Request-Id"]
    assert record.exc_info is not None
