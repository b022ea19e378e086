"""The comparison can fail: each thing that is compared is reported when the prediction of it is wrong."""

from typing import Any

import msgspec
import pytest

from crossgate.cors.browser import ElementLoad, FetchCall, Story, XhrCall
from tests.browser.cases import Answer, Case, PageKind, Place
from tests.browser.cases import Call as Asked
from tests.browser.compare import Call, Observation, compare
from tests.browser.driver import Line
from tests.browser.prediction import predict
from tests.browser.server import Request
from tests.browser.world import World

WORLD = World(port=8001, other=8002, tls=8443, refused=8009)
PAGE = PageKind(WORLD.origins["home"])
URL = WORLD.origins["site"] + "/c/1/0"
GRANT = (
    ("Access-Control-Allow-Origin", "{origin}"),
    ("Access-Control-Allow-Methods", "PUT"),
    ("Access-Control-Expose-Headers", "X-One"),
)
BLOCKED = (
    f"Access to fetch at '{URL}' from origin '{PAGE.origin}' has been blocked by CORS policy: "
    "No 'Access-Control-Allow-Origin' header is present on the requested resource."
)


def told(ask: FetchCall | XhrCall | ElementLoad, *, granted: bool) -> tuple[Case, list[Story]]:
    """A case with one call, and what the engine says of it."""
    fields = (*(GRANT if granted else ()), ("X-One", "1"), ("Content-Length", "2"))
    place = Place((Answer(204, GRANT),), (Answer(200, fields, "text"),))
    case = Case(1, PAGE, (Asked(ask),), {"/c/1/0": place})
    return case, predict(case, WORLD, "chromium")


def as_predicted(stories: list[Story]) -> tuple[Request, ...]:
    """The requests, had the browser sent exactly what was predicted."""
    sent = [each.request for story in stories for each in story.exchanges]
    return tuple(
        Request(
            each.method.decode(),
            each.url,
            (*each.headers, (b"Cookie", b"mark=1")) if each.sends_credentials else each.headers,
        )
        for each in sent
    )


READ = Call(
    seen={
        "type": "cors",
        "status": 200,
        "url": URL,
        "redirected": False,
        "body": True,
        "headers": [["content-length", "2"], ["x-one", "1"]],
    },
    timing=False,
)
PUT = FetchCall(url=URL, method="PUT", credentials="omit")


def differences(story: list[Story], case: Case, observed: Observation) -> list[str]:
    """What is reported."""
    return [each.what for each in compare(case, story, observed, WORLD, "chromium")]


def test_what_comes_true_is_not_reported() -> None:
    """A browser that does as predicted gives no mismatch."""
    case, stories = told(PUT, granted=True)
    assert differences(stories, case, Observation((READ,), as_predicted(stories), ())) == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("type", "basic"),
        ("status", 201),
        ("url", "http://localhost:8001/"),
        ("redirected", True),
        ("body", False),
        ("headers", [["content-length", "2"]]),
        ("headers", [["content-length", "2"], ["x-one", "2"]]),
    ],
)
def test_a_response_that_differs_is_reported(name: str, wrong: object) -> None:
    """Whatever the script saw otherwise."""
    case, stories = told(PUT, granted=True)
    assert READ.seen is not None
    seen: dict[str, Any] = {**READ.seen, name: wrong}
    call = msgspec.structs.replace(READ, seen=seen)
    assert differences(stories, case, Observation((call,), as_predicted(stories), ())) == [f"{name} of call 0"]


def test_a_timing_that_differs_is_reported() -> None:
    """What Resource Timing shows."""
    case, stories = told(PUT, granted=True)
    call = msgspec.structs.replace(READ, timing=True)
    assert differences(stories, case, Observation((call,), as_predicted(stories), ())) == ["timing of call 0"]


def test_a_request_too_few_is_reported() -> None:
    """The server did not see the preflight."""
    case, stories = told(PUT, granted=True)
    came = as_predicted(stories)[1:]
    assert "requests" in differences(stories, case, Observation((READ,), came, ()))


def test_fields_of_a_preflight_in_another_order_are_reported() -> None:
    """Of a preflight the order counts, too."""
    case, stories = told(PUT, granted=True)
    preflight, actual = as_predicted(stories)
    turned = msgspec.structs.replace(preflight, fields=preflight.fields[::-1])
    found = differences(stories, case, Observation((READ,), (turned, actual), ()))
    assert found == ["fields of request 0 (OPTIONS)"]


@pytest.mark.parametrize("field", [(b"Origin", b"null"), (b"X-New", b"1")])
def test_a_field_that_differs_is_reported(field: tuple[bytes, bytes]) -> None:
    """A second Origin, or a field that nobody predicted."""
    case, stories = told(PUT, granted=True)
    preflight, actual = as_predicted(stories)
    more = msgspec.structs.replace(actual, fields=(*actual.fields, field))
    found = differences(stories, case, Observation((READ,), (preflight, more), ()))
    assert found == ["fields of request 1 (PUT)"]


def test_a_cookie_that_came_along_is_reported() -> None:
    """Without credentials none may come."""
    case, stories = told(PUT, granted=True)
    preflight, actual = as_predicted(stories)
    more = msgspec.structs.replace(actual, fields=(*actual.fields, (b"Cookie", b"mark=1")))
    assert differences(stories, case, Observation((READ,), (preflight, more), ())) == ["cookies of request 1"]


def test_a_response_instead_of_a_failure_is_reported() -> None:
    """The script read what should have been kept from it, and the console is silent."""
    case, stories = told(FetchCall(url=URL, credentials="omit"), granted=False)
    found = differences(stories, case, Observation((READ,), as_predicted(stories), ()))
    assert found == ["error of call 0", "console"]


def test_one_letter_of_the_console_is_reported() -> None:
    """The console is compared letter for letter."""
    case, stories = told(FetchCall(url=URL, credentials="omit"), granted=False)
    failed = Call(error="TypeError: Failed to fetch")
    lines = (Line(BLOCKED), Line("Failed to load resource: net::ERR_FAILED"))
    right = Observation((failed,), as_predicted(stories), lines)
    wrong = Observation((failed,), as_predicted(stories), (Line(BLOCKED[:-1]), lines[1]))
    assert differences(stories, case, right) == []
    assert differences(stories, case, wrong) == ["console"]


def test_another_event_is_reported() -> None:
    """An element that loads what it should not."""
    case, stories = told(ElementLoad(initiator="script", url=URL, crossorigin="anonymous"), granted=False)
    found = differences(stories, case, Observation((Call(loaded=True),), as_predicted(stories), ()))
    assert "event of call 0" in found


def test_an_error_of_another_status_is_reported() -> None:
    """XMLHttpRequest has an error event and no status."""
    case, stories = told(XhrCall(url=URL), granted=False)
    call = Call(error="error event, status 200")
    assert "error of call 0" in differences(stories, case, Observation((call,), as_predicted(stories), ()))
