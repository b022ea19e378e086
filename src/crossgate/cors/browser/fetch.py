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
    judge_credentials,
    never_sent,
    tainting,
    upgraded,
)
from crossgate.cors.browser.answers import Answerer
from crossgate.cors.browser.asks import Ask, FetchCall, XhrCall
from crossgate.cors.browser.cors_check import cors_check
from crossgate.cors.browser.elements import element_request
from crossgate.cors.browser.fetch_call import fetch_request
from crossgate.cors.browser.filtered import filtered, timing_allowed
from crossgate.cors.browser.front_end import Thrown
from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.reasons import HTTP_FETCH, MAIN
from crossgate.cors.browser.receiving import Outcome, accepted, as_read, led_to_mixed
from crossgate.cors.browser.redirects import misled
from crossgate.cors.browser.referrer import determined
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.schemes import local_response
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
    Tainting,
    WorkerResponse,
)
from crossgate.cors.browser.verdict import Refusal, Verdict
from crossgate.cors.browser.xhr import xhr_request

Telling = Generator[HttpRequest, Answer, Story]

_STANDARD: Final = Browser()


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
        if isinstance(outcome, Failure) and _clears(pen, request):
            pen.cache = pen.cache.cleared(request)
        return outcome


def _clears(pen: Pen, request: Request) -> bool:
    """Whether this browser forgets what it was permitted for a request that came to nothing."""
    asked = any(hop.asked_first.is_needed for hop in pen.hops)
    is_simple = request.mode == "cors" and request.is_cross_origin and pen.profile.clears_cache_for_simple_requests
    return pen.profile.clears_cache_on_failure and (asked or is_simple)


def _hop(pen: Pen, request: Request, before: Request | None) -> Generator[HttpRequest, Answer, Outcome]:
    request = upgraded(request, pen.profile)
    taint = tainting(request)
    refusal = never_sent(request, pen.profile)
    if refusal is not None and not (pen.profile.judges_mode_before_port and isinstance(taint, Refusal)):
        return pen.refuse(refusal, request)
    told = determined(request, pen.profile)
    at_first = request.referrer_at_first or told
    request = msgspec.structs.replace(request, referrer=told, referrer_at_first=at_first)
    if isinstance(taint, Refusal):
        return _refuse_early(pen, taint, request)
    tainting_before = request.tainting
    request = msgspec.structs.replace(request, tainting=taint)
    needed = preflight.need(request, pen.profile)
    if pen.profile.site_begins_anew and before and _begins_anew(request, tainting_before, before.method, needed):
        request = msgspec.structs.replace(request, began=len(request.urls) - 1)
    if pen.profile.preflight_again_after_redirects and (
        asks_first(request, needed) or preflight.has_unsafe_fields_of_page(request, pen.profile)
    ):
        request = msgspec.structs.replace(request, asks_again=True)
    question = "How far is the response tainted, by the mode and by where the request has been?"
    pen.steps.append(Step(section=MAIN, question=question, found=taint, wanted=f"mode {request.mode}"))
    if not (request.url.is_http or request.mode == "websocket"):
        local = local_response(request, pen.profile)
        return _refuse_early(pen, local, request) if isinstance(local, Refusal) else filtered(request, local)
    pen.begin_hop(request)
    failure = _judge_credentials(pen, request)
    if failure is not None:
        if request.keepalive and before is not None and pen.profile.redirects_outlive_their_page:
            yield from _without_page(pen, request, before, needed)
        return failure
    if request.asks_worker:
        answer = yield sending.to_worker(request)
        if isinstance(answer, HttpResponse) and answer.worker is not None:
            return _from_worker(pen, request, answer, answer.worker)
    return (yield from _from_network(pen, request, before, needed))


def _refuse_early(pen: Pen, refusal: Refusal, request: Request) -> Failure:
    """The refusal; or that of a password in the URL, which comes first where there is nothing to load at all."""
    failure = None if request.url.is_web else _judge_credentials(pen, request)
    return pen.refuse(refusal, request) if failure is None else failure


def _judge_credentials(pen: Pen, request: Request) -> Failure | None:
    return pen.judge(lambda profile: judge_credentials(request, profile), request)


def _without_page(
    pen: Pen, request: Request, before: Request, needed: Need
) -> Generator[HttpRequest, Answer, None]:
    """What is still sent of a request that may outlive its page, once the page has given it up."""
    steps = list(pen.steps)
    outcome = yield from _from_network(pen, request, before, needed)
    while isinstance(outcome, Request):
        before, request = request, outcome
        outcome = yield from _hop(pen, request, before)
    pen.steps = steps


def _from_worker(pen: Pen, request: Request, response: HttpResponse, worker: WorkerResponse) -> Outcome:
    """What the page makes of the answer of a service worker: there is no preflight and no CORS check."""
    refusal = service_worker.refused(request, worker)
    if refusal is not None:
        return pen.refuse(refusal, request)
    return accepted(pen, request, response)


def _from_network(
    pen: Pen, request: Request, before: Request | None, needed: Need
) -> Generator[HttpRequest, Answer, Outcome]:
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
    response = as_read(answer, pen.profile)
    failure = pen.judge(lambda profile: challenges.judge_proxy(request, response, profile), request)
    if failure is not None:
        return failure

    def check(profile: Profile) -> Verdict:
        origin = sending.preflight_origin(request, profile)
        return preflight.check(request, response, profile, origin)

    failure = pen.judge(check, request, "preflight")
    lists = preflight.lists_of(request, response, pen.profile)
    if isinstance(lists, Refusal):
        return failure
    insufficient = failure is not None and failure.code in preflight.INSUFFICIENT
    if failure is None or (insufficient and pen.profile.caches_insufficient_preflight):
        pen.cache = pen.cache.store(request, response, lists, pen.profile, pen.browser.now)
    return failure


def _http_fetch(pen: Pen, request: Request, before: Request | None) -> Generator[HttpRequest, Answer, Outcome]:
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
    response = as_read(answer, pen.profile)
    failure = pen.judge(lambda profile: challenges.judge_proxy(request, response, profile), request)
    if failure is not None:
        return failure
    refusal = misled(request, response, pen.profile)
    if refusal is not None:
        return pen.refuse(refusal, request)
    led = led_to_mixed(request, response, pen.profile)
    if led is not None:
        return pen.refuse(Refusal("mixed-content"), led)
    if request.tainting == "cors":
        failure = pen.judge(lambda _: cors_check(request, response, request.origin), request)
        if failure is not None:
            return failure
    request = msgspec.structs.replace(request, timing_failed=not timing_allowed(request, response))
    return accepted(pen, request, response)


def _too_large(request: Request) -> Refusal:
    return Refusal("keepalive-too-large", {"size": str(len(request.body.content) if request.body else 0)})


def _unreachable(error: NetworkError) -> Refusal:
    return Refusal("network-error", {"detail": f": {error.reason}" if error.reason else ""})
