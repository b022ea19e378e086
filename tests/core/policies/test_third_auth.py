"""The `third_auth` plugin: what the service is asked, what its answers do, and what is found in the content."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.errors import runtime
from crossgate.core.policies.asking import Answer, AskFailed, Relayed
from crossgate.core.policies.third_auth import ThirdAuth, parse_content
from crossgate.core.policies.third_auth_check import third_auth_check
from tests.core.policies.driver import Driver, call

CASES = tomllib.loads((Path(__file__).parent / "third_auth_cases.toml").read_text("utf-8"))
BASE = {
    "auth_request": {
        "method": "POST",
        "protocol": "HTTPS",
        "url_domain": "auth.example.com:8443",
        "path": "/check",
        "vpc_channel_enabled": False,
        "vpc_channel_info": None,
    },
    "identities": None,
    "match_auth": None,
    "parameters": None,
    "rules": None,
    "simple_auth_mode_enabled": True,
}


def policy(**content: Any) -> ThirdAuth:
    parsed = parse_content(json.dumps({**BASE, **content}))
    assert isinstance(parsed, ThirdAuth), parsed
    return parsed


def answer_of(row: dict[str, Any]) -> Answer | AskFailed:
    answer = row["answer"]
    if "failed" in answer:
        return AskFailed(answer["failed"])
    return Answer(answer["status"], tuple((a.encode(), b.encode()) for a, b in answer.get("headers", [])))


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_the_service_decides(row: dict[str, Any]) -> None:
    """The call passes, with what the service says added to it, or is refused with the code of its kind."""
    made = call(**row.get("call", {}))
    driver = Driver(lambda _: answer_of(row), body=row.get("call", {}).get("body", "").encode())
    fault = driver.run(third_auth_check(policy(**row.get("content", {})), "plugin"), made)

    assert (fault.kind.code if fault else "pass") == row["verdict"]
    assert bool(driver.asked) is ("answer" in row)
    assert not (row.get("not_asked") and driver.asked)
    for name, value in row.get("asked", {}).items():
        sent = getattr(driver.asked[0], name)
        if name == "fields":
            sent = [[field.decode(), text.decode()] for field, text in sent]
        assert (sent.decode() if isinstance(sent, bytes) else sent) == value
    if "changes" in row:
        changes = [[each.name.decode(), *(value.decode() for value in each.values)] for each in made.changes]
        assert changes == row["changes"]
        assert not any(each.is_beside for each in made.changes)


@pytest.mark.parametrize("row", CASES["refused"], ids=lambda row: str(row["content"])[:60])
def test_everything_wrong_is_found_at_once(row: dict[str, Any]) -> None:
    """All findings come together, each with its place and its fix."""
    found = parse_content(json.dumps(row["content"]))

    assert isinstance(found, list)
    assert [(each.code.removeprefix("third_auth."), each.at) for each in found] == [
        (code, at) for code, at, _ in row["found"]
    ]
    assert all(part in each.fix for each, (_, _, part) in zip(found, row["found"], strict=True))


@pytest.mark.parametrize(("status", "told"), [(403, 403), (302, 401)])
def test_a_refusal_can_be_the_services_own(status: int, told: int) -> None:
    """The caller gets its body and type, and its status where that is one of an error."""
    answer = Answer(status, ((b"Content-Type", b"text/plain"), (b"Set-Cookie", b"a=b")), b"no")
    check = third_auth_check(policy(return_resp_body_enabled=True), "plugin")
    fault = Driver(lambda _: answer).run(check, call())

    assert isinstance(fault, Relayed)
    assert fault.kind is runtime.THIRD_AUTH_REFUSED
    assert fault.answer == Answer(told, ((b"Content-Type", b"text/plain"),), b"no")


def test_an_address_that_fails_too_often_is_blocked() -> None:
    """After so many refusals the service is not asked any more; other failures and addresses do not count."""
    answers: list[Answer | AskFailed] = [Answer(401), AskFailed("timeout"), Answer(200), Answer(401), Answer(401)]
    driver = Driver(lambda ask: answers[len(driver.asked) - 1])
    check = third_auth_check(policy(custom_forbid_limit=2), "plugin")
    codes = [driver.run(check, call()) for _ in range(4)]

    assert [fault.kind.code if fault else "pass" for fault in codes] == [
        "APIG.0312",
        "APIG.0616",
        "pass",
        "APIG.0312",
    ]
    blocked = driver.run(check, call())
    assert blocked is not None
    assert blocked.kind is runtime.THIRD_AUTH_BLOCKED
    assert len(driver.asked) == 4
    other = driver.run(check, call(client="192.0.2.9"))
    assert other is not None
    assert other.kind is runtime.THIRD_AUTH_REFUSED


def test_the_documented_example_is_read() -> None:
    """Every key of the contract has its place."""
    read = policy(
        carry_body={"enabled": True, "max_body_size": 1000},
        carry_resp_header=["x-message-result"],
        custom_forbid_limit=100,
        identities={"headers": [{"name": "X-Custom-Token"}], "queries": None},
        return_resp_body_enabled=False,
        rule_enabled=False,
        rule_type="allow",
    )

    assert (read.body_bytes, read.carried_fields, read.failures_allowed) == (1000, ("x-message-result",), 100)
    assert (read.headers, read.queries, read.rule_type) == (("X-Custom-Token",), (), None)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*BASE, "carry_body", "carry_resp_headers", "rule_enabled", "rule_type", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["path", "headers", "name", "enabled", "é\ud800"]), inner, max_size=4
                )
            ),
            max_leaves=10,
        ),
    )
)
def test_any_content_is_judged_and_every_judgement_can_be_printed(content: dict[str, Any]) -> None:
    """Nothing raises, whatever is written, and what is said about it is fit for any log or page."""
    parsed = parse_content(json.dumps(content))

    for finding in parsed if isinstance(parsed, list) else []:
        for said in (finding.at, finding.message, finding.fix):
            assert said.encode("utf-8")
            assert said.isprintable()
