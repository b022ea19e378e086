"""The first steps of main fetch: what is never sent, and how far a request is tainted (cors.md 1.13.1, 1.13.3)."""

from typing import Final

from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.values import Tainting
from crossgate.cors.browser.verdict import Refusal

# Browsers try https instead for these.
_UPGRADED: Final = frozenset(("image", "audio", "video"))


def never_sent(request: Request) -> Refusal | None:
    """The reason for which nothing is sent, whatever the mode."""
    url = request.url
    if url.has_bad_port:
        assert url.origin is not None
        return Refusal("bad-port", {"port": str(url.origin.port)})
    return Refusal("mixed-content") if _is_mixed(request) else None


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
        if request.redirect != "follow":
            return Refusal("no-cors-redirect-mode")
        return "opaque" if url.is_http else Refusal("scheme-not-http")
    return "cors" if url.is_http else Refusal("scheme-not-http")


def asks_first(request: Request, needed: Need) -> bool:
    """Whether a preflight is made: only for what is tainted `cors` and was asked for by a script."""
    if request.tainting != "cors":
        return False
    return needed.is_forced or (request.is_unsafe and bool(needed.reasons))


def _is_mixed(request: Request) -> bool:
    origin, url = request.page.tuple_origin, request.url.origin
    if origin is None or origin.scheme != "https" or url is None or url.is_loopback:
        return False
    if request.mode == "navigate" or request.destination in _UPGRADED:
        return False
    return url.scheme in ("http", "ws")
