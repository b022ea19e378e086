"""Main fetch, HTTP fetch and CORS-preflight fetch, in the steps of the Fetch standard (cors.md 1.13 to 1.19).

The algorithm is a generator that yields requests and is sent answers: it waits for nothing itself, so whoever
drives it may, be it a test with a table of answers or a coroutine with a socket. `fetch` drives it by a function.
"""

from collections.abc import Generator
from typing import Final

import msgspec

from crossgate.cors.browser import challenges, local_network, preflight, sending, service_worker
from crossgate.cors.browser.admission import (
    asks_first,
    is_mixed,
    judge_credentials,
    never_sent,
    tainting,
    upgraded,
)
from crossgate.cors.browser.answers import Answerer
from crossgate.cors.browser.asks import Ask, FetchCall, XhrCall
from crossgate.cors.browser.blocking import refused_at_last
from crossgate.cors.browser.cors_check import cors_check
from crossgate.cors.browser.elements import element_request
from crossgate.cors.browser.fetch_call import fetch_request
from crossgate.cors.browser.filtered import filtered, may_embed, opaque_redirect, timing_allowed
from crossgate.cors.browser.front_end import Thrown
from crossgate.cors.browser.headers import get, without_lost
from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.reasons import HTTP_FETCH, MAIN
from crossgate.cors.browser.redirects import STATUSES, follow, has_foreign_credentials, location, misled
from crossgate.cors.browser.referrer import determined
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.schemes import local_response
from crossgate.cors.browser.story import Browser, Pen, Story, everywhere
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.values import (
    Answer,
    Failure,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    Seen,
    Step,
    Tainting,
    WorkerResponse,
)
from crossgate.cors.browser.verdict import Refusal, Verdict, shown
from crossgate.cors.browser.xhr import xhr_request
from crossgate.cors.server import ALLOW_ORIGIN

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
    request = upgraded(request, pen.profile)
    taint = tainting(request)
    refusal = never_sent(request, pen.profile)
    if refusal is not None and not (pen.profile.judges_mode_before_port and isinstance(taint, Refusal)):
        return pen.refuse(refusal, request)
    request = msgspec.structs.replace(
        request,
        referrer=determined(request, pen.profile),
        referrer_at_first=request.referrer_at_first or request.referrer,
    )
    if isinstance(taint, Refusal):
        return pen.refuse(taint, request)
    tainting_before = request.tainting
    request = msgspec.structs.replace(request, tainting=taint)
    needed = preflight.need(request, pen.profile)
    if pen.profile.site_begins_anew and before and _begins_anew(request, tainting_before, before.method, needed):
        request = msgspec.structs.replace(request, began=len(request.urls) - 1)
    if pen.profile.preflight_again_after_redirects and (needed.headers or asks_first(request, needed)):
        request = msgspec.structs.replace(request, asks_again=True)
    question = "How far is the response tainted, by the mode and by where the request has been?"
    pen.steps.append(Step(section=MAIN, question=question, found=taint, wanted=f"mode {request.mode}"))
    if not request.url.is_web:
        local = local_response(request, pen.profile)
        return pen.refuse(local, request) if isinstance(local, Refusal) else filtered(request, local)
    pen.begin_hop(request)
    failure = pen.judge(lambda profile: judge_credentials(request, profile), request)
    if failure is not None:
        return failure
    if request.asks_worker:
        answer = yield sending.to_worker(request)
        if isinstance(answer, HttpResponse) and answer.worker is not None:
            return _from_worker(pen, request, answer, answer.worker)
    return (yield from _from_network(pen, request, before, needed))


def _from_worker(pen: Pen, request: Request, response: HttpResponse, worker: WorkerResponse) -> _Outcome:
    """What the page makes of the answer of a service worker: there is no preflight and no CORS check."""
    refusal = service_worker.refused(request, worker)
    if refusal is not None:
        return pen.refuse(refusal, request)
    return _accepted(pen, request, response)


def _from_network(
    pen: Pen, request: Request, before: Request | None, needed: Need
) -> Generator[HttpRequest, Answer, _Outcome]:
    if request.redirect == "follow":
        request = msgspec.structs.replace(request, asks_worker=False)
    network = pen.browser.network
    failure = pen.judge(lambda profile: local_network.check(request, network, profile), request)
    if failure is not None:
        return failure
    if pen.profile.judges_keepalive_first and request.is_too_large_to_outlive:
        return pen.refuse(_too_large(request), request)
    if asks_first(request, needed):
        failure = yield from _preflight(pen, request, needed)
        if failure is not None:
            return failure
    return (yield from _http_fetch(pen, request, before))


def _begins_anew(request: Request, tainting_before: Tainting, method_before: bytes, needed: Need) -> bool:
    """Whether what follows a redirect is a new request to the network, and not the old one that goes on."""
    if request.tainting != "cors":
        return False
    return tainting_before != "cors" or method_before != request.method or asks_first(request, needed)


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
        return pen.refuse(_unreachable(answer), request, "preflight")
    response = _as_read(answer, pen.profile)
    failure = pen.judge(lambda profile: challenges.judge_proxy(request, response, profile), request)
    if failure is not None:
        return failure

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
    if request.is_too_large_to_outlive:
        return pen.refuse(_too_large(request), request)
    if request.cache == "only-if-cached":
        return pen.refuse(Refusal("not-cached"), request)
    own, own_before = request.headers, before.headers if before else ()
    sent = sending.actual(request, pen.profile)
    answer = yield sent
    pen.exchanged(sent, answer, own, own_before)
    if isinstance(answer, HttpResponse) and challenges.are_answered(request, answer, pen.profile):
        sent = challenges.with_password(sent, request)
        answer = yield sent
        pen.exchanged(sent, answer, own, own)
    if isinstance(answer, NetworkError):
        return pen.refuse(_unreachable(answer), request)
    response = _as_read(answer, pen.profile)
    failure = pen.judge(lambda profile: challenges.judge_proxy(request, response, profile), request)
    if failure is not None:
        return failure
    refusal = misled(request, response, pen.profile)
    if refusal is not None:
        return pen.refuse(refusal, request)
    led = _led_to_mixed(request, response, pen.profile)
    if led is not None:
        return pen.refuse(Refusal("mixed-content"), led)
    if request.tainting == "cors":
        failure = pen.judge(lambda _: cors_check(request, response, request.origin), request)
        if failure is not None:
            return failure
    request = msgspec.structs.replace(request, timing_failed=not timing_allowed(request, response))
    return _accepted(pen, request, response)


def _accepted(pen: Pen, request: Request, response: HttpResponse) -> _Outcome:
    """The rest of HTTP fetch, for what came from the network and from a service worker alike."""
    worker = response.worker
    is_opaque = request.tainting == "opaque" or (worker is not None and worker.type == "opaque")
    if is_opaque and not may_embed(request, response):
        value = shown(get(response.headers, b"Cross-Origin-Resource-Policy"))
        return pen.refuse(Refusal("resource-policy", {"value": value}), request)
    if response.status in STATUSES and (worker is None or worker.type != "opaqueredirect"):
        return _redirected(pen, request, response)
    return _finished(pen, request, response)


def _finished(pen: Pen, request: Request, response: HttpResponse) -> Seen | Failure:
    worker = response.worker
    if pen.profile.empty_fields_are_lost:
        response = msgspec.structs.replace(response, headers=without_lost(response.headers))
    seen = (
        filtered(request, response) if worker is None else service_worker.seen_through(request, response, worker)
    )
    if request.keepalive and pen.profile.keepalive_shows_timing:
        seen = msgspec.structs.replace(seen, timing=True)
    refusal = refused_at_last(request, response, seen, pen.profile)
    return seen if refusal is None else pen.refuse(refusal, request)


def _redirected(pen: Pen, request: Request, response: HttpResponse) -> _Outcome:
    """What a redirect comes to in the three redirect modes."""
    target = location(request, response, pen.profile)
    if request.redirect == "error" and not (target is None and pen.profile.error_mode_needs_location):
        refusal = has_foreign_credentials(request, target) if pen.profile.judges_location_first else None
        if refusal is not None:
            return pen.refuse(refusal, request)
        return pen.refuse(
            Refusal("redirect-mode-error", {"status": str(response.status), "to": _scheme(target)}), request
        )
    if request.redirect == "manual":
        if request.has_integrity and pen.profile.integrity_refuses_opaque_redirects:
            return pen.refuse(Refusal("integrity-without-body"), request)
        return opaque_redirect(request, response, pen.profile)
    if target is None:
        return _finished(pen, request, response)
    following = target if isinstance(target, Refusal) else follow(request, response, target, pen.profile)
    if isinstance(following, Refusal):
        return pen.refuse(following, request)
    pen.steps += following.steps
    return following.request


def _led_to_mixed(request: Request, response: HttpResponse, profile: Profile) -> Request | None:
    """The request at a URL that a secure page may not load, where this browser looks at that first."""
    if not profile.judges_mixed_redirects_first or response.status not in STATUSES or request.redirect != "follow":
        return None
    target = location(request, response, profile)
    if not isinstance(target, Url):
        return None
    led = msgspec.structs.replace(request, urls=(*request.urls, target))
    return led if is_mixed(upgraded(led, profile)) else None


def _as_read(answer: HttpResponse, profile: Profile) -> HttpResponse:
    """The answer of the network as this browser's parser leaves it."""
    answer = msgspec.structs.replace(answer, worker=None)
    if not profile.empty_fields_are_lost:
        return answer
    # Of several fields about the origin it counts the empty ones, too.
    return msgspec.structs.replace(answer, headers=without_lost(answer.headers, ALLOW_ORIGIN))


def _scheme(target: Url | Refusal | None) -> str:
    return target.scheme if isinstance(target, Url) else ""


def _too_large(request: Request) -> Refusal:
    return Refusal("keepalive-too-large", {"size": str(len(request.body.content) if request.body else 0)})


def _unreachable(error: NetworkError) -> Refusal:
    return Refusal("network-error", {"detail": f": {error.reason}" if error.reason else ""})
