"""What is left of a response for the script: filtering, timing, embedding (cors.md 1.13.4, 1.22, 1.23)."""

import msgspec

from crossgate.cors.browser.headers import get, split, tokens
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request, is_same_site
from crossgate.cors.browser.urls import is_same_origin
from crossgate.cors.browser.values import HttpResponse, ResponseType, Seen, WorkerResponse
from crossgate.cors.origin import Origin
from crossgate.cors.policy import NEVER_EXPOSED
from crossgate.cors.server import EXPOSE_HEADERS

SAFELISTED_RESPONSE_NAMES = frozenset(
    b"cache-control content-language content-length content-type expires last-modified pragma".split()
)
_NULL_BODY = frozenset((101, 103, 204, 205, 304))
_NEVER_READABLE = frozenset(name.encode() for name in NEVER_EXPOSED)


def filtered(request: Request, response: HttpResponse) -> Seen:
    """The response as the page's script sees it, by how far the request was tainted."""
    if request.tainting == "opaque":
        return _opaque(request, response, "opaque")
    if request.tainting == "basic":
        return _readable(request, response, "basic", None)
    exposed = exposed_names(request, response)
    return _readable(request, response, "cors", SAFELISTED_RESPONSE_NAMES | exposed)


def opaque_redirect(request: Request, response: HttpResponse, profile: Profile) -> Seen:
    """A redirect that the page asked not to follow: that it is one is all there is to see."""
    seen = _opaque(request, response, "opaqueredirect")
    is_shown = profile.times_opaque_redirects or get(response.headers, b"Location") is None
    return msgspec.structs.replace(seen, timing=seen.timing and is_shown)


def as_worker_saw(request: Request, response: HttpResponse, worker: WorkerResponse) -> Seen:
    """What a service worker has fetched and hands on: filtered for the worker, and for the page no further."""
    if worker.type in ("opaque", "opaqueredirect"):
        return _opaque(request, response, worker.type)
    kind: ResponseType = "cors" if worker.type == "cors" else "basic"
    seen = _readable(request, response, kind, None)
    return msgspec.structs.replace(
        seen, url=worker.urls[-1] if worker.urls else seen.url, redirected=len(worker.urls) > 1
    )


def exposed_names(request: Request, response: HttpResponse) -> frozenset[bytes]:
    """The names, in lower case, that Access-Control-Expose-Headers adds; a list that cannot be read adds none."""
    listed = tokens(response.headers, EXPOSE_HEADERS)
    if not isinstance(listed, list):
        return frozenset()
    if b"*" in listed and not request.includes:
        return frozenset(name.lower() for name, _ in response.headers)
    return frozenset(name.lower() for name in listed)


def timing_allowed(request: Request, response: HttpResponse) -> bool:
    """Whether Resource Timing may show details of this response (Fetch, "TAO check")."""
    values = get(response.headers, b"Timing-Allow-Origin")
    if request.timing_failed:
        return False
    if values is not None:
        listed = split(values)
        if b"*" in listed or request.origin.encode() in listed:
            return True
    if request.mode == "navigate" and request.is_cross_origin:
        return False
    return request.tainting == "basic"


def may_embed(request: Request, response: HttpResponse) -> bool:
    """Whether Cross-Origin-Resource-Policy lets a no-cors request have the response.

    A value that is none of the three allows everything; so does its absence.
    """
    page, url = request.page.tuple_origin, request.url.origin
    policy = get(response.headers, b"Cross-Origin-Resource-Policy")
    if policy == b"same-origin":
        return is_same_origin(page, url)
    if policy != b"same-site" or page is None or url is None:
        return policy != b"same-site"
    # What came by https is for pages that came by https; other than that the scheme does not count.
    if url.scheme == "https" and page.scheme != "https":
        return False
    return is_same_site(Origin(url.scheme, page.host), url)


def _readable(
    request: Request, response: HttpResponse, kind: ResponseType, names: frozenset[bytes] | None
) -> Seen:
    readable, hidden = [], []
    for name, value in response.headers:
        lower = name.lower()
        if lower in _NEVER_READABLE or (names is not None and lower not in names):
            hidden.append(lower.decode("latin-1"))
        else:
            readable.append((lower.decode("latin-1"), value.decode("latin-1")))
    return Seen(
        type=kind,
        status=response.status,
        url=request.url.text,
        redirected=len(request.urls) > 1,
        headers=tuple(readable),
        hidden=tuple(sorted(set(hidden))),
        has_body=request.method != b"HEAD" and response.status not in _NULL_BODY,
        timing=timing_allowed(request, response),
    )


def _opaque(request: Request, response: HttpResponse, kind: ResponseType) -> Seen:
    return Seen(
        type=kind,
        status=0,
        url="" if kind == "opaque" else request.url.text,
        redirected=False,
        headers=(),
        hidden=tuple(sorted({name.lower().decode("latin-1") for name, _ in response.headers})),
        has_body=False,
        timing=timing_allowed(request, response),
    )
