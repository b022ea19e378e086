"""XMLHttpRequest: from open(), setRequestHeader() and send() to a request, or to an exception (cors.md 1.11)."""

import re

from crossgate.cors.browser import referrer
from crossgate.cors.browser.asks import Upload, XhrCall
from crossgate.cors.browser.front_end import (
    CONTENT_TYPE,
    Guarded,
    Thrown,
    as_bytes,
    as_text,
    guarded,
    page_url,
    upload_body,
    with_upload_type,
)
from crossgate.cors.browser.mime import parse_mime
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import AtFirst, Request
from crossgate.cors.browser.safelist import is_forbidden_method, normalise_method
from crossgate.cors.browser.scene import Scene
from crossgate.cors.browser.urls import Url, as_script_text
from crossgate.cors.browser.values import Page, Step
from crossgate.cors.browser.verdict import Refusal
from crossgate.cors.server import Fields
from crossgate.cors.tokens import is_token

_CHARSET = re.compile(rb"(;[ \t]*charset=\"?)[^\"; \t]+", re.IGNORECASE)
_TEXTS = ("html", "xml", "text", "urlencoded")


def xhr_request(page: Page, call: XhrCall, profile: Profile) -> tuple[Request, tuple[Step, ...]] | Thrown:
    """The request that send() makes, with the steps on the way; or what one of the three calls throws."""
    url = page_url(page, call.url)
    headers = guarded(call.headers, profile)
    thrown = _thrown(page, call, url, headers, profile)
    if thrown is not None or url is None or not isinstance(headers, Guarded):
        assert thrown is not None, "whatever is not there has been thrown for"
        return thrown
    url = _with_credentials(url, call)
    method = normalise_method(as_bytes(call.method))
    body = None if method in (b"GET", b"HEAD") else as_text(call.body, "stream")
    is_watched = call.upload_listeners and (body is not None or profile.preflights_watched_uploads_without_body)
    request = Request(
        page=page,
        urls=(url,),
        kind="XMLHttpRequest",
        method=method,
        headers=with_upload_type(_in_utf8(headers.headers, body, profile), body),
        at_first=AtFirst(method=method, headers=headers.headers),
        body=upload_body(body),
        credentials="include" if call.with_credentials else "same-origin",
        referrer=referrer.of_page(page),
        referrer_policy=page.referrer_policy,
        is_unsafe=True,
        uses_preflight=is_watched,
        uses_url_credentials=bool(url.credentials),
        asks_worker=page.has_service_worker,
    )
    return request, headers.steps


def _thrown(
    page: Page, call: XhrCall, url: Url | None, headers: Guarded | Refusal, profile: Profile
) -> Thrown | None:
    method = as_bytes(call.method)
    name = {"name": call.method}
    # What is no ByteString does not even reach open().
    refused = "SyntaxError" if method or not call.method else "TypeError"
    in_header = "TypeError" if any(not as_bytes(text) for field in call.headers for text in field if text) else ""
    is_spoilt = url is not None and url.has_path_alone and bool(call.username or call.password)
    is_spoilt = is_spoilt and profile.credentials_spoil_urls_without_host
    rules = (
        ("method-not-a-token", not is_token(method), name, refused),
        ("method-forbidden", is_forbidden_method(method), name, "SecurityError"),
        ("url-invalid", url is None, {"text": call.url}, "SyntaxError"),
        (
            "header-invalid",
            isinstance(headers, Refusal),
            getattr(headers, "values", {}),
            in_header or "SyntaxError",
        ),
        ("url-invalid", is_spoilt, {"text": call.url}, "error event, status 0"),
    )
    scene = Scene(kind="XMLHttpRequest", urls=(url,), origin=page.origin, page=page.origin, method=call.method)
    found = (Thrown(Refusal(code, values), error, scene) for code, applies, values, error in rules if applies)
    return next(found, None)


def _with_credentials(url: Url, call: XhrCall) -> Url:
    """The URL with the user and the password that were given to open()."""
    if call.username is None and call.password is None:
        return url
    user, _, password = url.credentials.partition(":")
    if call.username is not None:
        user = as_script_text(call.username)
    return url.with_credentials(user, password if call.password is None else as_script_text(call.password))


def _in_utf8(headers: Fields, body: Upload | None, profile: Profile) -> Fields:
    """The charset of a Content-Type becomes UTF-8 when text is sent, because that is how it is sent."""
    if body is None or body.kind not in _TEXTS:
        return headers
    return tuple(
        (name, _as_utf8(value, profile) if name.lower() == CONTENT_TYPE.lower() else value)
        for name, value in headers
    )


def _as_utf8(value: bytes, profile: Profile) -> bytes:
    if profile.rewrites_charset_in_place:
        return _CHARSET.sub(rb"\1UTF-8", value)
    mime = parse_mime(value)
    if mime is None or mime.parameters.get(b"charset", b"utf-8").lower() == b"utf-8":
        return value
    mime.parameters[b"charset"] = b"UTF-8"
    return mime.serialised()
