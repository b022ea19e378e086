"""What a page must have asked for, from what was recorded of it."""

from typing import Final

import msgspec

from crossgate.cors.browser import PROFILES, Ask, ElementLoad, FetchCall, Upload, XhrCall
from crossgate.cors.browser.safelist import is_forbidden_header, is_safelisted
from crossgate.cors.browser.values import Mode, TextFields
from crossgate.cors.explain.har import Entry, Request, fields_of
from crossgate.cors.preflight import SAFELISTED_METHODS

UNKNOWN: Final = "(unknown)"
"""Stands for a header's value that is not recorded; with its brackets it needs permission, as the real one did."""

_OF_THE_BROWSER: Final = frozenset(
    b"accept accept-language cache-control dnt if-modified-since if-none-match pragma priority purpose range "
    b"save-data upgrade-insecure-requests user-agent x-client-data".split()
)
_ELEMENTS: Final = {
    "image": "img", "img": "img", "imageset": "img", "script": "script", "style": "stylesheet",
    "stylesheet": "stylesheet", "font": "font-face", "audio": "audio", "video": "video", "media": "video",
    "track": "video", "eventsource": "eventsource", "ping": "beacon", "beacon": "beacon", "worker": "worker",
    "serviceworker": "service-worker",
}  # fmt: skip


def ask_of(entry: Entry | None, preflight: Entry | None) -> Ask:
    """What was asked for by the recorded request, or, without one, by the one that `preflight` announces."""
    if entry is None:
        assert preflight is not None
        method = preflight.sent("access-control-request-method") or "GET"
        return FetchCall(url=preflight.request.url, method=method, headers=_unknown(_listed(preflight), set()))
    element = _element(entry)
    if element is not None:
        return element
    includes = _has_cookies(entry.request)
    headers, body = _headers(entry, preflight), _body(entry.request)
    if entry.kind in ("xhr", "xmlhttprequest"):
        # A preflight that neither method nor headers account for was asked for by a listener of the upload.
        listens = preflight is not None and not _listed(preflight) and entry.method.encode() in SAFELISTED_METHODS
        return XhrCall(
            url=entry.request.url,
            method=entry.method,
            headers=headers,
            body=body,
            with_credentials=includes,
            upload_listeners=listens,
        )
    return FetchCall(
        url=entry.request.url,
        method=entry.method,
        headers=headers,
        body=body,
        mode=_mode(entry),
        credentials="include" if includes else "same-origin",
    )


def with_credentials(ask: Ask) -> Ask:
    """The same, asked with credentials."""
    if isinstance(ask, FetchCall):
        return msgspec.structs.replace(ask, credentials="include")
    if isinstance(ask, XhrCall):
        return msgspec.structs.replace(ask, with_credentials=True)
    return ask if ask.crossorigin is None else msgspec.structs.replace(ask, crossorigin="use-credentials")


def _element(entry: Entry) -> ElementLoad | None:
    """The element that loaded it, by Sec-Fetch-Dest or by the exporter's type."""
    initiator = _ELEMENTS.get(entry.sent("sec-fetch-dest") or "") or _ELEMENTS.get(entry.kind)
    if initiator is None:
        return None
    mode = entry.sent("sec-fetch-mode") or ("cors" if entry.sent("origin") else "no-cors")
    by_attribute = "use-credentials" if _has_cookies(entry.request) else "anonymous"
    body = _body(entry.request)
    kind = next((field.value for field in entry.request.headers if field.name.lower() == "content-type"), "")
    return ElementLoad(
        initiator=initiator,
        url=entry.request.url,
        crossorigin=by_attribute if mode == "cors" else None,  # type: ignore[arg-type]
        body=Upload("blob", body.content, kind) if body is not None else None,
    )


def _mode(entry: Entry) -> Mode:
    mode = entry.sent("sec-fetch-mode")
    if mode in ("no-cors", "same-origin"):
        return "no-cors" if mode == "no-cors" else "same-origin"
    # Without Sec-Fetch-Mode, a request to another origin that says no Origin can only be one of mode no-cors.
    is_silent = mode is None and not entry.kind and entry.sent("origin") is None
    return "no-cors" if is_silent and entry.method == "GET" else "cors"


def _has_cookies(request: Request) -> bool:
    return bool(request.cookies) or any(field.name.lower() == "cookie" for field in request.headers)


def _body(request: Request) -> Upload | None:
    if request.postData is None or request.method.upper() in ("GET", "HEAD"):
        return None
    return Upload("bytes", (request.postData.text or "").encode("utf-8", "replace"))


def _headers(entry: Entry, preflight: Entry | None) -> TextFields:
    """The headers that the script set."""
    listed = _listed(preflight) if preflight is not None else None
    found = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in fields_of(entry.request.headers)
        if _is_own(name.lower(), value, listed)
    ]
    return (*found, *_unknown(listed or (), {name.lower() for name, _ in found}))


def _is_own(name: bytes, value: bytes, listed: tuple[str, ...] | None) -> bool:
    if is_forbidden_header(name, value):
        return False
    if listed is not None and name.decode("latin-1") in listed:
        return True
    # What a preflight did not ask for, though it would have had to, is not the script's.
    return name not in _OF_THE_BROWSER and (listed is None or is_safelisted(name, value, PROFILES["standard"]))


def _listed(preflight: Entry) -> tuple[str, ...]:
    """The header names that a preflight asks for."""
    names = (preflight.sent("access-control-request-headers") or "").lower().split(",")
    return tuple(name.strip() for name in names if name.strip())


def _unknown(names: tuple[str, ...], there: set[str]) -> TextFields:
    return tuple((name, UNKNOWN) for name in names if name not in there)
