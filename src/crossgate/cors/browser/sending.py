"""What the browser puts around a page's request: Origin, Referer, Sec-Fetch-* and more (cors.md 1.17, 1.18)."""

from typing import Final

import msgspec

from crossgate.cors.browser.headers import get
from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.referrer import obeyed_policy
from crossgate.cors.browser.request import ORIGIN, Request, is_same_site, registrable_domain
from crossgate.cors.browser.safelist import combined
from crossgate.cors.browser.urls import is_same_origin
from crossgate.cors.browser.values import HttpRequest
from crossgate.cors.origin import NULL
from crossgate.cors.server import Fields

_CACHE_FIELDS: dict[str, Fields] = {
    "no-store": ((b"Pragma", b"no-cache"), (b"Cache-Control", b"no-cache")),
    "reload": ((b"Pragma", b"no-cache"), (b"Cache-Control", b"no-cache")),
    "no-cache": ((b"Cache-Control", b"max-age=0"),),
}
_SPELLINGS = {name.lower(): name for name in (b"Accept", b"Accept-Language", b"User-Agent")}
_LOADS: Final = ("font", "image", "script", "style", "track")
_SINGLE: Final = frozenset(
    (
        b"authorization", b"content-disposition", b"content-type", b"from", b"if-modified-since",
        b"if-unmodified-since", b"max-forwards", b"user-agent",
    )
)  # fmt: skip
_CONDITIONS = (b"If-Modified-Since", b"If-None-Match", b"If-Unmodified-Since", b"If-Match", b"If-Range")
_TO_NULL_ON_DOWNGRADE = frozenset(
    ("no-referrer-when-downgrade", "strict-origin", "strict-origin-when-cross-origin")
)


def actual(request: Request, profile: Profile) -> HttpRequest:
    """The request itself, as it goes on the wire."""
    own = _combined(request) if profile.combines_on_the_wire else request.headers
    own = own if profile.own_names_keep_their_case else _respelt(own, request)
    ours: list[tuple[bytes, bytes]] = []
    is_bare = request.mode == "websocket" and not profile.websockets_have_metadata
    if get(own, b"Accept") is None and not is_bare:
        ours.append((b"Accept", _accept(request, profile)))
    if request.body is None and request.method in (b"POST", b"PUT"):
        ours.append((b"Content-Length", b"0"))
    ours += _origin_field(request, profile)
    ours += _about_the_page(request, profile)
    ours += [field for field in _CACHE_FIELDS.get(_cache_mode(request, profile), ()) if get(own, field[0]) is None]
    if get(own, b"Range") is not None:
        ours.append((b"Accept-Encoding", b"identity"))
    sends_credentials = request.sends_credentials or _keeps_credentials(request, profile)
    return HttpRequest(
        method=request.method,
        url=request.url.without_credentials,
        headers=((b"Host", request.url.host_and_port.encode()), *own, *ours),
        purpose="actual",
        body=None if request.body is None else request.body.content,
        sends_credentials=sends_credentials,
        sends_client_certificate=sends_credentials,
        needs_http2=request.body is not None and request.body.is_stream and profile.streams_need_http2,
    )


def to_worker(request: Request) -> HttpRequest:
    """The request as a service worker sees it: with the page's fields alone."""
    body = None if request.body is None else request.body.content
    return HttpRequest(
        method=request.method,
        url=str(request.url),
        headers=request.headers,
        purpose="service-worker",
        body=body,
    )


def preflight(request: Request, asks: Need, profile: Profile) -> HttpRequest:
    """The preflight of `request`, its fields in the order in which this browser sends them (1.19)."""
    origin = preflight_origin(request, profile)
    fields = {
        b"Accept": b"*/*",
        b"Access-Control-Request-Method": request.method,
        ORIGIN: origin.encode(),
        b"Priority": b"u=4",
        **dict(_about_the_page(_as_preflight(request, profile), profile)),
    }
    if profile.preflight_has_cache_fields:
        fields |= dict(_CACHE_FIELDS.get(_cache_mode(request, profile), ()))
    if profile.preflight_mode_for_any_url:
        fields[b"Sec-Fetch-Mode"] = b"cors"
    if asks.headers:
        fields[b"Access-Control-Request-Headers"] = b",".join(asks.headers)
    ordered = [
        (name.encode(), fields[name.encode()]) for name in profile.preflight_order if name.encode() in fields
    ]
    return HttpRequest(
        method=b"OPTIONS",
        url=request.url.without_credentials,
        headers=((b"Host", request.url.host_and_port.encode()), *ordered),
        purpose="preflight",
        sends_client_certificate=profile.preflight_sends_client_certificate,
    )


def _as_preflight(request: Request, profile: Profile) -> Request:
    """The request as far as the fields about the page tell of it in a preflight."""
    began = len(request.urls) - 1 if profile.preflight_site_by_current_url else request.began
    return msgspec.structs.replace(request, mode="cors", destination="empty", began=began)


def preflight_origin(request: Request, profile: Profile) -> str:
    """The origin that the preflight carries and that its answer is compared with."""
    return request.page.origin if profile.preflight_keeps_page_origin else request.origin


def _keeps_credentials(request: Request, profile: Profile) -> bool:
    """Whether credentials go on across origins because they went along at first."""
    began_at_home = is_same_origin(request.page.tuple_origin, request.urls[0].origin)
    is_left = request.mode == "no-cors" and request.credentials == "same-origin" and began_at_home
    return is_left and profile.no_cors_redirect_keeps_credentials


def _combined(request: Request) -> Fields:
    """Fields of one name as one, although the preflight asked for each; of some only one."""
    left: list[tuple[bytes, bytes]] = []
    for name, value in request.headers:
        first = next((field for field in left if field[0].lower() == name.lower()), None)
        if first is not None and name.lower() in _SINGLE:
            if name.lower() == b"content-type" and request.body is not None and len(request.urls) == 1:
                continue
            left.remove(first)
        elif first is not None and not (first[1] and value):
            # An empty value takes the place of what was there, and is not joined to what comes.
            left = [field for field in left if field[0].lower() != name.lower()]
            name = first[0]  # noqa: PLW2901 - its first spelling
        left.append((name, value))
    return combined(tuple(left))


def _respelt(own: Fields, request: Request) -> Fields:
    """The page's fields, with the browser's own spelling of the names that it has a value for by itself."""
    # A body that goes along with a redirect is given to the new request together with its type.
    moved = {b"content-type": b"Content-Type"} if len(request.urls) > 1 and request.body is not None else {}
    spellings = _SPELLINGS | moved
    return tuple((spellings.get(name.lower(), name), value) for name, value in own)


def _accept(request: Request, profile: Profile) -> bytes:
    by_destination = {
        "image": profile.accept_of_images,
        "document": profile.accept_of_documents,
        "iframe": profile.accept_of_documents,
        "font": profile.accept_of_fonts,
        "video": profile.accept_of_videos,
        "audio": profile.accept_of_audio,
        "style": "text/css,*/*;q=0.1",
    }
    return by_destination.get(request.destination, "*/*").encode()


def _cache_mode(request: Request, profile: Profile) -> str:
    """The cache mode; a page that sends conditions of its own does without the cache."""
    has_conditions = any(get(request.headers, name) is not None for name in _CONDITIONS)
    if not has_conditions or request.cache != "default":
        return request.cache
    is_kept = profile.xhr_conditions_need_cache and request.kind == "XMLHttpRequest"
    return request.cache if is_kept else profile.cache_mode_of_conditionals


def _origin_field(request: Request, profile: Profile) -> Fields:
    """Origin, where it is sent (1.17)."""
    if request.tainting == "cors" or request.mode == "websocket":
        return ((ORIGIN, request.origin.encode()),)
    if profile.own_cors_loads_have_origin and request.mode == "cors" and request.destination in _LOADS:
        return ((ORIGIN, request.origin.encode()),)
    if request.method in (b"GET", b"HEAD"):
        return ()
    follows = profile.origin_follows_referrer_policy or request.mode == "navigate"
    hidden = request.mode != "cors" and follows and _policy_hides_origin(request, profile)
    if profile.nulls_origin_when_redirected and any(
        not is_same_origin(before.origin, after.origin)
        for before, after in zip(request.urls, request.urls[1:], strict=False)
    ):
        hidden = True
    return ((ORIGIN, (NULL if hidden else request.origin).encode()),)


def _policy_hides_origin(request: Request, profile: Profile) -> bool:
    policy = obeyed_policy(request, profile)
    if profile.no_referrer_hides_origin and request.kind == "fetch" and not request.referrer:
        return True
    if policy == "no-referrer":
        return True
    if policy == "same-origin":
        return request.is_cross_origin
    return policy in _TO_NULL_ON_DOWNGRADE and _is_downgrade(request)


def _is_downgrade(request: Request) -> bool:
    origin = request.page.tuple_origin
    return origin is not None and origin.scheme == "https" and request.url.scheme != "https"


def _about_the_page(request: Request, profile: Profile) -> Fields:
    fields = []
    if request.referrer and request.mode != "websocket":
        fields.append((b"Referer", request.referrer.encode()))
    has_metadata = request.mode != "websocket" or profile.websockets_have_metadata
    if request.url.is_trustworthy and has_metadata:
        fields.append((b"Sec-Fetch-Dest", request.destination.encode()))
        fields.append((b"Sec-Fetch-Mode", request.mode.encode()))
        fields.append((b"Sec-Fetch-Site", _site(request, profile).encode()))
    return tuple(fields)


def _site(request: Request, profile: Profile) -> str:
    page, urls = request.page.tuple_origin, request.urls[request.began :]
    if all(is_same_origin(page, url.origin) for url in urls):
        return "same-origin"
    if not all(is_same_site(page, url.origin) for url in urls):
        return "cross-site"
    has_domain = page is not None and registrable_domain(page.host) is not None
    return "same-site" if len(urls) == 1 or has_domain else profile.site_after_taint
