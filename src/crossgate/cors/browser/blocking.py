"""The last checks of main fetch: what is withheld for its type, or for having no body (cors.md 1.13.5, 1.13.6)."""

from typing import Final

from crossgate.cors.browser.headers import get, split
from crossgate.cors.browser.mime import extract_mime
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.values import HttpResponse, Seen
from crossgate.cors.browser.verdict import Refusal, shown

_SCRIPT_LIKE: Final = frozenset(("script", "worker", "sharedworker", "serviceworker"))
_NEVER_SCRIPTS: Final = (b"audio/", b"image/", b"video/")
_RANGE_STATUSES: Final = (206, 416)


def refused_at_last(request: Request, response: HttpResponse, seen: Seen, profile: Profile) -> Refusal | None:
    """Why a response is withheld that everything else allows."""
    if _has_wrong_type(request, response):
        return Refusal("mime-type-blocked", {"type": shown(get(response.headers, b"Content-Type"))})
    is_part = response.worker is not None and response.worker.is_range and response.status in _RANGE_STATUSES
    if seen.type == "opaque" and is_part and get(request.headers, b"Range") is None:
        return Refusal("range-not-asked-for", {"status": str(response.status)})
    if request.has_integrity and not seen.has_body and (profile.integrity_needs_body or seen.type == "opaque"):
        return Refusal("integrity-without-body")
    return None


def _has_wrong_type(request: Request, response: HttpResponse) -> bool:
    mime = extract_mime(response.headers)
    is_script = request.destination in _SCRIPT_LIKE
    if is_script and mime is not None and (mime.essence.startswith(_NEVER_SCRIPTS) or mime.essence == b"text/csv"):
        return True
    options = get(response.headers, b"X-Content-Type-Options")
    if options is None or split(options)[0].lower() != b"nosniff":
        return False
    if is_script:
        return mime is None or not mime.is_javascript
    return request.destination == "style" and (mime is None or mime.essence != b"text/css")
