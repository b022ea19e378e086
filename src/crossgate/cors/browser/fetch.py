"""Main fetch, HTTP fetch and CORS-preflight fetch, in the steps of the Fetch standard (cors.md 1.13 to 1.19).

The algorithm is a generator that yields requests and is sent answers: it waits for nothing itself, so whoever
drives it may, be it a test with a table of answers or a coroutine with a socket. `fetch` drives it by a function.
"""

from collections.abc import Generator
from typing import Final

import msgspec

from crossgate.cors.browser import local_network, preflight, sending
from crossgate.cors.browser.admission import asks_first, never_sent, tainting
from crossgate.cors.browser.answers import Answerer
from crossgate.cors.browser.asks import Ask, FetchCall, XhrCall
from crossgate.cors.browser.cors_check import cors_check
from crossgate.cors.browser.elements import element_request
from crossgate.cors.browser.fetch_call import fetch_request
from crossgate.cors.browser.filtered import filtered, may_embed, opaque_redirect, timing_allowed
from crossgate.cors.browser.front_end import Thrown
from crossgate.cors.browser.headers import get
from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.reasons import HTTP_FETCH, MAIN
from crossgate.cors.browser.redirects import STATUSES, follow, location
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.story import Browser, Pen, Story, everywhere
from crossgate.cors.browser.values import (
    Answer,
    Failure,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    Seen,
    Step,
)
from crossgate.cors.browser.verdict import Refusal, Verdict, shown
from crossgate.cors.browser.xhr import xhr_request

Telling = Generator[HttpRequest, Answer, Story]

_STANDARD: Final = Browser()
_Outcome = Request | Seen | Failure


def fetch(page: Page, ask: Ask, answer: Answerer, browser: Browser = _STANDARD) -> Story:
    """The story of what `page` asks for, where `answer` answers every request that the browser sends.

    An ElementLoad with an unknown initiator raises ValueError.
    """
    telling = begin(page, ask, browser)
    try:
        request = next(telling)
        while True:
            request = telling.send(answer(request))
    except StopIteration as end:
        story: Story = end.value
        return story


def begin(page: Page, ask: Ask, browser: Browser = _STANDARD) -> Telling:
    """The same for whoever has to wait: yields each request, is sent its answer, and returns the story."""
    pen = Pen(page, browser)
    made = _asked(page, ask, pen.profile)
    if isinstance(made, Thrown):
        return pen.end(everywhere(made.refusal, made.scene), made.scene.kind, made.error)
    request, steps = made
    pen.steps += steps
    ending = yield from _main_fetch(pen, request)
    return pen.end(ending, request.kind)


def _asked(page: Page, ask: Ask, profile: Profile) -> tuple[Request, tuple[Step, ...]] | Thrown:
    if isinstance(ask, FetchCall):
        return fetch_request(page, ask, profile)
    if isinstance(ask, XhrCall):
        return xhr_request(page, ask, profile)
    made = element_request(page, ask, profile)
    return made if isinstance(made, Thrown) else (made, ())


def _main_fetch(pen: Pen, request: Request) -> Generator[HttpRequest, Answer, Seen | Failure]:
    """Hop after hop, until there is a response or there can be none."""
    before: Request | None = None
    while True:
        outcome = yield from _hop(pen, request, before)
        if isinstance(outcome, Request):
            before, request = request, outcome
            continue
        asked = any(hop.asked_first.is_needed for hop in pen.hops)
        if isinstance(outcome, Failure) and asked and pen.profile.clears_cache_on_failure:
            pen.cache = pen.cache.cleared(request)
        return outcome


def _hop(pen: Pen, request: Request, before: Request | None) -> Generator[HttpRequest, Answer, _Outcome]:
    refusal = never_sent(request)
    if refusal is not None:
        return pen.refuse(refusal, request)
    taint = tainting(request)
    if isinstance(taint, Refusal):
        return pen.refuse(taint, request)
    request = msgspec.structs.replace(request, tainting=taint)
    question = "How far is the response tainted, by the mode and by where the request has been?"
    pen.steps.append(Step(section=MAIN, question=question, found=taint, wanted=f"mode {request.mode}"))
    if request.url.scheme == "data":
        return filtered(request, HttpResponse(200))
    pen.begin_hop(request)
    network = pen.browser.network
    failure = pen.judge(lambda profile: local_network.check(request, network, profile), request)
    if failure is not None:
        return failure
    needed = preflight.need(request, pen.profile)
    if asks_first(request, needed):
        failure = yield from _preflight(pen, request, needed)
        if failure is not None:
            return failure
    return (yield from _http_fetch(pen, request, before))


def _preflight(pen: Pen, request: Request, needed: Need) -> Generator[HttpRequest, Answer, Failure | None]:
    """Ask first, unless the cache knows the answer (Fetch, "HTTP fetch" and "CORS-preflight fetch")."""
    pen.cache, lookup = pen.cache.lookup(request, needed, pen.profile, pen.browser.now)
    pen.asked(needed, lookup)
    question = "Does the preflight cache make a preflight needless?"
    pen.steps.append(Step(section=HTTP_FETCH, question=question, found=lookup.why))
    if lookup.is_enough:
        return None
    sent = sending.preflight(request, needed, pen.profile)
    answer = yield sent
    pen.preflighted(sent, answer)
    if isinstance(answer, NetworkError):
        return pen.refuse(_unreachable(answer), request)
    response = answer

    def check(profile: Profile) -> Verdict:
        origin = sending.preflight_origin(request, profile)
        return preflight.check(request, response, profile, origin)

    failure = pen.judge(check, request, "preflight")
    lists = preflight.lists_of(request, response)
    if isinstance(lists, Refusal):
        return failure
    insufficient = failure is not None and failure.code in preflight.INSUFFICIENT
    if failure is None or (insufficient and pen.profile.caches_insufficient_preflight):
        pen.cache = pen.cache.store(request, response, lists, pen.profile, pen.browser.now)
    return failure


def _http_fetch(pen: Pen, request: Request, before: Request | None) -> Generator[HttpRequest, Answer, _Outcome]:
    sent = sending.actual(request, pen.profile)
    answer = yield sent
    pen.exchanged(sent, answer, request.headers, before.headers if before else ())
    if isinstance(answer, NetworkError):
        return pen.refuse(_unreachable(answer), request)
    response = answer
    if request.tainting == "cors":
        failure = pen.judge(lambda _: cors_check(request, response, request.origin), request)
        if failure is not None:
            return failure
    request = msgspec.structs.replace(request, timing_failed=not timing_allowed(request, response))
    if request.tainting == "opaque" and not may_embed(request, response):
        value = shown(get(response.headers, b"Cross-Origin-Resource-Policy"))
        return pen.refuse(Refusal("resource-policy", {"value": value}), request)
    return _redirected(pen, request, response) if response.status in STATUSES else filtered(request, response)


def _redirected(pen: Pen, request: Request, response: HttpResponse) -> _Outcome:
    """What a redirect comes to in the three redirect modes."""
    if request.redirect == "error":
        return pen.refuse(Refusal("redirect-mode-error", {"status": str(response.status)}), request)
    if request.redirect == "manual":
        return opaque_redirect(request, response)
    target = location(request, response)
    if target is None:
        return filtered(request, response)
    following = target if isinstance(target, Refusal) else follow(request, response.status, target)
    if isinstance(following, Refusal):
        return pen.refuse(following, request)
    pen.steps += following.steps
    return following.request


def _unreachable(error: NetworkError) -> Refusal:
    return Refusal("network-error", {"detail": f": {error.reason}" if error.reason else ""})
