"""The CORS check: may the page's origin read this response (Fetch, "CORS check"; cors.md 1.21)."""

import re
from typing import Final

from crossgate.cors.browser.headers import get, values_of
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.urls import parse_url
from crossgate.cors.browser.values import HttpResponse, Step
from crossgate.cors.browser.verdict import Refusal, Verdict, shown
from crossgate.cors.origin import NULL
from crossgate.cors.server import ALLOW_CREDENTIALS, ALLOW_ORIGIN

SECTION: Final = "Fetch, CORS check"

_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_LIKE_A_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def cors_check(request: Request, response: HttpResponse, origin: str) -> Verdict:
    """Whether `response` is shared with `origin`, the one this browser compares with."""
    allowed = get(response.headers, ALLOW_ORIGIN)
    steps = [_step("Is there an Access-Control-Allow-Origin?", allowed, "a value", allowed is not None)]
    if allowed is None:
        return _refused(steps, request, response, origin)
    if not request.includes and allowed == b"*":
        steps.append(_step("Is it * on a request without credentials?", allowed, "*", True))
        return Verdict(tuple(steps))
    matches = allowed == origin.encode()
    steps.append(_step("Is it, byte for byte, the request's origin?", allowed, origin, matches))
    if not matches:
        return _refused(steps, request, response, origin)
    if not request.includes:
        return Verdict(tuple(steps))
    credentials = get(response.headers, ALLOW_CREDENTIALS)
    agrees = credentials == b"true"
    steps.append(_step("Is Access-Control-Allow-Credentials exactly true?", credentials, "true", agrees))
    return Verdict(tuple(steps)) if agrees else _refused(steps, request, response, origin)


def _step(question: str, found: bytes | None, wanted: str, passed: bool) -> Step:
    return Step(
        section=SECTION,
        question=question,
        found=shown(found),
        wanted=wanted,
        passed=passed,
    )


def _refused(steps: list[Step], request: Request, response: HttpResponse, origin: str) -> Verdict:
    fields = values_of(response.headers, ALLOW_ORIGIN)
    value = shown(get(response.headers, ALLOW_ORIGIN))
    leads_on = response.status in _REDIRECTS and get(response.headers, b"Location") is not None
    values = {
        "value": value,
        "fields": str(len(fields)),
        "origin": origin,
        "status": str(response.status),
        "leads_on": "yes" if leads_on else "",
        "credentials": shown(get(response.headers, ALLOW_CREDENTIALS)),
        "allow": _fix(request, origin),
    }
    return Verdict(tuple(steps), Refusal(_code(value, len(fields), origin), values))


def _fix(request: Request, origin: str) -> str:
    """What to answer. Nobody is told to allow `null`, because anybody can have that origin."""
    if origin != NULL and not request.includes:
        return f"Answer with `Access-Control-Allow-Origin: {origin}`; in a policy, list {origin} in its origins."
    if origin != NULL:
        return (
            f"Answer with `Access-Control-Allow-Origin: {origin}` and `Access-Control-Allow-Credentials: true`; "
            f"in a policy, list {origin} in its origins and set credentials."
        )
    why = "the page is opaque" if request.page.origin == NULL else "a redirect led on to a third origin"
    if not request.includes:
        return f"Answer with `Access-Control-Allow-Origin: *`: the origin is null, because {why}."
    return f"Answer without a redirect, to a page with an origin of its own: it is null now, because {why}."


def _code(value: str, fields: int, origin: str) -> str:
    """Which kind of refusal it is; the kinds are Chromium's, the finest of all."""
    if not fields:
        return "origin-missing"
    if value == "*":
        return "origin-wildcard-with-credentials"
    if value == origin:
        return "credentials-not-allowed"
    if " " in value or "," in value:
        return "origin-multiple"
    return "origin-mismatch" if value == NULL or _reads_as_url(value) else "origin-invalid"


def _reads_as_url(value: str) -> bool:
    return _LIKE_A_URL.match(value) is not None and parse_url(value) is not None
