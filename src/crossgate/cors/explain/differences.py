"""Where browsers part ways over one request: which lines of the table of differences show, and in which words."""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any, Final

import msgspec

from crossgate.cors.browser import DIFFERENCES, PROFILES, Ask, FetchCall, Page, ProfileName, Story, XhrCall
from crossgate.cors.browser.elements import element_request
from crossgate.cors.browser.fetch_call import fetch_request
from crossgate.cors.browser.front_end import Thrown
from crossgate.cors.browser.preflight import need
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.xhr import xhr_request


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table that shows here: what it means, its value for each browser, and who says so."""

    name: str
    meaning: str
    values: dict[str, Any]
    source: str


MEANINGS: Final = {
    "safelists_client_hints": "Chromium sends client hints such as Save-Data without asking; the others ask.",
    "combines_request_headers": "Headers set twice are judged as one long value by Chromium and Safari, and one "
    "by one by Firefox.",
    "limits_total_of_safelisted": "More than 1024 bytes of headers that are free one by one need permission by "
    "the standard and in Chromium, not in Firefox and Safari.",
    "accept_may_have_high_bytes": "An Accept with a byte above 127 needs permission in Firefox alone.",
    "content_type_may_have_commas_and_high_bytes": "A Content-Type with a comma or a byte above 127 needs "
    "permission in Firefox alone.",
    "preflights_watched_uploads_without_body": "That an upload is listened to needs permission; in Chromium only "
    "when something is uploaded.",
    "user_agent_settable": "Chromium ignores a User-Agent that a script sets; the others ask for permission.",
    "uploads_streams": "Firefox cannot upload a stream: it sends the text [object ReadableStream].",
    "preflight_judges_status_first": "Safari looks at the status of the preflight's answer first, the others at "
    "who may read it.",
    "wildcard_covers_authorization": "By the standard Access-Control-Allow-Headers: * does not cover "
    "Authorization; browsers let it through so far.",
    "preflight_keeps_page_origin": "After a redirect to a third origin Firefox asks with the page's origin; the "
    "request itself, and everything of the others, comes from null.",
    "origin_follows_referrer_policy": "Chromium sends the page's origin where the referrer policy hides it; the "
    "others send null.",
    "streams_need_http2": "Chromium uploads streams over HTTP/2 only.",
    "preflight_repeats_names": "Firefox names a header that is set twice also twice in the preflight.",
    "rewrites_charset_in_place": "Chromium replaces the charset alone in the Content-Type of an uploaded text; "
    "the others write the whole value anew.",
    "streams_are_cors": "Chromium uploads streams in the mode cors, whatever mode the page chose.",
    "foreign_workers_throw": "In Chromium new Worker() throws for another origin; in the others it fails later.",
    "site_after_taint": "After redirects Firefox calls the request cross-site in Sec-Fetch-Site.",
}


def differences(page: Page, ask: Ask, stories: Mapping[ProfileName, Story]) -> tuple[Shown, ...]:
    """The lines of the table that made a difference among `stories`, in the table's order."""
    found = set()
    for one, other in combinations(stories, 2):
        found |= _shaping(page, ask, PROFILES[one], PROFILES[other])
        found |= {name for name, shows in _SHOWS.items() if shows(stories[one], stories[other])}
    return tuple(
        Shown(
            name=line.name,
            meaning=MEANINGS.get(line.name, f"Browsers differ in this: {line.name.replace('_', ' ')}."),
            values={name: line.values[name] for name in stories},
            source=line.source,
        )
        for line in DIFFERENCES
        if line.name in found
    )


def _shaping(page: Page, ask: Ask, one: Profile, other: Profile) -> set[str]:
    """The lines that alone change what is asked, tried one by one."""
    usual = _shape(page, ask, one)
    if usual == _shape(page, ask, other):
        return set()
    changed = {
        line.name: msgspec.structs.replace(one, **{line.name: line.values[other.name]}) for line in DIFFERENCES
    }
    return {name for name, profile in changed.items() if _shape(page, ask, profile) != usual}


def _shape(page: Page, ask: Ask, profile: Profile) -> object:
    """What goes out, and what has to be asked for before it does."""
    if isinstance(ask, FetchCall):
        made = fetch_request(page, ask, profile)
    elif isinstance(ask, XhrCall):
        made = xhr_request(page, ask, profile)
    else:
        loaded = element_request(page, ask, profile)
        made = loaded if isinstance(loaded, Thrown) else (loaded, ())
    if isinstance(made, Thrown):
        return made.refusal
    request = made[0]
    headers = [(name.lower(), value) for name, value in request.headers]
    return headers, request.body, need(request, profile)


def _codes(one: Story, other: Story) -> set[str]:
    return {story.failure.code if story.failure else "" for story in (one, other)}


def _judges_status_first(one: Story, other: Story) -> bool:
    codes = _codes(one, other)
    return len(codes) == 2 and "preflight-status" in codes


def _covers_authorization(one: Story, other: Story) -> bool:
    codes = _codes(one, other)
    return len(codes) == 2 and "authorization-not-covered" in codes


def _differs(purpose: str, name: bytes) -> Callable[[Story, Story], bool]:
    """Whether a field differs in the requests of one purpose, compared in pairs."""

    def shows(one: Story, other: Story) -> bool:
        fields = [
            [exchange.request.get(name) for exchange in story.exchanges if exchange.request.purpose == purpose]
            for story in (one, other)
        ]
        return any(mine != theirs for mine, theirs in zip(*fields, strict=False))

    return shows


def _needs_http2(one: Story, other: Story) -> bool:
    return len({any(exchange.request.needs_http2 for exchange in story.exchanges) for story in (one, other)}) == 2


_SHOWS: Final[dict[str, Callable[[Story, Story], bool]]] = {
    "preflight_judges_status_first": _judges_status_first,
    "wildcard_covers_authorization": _covers_authorization,
    "preflight_keeps_page_origin": _differs("preflight", b"Origin"),
    "origin_follows_referrer_policy": _differs("actual", b"Origin"),
    "streams_need_http2": _needs_http2,
    "site_after_taint": _differs("actual", b"Sec-Fetch-Site"),
}
