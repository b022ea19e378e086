"""The first steps of main fetch: what is never sent, and how far a request is tainted (cors.md 1.13.1, 1.13.3)."""

from typing import Final

import msgspec

from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.urls import parse_url
from crossgate.cors.browser.values import Step, Tainting
from crossgate.cors.browser.verdict import Refusal, Verdict
from crossgate.cors.origin import is_address

# Browsers try https instead for these, unless the host is an address.
_UPGRADED: Final = frozenset(("image", "audio", "video"))


def upgraded(request: Request, profile: Profile) -> Request:
    """The request with https for http, where a secure page loads an image or other media (Mixed Content, 4.1)."""
    url = request.url
    if request.destination not in _UPGRADED or url.origin is None or _is_let_through(request, profile):
        return request
    is_led_there = request.urls[0].scheme == "https" and profile.upgrades_wherever_redirected
    if is_led_there and (url.scheme != "http" or not request.page.address.startswith("https:")):
        return request
    if not is_led_there and (not _is_mixed(request) or is_address(url.origin.host)):
        return request
    better = parse_url("https" + str(url).removeprefix("http"))
    return request if better is None else msgspec.structs.replace(request, urls=(*request.urls[:-1], better))


def _is_let_through(request: Request, profile: Profile) -> bool:
    """Whether an image or other media began at http on this machine, and may be led anywhere now."""
    began_at_http = len(request.urls) > 1 and request.urls[0].scheme == "http"
    return began_at_http and request.destination in _UPGRADED and profile.upgrades_wherever_redirected


def never_sent(request: Request, profile: Profile) -> Refusal | None:
    """The reason for which nothing is sent, whatever the mode."""
    url = request.url
    if is_blocked_as_mixed(request, profile):
        return Refusal("mixed-content")
    if url.has_bad_port:
        assert url.origin is not None
        return Refusal("bad-port", {"port": str(url.origin.port)})
    return None


def judge_credentials(request: Request, profile: Profile) -> Verdict:
    """Whether the URL may have a user name or a password in it, once it is not the page itself that is loaded."""
    if not request.url.credentials or profile.loads_urls_with_credentials:
        return Verdict(())
    is_media = request.destination in ("audio", "video") and len(request.urls) == 1
    is_call = request.kind in ("XMLHttpRequest", "worker")
    is_free = is_call or request.mode == "websocket" or request.destination == "document"
    starts_with_cors = len(request.urls) == 1 and request.mode == "cors" and request.destination != "empty"
    if is_free or is_media or starts_with_cors:
        return Verdict(())
    question = "Is there no user name or password in the URL?"
    step = Step(section="URL credentials", question=question, found=request.url.text, passed=False)
    return Verdict((step,), Refusal("url-credentials-blocked"))


def tainting(request: Request) -> Tainting | Refusal:
    """How far the response will be tainted, by the first rule that applies."""
    url = request.url
    if request.mode in ("navigate", "websocket") or url.scheme == "data":
        return "basic"
    if not request.is_cross_origin and request.tainting == "basic":
        return "basic"
    if request.mode == "same-origin":
        return Refusal("same-origin-mode")
    if request.mode == "no-cors":
        return "opaque" if request.redirect == "follow" else Refusal("no-cors-redirect-mode")
    return "cors" if url.is_http else Refusal("scheme-not-http")


def asks_first(request: Request, needed: Need) -> bool:
    """Whether a preflight is made: only for what is tainted `cors` and was asked for by a script."""
    if request.tainting != "cors":
        return False
    return needed.is_forced or needed.is_again or (request.is_unsafe and bool(needed.reasons))


def is_blocked_as_mixed(request: Request, profile: Profile) -> bool:
    """Whether a secure page may not load this, because anybody on the way can change it, or read a form."""
    if request.destination == "document":
        return profile.holds_insecure_forms_back and _is_insecure_form(request)
    is_track = request.destination == "track" and not profile.blocks_mixed_tracks
    return _is_mixed(request) and not is_track and not _is_let_through(request, profile)


def _is_insecure_form(request: Request) -> bool:
    """Whether this sends what the user wrote in a form of a secure page, which a redirect to a GET does not."""
    sends_fields = len(request.urls) == 1 or request.method == b"POST"
    return request.initiator == "form" and sends_fields and _is_mixed(request)


def _is_mixed(request: Request) -> bool:
    """Whether a secure page would load something that anybody on the way can change."""
    url = request.url
    if not request.page.address.startswith("https:"):
        return False
    is_plain = url.scheme == "http" or (url.scheme == "ws" and request.mode == "websocket")
    return is_plain and not url.is_trustworthy
