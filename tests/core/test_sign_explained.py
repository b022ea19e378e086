"""Refused signatures explained: each cause by what differs, read from what gateways answer."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.signing import (
    APP_WORDING,
    IAM_WORDING,
    Message,
    Reason,
    Refusal,
    canonical_request,
    payload_sha256,
)
from crossgate.core.signing.explained import (
    Cause,
    Explanation,
    Form,
    Mismatch,
    Other,
    differences,
    explain,
    explain_described,
    form_of,
    read_answer,
    read_form,
)

CASES = tomllib.loads(Path(__file__).with_name("sign_explained_cases.toml").read_text("utf-8"))
HASH = CASES["gateway"]["payload"]


def form(**changes: Any) -> Form:
    """The form of the case file with `changes`."""
    lines = CASES["gateway"] | changes
    return Form(
        method=lines["method"],
        path=lines["path"],
        query=lines["query"],
        headers=tuple(lines["headers"]),
        has_blank_line=True,
        signed_headers=lines["signed"],
        payload=lines["payload"],
    )


def text_of(lines: Form, divider: str = "\n") -> str:
    """The canonical request as a text."""
    above = [lines.method, lines.path, lines.query or "", *lines.headers]
    return divider.join([*above, "", lines.signed_headers, lines.payload])


def refused(gateway: Form) -> str:
    """The answer of a gateway that has signed `gateway`."""
    message = APP_WORDING.message(Refusal(Reason.MISMATCH, text_of(gateway, "|")))
    return json.dumps({"error_code": "APIG.0303", "error_msg": message, "request_id": "1"})


def explained(gateway: Form, client: Form, body: bytes | None = None) -> Explanation:
    """What is said of a request, both sides having gone through their texts."""
    return explain(read_answer(refused(gateway)), read_form(text_of(client)), body)


def rows(table: str) -> list[Any]:
    """Each pair of a table with the cause it is to have."""
    return [pytest.param(cause, *pair, id=f"{cause}-{at}") for cause, pairs in CASES[table].items()
            for at, pair in enumerate(pairs)]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "cause", "gateway", "client"),
    [
        pytest.param(part, *row.values, id=str(row.id))
        for part in ("method", "path", "query", "payload")
        for row in rows(part)
    ],
)
def test_a_line_that_differs_has_its_likeliest_cause(part: str, cause: str, gateway: str, client: str) -> None:
    """One line differs, and nothing else is said."""
    found = explained(form(**{part: gateway}), form(**{part: client}))

    assert found.verdict == "differs"
    assert [each.cause.code for each in found.differences] == [cause]
    assert found.cause == found.differences[0].cause
    (difference,) = found.differences
    assert (difference.gateway, difference.client) == (gateway, client)
    assert difference.line == {"method": 1, "path": 2, "query": 3, "payload": 9}[part]


@pytest.mark.parametrize(("cause", "name", "gateway", "client"), rows("header"))
def test_a_header_that_differs_has_its_likeliest_cause(cause: str, name: str, gateway: str, client: str) -> None:
    """The header is named, with its line."""
    signed = {"signed": f"a;{name}"}
    one, other = (form(headers=["a:1", f"{name}:{value}"], **signed) for value in (gateway, client))
    found = explained(one, other)

    assert [(each.cause.code, each.name, each.line) for each in found.differences] == [(cause, name, 5)]


@pytest.mark.parametrize("case", CASES["names"], ids=lambda case: case["cause"])
def test_lists_of_headers_that_differ_have_one_cause(case: dict[str, Any]) -> None:
    """However many lines are out of step, it is said once why."""
    found = explained(form(**case["gateway"]), form(**case["client"]))

    assert [each.cause.code for each in found.differences] == [case["cause"]]


@pytest.mark.parametrize(("arrived", "signed", "words"), CASES["rewritten"].values(), ids=CASES["rewritten"])
def test_a_body_that_was_written_anew_is_recognised(arrived: str, signed: str, words: str) -> None:
    """With the client's body at hand, it is said what became of it."""
    one, other = (form(payload=payload_sha256(body.encode())) for body in (arrived, signed))
    found = explained(one, other, signed.encode())

    assert found.cause.code == "body-rewritten"
    assert found.cause.title.endswith(words)


def test_a_body_in_another_charset_is_recognised() -> None:
    """GBK where UTF-8 was signed, and the other way round."""
    text = '{"name":"张三"}'
    for arrived, signed in ((text.encode("gbk"), text.encode()), (text.encode(), text.encode("gbk"))):
        found = explained(form(payload=payload_sha256(arrived)), form(payload=payload_sha256(signed)), signed)
        assert found.cause.code == "body-rewritten"
        assert "gb18030" in found.cause.title


@pytest.mark.parametrize("message", CASES["refused"])
def test_an_answer_that_compares_no_signature_has_its_cause(message: str) -> None:
    """Nothing of the client's is needed for these."""
    found = explain(read_answer(message), None)

    assert (found.verdict, found.cause.code) == ("refused", CASES["refused"][message])


VECTORS = tomllib.loads(Path(__file__).with_name("signing_vectors.toml").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_every_refusal_of_our_own_verifier_is_understood(case: dict[str, str]) -> None:
    """Whatever it says, it is known what is meant."""
    answer = read_answer(case.get("app") or case["iam"])

    if isinstance(answer, Mismatch):
        assert answer.form is not None
    else:
        assert explain(answer, None).cause.code != "unexplained"


def test_an_unknown_key_is_named() -> None:
    """So that a typing error can be seen."""
    assert "abc" in explain(read_answer("app not found, appkey abc"), None).cause.title


@pytest.mark.parametrize("case", CASES["clock"].values(), ids=CASES["clock"])
def test_an_expired_signature_tells_who_is_ahead(case: list[str]) -> None:
    """A distance of whole half hours is that of a time zone."""
    signed_at, server_time, cause, words = case
    message = APP_WORDING.message(Refusal(Reason.EXPIRED, f"signature time:{signed_at},server time:{server_time}"))
    found = explain(read_answer(message), None)

    assert (found.verdict, found.cause.code) == ("clock", cause)
    assert words in found.cause.title


def test_only_the_secret_is_left_when_nothing_differs() -> None:
    """The canonical requests are the same."""
    found = explained(form(), form())

    assert (found.verdict, found.cause.code, found.differences) == ("same", "secret", ())


def test_every_difference_is_told_the_first_one_first() -> None:
    """Each with its line and the column it begins at."""
    found = explained(form(path="/a%20b/", query=""), form(path="/a+b/", query="", payload="x"))

    assert [(each.part, each.line, each.column) for each in found.differences] == [("path", 2, 2), ("body", 9, 0)]


def test_lines_that_were_left_out_are_missed() -> None:
    """An empty query has a line, and so has the end of the headers."""
    gateway = form(query="")
    lines = text_of(gateway).split("\n")
    without_query, without_blank = [*lines[:2], *lines[3:]], [line for line in lines if line] + []
    without_blank.insert(2, "")
    for wrong, cause in ((without_query, "query-line"), (without_blank, "blank-line")):
        client = read_form("\n".join(wrong))
        assert client is not None
        assert [each.cause.code for each in differences(gateway, client)] == [cause]


@pytest.mark.parametrize("divider", ["\n", "\r\n", "|", r"\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_lines_may_be_divided_as_they_come(divider: str, end: str) -> None:
    r"""By newlines of any kind, by `|` as the gateway does, by `\n` as logs do."""
    assert read_form(text_of(form(), divider) + end) == form()


def test_a_value_may_hold_what_divides_lines() -> None:
    """The names in the list say where a header begins."""
    odd = form(headers=["a:|1|2||", "a:3", "b:|", "c:"], signed="a;b;c")

    assert read_form(text_of(odd, "|")) == odd


@pytest.mark.parametrize("text", ["", "hello", "a|b", "1|2|3|4|5|6", "<html>\n\n\n\n\n\n</html>"])
def test_other_texts_are_no_canonical_request(text: str) -> None:
    """They are refused, not compared."""
    assert read_form(text) is None


def test_an_answer_may_come_in_any_wrapping() -> None:
    """JSON, with header fields before it, escaped, the bare message, the bare canonical request, an operator's."""
    canonical = text_of(form(headers=["a:1&2", "b:张"], signed="a;b"), "|")
    app = APP_WORDING.message(Refusal(Reason.MISMATCH, canonical))
    iam = IAM_WORDING.message(Refusal(Reason.MISMATCH, canonical))
    body = json.dumps({"error_code": "APIG.0303", "error_msg": app})
    for text in (
        body,
        "HTTP/1.1 401 Unauthorized\r\nServer: api-gateway\r\n\r\n" + body,
        body.replace("&", "\\u0026"),
        json.dumps({"error_msg": app}, ensure_ascii=False, indent=2),
        app,
        iam,
        canonical,
    ):
        answer = read_answer(text)
        assert isinstance(answer, Mismatch), text
        assert answer.form == form(headers=["a:1&2", "b:张"], signed="a;b"), text


def test_what_says_no_canonical_request_cannot_be_compared() -> None:
    """There is nothing to point at."""
    answer = read_answer("Incorrect IAM authentication information: verify aksk signature fail")

    assert answer == Mismatch(None)
    with pytest.raises(ValueError, match="to compare"):
        explain(answer, form())


def test_any_other_text_stays_what_it_is() -> None:
    """No cause is made up for it."""
    assert read_answer(" Backend unavailable ") == Other("Backend unavailable")


MESSAGE = Message(
    "POST", b"/v1/orders?b=2&a=1", [(b"Host", b"api.example.com"), (b"Content-Type", b"application/json")],
    payload_sha256(b"{}"),
)  # fmt: skip


def test_a_described_request_is_signed_by_the_rules() -> None:
    """What it does not say, here the date, is taken from the gateway's; what was not described is named."""
    gateway = form(
        headers=["content-type:application/json", "host:api.example.com", "user-agent:x", "x-sdk-date:d"],
        signed="content-type;host;user-agent;x-sdk-date",
    )
    described, unknown = form_of(MESSAGE, gateway)
    found = explain_described(gateway, described, b"{}", unknown)

    assert described == gateway
    assert (found.verdict, found.cause.code, found.not_compared) == ("same", "secret-or-signing", ("user-agent",))


def test_a_described_request_that_was_changed_on_the_way_is_told() -> None:
    """The Host that arrived is not the one that was asked for."""
    gateway = form(headers=["host:10.0.0.7", "x-sdk-date:d"], signed="host;x-sdk-date")
    described, unknown = form_of(MESSAGE, gateway)
    found = explain_described(gateway, described, b"{}", unknown)

    assert (found.verdict, found.cause.code) == ("differs", "host-rewritten")


def test_a_described_body_may_be_unsigned() -> None:
    """Then its digest does not matter."""
    headers = [*MESSAGE.headers, (b"X-Sdk-Content-Sha256", b"UNSIGNED-PAYLOAD"), (b"X-Sdk-Date", b"d")]
    message = Message("POST", b"/v1/orders", headers, "0" * 64)
    names = ["host", "x-sdk-content-sha256", "x-sdk-date"]
    gateway = read_form(canonical_request(message, names, "UNSIGNED-PAYLOAD").decode())
    assert gateway is not None

    assert form_of(message, gateway) == (gateway, ())


def test_every_cause_has_sentences_without_gaps() -> None:
    """No place is left open in a sentence that somebody reads."""
    for part in ("method", "path", "query", "payload"):
        for row in rows(part):
            _, gateway, client = row.values
            _assert_whole(explained(form(**{part: gateway}), form(**{part: client})).cause)
    for message in CASES["refused"]:
        _assert_whole(explain(read_answer(message), None).cause)


def _assert_whole(cause: Cause) -> None:
    for text in (cause.title, cause.why, cause.fix):
        assert text.strip()
        assert not any(f"{{{place}}}" in text for place in ("name", "gateway", "client", "added", "lost", "form"))
