"""From the entries of a HAR to what pages asked for: calls with their preflights and redirects, and the answers.

A HAR says what was sent, not what the script said. What the script said is concluded: from the preflight which
headers are its own, from `Sec-Fetch-*`, Chromium's types or the Origin field how it asked, from a Cookie field
whether with credentials.
"""

import shlex
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from crossgate.cors.browser import (
    Answer,
    Ask,
    Browser,
    ElementLoad,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    PreflightCache,
    ProfileName,
    fetch,
)
from crossgate.cors.browser.preflight_cache import Entry as Known
from crossgate.cors.browser.preflight_cache import Life
from crossgate.cors.browser.redirects import STATUSES
from crossgate.cors.browser.urls import is_same_origin, parse_url
from crossgate.cors.explain.asked import ask_of, with_credentials
from crossgate.cors.explain.explanation import COMMAND, Explanation, explain
from crossgate.cors.explain.fields import value_shown
from crossgate.cors.explain.har import Entry, fields_of
from crossgate.cors.explain.outcome import NOT_RECORDED
from crossgate.cors.explain.remedy import includes_credentials
from crossgate.cors.origin import NULL, NotAnOriginError

_ALWAYS: Final = Life(0.0, float("inf"))
# What exporters write where the browser keeps the reason, and the answer, to itself.
_KEPT_SECRET: Final = ("net::ERR_FAILED", "NS_ERROR_DOM_BAD_URI", "CORS", "access control")
_NOT_ASKED_FOR_BY_PAGES: Final = frozenset(("document", "websocket"))


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a page: the hops in order, and the preflights that were recorded for it."""

    at: str
    page: Page
    ask: Ask
    hops: tuple[Entry, ...]
    preflights: tuple[Entry, ...]


class Left(msgspec.Struct, frozen=True):
    """An entry that was not explained, and why."""

    at: str
    why: str


def calls(entries: list[Entry]) -> tuple[list[Call], list[Left]]:
    """The calls across origins, in order, and the entries of which that cannot be said."""
    preflights = [entry for entry in entries if entry.is_preflight]
    others = [entry for entry in entries if not entry.is_preflight]
    found: list[Call] = []
    left: list[Left] = []
    for hops in _chains(others):
        mine = tuple(_preflights_of(hops, preflights))
        if not _is_by_a_page(hops[0]):
            continue
        page = _page(hops[0], others)
        if page is None:
            left.append(Left(hops[0].at, "the log does not say which page asked for it"))
        elif not all(is_same_origin(page.tuple_origin, hop.url.origin) for hop in hops):
            ask = ask_of(hops[0], mine[0] if mine else None)
            found.append(Call(at=hops[0].at, page=page, ask=ask, hops=hops, preflights=mine))
    # What is left of the preflights announced a request that the exporter does not list.
    for preflight in preflights:
        page = _page(preflight, others)
        if page is not None:
            ask = ask_of(None, preflight)
            found.append(Call(at=preflight.at, page=page, ask=ask, hops=(), preflights=(preflight,)))
    order = {entry.at: number for number, entry in enumerate(entries)}
    return sorted(found, key=lambda call: order[call.at]), left


def explain_call(call: Call, browsers: Iterable[ProfileName]) -> Explanation:
    """What the `browsers` would make of the recorded answers."""
    explanation = _explained(call, call.ask, browsers)
    if not call.hops or not call.hops[-1].has_failed or not explanation.is_good:
        return explanation
    # Exporters leave cookies out for safety. A failure that only credentials account for was one with credentials.
    other = _explained(call, with_credentials(call.ask), browsers)
    return explanation if other.is_good else other


def _explained(call: Call, ask: Ask, browsers: Iterable[ProfileName]) -> Explanation:
    cache = _permissions(call)
    stories = {
        name: fetch(call.page, ask, _Answers(call), Browser(profile=name, cache=cache)) for name in browsers
    }
    explanation = explain(call.page, ask, stories)
    return msgspec.structs.replace(explanation, notes=tuple(_notes(call, ask, explanation)))


class _Answers:
    """What is recorded, each answer once: the same question again gets the next."""

    def __init__(self, call: Call) -> None:
        self._waiting = [(entry, True) for entry in call.preflights] + [(entry, False) for entry in call.hops]

    def __call__(self, request: HttpRequest) -> Answer:
        wanted = request.purpose == "preflight"
        for place, (entry, is_preflight) in enumerate(self._waiting):
            if is_preflight == wanted and entry.url.text == request.url:
                del self._waiting[place]
                return _answer(entry)
        return NOT_RECORDED


def _answer(entry: Entry) -> Answer:
    if entry.is_answered:
        fields = fields_of(entry.response.headers)
        if entry.location and not any(name.lower() == b"location" for name, _ in fields):
            fields = (*fields, (b"Location", entry.location.encode("latin-1", "replace")))
        return HttpResponse(entry.response.status, fields)
    kept_secret = not entry.failure or any(word in entry.failure for word in _KEPT_SECRET)
    return NOT_RECORDED if kept_secret else NetworkError(entry.failure)


def _permissions(call: Call) -> PreflightCache:
    """What the browser must have known: a request that was sent without a recorded preflight was permitted."""
    asked = {entry.url.text for entry in call.preflights}
    names = {field.name.lower().encode() for hop in call.hops for field in hop.request.headers}
    known = [
        Known(
            partition="",
            origin=origin,
            url=hop.url.text,
            credentials=credentials,
            methods={hop.method.encode(): _ALWAYS},
            headers=dict.fromkeys(names, _ALWAYS),
        )
        for hop in call.hops
        if hop.is_answered and hop.url.text not in asked
        for origin in {call.page.origin, NULL}
        for credentials in (False, True)
    ]
    return PreflightCache(tuple(known))


def _notes(call: Call, ask: Ask, explanation: Explanation) -> Iterator[str]:
    if any(hop.asked_first.is_needed and not hop.asked_first.was_sent for hop in explanation.story.hops):
        yield (
            "The recording has no preflight for it: the browser had permission from an earlier one, or the "
            "exporter leaves preflights out."
        )
    if explanation.verdict == "hidden":
        yield "Browsers leave the answer of a blocked request out of a HAR. To see it, ask the server again:"
        yield _again(explanation)
    if ask != call.ask:
        yield "No cookies are recorded. Only a request with credentials fails like this, so it is taken as one."
    failed = [hop.failure or "no answer" for hop in call.hops if hop.has_failed]
    if failed and explanation.is_good:
        yield (
            f"The browser recorded a failure here ({failed[-1]}), and CORS does not account for it. An extension, "
            "the page's own Content-Security-Policy or a page that was left early may."
        )


def _again(explanation: Explanation) -> str:
    """The command that asks a live server the same; a secret header is announced by its name alone."""
    ask = explanation.ask
    words = [*COMMAND, ask.url, "--from", explanation.page.origin]
    words += ["--as", explanation.asked_by] if explanation.asked_by != "fetch" else []
    words += ["--method", explanation.method] if explanation.method != "GET" else []
    if not isinstance(ask, ElementLoad):
        for name, value in ask.headers:
            words += ["-H", f"{name}: {value_shown(name.encode('latin-1'), value.encode('latin-1'))}"]
    words += ["--credentials", "include"] if includes_credentials(ask) else []
    return shlex.join(words)


def _chains(entries: list[Entry]) -> Iterator[tuple[Entry, ...]]:
    """The entries, each with those that its redirect led to."""
    taken: set[str] = set()
    for number, entry in enumerate(entries):
        if entry.at in taken:
            continue
        chain = [entry]
        later = entries[number + 1 :]
        while (following := _following(chain[-1], later, taken)) is not None:
            chain.append(following)
            taken.add(following.at)
        yield tuple(chain)


def _following(entry: Entry, later: list[Entry], taken: set[str]) -> Entry | None:
    if entry.response.status not in STATUSES or not entry.location:
        return None
    target = parse_url(entry.location, entry.url)
    for found in later:
        if (
            found.at not in taken
            and target is not None
            and found.url is not None
            and found.url.text == target.text
        ):
            return found
    return None


def _preflights_of(hops: tuple[Entry, ...], preflights: list[Entry]) -> Iterator[Entry]:
    """The preflights of the hops, taken out of `preflights`."""
    for hop in hops:
        for number, preflight in enumerate(preflights):
            method = preflight.sent("access-control-request-method") or hop.method
            if preflight.url.text == hop.url.text and method == hop.method:
                yield preflights.pop(number)
                break


def _is_by_a_page(entry: Entry) -> bool:
    by_navigation = entry.sent("sec-fetch-mode") in ("navigate", "websocket")
    return not by_navigation and entry.kind not in _NOT_ASKED_FOR_BY_PAGES


def _page(entry: Entry, others: list[Entry]) -> Page | None:
    """The page that asked, by the surest sign that there is."""
    origin = entry.sent("origin")
    for text in (origin, entry.sent("referer"), entry.page_url, _document(others)):
        if text == NULL:
            return Page(NULL)
        url = parse_url(text) if text else None
        if url is not None and url.is_http:
            return Page(str(url.origin))
    try:
        return Page(origin) if origin else None
    except NotAnOriginError:
        return None


def _document(entries: list[Entry]) -> str:
    """The first document that was loaded, where there is one."""
    documents = (
        entry for entry in entries if entry.kind == "document" or entry.sent("sec-fetch-mode") == "navigate"
    )
    return next((entry.request.url for entry in documents), "")
