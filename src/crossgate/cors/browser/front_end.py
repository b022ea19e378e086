"""What every front end does before there is a request: URL, method, headers, upload (cors.md 1.8 to 1.11)."""

from typing import Final

import msgspec

from crossgate.cors.browser.asks import Upload, UploadKind
from crossgate.cors.browser.headers import get, is_value, normalised
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Body
from crossgate.cors.browser.safelist import combined, is_forbidden_header, is_no_cors_safelisted
from crossgate.cors.browser.scene import Scene
from crossgate.cors.browser.urls import Url, as_script_text, parse_url
from crossgate.cors.browser.values import Page, Step, TextFields
from crossgate.cors.browser.verdict import Refusal
from crossgate.cors.server import Fields
from crossgate.cors.tokens import is_token

CONTENT_TYPE: Final = b"Content-Type"

_AS_TEXT: Final = {
    "stream": Upload("text", b"[object ReadableStream]"),
    "html": Upload("text", b"[object HTMLDocument]"),
    "xml": Upload("text", b"[object XMLDocument]"),
}
_UPLOAD_TYPES: Final = {
    "text": b"text/plain;charset=UTF-8",
    "urlencoded": b"application/x-www-form-urlencoded;charset=UTF-8",
    "multipart": b"multipart/form-data; boundary=----boundary",
    "html": b"text/html;charset=UTF-8",
    "xml": b"application/xml;charset=UTF-8",
}
_GUARD = "Fetch, Headers guard"


class Thrown(msgspec.Struct, frozen=True):
    """The call throws, or its promise is rejected, before anything is sent."""

    refusal: Refusal
    error: str
    scene: Scene


class Guarded(msgspec.Struct, frozen=True):
    """The headers that a page may set, and the steps that dropped others."""

    headers: Fields
    steps: tuple[Step, ...]


def page_url(page: Page, text: str) -> Url | None:
    """`text` as a URL, relative to the page's."""
    return parse_url(as_script_text(text), parse_url(page.address))


def as_bytes(text: str) -> bytes:
    """Text in which a character is a byte; empty, which is neither method nor name, when one is not."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b""


def guarded(
    fields: TextFields, profile: Profile, *, is_no_cors: bool = False, is_list: bool = False
) -> Guarded | Refusal:
    """The headers less those that no script may set; refused when a name or a value is not HTTP.

    A list may have one name several times; otherwise the values of a name are one.
    """
    kept: list[tuple[bytes, bytes]] = []
    steps = []
    for name_text, value_text in fields:
        name, value = as_bytes(name_text), normalised(as_bytes(value_text))
        if not is_token(name) or not is_value(value) or (value_text and not as_bytes(value_text)):
            return Refusal("header-invalid", {"name": name_text})
        why = _dropped(tuple(kept), name, value, profile, is_no_cors=is_no_cors)
        if why:
            steps.append(Step(section=_GUARD, question=why, found=f"{name_text}: {value_text}", passed=False))
        else:
            spelt = next((before for before, _ in kept if before.lower() == name.lower()), name)
            kept.append((spelt, value))
    headers = tuple(kept)
    is_kept_apart = is_list and not profile.combines_request_headers
    return Guarded(headers if is_kept_apart else combined(headers), tuple(steps))


def _dropped(kept: Fields, name: bytes, value: bytes, profile: Profile, *, is_no_cors: bool) -> str:
    if is_no_cors:
        before = get(kept, name)
        whole = value if before is None else before + b", " + value
        allowed = is_no_cors_safelisted(name, whole, profile)
        return "" if allowed else "May a no-cors request carry it? It is left out."
    if is_forbidden_header(name, value):
        return "May a script set it? It is left out."
    if name.lower() == b"user-agent" and not profile.user_agent_settable:
        return "Does this browser let a script set it? It is left out."
    return ""


def as_text(upload: Upload | None, *kinds: UploadKind) -> Upload | None:
    """The upload, made into a string when it is of a kind that the interface does not know."""
    return upload if upload is None or upload.kind not in kinds else _AS_TEXT[upload.kind]


def upload_body(upload: Upload | None) -> Body | None:
    """The body that is sent."""
    return None if upload is None else Body(upload.content, is_stream=upload.kind == "stream")


def with_upload_type(headers: Fields, upload: Upload | None) -> Fields:
    """`headers` with the Content-Type that the upload brings, unless the page has set one."""
    if upload is None or get(headers, CONTENT_TYPE) is not None:
        return headers
    brought = _UPLOAD_TYPES.get(upload.kind, as_bytes(upload.type) if upload.kind == "blob" else b"")
    return (*headers, (CONTENT_TYPE, brought)) if brought else headers
