"""What elements and other interfaces ask for, by the table in `initiators` (cors.md 1.12).

What `form` and `navigation` load is `basic`, because nothing is checked; the user sees it, and no script. What a
browser reports by itself may have a Content-Type that a page would have to ask for (1.24).
"""

from typing import Final

import msgspec

from crossgate.cors.browser import referrer
from crossgate.cors.browser.asks import ElementLoad, Upload
from crossgate.cors.browser.front_end import Thrown, as_bytes, as_text, page_url, upload_body, with_upload_type
from crossgate.cors.browser.initiators import INITIATORS, Initiator
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import MAX_KEEPALIVE_BYTES, AtFirst, Request
from crossgate.cors.browser.safelist import is_safelisted
from crossgate.cors.browser.scene import Scene
from crossgate.cors.browser.urls import Url, is_same_origin
from crossgate.cors.browser.values import Cache, Credentials, Mode, Page, ReferrerPolicy
from crossgate.cors.browser.verdict import Refusal
from crossgate.cors.server import Fields

_DEFAULT_POLICY: Final[ReferrerPolicy] = "strict-origin-when-cross-origin"


def element_request(page: Page, load: ElementLoad, profile: Profile) -> Request | Thrown:
    """The request of a load; an unknown initiator is a ValueError that names those there are."""
    found = INITIATORS.get(load.initiator)
    if found is None:
        raise ValueError(f"no initiator is called {load.initiator!r}; there are {', '.join(INITIATORS)}")
    url = page_url(page, load.url)
    thrown = _thrown(page, load, url, found, profile)
    if thrown is not None or url is None:
        assert thrown is not None, "a URL that is none has been thrown for"
        return thrown
    body = as_text(load.body, "html", "xml", "stream")
    headers = _headers(load, found, body)
    is_beacon = load.initiator == "beacon"
    asks_first = is_beacon and not all(is_safelisted(*field, profile) for field in headers)
    mode, credentials = _modes(load, found)
    method = _method(load, found)
    return Request(
        page=page,
        urls=(_of_web_socket(url) if found.mode == "websocket" else url,),
        kind=found.kind,
        destination=found.destination,
        method=method,
        headers=headers,
        at_first=AtFirst(method=method, headers=()) if is_beacon else None,
        body=upload_body(body),
        mode="cors" if asks_first else mode,
        credentials=credentials,
        redirect=found.redirect,
        cache=_cache(found, profile),
        keepalive=is_beacon and profile.limits_beacons,
        has_integrity=load.integrity,
        referrer="" if found.destination in profile.destinations_without_referrer else _referrer(page, profile),
        referrer_policy=_referrer_policy(page, load, profile),
        is_unsafe=asks_first,
        initiator=load.initiator,
        asks_worker=page.has_service_worker and found.mode != "websocket",
    )


def _cache(found: Initiator, profile: Profile) -> Cache:
    return profile.cache_mode_of_service_workers if found.destination == "serviceworker" else found.cache


def _referrer(page: Page, profile: Profile) -> str:
    return referrer.of_page(page, if_opaque=profile.elements_of_opaque_pages_have_referrer)


def _thrown(page: Page, load: ElementLoad, url: Url | None, found: Initiator, profile: Profile) -> Thrown | None:
    """What an interface says before anything is sent."""
    is_beacon, is_socket = load.initiator == "beacon", load.initiator == "websocket"
    scene = Scene(kind=found.kind, urls=(url,), origin=page.origin, page=page.origin, method=load.method)
    if url is None or (is_beacon and not url.is_http) or (is_socket and not url.is_web):
        return Thrown(Refusal("url-invalid", {"text": load.url}), found.on_bad_url, scene)
    if is_beacon and load.body is not None and load.body.kind == "stream" and profile.uploads_streams:
        return Thrown(Refusal("stream-keepalive"), "TypeError", scene)
    size = 0 if load.body is None else len(load.body.content)
    if is_beacon and profile.limits_beacons and size > MAX_KEEPALIVE_BYTES:
        return Thrown(Refusal("keepalive-too-large", {"size": str(size)}), "false", scene)
    if is_socket and url.fragment and not profile.websockets_take_fragments:
        return Thrown(Refusal("url-invalid", {"text": load.url}), "SyntaxError", scene)
    is_safe_page = page.address.startswith("https:")
    if is_socket and is_safe_page and not url.is_trustworthy and profile.insecure_websockets_throw:
        return Thrown(Refusal("mixed-content"), "SecurityError", scene)
    is_foreign = url.scheme != "data" and not is_same_origin(page.tuple_origin, url.origin)
    if is_foreign and found.mode == "same-origin" and found.kind == "worker" and profile.foreign_workers_throw:
        return Thrown(Refusal("same-origin-mode"), "SecurityError", scene)
    if found.kind == "worker" and url.scheme in profile.worker_schemes_that_throw and not url.is_blank:
        return Thrown(Refusal("same-origin-mode"), "SecurityError", scene)
    return None


def _modes(load: ElementLoad, found: Initiator) -> tuple[Mode, Credentials]:
    """The modes that the attribute `crossorigin` leaves."""
    if not found.takes_crossorigin or load.crossorigin is None:
        return found.mode, found.credentials
    return "cors", "include" if load.crossorigin == "use-credentials" else "same-origin"


def _headers(load: ElementLoad, found: Initiator, body: Upload | None) -> Fields:
    if found.body_type:
        return ((b"Content-Type", found.body_type),)
    if load.initiator == "form" and load.method.upper() == "POST" and body is None:
        return ((b"Content-Type", b"application/x-www-form-urlencoded"),)
    return with_upload_type(found.headers, body)


def _referrer_policy(page: Page, load: ElementLoad, profile: Profile) -> ReferrerPolicy:
    if load.initiator == "css-image" and not profile.css_images_keep_referrer_policy:
        return _DEFAULT_POLICY
    return page.referrer_policy


def _of_web_socket(url: Url) -> Url:
    """The URL as a WebSocket writes it, with the origin that it is fetched from."""
    assert url.origin is not None, "the scheme has been looked at"
    secure = url.scheme in ("https", "wss")
    scheme, fetched = ("wss", "https") if secure else ("ws", "http")
    origin = msgspec.structs.replace(url.origin, scheme=fetched)
    text = scheme + url.text.removeprefix(url.scheme)
    return msgspec.structs.replace(url, scheme=scheme, origin=origin, text=text, fragment="")


def _method(load: ElementLoad, found: Initiator) -> bytes:
    """A beacon is always a POST, as is what the browser reports; only a form chooses."""
    if load.initiator == "beacon" or found.body_type:
        return b"POST"
    return as_bytes(load.method.upper()) if load.initiator == "form" else b"GET"
