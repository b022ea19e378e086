"""Who asks, beside fetch() and XMLHttpRequest: one table, a line for an initiator (cors.md 1.12, 1.24)."""

from typing import Final

import msgspec

from crossgate.cors.browser.values import Cache, Credentials, Mode, Redirect
from crossgate.cors.server import Fields

_RANGE: Final[Fields] = ((b"Range", b"bytes=0-"),)
_EVENTS: Final[Fields] = ((b"Accept", b"text/event-stream"),)


class Initiator(msgspec.Struct, frozen=True, kw_only=True):
    """How it asks. `kind` is Chromium's word for it; `takes_crossorigin`: the attribute changes something.

    `on_bad_url` is what the script gets for a URL that is none. `body_type` is the Content-Type of what is sent by
    whom no page chooses it for, with `POST`.
    """

    mode: Mode
    credentials: Credentials
    kind: str
    destination: str
    takes_crossorigin: bool = False
    redirect: Redirect = "follow"
    cache: Cache = "default"
    headers: Fields = ()
    on_bad_url: str = "error event"
    body_type: bytes = b""


def _plain(kind: str, destination: str, headers: Fields = ()) -> Initiator:
    """Without `crossorigin` whatever comes is opaque, and cookies go along."""
    return Initiator(
        mode="no-cors",
        credentials="include",
        kind=kind,
        destination=destination,
        takes_crossorigin=True,
        headers=headers,
    )


def _shared(kind: str, destination: str, *, takes_crossorigin: bool = False) -> Initiator:
    """Always cors, without cookies."""
    return Initiator(
        mode="cors",
        credentials="same-origin",
        kind=kind,
        destination=destination,
        takes_crossorigin=takes_crossorigin,
    )


def _own(destination: str, redirect: Redirect = "follow") -> Initiator:
    """From the page's own origin alone."""
    return Initiator(
        mode="same-origin",
        credentials="same-origin",
        kind="worker",
        destination=destination,
        redirect=redirect,
        on_bad_url="SyntaxError",
    )


def _document(destination: str) -> Initiator:
    return Initiator(mode="navigate", credentials="include", kind="resource", destination=destination)


def _report(body_type: bytes, credentials: Credentials) -> Initiator:
    """Sent by the browser itself."""
    return Initiator(
        mode="no-cors",
        credentials=credentials,
        kind="resource",
        destination="report",
        body_type=body_type,
    )


INITIATORS: Final[dict[str, Initiator]] = {
    "img": _plain("image", "image"),
    "video": _plain("video", "video", _RANGE),
    "audio": _plain("audio", "audio", _RANGE),
    "stylesheet": _plain("CSS stylesheet", "style"),
    "script": _plain("script", "script"),
    "css-image": Initiator(mode="no-cors", credentials="include", kind="image", destination="image"),
    "track": msgspec.structs.replace(
        _own("track"), kind="text track", takes_crossorigin=True, on_bad_url="error event"
    ),
    "module-script": _shared("script", "script", takes_crossorigin=True),
    "font-face": _shared("font", "font"),
    "font-preload": _shared("font", "font"),
    "manifest": _shared("manifest", "manifest", takes_crossorigin=True),
    "eventsource": msgspec.structs.replace(
        _shared("resource", "empty", takes_crossorigin=True),
        cache="no-store",
        headers=_EVENTS,
        on_bad_url="SyntaxError",
    ),
    "beacon": Initiator(
        mode="no-cors", credentials="include", kind="resource", destination="empty", on_bad_url="TypeError"
    ),
    "form": _document("document"),
    "navigation": _document("document"),
    "iframe": _document("iframe"),
    "websocket": Initiator(
        mode="websocket",
        credentials="include",
        kind="resource",
        destination="empty",
        redirect="error",
        cache="no-store",
        headers=((b"Upgrade", b"websocket"),),
        on_bad_url="SyntaxError",
    ),
    "worker": _own("worker"),
    "shared-worker": _own("sharedworker"),
    "service-worker": msgspec.structs.replace(
        _own("serviceworker", "error"), headers=((b"Service-Worker", b"script"),)
    ),
    "csp-report": _report(b"application/csp-report", "same-origin"),
    "xss-report": _report(b"application/xss-auditor-report", "same-origin"),
    "expect-ct-report": _report(b"application/expect-ct-report+json", "same-origin"),
    "ocsp": _report(b"application/ocsp-request", "omit"),
}
