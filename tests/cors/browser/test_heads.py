"""What the browser itself puts on the wire and keeps, where it is more than a field or two."""

import msgspec
import pytest

from crossgate.cors.browser import (
    Browser,
    FetchCall,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    PreflightCache,
    ProfileName,
    Upload,
    fetch,
)
from crossgate.cors.browser.profiles import NAMES
from tests.cors.browser.story_rows import response

PAGE = Page("https://a.example")
URL = "https://b.example/x"
CALL = FetchCall(url=URL, method="PUT", headers=(("x-b", "1"), ("X-A", "1")))
HEADS: dict[ProfileName, list[str]] = {
    "standard": ["Referer", "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site"],
    "chromium": ["Origin", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Referer"],
    "firefox": ["Referer", "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Priority"],
    "webkit": ["Referer", "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site"],
}


def granted(_: HttpRequest) -> HttpResponse:
    """A server that allows everything for a minute."""
    return with_field(response(204, "any"), b"Access-Control-Max-Age", b"60")


def with_field(answer: HttpResponse, name: bytes, value: bytes) -> HttpResponse:
    """The response with one field more."""
    return msgspec.structs.replace(answer, headers=(*answer.headers, (name, value)))


@pytest.mark.parametrize("profile", NAMES)
def test_the_head_of_a_preflight(profile: ProfileName) -> None:
    """Every field with its value, in the order in which the browser sends them."""
    sent = fetch(PAGE, CALL, granted, Browser(profile=profile)).exchanges[0].request

    values = {
        "Host": "b.example",
        "Accept": "*/*",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-a,x-b",
        "Origin": "https://a.example",
        "Referer": "https://a.example/",
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Site": "cross-site",
        "Priority": "u=4",
    }
    order = [*list(values)[:4], *HEADS[profile]]
    assert sent.headers == tuple((name.encode(), values[name].encode()) for name in order)
    assert (sent.method, sent.body, sent.sends_credentials) == (b"OPTIONS", None, False)
    assert sent.sends_client_certificate == (profile == "chromium")


def test_a_story_says_what_was_added_and_removed() -> None:
    """What the page set is neither; what a redirect takes away is named."""
    call = FetchCall(url=URL, headers=(("Authorization", "t"),))

    def answer(request: HttpRequest) -> HttpResponse:
        redirects = request.url == URL and request.purpose == "actual"
        return (
            with_field(response(302, "any"), b"Location", b"https://c.example/") if redirects else granted(request)
        )

    exchanges = fetch(PAGE, call, answer, Browser(profile="webkit")).exchanges

    assert [exchange.request.purpose for exchange in exchanges] == ["preflight", "actual", "actual"]
    assert "Origin" in exchanges[1].added
    assert "Authorization" not in exchanges[1].added
    assert exchanges[2].removed == ("Authorization",)


@pytest.mark.parametrize("profile", NAMES)
def test_only_chromium_wants_http2_for_a_stream(profile: ProfileName) -> None:
    """Whoever sends it has to know."""
    call = FetchCall(url=URL, method="POST", body=Upload("stream"), duplex=True)
    sent = fetch(PAGE, call, granted, Browser(profile=profile)).exchanges[-1].request

    assert sent.needs_http2 == (profile == "chromium")


@pytest.mark.parametrize(("profile", "size"), [("chromium", 1024), ("firefox", 100)])
def test_the_preflight_cache_is_bounded(profile: ProfileName, size: int) -> None:
    """The entry that was used longest ago goes first."""
    (entry,) = fetch(PAGE, CALL, granted, Browser(profile=profile)).browser.cache.entries
    full = tuple(msgspec.structs.replace(entry, url=f"{URL}?{number}") for number in range(size))
    browser = Browser(profile=profile, cache=PreflightCache(full))
    browser = fetch(PAGE, FetchCall(url=f"{URL}?0", method="PUT"), granted, browser).browser
    browser = fetch(PAGE, FetchCall(url=f"{URL}?new", method="PUT"), granted, browser).browser

    urls = [entry.url for entry in browser.cache.entries]
    assert len(urls) == size
    assert f"{URL}?1" not in urls
    assert urls[-1] == f"{URL}?new"
    # Firefox asks again where it knows a `*` only, and remembers that as used just now.
    assert urls[-2] == f"{URL}?0"


def test_chromium_does_not_keep_long_urls() -> None:
    """From 1024 characters on it asks again each time."""
    kept = []
    for length in (1023, 1024):
        call = FetchCall(url=URL + "/" * (length - len(URL)), method="PUT")
        kept.append(len(fetch(PAGE, call, granted, Browser(profile="chromium")).browser.cache.entries))

    assert kept == [1, 0]


def test_chromium_warns_of_authorization_under_a_wildcard() -> None:
    """It lets the request pass, and says that it will not for ever."""
    call = FetchCall(url=URL, headers=(("Authorization", "t"),))
    story = fetch(PAGE, call, granted, Browser(profile="chromium"))

    assert story.is_allowed
    assert story.warnings["chromium"].startswith("Authorization will not be covered by the wildcard symbol (*)")


@pytest.mark.parametrize(
    "origin", ["https://A.example", "https://a.example/", "a.example", "https://a.example:443"]
)
def test_a_page_has_an_origin_as_browsers_write_it(origin: str) -> None:
    """Anything else is refused with a sentence that says what one looks like."""
    with pytest.raises(ValueError, match="scheme://host"):
        Page(origin)


@pytest.mark.parametrize("profile", NAMES)
def test_twenty_redirects_are_followed_and_no_more(profile: ProfileName) -> None:
    """A loop ends."""
    redirect = with_field(response(302, "any"), b"Location", b"/again")
    story = fetch(PAGE, FetchCall(url=URL), lambda _: redirect, Browser(profile=profile))

    assert len(story.exchanges) == 21
    assert story.failure is not None
    assert story.failure.code == "redirect-too-many"


@pytest.mark.parametrize("profile", NAMES)
def test_a_preflight_without_answer_is_forgotten_with_what_was_known(profile: ProfileName) -> None:
    """Those who keep one result gave it up when they asked; the others clear it with the failure."""
    browser = fetch(PAGE, CALL, lambda _: response(204, "with"), Browser(profile=profile)).browser
    more = msgspec.structs.replace(CALL, headers=(("x-c", "1"),))
    browser = fetch(PAGE, more, lambda _: NetworkError("reset"), browser).browser

    assert browser.cache.entries == ()
