"""What is read out of HAR files: faithful ones of Chromium and Firefox, and malformed ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from crossgate.cors.browser import ElementLoad, FetchCall, XhrCall
from crossgate.cors.browser.profiles import BROWSERS
from crossgate.cors.explain import Call, Entry, Explanation, calls, explain_call, read_har, tell
from crossgate.cors.finding import Finding

HARS = Path(__file__).with_name("hars")


def entries_of(text: str) -> list[Entry]:
    """The entries of a HAR that can be read."""
    found = read_har(text)
    entries = [entry for entry in found if isinstance(entry, Entry)]
    assert len(entries) == len(found), found
    return entries


def recorded(name: str) -> dict[str, tuple[Call, Explanation]]:
    """What a file holds, by URL."""
    found, left = calls(entries_of((HARS / name).read_text("utf-8")))
    assert left == []
    return {call.ask.url: (call, explain_call(call, BROWSERS)) for call in found}


def har(*entries: dict[str, Any], pages: object = ()) -> str:
    """A HAR of these entries."""
    return json.dumps({"log": {"version": "1.2", "pages": pages, "entries": entries}})


def entry(url: str, *fields: str, status: int = 200, **more: Any) -> dict[str, Any]:
    """An entry with request headers; `more` are members of the entry."""
    headers = [dict(zip(("name", "value"), field.split(": ", 1), strict=True)) for field in fields]
    return {
        "request": {"method": "GET", "url": url, "headers": headers},
        "response": {"status": status, "headers": []},
        **more,
    }


def told(explanation: Explanation) -> str:
    """What people read."""
    return "\n".join(str(line) for line in tell(explanation))


@pytest.fixture(scope="module")
def chromium() -> dict[str, tuple[Call, Explanation]]:
    """The recording of Chromium's developer tools."""
    return recorded("chromium.har")


@pytest.fixture(scope="module")
def firefox() -> dict[str, tuple[Call, Explanation]]:
    """The recording of Firefox."""
    return recorded("firefox.har")


def test_every_request_across_origins_gets_its_verdict(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """The page's own files, data: URLs and WebSockets are none of them."""
    verdicts = {url.partition("://")[2]: explanation.verdict for url, (_, explanation) in chromium.items()}

    assert verdicts == {
        "api.example/open": "readable",
        "api.example/orders/1": "readable",
        "api.example/orders/2": "blocked",
        "api.example/private": "hidden",
        "api.example/me": "blocked",
        "api.example/twice": "blocked",
        "api.example/old": "readable",
        "cdn.example/a.png": "loads",
        "cdn.example/f.woff2": "blocked",
        "down.example/": "unreachable",
        "api.example/stopped": "readable",
        "api.example/upload": "readable",
        "api.example/orders/3": "readable",
        "log.example/beacon": "loads",
    }


def test_the_scripts_headers_are_told_from_the_browsers(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """The preflight says which headers are the script's; values of secret ones are not shown."""
    call, explanation = chromium["https://api.example/orders/1"]

    assert isinstance(call.ask, FetchCall)
    assert [name for name, _ in call.ask.headers] == ["content-type", "x-id", "authorization"]
    assert [exchange.request.method for exchange in explanation.story.exchanges] == [b"OPTIONS", b"PUT"]
    assert explanation.story.exchanges[0].request.get(b"Access-Control-Request-Headers") == (
        b"authorization,content-type,x-id"
    )
    assert "s3cret" not in told(explanation)


def test_a_refused_preflight_is_found_beside_its_request(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """The blocked request has no answer of its own; the preflight's says why."""
    call, explanation = chromium["https://api.example/orders/2"]

    assert isinstance(call.ask, XhrCall)
    assert explanation.story.failure is not None
    assert explanation.story.failure.code == "origin-missing"
    assert "no handler for OPTIONS" in explanation.hints[0]


def test_what_the_recording_hides_is_said(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """There is a command that asks again, and no guess."""
    _, explanation = chromium["https://api.example/private"]

    assert explanation.notes[1] == (
        "crossgate cors explain https://api.example/private --from https://app.example"
    )
    assert "FAILED in the recording, which does not say why" in told(explanation)
    assert "In the console" not in told(explanation)
    assert told(explanation).endswith("  " + explanation.notes[1])


def test_credentials_are_concluded_from_the_failure(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """Cookies are left out of recordings; a failure that only they account for gives them away."""
    _, explanation = chromium["https://api.example/me"]

    assert explanation.story.failure is not None
    assert explanation.story.failure.code == "origin-wildcard-with-credentials"
    assert "taken as one" in explanation.notes[-1]


def test_joined_fields_are_taken_apart(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """Chromium joins fields of one name with a line break."""
    _, explanation = chromium["https://api.example/twice"]

    assert explanation.hints == (
        "The header is there 2 times: an application and a proxy each add it; let one do it.",
    )


def test_redirects_are_one_call(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """The second entry is the first one's redirect, and comes from null."""
    call, explanation = chromium["https://api.example/old"]

    assert [hop.at for hop in call.hops] == ["log.entries[10]", "log.entries[11]"]
    assert explanation.story.exchanges[1].request.get(b"Origin") == b"null"


def test_elements_ask_as_elements(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """By Sec-Fetch-Dest and by the exporter's type."""
    asks = {url: call.ask for url, (call, _) in chromium.items()}

    assert asks["https://cdn.example/a.png"] == ElementLoad(initiator="img", url="https://cdn.example/a.png")
    font = asks["https://cdn.example/f.woff2"]
    beacon = asks["https://log.example/beacon"]
    assert isinstance(font, ElementLoad)
    assert isinstance(beacon, ElementLoad)
    assert font.initiator == "font-face"
    assert beacon.initiator == "beacon"
    assert beacon.body is not None
    assert beacon.body.type == "text/plain"


def test_a_preflight_without_a_cause_is_the_upload_listeners(
    chromium: dict[str, tuple[Call, Explanation]],
) -> None:
    """Neither method nor headers needed permission; the recorded cookie says that credentials went along."""
    call, _ = chromium["https://api.example/upload"]

    assert isinstance(call.ask, XhrCall)
    assert call.ask.upload_listeners
    assert call.ask.with_credentials


def test_a_request_without_its_preflight_had_permission(chromium: dict[str, tuple[Call, Explanation]]) -> None:
    """It was sent and answered, so the browser had asked before."""
    _, explanation = chromium["https://api.example/orders/3"]

    assert "The recording has no preflight for it" in explanation.notes[0]
    assert "No preflight: An earlier preflight allowed all of it." in told(explanation)


def test_failures_that_are_not_of_cors_are_left_to_their_cause(
    chromium: dict[str, tuple[Call, Explanation]],
) -> None:
    """A refused connection is told as one, and what an extension stopped is not explained away."""
    assert "net::ERR_CONNECTION_REFUSED" in told(chromium["https://down.example/"][1])
    assert "net::ERR_BLOCKED_BY_CLIENT" in chromium["https://api.example/stopped"][1].notes[0]


def test_firefox_is_read_without_types(firefox: dict[str, tuple[Call, Explanation]]) -> None:
    """Its recordings have Sec-Fetch-Mode, or over http the Origin field, to go by."""
    verdicts = {url.partition("://")[2]: explanation.verdict for url, (_, explanation) in firefox.items()}

    assert verdicts == {
        "api.example/orders": "blocked",
        "api.example/open": "blocked",
        "api.example/form": "hidden",
        "cdn.example/s.css": "loads",
        "plain.example/a.gif": "blocked",
        "api.example/own": "blocked",
        "api.example/sandbox": "readable",
        "api.example/cookies": "blocked",
    }
    orders, form = firefox["https://api.example/orders"][0], firefox["https://api.example/form"]
    assert isinstance(orders.ask, FetchCall)
    assert (orders.ask.method, [name for name, _ in orders.ask.headers]) == ("PUT", ["content-type", "x-id"])
    assert "-H 'Content-Type: application/x-www-form-urlencoded'" in form[1].notes[1]
    assert firefox["https://api.example/sandbox"][0].page.origin == "null"
    cookies = firefox["https://api.example/cookies"]
    assert isinstance(cookies[0].ask, FetchCall)
    assert cookies[0].ask.credentials == "include"
    assert "s3cret" not in "".join(told(explanation) for _, explanation in firefox.values())


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", "$"),
        ("[" * 100_000, "$"),
        ("[]", "log.entries"),
        ('{"log": 1}', "log.entries"),
        ('{"log": {"entries": {}}}', "log.entries"),
        (har({"request": {}}), "log.entries[0].request"),
        (har({"request": {"method": "GET", "url": 1}}), "log.entries[0].request.url"),
        (har(entry("https://a.example/"), {}), "log.entries[1]"),
    ],
    ids=["nothing", "too deep", "no object", "no log", "no entries", "no method", "no text", "no request"],
)
def test_a_malformed_har_is_refused_at_its_place(text: str, at: str) -> None:
    """The finding names the place, and says how to get a good one."""
    (finding,) = read_har(text)

    assert isinstance(finding, Finding)
    assert finding.at == at
    assert "Save all as HAR" in finding.fix


def test_every_malformed_entry_is_named() -> None:
    """All at once, so that one look is enough."""
    found = read_har(har({}, entry("https://a.example/"), {"request": 1}))

    assert [finding.at for finding in found if isinstance(finding, Finding)] == [
        "log.entries[0]",
        "log.entries[2].request",
    ]


@pytest.mark.parametrize(
    ("more", "fields", "pages", "origin"),
    [
        ({}, ["Origin: https://o.example", "Referer: https://r.example/"], [], "https://o.example"),
        ({}, ["Referer: https://r.example/"], [], "https://r.example"),
        ({"pageref": "p"}, [], [{"id": "p", "title": "https://p.example/x"}], "https://p.example"),
        (
            {"pageref": "p"},
            [],
            [{"id": "p", "title": "Shop", "_url": "https://u.example/"}, 7],
            "https://u.example",
        ),
        ({"_initiator": {"type": "parser", "url": "https://i.example/"}}, [], [], "https://i.example"),
        ({}, ["Origin: app-scheme://shop"], [], "app-scheme://shop"),
    ],
    ids=["Origin", "Referer", "title", "_url", "initiator", "an app's page"],
)
def test_the_page_is_found_by_the_surest_sign(
    more: dict[str, Any], fields: list[str], pages: list[object], origin: str
) -> None:
    """Origin, then Referer, then what the log says of its page, then who initiated it."""
    found, _ = calls(entries_of(har(entry("https://api.example/", *fields, **more), pages=pages)))

    assert [call.page.origin for call in found] == [origin]


def test_without_any_sign_the_first_document_is_the_page() -> None:
    """Recordings of one page seldom hold more than one."""
    document = entry("https://d.example/", "Sec-Fetch-Mode: navigate")
    found, left = calls(entries_of(har(document, entry("https://api.example/", _initiator={"type": "other"}))))

    assert ([call.page.origin for call in found], left) == (["https://d.example"], [])


@pytest.mark.parametrize("fields", [[], ["Origin: HTTPS://Shop"], ["Origin: :"]])
def test_a_request_of_nobody_is_left_out_by_name(fields: list[str]) -> None:
    """Whose request it was cannot be said, so neither can what the browser did."""
    found, left = calls(entries_of(har(entry("https://api.example/", *fields, "Sec-Fetch-Mode: cors"))))

    assert [each.at for each in left] == (["log.entries[0]"] if not found else [])


def test_a_preflight_of_nobody_is_left_out() -> None:
    """Without a page and without its request there is nothing to tell."""
    orphan = entry("https://api.example/", "Access-Control-Request-Method: PUT")
    orphan["request"]["method"] = "OPTIONS"

    assert calls(entries_of(har(orphan))) == ([], [])


def test_redirects_to_nowhere_end_the_call() -> None:
    """A Location that is no URL, or one that was never asked for, leads no further."""
    page = "Origin: https://o.example"
    lost = entry("https://api.example/a", page)
    lost["response"] = {"status": 302, "headers": [{"name": "Location", "value": "https://[/"}]}
    gone = entry("https://api.example/b", page)
    gone["response"] = {
        "status": 302,
        "headers": [{"name": "Access-Control-Allow-Origin", "value": "*"}],
        "redirectURL": "https://api.example/never",
    }
    found, _ = calls(entries_of(har(lost, gone, entry("https://api.example/c", page))))

    assert [len(call.hops) for call in found] == [1, 1, 1]
    assert explain_call(found[1], BROWSERS).verdict == "hidden"


def test_a_hidden_element_is_asked_for_again_as_one() -> None:
    """The command that asks again has no headers for it, because a page could set none."""
    image = entry("https://api.example/a.png", "Referer: https://o.example/", status=0, _resourceType="image")
    (call,), _ = calls(entries_of(har(image)))

    assert explain_call(call, BROWSERS).notes[1].endswith("--from https://o.example --as img")


def test_texts_beyond_latin_1_and_missing_answers_are_read() -> None:
    """Exporters write what they like; a header then counts by its UTF-8 bytes."""
    odd = entry("https://api.example/", "Origin: https://o.example", "X-Name: \u4e2d")
    odd["response"] = None
    (call,), _ = calls(entries_of("\ufeff" + har(odd)))

    assert isinstance(call.ask, FetchCall)
    assert call.ask.headers == (("X-Name", "\xe4\xb8\xad"),)
    assert explain_call(call, ["chromium"]).verdict == "hidden"


@pytest.mark.parametrize(
    ("fields", "kind", "answers", "verdict"),
    [
        (["Sec-Fetch-Mode: cors"], "xhr", "*", "blocked"),
        (["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: image"], "", "*", "blocked"),
        (["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"], "", "*", "loads"),
        (["Sec-Fetch-Mode: no-cors"], "fetch", "*", "opaque"),
    ],
    ids=["XMLHttpRequest", "an image with crossorigin", "an image without", "no-cors"],
)
def test_only_what_can_carry_credentials_is_taken_for_it(
    fields: list[str], kind: str, answers: str, verdict: str
) -> None:
    """Where credentials account for the failure they are assumed; an element without crossorigin has them."""
    failed = entry("https://api.example/", "Origin: https://o.example", *fields, _resourceType=kind)
    failed["response"] = {
        "status": 200,
        "headers": [{"name": "Access-Control-Allow-Origin", "value": answers}],
        "_error": "net::ERR_FAILED",
    }
    (call,), _ = calls(entries_of(har(failed)))

    assert explain_call(call, BROWSERS).verdict == verdict


def test_a_preflight_is_not_taken_for_another_method() -> None:
    """Two methods on one URL have a preflight each."""
    page = "Origin: https://o.example"
    put, patch = entry("https://api.example/", page), entry("https://api.example/", page)
    put["request"]["method"], patch["request"]["method"] = "PUT", "PATCH"
    asks = entry("https://api.example/", page, "Access-Control-Request-Method: PATCH")
    asks["request"]["method"] = "OPTIONS"
    found, _ = calls(entries_of(har(put, patch, asks)))

    assert [(call.at, len(call.preflights)) for call in found] == [("log.entries[0]", 0), ("log.entries[1]", 1)]
