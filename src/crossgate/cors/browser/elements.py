"""What elements and other interfaces ask for: one table, one line an initiator (cors.md 1.12).

What `form` and `navigation` load is `basic`, because nothing is checked; the user sees it, and no script.
"""

from typing import Final

import msgspec

from crossgate.cors.browser.asks import ElementLoad
from crossgate.cors.browser.front_end import Thrown, as_bytes, page_url, upload_body, with_upload_type
from crossgate.cors.browser.messages import Scene
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.safelist import is_safelisted
from crossgate.cors.browser.values import Credentials, Mode, Page
from crossgate.cors.browser.verdict import Refusal


class Initiator(msgspec.Struct, frozen=True):
    """How it asks. `kind` is Chromium's word for it; `takes_crossorigin`: the attribute changes something."""

    mode: Mode
    credentials: Credentials
    kind: str
    destination: str
    takes_crossorigin: bool = False


INITIATORS: Final[dict[str, Initiator]] = {
    "img": Initiator("no-cors", "include", "image", "image", True),
    "video": Initiator("no-cors", "include", "video", "video", True),
    "audio": Initiator("no-cors", "include", "video", "audio", True),
    "stylesheet": Initiator("no-cors", "include", "CSS stylesheet", "style", True),
    "script": Initiator("no-cors", "include", "script", "script", True),
    "module-script": Initiator("cors", "same-origin", "script", "script", True),
    "font-face": Initiator("cors", "same-origin", "font", "font"),
    "font-preload": Initiator("cors", "same-origin", "font", "font"),
    "eventsource": Initiator("cors", "same-origin", "resource", "empty", True),
    "beacon": Initiator("no-cors", "include", "resource", "empty"),
    "form": Initiator("navigate", "include", "resource", "document"),
    "navigation": Initiator("navigate", "include", "resource", "document"),
    "websocket": Initiator("websocket", "include", "resource", "websocket"),
    "worker": Initiator("same-origin", "same-origin", "script", "worker"),
    "service-worker": Initiator("same-origin", "same-origin", "script", "serviceworker"),
}


def element_request(page: Page, load: ElementLoad, profile: Profile) -> Request | Thrown:
    """The request of a load; an unknown initiator is a ValueError that names those there are."""
    found = INITIATORS.get(load.initiator)
    if found is None:
        raise ValueError(f"no initiator is called {load.initiator!r}; there are {', '.join(INITIATORS)}")
    url = page_url(page, load.url)
    if url is None:
        scene = Scene(kind=found.kind, urls=(None,), origin=page.origin, method=load.method)
        return Thrown(Refusal("url-invalid", {"text": load.url}), "error event", scene)
    headers = with_upload_type((), load.body)
    asks_first = load.initiator == "beacon" and not all(is_safelisted(*field, profile) for field in headers)
    mode, credentials = found.mode, found.credentials
    if asks_first:
        mode = "cors"
    elif found.takes_crossorigin and load.crossorigin is not None:
        mode, credentials = "cors", "include" if load.crossorigin == "use-credentials" else "same-origin"
    return Request(
        page=page,
        urls=(url,),
        kind=found.kind,
        destination=found.destination,
        method=_method(load),
        headers=headers,
        body=upload_body(load.body),
        mode=mode,
        credentials=credentials,
        redirect="error" if mode == "websocket" else "follow",
        referrer_policy=page.referrer_policy,
        is_unsafe=asks_first,
    )


def _method(load: ElementLoad) -> bytes:
    """A beacon is always a POST, and only a form chooses."""
    if load.initiator == "beacon":
        return b"POST"
    return as_bytes(load.method.upper()) if load.initiator == "form" else b"GET"
