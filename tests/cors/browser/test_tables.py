"""Single rules: the CORS check, the preflight's answer, safe headers, the preflight cache; each is a table."""

from functools import partial
from typing import Any

import msgspec
import pytest

from crossgate.cors.browser import (
    PROFILES,
    Browser,
    FetchCall,
    HttpRequest,
    HttpResponse,
    Page,
    ProfileName,
    Story,
    fetch,
)
from crossgate.cors.browser.profiles import NAMES
from crossgate.cors.browser.safelist import unsafe_names
from tests.cors.browser.story_rows import cases

PAGE = Page("https://a.example")
URL = "https://b.example/x"
CHECKS, SAFELIST, CACHE = cases("checks.toml"), cases("safelist.toml"), cases("cache.toml")


def name(case: dict[str, Any]) -> str:
    """A case's name."""
    return f"{case['rule']}-{case['why'][:50]}"


def fields(case: dict[str, Any], **names: list[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Response fields from a case: each name with its values in the case, or those given."""
    return tuple(
        (f"Access-Control-Allow-{key.title()}".encode(), value.encode("latin-1"))
        for key, default in names.items()
        for value in case.get(key if key in ("origin", "credentials") else f"allow_{key}", default)
    )


def checked(case: dict[str, Any], profile: ProfileName) -> Story:
    """The story in which the case's response is the one that is checked."""
    grants = fields(case, origin=["https://a.example"], credentials=["true"])
    lists = fields(case, methods=["PUT"], headers=["x-a"])
    status = case.get("preflight")
    call = FetchCall(
        url=URL,
        method=case.get("method", "GET" if status is None else "PUT"),
        headers=tuple(map(tuple, case.get("headers", [] if status is None else [["x-a", "1"]]))),
        credentials="include" if case.get("include", True) else "omit",
    )
    granted = HttpResponse(
        200,
        ((b"Access-Control-Allow-Origin", PAGE.origin.encode()), (b"Access-Control-Allow-Credentials", b"true")),
    )

    def answer(request: HttpRequest) -> HttpResponse:
        if status is None:
            return HttpResponse(200, grants)
        return HttpResponse(status, grants + lists) if request.purpose == "preflight" else granted

    return fetch(PAGE, call, answer, Browser(profile=profile))


@pytest.mark.parametrize("case", CHECKS, ids=name)
def test_a_check_comes_to_what_the_row_says(case: dict[str, Any]) -> None:
    """Under every profile, and with the last step saying the same."""
    for profile in NAMES:
        story = checked(case, profile)
        expected = case.get("by", {}).get(profile, case.get("code", ""))
        assert (story.failure.code if story.failure else "") == expected, profile
        assert (story.steps[-1].passed is False) == bool(expected), profile


@pytest.mark.parametrize("case", [case for case in CHECKS if "console" in case], ids=name)
def test_each_browser_says_it_in_its_own_words(case: dict[str, Any]) -> None:
    """Whichever profile fails, the other browsers' lines stand beside its own."""
    for profile in NAMES:
        failure = checked(case, profile).failure
        for browser, text in case["console"].items():
            if failure is not None:
                line = failure.console.get(browser, ("",))[0]
                assert line.endswith(text), (profile, line)
                assert bool(text) == bool(line)


@pytest.mark.parametrize("case", SAFELIST, ids=name)
def test_headers_are_safe_byte_by_byte(case: dict[str, Any]) -> None:
    """Which names need a preflight under which profile."""
    for profile in NAMES:
        assert unsafe(case, profile) == case.get("by", {}).get(profile, case["unsafe"]), profile


def unsafe(case: dict[str, Any], profile: ProfileName) -> list[str]:
    """The names of a case that need a preflight."""
    headers = tuple((field.encode(), value_of(value).encode("latin-1")) for field, value in case["headers"])
    return [name.decode() for name in unsafe_names(headers, PROFILES[profile])]


def value_of(value: str | dict[str, Any]) -> str:
    """A header value, written out or repeated."""
    if isinstance(value, str):
        return value
    return str(value.get("before", "")) + str(value["repeat"]) * int(value["times"])


@pytest.mark.parametrize("case", CACHE, ids=name)
def test_preflights_are_remembered_as_the_row_says(case: dict[str, Any]) -> None:
    """Request after request with the browser that the last one left behind."""
    expected = [list(NAMES), *(asking for _, _, asking in case["again"])]
    for profile in NAMES:
        asked = [
            any(each.request.purpose == "preflight" for each in story.exchanges)
            for story in remembered(case, profile)
        ]
        if "stream" in str(case) and not PROFILES[profile].uploads_streams:
            assert not any(asked), profile
        else:
            assert asked == [profile in asking for asking in expected], profile


def remembered(case: dict[str, Any], profile: ProfileName) -> list[Story]:
    """The stories of a case, one request after the other."""
    page = Page(case.get("page", PAGE.origin))
    first = {"url": URL.ljust(case.get("length", 0), "x"), **case.get("first", {"method": "PUT"})}
    browser = Browser(profile=profile)
    stories: list[Story] = []
    others = [(0, {"url": f"{URL}?{number}"}) for number in range(case.get("others", 0))]
    for now, keys in [(0, {}), *others, *((now, keys) for now, keys, _ in case["again"])]:
        age = case["age"] if not stories else case.get("age_after", case["age"])
        call = msgspec.convert({**first, **keys}, FetchCall)
        before = msgspec.structs.replace(browser, now=float(now))
        story = fetch(page, call, partial(_remembered_answer, case, page, age), before)
        stories += [story] if (now, keys) not in others else []
        browser = story.browser
    return stories


def _remembered_answer(case: dict[str, Any], page: Page, age: list[str], request: HttpRequest) -> HttpResponse:
    allowed = [
        ("Methods", case.get("methods", "PUT")),
        ("Headers", case.get("headers", "x-a")),
        ("Origin", page.origin),
        ("Credentials", "true"),
    ]
    grants = tuple((f"Access-Control-Allow-{key}".encode(), text.encode()) for key, text in allowed if text)
    if request.purpose == "preflight":
        fields = [*(("Access-Control-Max-Age", value) for value in age), *case.get("fields", [])]
        return HttpResponse(204, grants + tuple((name.encode(), value.encode()) for name, value in fields))
    return HttpResponse(200, () if request.method.decode() in case.get("refuse", ()) else grants)
