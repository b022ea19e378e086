"""What the middleware refuses, warns of, passes on untouched and logs."""

import logging
from typing import Any

import msgspec
import pytest

from crossgate.asgi import CORSMiddleware, PolicyFields, PolicyRefusedError, PolicyWarning
from crossgate.cors.policy import CorsPolicy
from tests.asgi.asking import answer, ask, messages, messages_until_failure, scope, values

PAGE = "https://app.example"


def sending(*messages: dict[str, Any]) -> Any:
    """An application that sends these messages whatever it is asked."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return application


def starting(*headers: Any, status: int = 200) -> dict[str, Any]:
    """The message that begins a response."""
    return {"type": "http.response.start", "status": status, "headers": headers}


BODY = {"type": "http.response.body", "body": b"ok"}
OK = sending(starting(), BODY)


def test_one_exception_names_everything_that_is_wrong() -> None:
    """Places, reasons and fixes, all at once."""
    with pytest.raises(PolicyRefusedError) as refused:
        CORSMiddleware(OK, origins=["https://app.example/", "*"], credentials=True, methods=["put"], max_age=-1)

    assert [(finding.code, finding.at) for finding in refused.value.findings] == [
        ("cors.origin-not-canonical", "origins[0]"),
        ("cors.any-origin-with-credentials", "origins[1]"),
        ("cors.method-not-upper-case", "methods[0]"),
        ("cors.max-age-out-of-range", "max_age"),
    ]
    assert isinstance(refused.value, ValueError)
    for finding in refused.value.findings:
        assert f"\n  {finding.at}: {finding.message}; {finding.fix} ({finding.code})" in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "code", "fix"),
    [
        ({"origins": PAGE}, "cors.wrong-type", 'write `origins=["…"]`'),
        ({"origins": [PAGE], "methods": "PUT"}, "cors.wrong-type", 'write `methods=["…"]`'),
        ({"origins": [b"x"]}, "cors.wrong-type", 'write `origins=["…"]`'),
        ({"origins": [PAGE], "credentials": "yes"}, "cors.wrong-type", "write True or False"),
        ({"origins": [PAGE], "max_age": True}, "cors.wrong-type", "write whole seconds"),
        ({"origins": [PAGE], "preflight_status": "204"}, "cors.wrong-type", "write 204"),
        ({"origins": [PAGE], "backend_headers": "both"}, "cors.unknown-value", "`strip-foreign`"),
        ({"origins": [PAGE], "backend_headers": []}, "cors.unknown-value", "`strip-foreign`"),
        ({"origins": [PAGE], "allow_methods": ["PUT"]}, "cors.unknown-key", "write `methods`"),
        ({"origins": [PAGE], "allow_origin_regex": ".*"}, "cors.unknown-key", "write `origins`"),
        ({"origins": [PAGE], "cache": 1}, "cors.unknown-key", "the fields are origins, credentials"),
        ({}, "cors.no-origins", "list origins"),
    ],
)
def test_a_field_that_means_nothing_is_refused(fields: dict[str, Any], code: str, fix: str) -> None:
    """Each says what to write instead."""
    with pytest.raises(PolicyRefusedError) as refused:
        CORSMiddleware(OK, **fields)

    (finding,) = refused.value.findings
    assert finding.code == code
    assert finding.fix.startswith(fix) or fix in finding.fix


def test_what_cannot_be_read_does_not_hide_the_rest() -> None:
    """A field of the wrong type and a bad origin are found together."""
    with pytest.raises(PolicyRefusedError) as refused:
        CORSMiddleware(OK, origins=["app.example"], credentials=1)  # type: ignore[arg-type]

    assert [finding.at for finding in refused.value.findings] == ["credentials", "origins[0]"]


def test_every_field_of_a_policy_is_a_keyword() -> None:
    """A field that is added to policies is one here, too."""
    assert set(PolicyFields.__annotations__) == set(CorsPolicy.__struct_fields__)
    assert CORSMiddleware(OK, **msgspec.structs.asdict(CorsPolicy(origins=(PAGE,))))


def test_debugging_tells_why_a_preflight_is_refused() -> None:
    """In a header, whose name is in lower case like all of ours."""
    refused = ask(
        CORSMiddleware(OK, origins=[PAGE], debug=True), "OPTIONS", origin=PAGE, access_control_request_method="PUT"
    )

    assert [name for name, _ in refused.fields] == ["vary", "x-crossgate-cors", "content-length"]


def test_a_policy_and_its_fields_exclude_each_other() -> None:
    """Which of the two would count?"""
    with pytest.raises(TypeError, match="not both"):
        CORSMiddleware(OK, CorsPolicy(origins=(PAGE,)), credentials=True)


def test_what_is_unwise_is_used_and_warned_of() -> None:
    """The warning names the finding, and the place that wrote the policy."""
    with pytest.warns(PolicyWarning, match="`null` is the origin of every sandboxed frame") as warned:
        middleware = CORSMiddleware(OK, origins=["null"])

    assert [each.filename for each in warned] == [__file__]
    assert values(ask(middleware, origin="null"), "access-control-allow-origin") == ["null"]


def test_lists_may_be_any_iterable() -> None:
    """A tuple, a set, a generator."""
    middleware = CORSMiddleware(
        OK, origins={PAGE}, methods=("PUT",), headers=(name for name in ("x-a",)), max_age=None
    )

    preflight = ask(
        middleware,
        "OPTIONS",
        origin=PAGE,
        access_control_request_method="PUT",
        access_control_request_headers="x-a",
    )
    assert (preflight.status, values(preflight, "access-control-max-age")) == (204, [])


@pytest.mark.parametrize("kind", ["websocket", "lifespan", "something-new"])
def test_what_is_not_http_passes(kind: str) -> None:
    """Neither the messages nor the scope are touched."""
    seen = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, send))

    asked = {"type": kind, "headers": [(b"origin", b"https://evil.example")]}
    messages(CORSMiddleware(application, origins=[PAGE], reject_foreign=True), asked)

    assert seen[0][0] is asked
    assert seen[0][1].__name__ == "send"


def test_options_of_the_server_itself_passes() -> None:
    """`OPTIONS *` is no preflight of anything."""
    middleware = CORSMiddleware(OK, origins=[PAGE])
    asked = ask(middleware, "OPTIONS", "*", origin=PAGE, access_control_request_method="PUT")

    assert (asked.status, asked.fields) == (200, [])


def test_every_other_message_passes_as_it_is() -> None:
    """Interim responses, files, trailers and pushes are the very objects that the application sent."""
    interim, final = starting((b"link", b"</a>"), status=103), starting()
    others: list[dict[str, Any]] = [
        {"type": "http.response.early_hint", "links": []},
        {"type": "http.response.push", "path": "/a", "headers": []},
        {"type": "http.response.pathsend", "path": "/a"},
        {"type": "http.response.zerocopysend", "file": 0},
        {"type": "http.response.trailers", "headers": [(b"vary", b"a")], "more_trailers": False},
    ]
    sent = messages(
        CORSMiddleware(sending(interim, final, *others), origins=[PAGE]),
        scope(headers=[(b"origin", PAGE.encode())]),
    )

    assert sent[0] is interim
    assert (b"access-control-allow-origin", PAGE.encode()) in sent[1]["headers"]
    assert all(one is other for one, other in zip(sent[2:], others, strict=True))
    assert final["headers"] == ()


@pytest.mark.parametrize(
    "headers",
    [
        [(b"X-Total", b"3"), (b"VARY", b"accept"), (b"Access-Control-Allow-ORIGIN", b"*")],
        ([b"X-Total", b"3"], [b"VARY", b"accept"], [b"Access-Control-Allow-ORIGIN", b"*"]),
        iter([iter([b"X-Total", b"3"]), iter([b"VARY", b"accept"]), iter([b"Access-Control-Allow-ORIGIN", b"*"])]),
    ],
    ids=["list", "tuple", "iterator"],
)
def test_headers_may_be_any_iterable_in_any_case(headers: Any) -> None:
    """Ours are in lower case, as ASGI has it, and there is one of each."""
    start = starting() | {"headers": headers}
    sent = messages(
        CORSMiddleware(sending(start, BODY), origins=[PAGE]), scope(headers=[(b"origin", PAGE.encode())])
    )

    assert sent[0]["headers"] == [
        (b"X-Total", b"3"),
        (b"access-control-allow-origin", PAGE.encode()),
        (b"vary", b"accept, Origin"),
    ]


def test_a_response_may_have_no_headers() -> None:
    """The key may be missing altogether."""
    sent = messages(
        CORSMiddleware(sending({"type": "http.response.start", "status": 204}, BODY), origins=["*"]), scope()
    )

    assert sent[0]["headers"] == [(b"access-control-allow-origin", b"*")]


def test_the_application_sees_its_mount_point() -> None:
    """The scope is the server's own: root_path, state and what a framework has put there."""
    seen = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await OK(scope, receive, send)

    asked = scope(path="/api/x", root_path="/api")
    messages(CORSMiddleware(application, origins=[PAGE]), asked)

    assert seen == [asked]
    assert seen[0] is asked


class BrokenError(Exception):
    """The application failed."""


def breaking(*first: dict[str, Any]) -> Any:
    """An application that sends `first` and fails."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for message in first:
            await send(message)
        raise BrokenError

    return application


@pytest.mark.parametrize(
    ("first", "origin", "statuses"),
    [
        ((), PAGE, [500]),
        ((starting(status=103),), PAGE, [103, 500]),
        ((starting(),), PAGE, [200]),
        ((), "https://evil.example", []),
        ((), None, []),
    ],
    ids=["before the response", "behind an interim one", "behind its head", "a foreign page", "no page"],
)
def test_a_failure_is_answered_where_a_page_may_read_it(
    first: tuple[dict[str, Any], ...], origin: str | None, statuses: list[int]
) -> None:
    """It is raised again in any case, for whoever logs it; without a page the answer is left to others."""
    headers = [(b"origin", origin.encode())] if origin else []
    sent, error = messages_until_failure(CORSMiddleware(breaking(*first), origins=[PAGE]), scope(headers=headers))

    assert isinstance(error, BrokenError)
    assert [message["status"] for message in sent if "status" in message] == statuses
    if statuses[-1:] == [500]:
        seen = answer(sent[-2:], reached=False)
        assert values(seen, "access-control-allow-origin") == [PAGE]
        assert seen.body == "Internal Server Error"


def test_a_client_that_is_gone_does_not_hide_the_failure() -> None:
    """What cannot be sent any more is not what went wrong."""
    asked = scope(headers=[(b"origin", PAGE.encode())])

    async def send(message: Any) -> None:
        raise OSError("gone")

    async def through_a_closed_socket(scope: Any, receive: Any, _: Any) -> None:
        await CORSMiddleware(breaking(), origins=[PAGE])(scope, receive, send)

    _, error = messages_until_failure(through_a_closed_socket, asked)
    assert isinstance(error, BrokenError)


def test_a_rejected_origin_reaches_nothing() -> None:
    """403, before the application is asked."""
    middleware = CORSMiddleware(breaking(), origins=[PAGE], reject_foreign=True)
    refused = ask(middleware, origin="https://evil.example")

    assert (refused.status, refused.body, values(refused, "vary")) == (403, "Forbidden", ["Origin"])


def test_why_is_in_the_log_and_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """The reason code, and the origin as a literal, not longer than any origin."""
    middleware = CORSMiddleware(OK, origins=[PAGE], reject_foreign=True)
    evil = "https://evil.example\nforged" + "x" * 1000
    with caplog.at_level(logging.INFO, logger="crossgate.asgi"):
        ask(middleware, "OPTIONS", origin=PAGE, access_control_request_method="PUT")
        ask(middleware, origin=evil)

    first, second = (record.getMessage() for record in caplog.records)
    assert first == f"preflight from b'{PAGE}' refused: method-not-allowed"
    assert second.startswith("request from b'https://evil.example\\nforgedxxx")
    assert second.endswith("' refused: origin-too-long")
    assert len(second) < 400
