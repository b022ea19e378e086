"""Redirects: where one leads, whether it may be followed, and what is sent there (cors.md 1.15)."""

from typing import Final

import msgspec

from crossgate.cors.browser.headers import values_of, without
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.safelist import AUTHORIZATION, REQUEST_BODY_NAMES
from crossgate.cors.browser.urls import Url, is_same_origin, parse_url
from crossgate.cors.browser.values import HttpResponse, Step
from crossgate.cors.browser.verdict import Refusal

SECTION: Final = "Fetch, HTTP-redirect fetch"
STATUSES: Final = frozenset((301, 302, 303, 307, 308))
MAX_REDIRECTS: Final = 20


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The request that follows a redirect, and the steps that made it what it is."""

    request: Request
    steps: tuple[Step, ...]


def location(request: Request, response: HttpResponse) -> Url | Refusal | None:
    """Where a redirect leads, with the old fragment if it has none of its own; None without a Location."""
    values = values_of(response.headers, b"Location")
    if not values:
        return None
    text = values[0].decode("latin-1")
    url = parse_url(text, request.url) if len(values) == 1 else None
    if url is None:
        return Refusal("redirect-location-invalid", {"location": ", ".join(v.decode("latin-1") for v in values)})
    return url if url.fragment else msgspec.structs.replace(url, fragment=request.url.fragment)


def follow(request: Request, status: int, target: Url) -> Next | Refusal:
    """The next request, or the reason for which the redirect is not followed."""
    refusal = _refused(request, status, target)
    if refusal is not None:
        return refusal
    steps = []
    changes: dict[str, object] = {"urls": (*request.urls, target)}
    if becomes_get(status, request.method):
        changes |= {"method": b"GET", "body": None, "headers": without(request.headers, REQUEST_BODY_NAMES)}
        found = f"{status} after {request.method.decode('latin-1')}"
        steps.append(Step(section=SECTION, question="Does it become a GET?", found=found))
    next_request = msgspec.structs.replace(request, **changes)
    if not is_same_origin(request.url.origin, target.origin):
        kept = without(next_request.headers, (AUTHORIZATION,))
        if kept != next_request.headers:
            question = "Does it leave the origin that Authorization was meant for? Then it is removed."
            found, wanted = str(target.origin), str(request.url.origin)
            step = Step(section=SECTION, question=question, found=found, wanted=wanted)
            steps.append(step)
        next_request = msgspec.structs.replace(next_request, headers=kept)
    return Next(request=next_request, steps=tuple(steps))


def becomes_get(status: int, method: bytes) -> bool:
    """Whether the redirected request is a GET without body (1.15.7)."""
    if status == 303:
        return method not in (b"GET", b"HEAD")
    return status in (301, 302) and method == b"POST"


def _refused(request: Request, status: int, target: Url) -> Refusal | None:
    values = {"location": target.text, "limit": str(MAX_REDIRECTS)}
    if not target.is_http:
        return Refusal("redirect-scheme", values)
    if len(request.urls) > MAX_REDIRECTS:
        return Refusal("redirect-too-many", values)
    foreign = not is_same_origin(request.page.tuple_origin, target.origin)
    if target.credentials and ((request.mode == "cors" and foreign) or request.tainting == "cors"):
        return Refusal("redirect-has-credentials", values)
    if status != 303 and request.body is not None and request.body.is_stream:
        return Refusal("redirect-body-stream", values)
    return None
