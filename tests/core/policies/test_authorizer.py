"""Custom authorizers: what the function is told, what its answers do, and what happens without one."""

import base64
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.errors import runtime
from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.authorizer import Authorizer, Identity, authorizer_check
from tests.core.policies.driver import Driver, call

CASES = tomllib.loads((Path(__file__).parent / "authorizer_cases.toml").read_text("utf-8"))
POLICY = Authorizer(id="a1", type="FRONTEND", endpoint="http://functions.test/auth")
ALLOW = Answer(200, (), b'{"status":"allow"}')


def policy(**changes: Any) -> Authorizer:
    return msgspec.structs.replace(POLICY, **changes)


def always(answer: Answer | AskFailed) -> Callable[[Ask], Answer | AskFailed]:
    return lambda _: answer


@pytest.mark.parametrize("row", CASES["answer"], ids=lambda row: row["name"])
def test_an_answer_decides(row: dict[str, Any]) -> None:
    """The call passes with what the function says of it, or is refused with the response of its kind."""
    body = row["text"] if "text" in row else json.dumps(row["body"])
    body = body.replace("<a mebibyte>", "a" * 1024 * 1024)
    made = call()
    fault = Driver(always(Answer(row.get("status", 200), (), body.encode()))).run(authorizer_check(POLICY), made)

    assert (fault.kind.response_type if fault else "pass") == row["verdict"]
    assert made.context == {f"authorizer.frontend.{name}": value for name, value in row.get("context", {}).items()}


@pytest.mark.parametrize("row", CASES["identity"], ids=lambda row: str(row["identities"]))
def test_identities_must_be_there(row: dict[str, Any]) -> None:
    """A call without a valid identity is refused before the function is asked, and the answer names it."""
    identities = tuple(Identity(**identity) for identity in row["identities"])
    check = authorizer_check(policy(identities=identities))
    driver = Driver(always(ALLOW))
    for each in row["passes"]:
        assert driver.run(check, call(**each)) is None
    asked = len(driver.asked)
    for each, reason in row["refused"]:
        fault = driver.run(check, call(**each))
        assert fault is not None
        assert fault.kind is runtime.AUTHORIZER_IDENTITIES_WRONG
        assert fault.message.endswith(reason)
    assert len(driver.asked) == asked


def test_the_event_holds_the_whole_call() -> None:
    """Without a cache, the function is told every header and parameter, and the body where it wants it."""
    driver = Driver(always(ALLOW), body=b"\xffbody")
    check = authorizer_check(
        policy(user_data="mine", needs_body=True, identities=(Identity("token", "HEADER"),), timeout_ms=700)
    )
    made = call(
        target="/x?a=1&b=2&b=3&b=4&c",
        headers=[["Token", "t"], ["X-A", "1"], ["X-A", "2"]],
        method="POST",
        body=True,
    )

    assert driver.run(check, made) is None
    (ask,) = driver.asked
    assert (ask.endpoint, ask.method, ask.timeout_ms, ask.cache_key) == (POLICY.endpoint, "POST", 700, "")
    assert json.loads(ask.body) == {
        "headers": {"Token": "t", "token": "t", "X-A": "1, 2"},
        "queryStringParameters": {"a": "1", "b": ["2", "3", "4"], "c": ""},
        "user_data": "mine",
        "body": base64.b64encode(b"\xffbody").decode(),
    }


def test_the_body_can_be_told_as_text() -> None:
    """An API that does not want base64 gets the characters."""
    driver = Driver(always(ALLOW), body="é".encode())

    assert driver.run(authorizer_check(policy(needs_body=True), body_as_base64=False), call(body=True)) is None
    assert json.loads(driver.asked[0].body)["body"] == "é"


def test_a_kept_answer_depends_on_all_the_function_is_told() -> None:
    """With a cache, the function is told the identities alone, and each of them makes another key."""
    driver = Driver(always(ALLOW))
    check = authorizer_check(policy(ttl_s=60, identities=(Identity("Token", "HEADER"), Identity("u", "QUERY"))))
    for token, user in (("a", "1"), ("a", "1"), ("b", "1"), ("a", "2")):
        made = call(target=f"/x?u={user}&other={len(driver.asked)}", headers={"token": token})
        assert driver.run(check, made) is None
    keys = [ask.cache_key for ask in driver.asked]

    assert json.loads(driver.asked[0].body) == {
        "headers": {"Token": "a"},
        "queryStringParameters": {"u": "1"},
        "user_data": "",
    }
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert {ask.ttl_s for ask in driver.asked} == {60}
    other = Driver(always(ALLOW))
    moved = policy(
        ttl_s=60, identities=(Identity("Token", "HEADER"), Identity("u", "QUERY")), endpoint="http://new"
    )
    other.run(authorizer_check(moved), call(target="/x?u=1", headers={"token": "a"}))
    assert other.asked[0].cache_key not in keys


@pytest.mark.parametrize("answer", [AskFailed("timeout"), AskFailed("busy"), Answer(503)], ids=str)
def test_a_function_that_fails_is_asked_again(answer: Answer | AskFailed) -> None:
    """It has as many tries as the authorizer says; then the call fails, or passes where that was asked for."""
    driver = Driver(always(answer))
    fault = driver.run(authorizer_check(policy(retries=2)), call())

    assert fault is not None
    assert fault.kind is runtime.AUTHORIZER_FAILED
    assert len(driver.asked) == 3
    answers = iter([answer, ALLOW])
    again = Driver(lambda _: next(answers))
    assert again.run(authorizer_check(policy(retries=2)), call()) is None
    assert Driver(always(answer)).run(authorizer_check(policy(lets_pass_on_failure=True)), call()) is None


@pytest.mark.parametrize("body", [b'{"status":"deny"}', b"no JSON"])
def test_what_is_no_failure_never_passes(body: bytes) -> None:
    """A refusal is one, and so is nonsense, whatever the authorizer does about failures."""
    check = authorizer_check(policy(lets_pass_on_failure=True))

    assert Driver(always(Answer(200, (), body))).run(check, call()) is not None


def test_a_function_nobody_knows_is_a_failure() -> None:
    """It is not asked, and nobody passes."""
    fault = Driver().run(authorizer_check(policy(endpoint=None, lets_pass_on_failure=True)), call())

    assert fault is not None
    assert fault.kind is runtime.AUTHORIZER_FAILED


def test_a_backend_authorizer_has_its_own_context() -> None:
    """What it says is known by another name."""
    made = call()
    answer = Answer(200, (), b'{"status":"allow","context":{"user":"abc"}}')

    assert Driver(always(answer)).run(authorizer_check(policy(type="BACKEND")), made) is None
    assert made.context == {"authorizer.backend.user": "abc"}


@settings(deadline=None)
@given(
    st.integers(100, 599),
    st.binary(max_size=20)
    | st.dictionaries(
        st.sampled_from(["status", "statusCode", "body", "context", "isBase64Encoded"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.sampled_from(["allow", "deny", "{}", "YQ=="]),
            lambda inner: st.dictionaries(st.sampled_from(["status", "context", "a\n"]), inner, max_size=3),
        ),
    ).map(lambda document: json.dumps(document).encode()),
)
def test_any_answer_is_a_verdict_or_a_failure(status: int, body: bytes) -> None:
    """Nothing else is raised, and only a permission passes."""
    fault = Driver(always(Answer(status, (), body))).run(authorizer_check(POLICY), call())

    assert fault is not None or b"allow" in body
