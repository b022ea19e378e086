"""Gateway responses: how a template becomes an answer."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.core.errors import Fault, FaultKind, runtime
from crossgate.core.policies.gateway_response import DEFAULT_BODY, GatewayResponse, Responses, Template
from tests.core.policies.driver import call

CASES = tomllib.loads((Path(__file__).parent / "gateway_response_cases.toml").read_text("utf-8"))
NAMES = ["error.message", "reqPath", "reqUri", "authorizer.frontend.user", "stage"]


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_a_template_becomes_an_answer(row: dict[str, Any]) -> None:
    """Status, fields and body are the template's, its variables filled in."""
    written = row.get("template", {})
    template = Template(**{**written, "headers": tuple(map(tuple, written.get("headers", [])))})
    answer = GatewayResponse(template).render(Fault(runtime.THROTTLED), call(**row.get("call", {})))

    fields = {name.decode(): value.decode() for name, value in answer.fields}
    expected = row["answer"]
    assert (answer.status, answer.body.decode()) == (expected["status"], expected["body"])
    assert fields == ({"Content-Type": expected["type"]} if "type" in expected else expected.get("headers", {}))


def test_the_type_of_the_fault_chooses() -> None:
    """A group answers by type; what has no type, by the kind of its status; what it has not written, as ever."""
    responses = Responses(
        {
            "THROTTLED": Template(status=420, body="slow"),
            "DEFAULT_4XX": Template(body="ours"),
            "DEFAULT_5XX": Template(body="broken"),
        }
    )

    def told(kind: FaultKind) -> tuple[int, bytes]:
        answer = responses.render(Fault(kind), call())
        return answer.status, answer.body[:6]

    assert told(runtime.THROTTLED) == (420, b"slow")
    assert told(runtime.BAD_REQUEST) == (400, b"ours")
    assert told(FaultKind("APIG.1", 404, "")) == (404, b"ours")
    assert told(FaultKind("APIG.1", 503, "")) == (503, b"broken")
    assert told(runtime.AUTHORIZER_DENIED) == (401, b'{"erro')


def test_an_answer_without_a_call() -> None:
    """A request that could not be read has no call, and is answered."""
    body = Responses({}).render(Fault(runtime.BAD_REQUEST), None).body

    assert json.loads(body) == {"error_code": "APIG.0602", "error_msg": "Bad request.", "request_id": ""}


@given(st.lists(st.text(), min_size=len(NAMES), max_size=len(NAMES)))
def test_json_stays_json(values: list[str]) -> None:
    """Whatever a value is, the answer is the template's object, with the value in its place."""
    made = call(context={"authorizer.frontend.user": values[3], "stage": values[4]})
    made.path, made.target = values[1].encode("utf-8", "replace"), values[2].encode("utf-8", "replace")
    body = json.dumps({name: f"<$context.{name}>" for name in NAMES})
    body = body.replace('"<$context.stage>"', "$context.stage")
    answer = GatewayResponse(Template(body=body)).render(Fault(runtime.THROTTLED, values[0]), made)

    read = json.loads(answer.body)
    assert list(read) == NAMES
    assert read["stage"] == values[4].encode("utf-8", "replace").decode()
    assert read["reqPath"] == f"<{made.path.decode()}>"
    assert (
        read["error.message"] == f"<{values[0] or runtime.THROTTLED.message}>".encode("utf-8", "replace").decode()
    )


@given(st.text(max_size=40) | st.lists(st.sampled_from([*NAMES, "$", "context.", '"', "{"])).map("".join))
def test_any_template_can_be_rendered(text: str) -> None:
    """Nothing raises, and what goes into a field cannot leave it."""
    template = Template(body=text, headers=(("X-A", text), ("X-B", "$context.stage")))
    answer = GatewayResponse(template).render(Fault(runtime.THROTTLED), call(context={"stage": text}))

    assert not any(sign in value for _, value in answer.fields for sign in (b"\r", b"\n", b"\0"))
    assert answer.status == 429


def test_the_default_body_is_the_contracts() -> None:
    """The three names clients read."""
    assert list(json.loads(DEFAULT_BODY)) == ["error_code", "error_msg", "request_id"]
