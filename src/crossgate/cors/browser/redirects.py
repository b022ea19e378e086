"""Redirects: where one leads, whether it may be followed, and what is sent there (cors.md 1.15)."""

from typing import Final

import msgspec

from crossgate.cors.browser.headers import values_of, without
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.referrer import after_redirect
from crossgate.cors.browser.request import AtFirst, Request
from crossgate.cors.browser.safelist import (
    AUTHORIZATION,
    HINTS_OF_THE_DEVICE,
    REQUEST_BODY_NAMES,
    is_safelisted_method,
    unsafe_names,
)
from crossgate.cors.browser.urls import Url, is_same_origin, parse_location
from crossgate.cors.browser.values import HttpResponse, Step
from crossgate.cors.browser.verdict import Refusal

SECTION: Final = "Fetch, HTTP-redirect fetch"
STATUSES: Final = frozenset((301, 302, 303, 307, 308))
MAX_REDIRECTS: Final = 20


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The request that follows a redirect, and the steps that made it what it is."""

    request: Request
    steps: tuple[Step, ...]


def location(request: Request, response: HttpResponse, profile: Profile) -> Url | Refusal | None:
    """Where a redirect leads, with the old fragment if it has none of its own; None without a Location."""
    values = values_of(response.headers, b"Location")
    if profile.repeated_location_is_one:
        values = list(dict.fromkeys(values))
    if not values or (values == [b""] and profile.empty_location_is_none):
        return None
    base = request.url
    if not profile.locations_inherit_credentials:
        base = msgspec.structs.replace(base, credentials="")
    url = parse_location(values[0], base) if len(values) == 1 else None
    if url is None:
        return Refusal("redirect-location-invalid", {"location": ", ".join(v.decode("latin-1") for v in values)})
    return url if url.fragment else msgspec.structs.replace(url, fragment=request.url.fragment)


def misled(request: Request, response: HttpResponse, profile: Profile) -> Refusal | None:
    """Why this browser drops a redirect for where it leads, before anything else is asked of it."""
    if not profile.judges_location_first or response.status not in STATUSES:
        return None
    if request.redirect != "follow" and not profile.judges_locations_not_followed:
        return None
    target = location(request, response, profile)
    if isinstance(target, Url) and target.scheme in profile.redirect_schemes_judged_first:
        return Refusal("redirect-scheme", {"location": str(target), "limit": str(MAX_REDIRECTS)})
    return target if isinstance(target, Refusal) else None


def has_foreign_credentials(request: Request, target: Url | Refusal | None) -> Refusal | None:
    """The refusal of a redirect across origins with a user name or password in the URL."""
    if not isinstance(target, Url) or not target.credentials:
        return None
    foreign = not is_same_origin(request.page.tuple_origin, target.origin)
    if (request.mode == "cors" and foreign) or request.tainting == "cors":
        return Refusal("redirect-has-credentials", {"location": target.text})
    return None


def follow(request: Request, response: HttpResponse, target: Url, profile: Profile) -> Next | Refusal:
    """The next request, or the reason for which the redirect is not followed."""
    status = response.status
    refusal = _refused(request, status, target)
    if refusal is not None:
        return refusal
    steps = []
    changes: dict[str, object] = {"urls": (*request.urls, target)}
    if profile.restores_headers_at_redirects and request.is_unsafe:
        request = _restored(request, status, target, profile)
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
    drops_hints = not profile.keeps_hints_across_origins and not request.keepalive
    if drops_hints and not is_same_origin(request.page.tuple_origin, target.origin):
        kept = without(next_request.headers, HINTS_OF_THE_DEVICE)
        next_request = msgspec.structs.replace(next_request, headers=kept)
    return Next(request=after_redirect(next_request, response), steps=tuple(steps))


def _restored(request: Request, status: int, target: Url, profile: Profile) -> Request:
    """The request with the fields that it began with, less what this one redirect takes away.

    Whether the fields about the body are taken goes by the method that it began with; whether they are asked for
    goes by the one it has now. The type that a body brings goes where the body goes. Where nothing is to be asked
    for any more, what was asked for before is asked for again.
    """
    at_first = request.at_first or AtFirst(method=request.method, headers=request.headers)
    own, drops_body = at_first.headers, becomes_get(status, request.method)
    stays = request.body is not None and not drops_body and not values_of(own, b"Content-Type")
    brought = tuple(field for field in request.headers if stays and field[0].lower() == b"content-type")
    is_plain = drops_body or is_safelisted_method(request.method)
    asks_anew = not is_plain or request.uses_preflight or unsafe_names((*own, *brought), profile)
    if asks_anew:
        asked = (*(without(own, REQUEST_BODY_NAMES) if drops_body else own), *brought)
    else:
        asked = request.fields_to_ask_for if request.asks_again else ()
    headers = without(own, REQUEST_BODY_NAMES) if becomes_get(status, at_first.method) else own
    is_led_away = not is_same_origin(request.url.origin, target.origin)
    return msgspec.structs.replace(
        request,
        at_first=at_first,
        headers=(*headers, *brought),
        asks_for=without(asked, (AUTHORIZATION,)) if is_led_away else asked,
    )


def becomes_get(status: int, method: bytes) -> bool:
    """Whether the redirected request is a GET without body (1.15.7)."""
    if status == 303:
        return method not in (b"GET", b"HEAD")
    return status in (301, 302) and method == b"POST"


def _refused(request: Request, status: int, target: Url) -> Refusal | None:
    values = {"location": str(target), "limit": str(MAX_REDIRECTS)}
    if not target.is_http:
        return Refusal("redirect-scheme", values)
    if len(request.urls) > MAX_REDIRECTS:
        return Refusal("redirect-too-many", values)
    refusal = has_foreign_credentials(request, target)
    if refusal is not None:
        return refusal
    if status != 303 and request.body is not None and request.body.is_stream:
        return Refusal("redirect-body-stream", values)
    return None
