"""XMLHttpRequest: from open(), setRequestHeader() and send() to a request, or to an exception (cors.md 1.11)."""

import re

from crossgate.cors.browser.asks import XhrCall
from crossgate.cors.browser.front_end import (
    Guarded,
    Thrown,
    as_bytes,
    guarded,
    page_url,
    upload_body,
    with_upload_type,
)
from crossgate.cors.browser.messages import Scene
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.safelist import combined, is_forbidden_method, normalise_method
from crossgate.cors.browser.values import Page, Step
from crossgate.cors.browser.verdict import Refusal
from crossgate.cors.server import Fields
from crossgate.cors.tokens import is_token

_CHARSET = re.compile(rb"(;[ \t]*charset=)(\"[^\"]*\"|[^;]*)", re.IGNORECASE)


def xhr_request(page: Page, call: XhrCall, profile: Profile) -> tuple[Request, tuple[Step, ...]] | Thrown:
    """The request that send() makes, with the steps on the way; or what one of the three calls throws."""
    url, method = page_url(page, call.url), as_bytes(call.method)
    scene = Scene(kind="XMLHttpRequest", urls=(url,), origin=page.origin, method=call.method)
    if not is_token(method):
        return Thrown(Refusal("method-not-a-token", {"name": call.method}), "SyntaxError", scene)
    if is_forbidden_method(method):
        return Thrown(Refusal("method-forbidden", {"name": call.method}), "SecurityError", scene)
    if url is None:
        return Thrown(Refusal("url-invalid", {"text": call.url}), "SyntaxError", scene)
    headers = guarded(call.headers, profile, is_no_cors=False)
    if not isinstance(headers, Guarded):
        return Thrown(headers, "SyntaxError", scene)
    method = normalise_method(method)
    body = None if method in (b"GET", b"HEAD") else call.body
    request = Request(
        page=page,
        urls=(url,),
        kind="XMLHttpRequest",
        method=method,
        headers=with_upload_type(_in_utf8(combined(headers.headers), call), body),
        body=upload_body(body),
        credentials="include" if call.with_credentials else "same-origin",
        referrer_policy=page.referrer_policy,
        is_unsafe=True,
        uses_preflight=call.upload_listeners,
    )
    return request, headers.steps


def _in_utf8(headers: Fields, call: XhrCall) -> Fields:
    """The charset of a Content-Type becomes UTF-8 when text is sent, because that is how it is sent."""
    if call.body is None or call.body.kind != "text":
        return headers
    return tuple(
        (name, _CHARSET.sub(rb"\1UTF-8", value) if name.lower() == b"content-type" else value)
        for name, value in headers
    )
