"""What needs no server: `data:`, `blob:` and `about:blank` (Fetch, "scheme fetch")."""

import re
from binascii import a2b_base64
from typing import Final
from urllib.parse import unquote_to_bytes

from crossgate.cors.browser.headers import get
from crossgate.cors.browser.mime import parse_mime
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.safelist import parse_range
from crossgate.cors.browser.values import HttpResponse
from crossgate.cors.browser.verdict import Refusal

_DEFAULT_TYPE: Final = b"text/plain;charset=US-ASCII"
_BLANKS: Final = b" \t\n\x0c\r"
_BASE64 = re.compile(r"; *base64\Z", re.IGNORECASE)
_SIXBITS = re.compile(rb"[A-Za-z0-9+/]*")


def local_response(request: Request, profile: Profile) -> HttpResponse | Refusal:
    """The response that the browser makes itself, or why there is none."""
    url = request.url
    if url.scheme == "data":
        return _data(url.text, has_length=profile.data_urls_have_length and request.kind == "fetch")
    if url.scheme == "blob":
        return _blob(request)
    if url.is_blank and profile.loads_about_blank:
        return HttpResponse(200, ((b"Content-Type", b"text/html;charset=utf-8"),))
    return Refusal("scheme-not-http")


def _data(text: str, *, has_length: bool) -> HttpResponse | Refusal:
    kind, comma, encoded = text.removeprefix("data:").partition(",")
    if not comma:
        return Refusal("local-url", {"why": "there is no comma in it"})
    kind = kind.strip(" \t\n\x0c\r")
    body: bytes | None = unquote_to_bytes(encoded)
    base64 = _BASE64.search(kind)
    if base64 is not None:
        kind, body = kind[: base64.start()], _decoded(body or b"")
    if body is None:
        return Refusal("local-url", {"why": "what should be base64 is not"})
    mime = parse_mime(("text/plain" + kind if kind.startswith(";") else kind).encode())
    fields = ((b"Content-Type", _DEFAULT_TYPE if mime is None else mime.serialised()),)
    length = ((b"Content-Length", b"%d" % len(body)),) if has_length else ()
    return HttpResponse(200, fields + length)


def _decoded(text: bytes) -> bytes | None:
    """Base64 as the web forgives it: with blanks, and without the padding."""
    text = text.translate(None, _BLANKS)
    if len(text) % 4 == 0:
        text = re.sub(rb"={1,2}\Z", b"", text)
    if len(text) % 4 == 1 or not _SIXBITS.fullmatch(text):
        return None
    return a2b_base64(text + b"=" * (-len(text) % 4))


def _blob(request: Request) -> HttpResponse | Refusal:
    """A Blob of the page's own, which is taken to exist; its type and its length are not known here."""
    if request.is_cross_origin:
        return Refusal("local-url", {"why": "another origin made it"})
    if request.method != b"GET":
        return Refusal("local-url", {"why": "it can be read with GET alone"})
    asked = get(request.headers, b"Range")
    if asked is None:
        return HttpResponse(200)
    is_range = parse_range(re.sub(rb"[ \t]", b"", asked)) is not None
    return HttpResponse(206) if is_range else Refusal("local-url", {"why": "its Range is none"})
