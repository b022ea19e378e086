"""What the browser puts around a page's request: Origin, Referer, Sec-Fetch-* and more (cors.md 1.17, 1.18)."""

import msgspec

from crossgate.cors.browser.headers import get
from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import ORIGIN, Request, is_same_site
from crossgate.cors.browser.urls import is_same_origin
from crossgate.cors.browser.values import HttpRequest
from crossgate.cors.origin import NULL
from crossgate.cors.server import Fields

_CACHE_FIELDS: dict[str, Fields] = {
    "no-store": ((b"Pragma", b"no-cache"), (b"Cache-Control", b"no-cache")),
    "reload": ((b"Pragma", b"no-cache"), (b"Cache-Control", b"no-cache")),
    "no-cache": ((b"Cache-Control", b"max-age=0"),),
}
_TO_NULL_ON_DOWNGRADE = frozenset(
    ("no-referrer-when-downgrade", "strict-origin", "strict-origin-when-cross-origin")
)


def actual(request: Request, profile: Profile) -> HttpRequest:
    """The request itself, as it goes on the wire."""
    own = request.headers
    ours: list[tuple[bytes, bytes]] = []
    if get(own, b"Accept") is None:
        ours.append((b"Accept", b"*/*"))
    if request.body is None and request.method in (b"POST", b"PUT"):
        ours.append((b"Content-Length", b"0"))
    ours += _origin_field(request, profile)
    ours += _about_the_page(request, profile)
    ours += [field for field in _CACHE_FIELDS.get(request.cache, ()) if get(own, field[0]) is None]
    if get(own, b"Range") is not None:
        ours.append((b"Accept-Encoding", b"identity"))
    return HttpRequest(
        method=request.method,
        url=request.url.text,
        headers=(_host(request), *own, *ours),
        purpose="actual",
        body=None if request.body is None else request.body.content,
        sends_credentials=request.sends_credentials,
        sends_client_certificate=request.sends_credentials,
        needs_http2=request.body is not None and request.body.is_stream and profile.streams_need_http2,
    )


def preflight(request: Request, asks: Need, profile: Profile) -> HttpRequest:
    """The preflight of `request`, its fields in the order in which this browser sends them (1.19)."""
    origin = preflight_origin(request, profile)
    fields = {
        b"Accept": b"*/*",
        b"Access-Control-Request-Method": request.method,
        ORIGIN: origin.encode(),
        b"Priority": b"u=4",
        **dict(_about_the_page(msgspec.structs.replace(request, mode="cors", destination="empty"), profile)),
    }
    if asks.headers:
        fields[b"Access-Control-Request-Headers"] = b",".join(asks.headers)
    ordered = [
        (name.encode(), fields[name.encode()]) for name in profile.preflight_order if name.encode() in fields
    ]
    return HttpRequest(
        method=b"OPTIONS",
        url=request.url.text,
        headers=(_host(request), *ordered),
        purpose="preflight",
        sends_client_certificate=profile.preflight_sends_client_certificate,
    )


def preflight_origin(request: Request, profile: Profile) -> str:
    """The origin that the preflight carries and that its answer is compared with."""
    return request.page.origin if profile.preflight_keeps_page_origin else request.origin


def _origin_field(request: Request, profile: Profile) -> Fields:
    """Origin, where it is sent (1.17)."""
    if request.tainting == "cors" or request.mode == "websocket":
        return ((ORIGIN, request.origin.encode()),)
    if request.method in (b"GET", b"HEAD"):
        return ()
    hidden = request.mode != "cors" and profile.origin_follows_referrer_policy and _policy_hides_origin(request)
    return ((ORIGIN, (NULL if hidden else request.origin).encode()),)


def _policy_hides_origin(request: Request) -> bool:
    policy = request.referrer_policy
    if policy == "no-referrer":
        return True
    if policy == "same-origin":
        return request.is_cross_origin
    return policy in _TO_NULL_ON_DOWNGRADE and _is_downgrade(request)


def _is_downgrade(request: Request) -> bool:
    origin = request.page.tuple_origin
    return origin is not None and origin.scheme == "https" and request.url.scheme not in ("https", "wss")


def _about_the_page(request: Request, profile: Profile) -> Fields:
    fields = []
    if _sends_referrer(request):
        fields.append((b"Referer", f"{request.page.origin}/".encode()))
    url = request.url.origin
    if url is not None and (url.scheme in ("https", "wss") or url.is_loopback):
        fields.append((b"Sec-Fetch-Dest", request.destination.encode()))
        fields.append((b"Sec-Fetch-Mode", request.mode.encode()))
        fields.append((b"Sec-Fetch-Site", _site(request, profile).encode()))
    return tuple(fields)


def _sends_referrer(request: Request) -> bool:
    """Whether the page's origin goes into Referer. Its path is not known here, so the origin stands for it."""
    policy = request.referrer_policy
    if request.page.tuple_origin is None or policy == "no-referrer":
        return False
    if policy == "same-origin":
        return not request.is_cross_origin
    return not (policy in _TO_NULL_ON_DOWNGRADE and _is_downgrade(request))


def _site(request: Request, profile: Profile) -> str:
    page = request.page.tuple_origin
    if all(is_same_origin(page, url.origin) for url in request.urls):
        return "same-origin"
    if not all(is_same_site(page, url.origin) for url in request.urls):
        return "cross-site"
    return "same-site" if request.redirect_taint == "same-origin" else profile.site_after_taint


def _host(request: Request) -> tuple[bytes, bytes]:
    return (b"Host", str(request.url.origin).partition("://")[2].encode())
