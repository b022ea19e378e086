"""What comes of an answer that is let through: another hop, a response for the page, or none (cors.md 1.14)."""

import msgspec

from crossgate.cors.browser import service_worker
from crossgate.cors.browser.admission import is_blocked_as_mixed, upgraded
from crossgate.cors.browser.blocking import refused_at_last
from crossgate.cors.browser.filtered import filtered, may_embed, opaque_redirect
from crossgate.cors.browser.headers import get, without_lost
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.redirects import STATUSES, follow, has_foreign_credentials, location
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.story import Pen
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.values import Failure, HttpResponse, Seen
from crossgate.cors.browser.verdict import Refusal, shown
from crossgate.cors.server import ALLOW_ORIGIN

Outcome = Request | Seen | Failure
"""What one hop comes to: the request that follows a redirect, or the end."""


def accepted(pen: Pen, request: Request, response: HttpResponse) -> Outcome:
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
    refusal = refused_at_last(request, response, seen, pen.profile)
    return seen if refusal is None else pen.refuse(refusal, request)


def _redirected(pen: Pen, request: Request, response: HttpResponse) -> Outcome:
    """What a redirect comes to in the three redirect modes."""
    target = location(request, response, pen.profile)
    if request.redirect == "error" and not (target is None and pen.profile.error_mode_needs_location):
        refusal = has_foreign_credentials(request, target) if pen.profile.judges_location_first else None
        if refusal is not None:
            return pen.refuse(refusal, request)
        values = {"status": str(response.status), "location": str(target or "")}
        return pen.refuse(Refusal("redirect-mode-error", values), request)
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


def led_to_mixed(request: Request, response: HttpResponse, profile: Profile) -> Request | None:
    """The request at a URL that a secure page may not load, where this browser looks at that first."""
    if not profile.judges_mixed_redirects_first or response.status not in STATUSES or request.redirect != "follow":
        return None
    target = location(request, response, profile)
    if not isinstance(target, Url):
        return None
    led = msgspec.structs.replace(request, urls=(*request.urls, target))
    return led if is_blocked_as_mixed(upgraded(led, profile), profile) else None


def as_read(answer: HttpResponse, profile: Profile) -> HttpResponse:
    """The answer of the network as this browser's parser leaves it."""
    answer = msgspec.structs.replace(answer, worker=None)
    if not profile.empty_fields_are_lost:
        return answer
    # Of several fields about the origin it counts the empty ones, too.
    return msgspec.structs.replace(answer, headers=without_lost(answer.headers, ALLOW_ORIGIN))
