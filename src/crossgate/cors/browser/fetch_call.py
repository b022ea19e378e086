"""fetch() and the Request constructor: from a call to a request, or to an exception (cors.md 1.10)."""

import msgspec

from crossgate.cors.browser import referrer
from crossgate.cors.browser.asks import FetchCall, UploadKind
from crossgate.cors.browser.front_end import (
    Guarded,
    Thrown,
    as_bytes,
    as_text,
    guarded,
    page_url,
    upload_body,
    with_upload_type,
)
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.safelist import (
    is_forbidden_method,
    is_no_cors_safelisted,
    is_safelisted_method,
    normalise_method,
)
from crossgate.cors.browser.scene import Scene
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.values import Page, Step
from crossgate.cors.browser.verdict import Refusal
from crossgate.cors.server import Fields
from crossgate.cors.tokens import is_token


def fetch_request(page: Page, call: FetchCall, profile: Profile) -> tuple[Request, tuple[Step, ...]] | Thrown:
    """The request that the call makes, with the steps on the way; or what it throws."""
    unknown: tuple[UploadKind, ...] = ("html", "xml") if profile.uploads_streams else ("html", "xml", "stream")
    call = msgspec.structs.replace(call, body=as_text(call.body, *unknown))
    url = page_url(page, call.url)
    headers = guarded(call.headers, profile, is_no_cors=call.mode == "no-cors", is_list=True)
    refusal = _refused(page, call, url) or (headers if isinstance(headers, Refusal) else None)
    if refusal is not None or url is None or not isinstance(headers, Guarded):
        scene = Scene(kind="fetch", urls=(url,), origin=page.origin, page=page.origin, method=call.method)
        return Thrown(refusal or Refusal("url-invalid", {"text": call.url}), "TypeError", scene)
    is_stream = call.body is not None and call.body.kind == "stream"
    request = Request(
        page=page,
        urls=(url,),
        kind="fetch",
        method=normalise_method(as_bytes(call.method)),
        headers=_with_upload_type(headers.headers, call, profile),
        body=upload_body(call.body),
        mode="cors" if is_stream and profile.streams_are_cors else call.mode,
        credentials=call.credentials,
        redirect=call.redirect,
        cache=call.cache,
        keepalive=call.keepalive,
        has_integrity=call.integrity,
        asks_worker=page.has_service_worker,
        referrer=referrer.of_page(page, call.referrer),
        referrer_policy=call.referrer_policy or page.referrer_policy,
        is_unsafe=True,
        uses_preflight=is_stream,
        target_space=call.target_address_space,
    )
    return request, headers.steps


def _with_upload_type(headers: Fields, call: FetchCall, profile: Profile) -> Fields:
    """The fields with the type of the upload; a no-cors request leaves one out that is not safe."""
    typed = with_upload_type(headers, call.body)
    is_kept = call.mode != "no-cors" or typed == headers or is_no_cors_safelisted(*typed[-1], profile)
    return typed if is_kept else headers


def _refused(page: Page, call: FetchCall, url: Url | None) -> Refusal | None:
    method = as_bytes(call.method)
    values = {"text": call.url, "name": call.method, "mode": call.mode}
    rules = (
        ("url-invalid", url is None),
        ("url-has-credentials", url is not None and url.credentials != ""),
        ("referrer-invalid", bool(call.referrer) and page_url(page, call.referrer or "") is None),
        ("mode-not-for-scripts", call.mode in ("navigate", "websocket")),
        ("only-if-cached-mode", call.cache == "only-if-cached" and call.mode != "same-origin"),
        ("method-not-a-token", not is_token(method)),
        ("method-forbidden", is_forbidden_method(method)),
        ("no-cors-method", call.mode == "no-cors" and not is_safelisted_method(normalise_method(method))),
        ("body-not-allowed", call.body is not None and method.upper() in (b"GET", b"HEAD")),
        *_stream_rules(call),
    )
    return next((Refusal(code, values) for code, applies in rules if applies), None)


def _stream_rules(call: FetchCall) -> tuple[tuple[str, bool], ...]:
    is_stream = call.body is not None and call.body.kind == "stream"
    return (
        ("stream-without-duplex", is_stream and not call.duplex),
        ("stream-mode", is_stream and call.mode not in ("cors", "same-origin")),
        ("stream-keepalive", is_stream and call.keepalive),
    )
