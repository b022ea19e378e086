"""Hints: what usually lies behind a failure, from what else the answer says. Cors.md 4 and common experience."""

from collections.abc import Callable
from typing import Final

from crossgate.cors.browser import Failure, HttpRequest, HttpResponse, Story
from crossgate.cors.browser.headers import get, split, values_of
from crossgate.cors.browser.redirects import STATUSES
from crossgate.cors.browser.urls import parse_url
from crossgate.cors.browser.verdict import shown
from crossgate.cors.origin import NULL
from crossgate.cors.server import ALLOW_METHODS, ALLOW_ORIGIN, VARY

_TAINTED: Final = (
    "A redirect led from one foreign origin to another. From there on the browser says Origin: null, and no "
    "server can tell which page asks. Let the page ask for {} itself."
)

_Hint = Callable[[HttpRequest, HttpResponse], str]


def hints(story: Story, failure: Failure) -> tuple[str, ...]:
    """What may be behind `failure`, most telling first; often nothing."""
    if not story.exchanges:
        return ()
    last = story.exchanges[-1]
    if not isinstance(last.answer, HttpResponse):
        return ()
    found = [hint(last.request, last.answer) for code, hint in _HINTS if code == failure.code]
    if not failure.code.startswith("origin-"):
        return tuple(filter(None, found))
    if shown(last.request.get(b"Origin")) == NULL != story.page.origin:
        found = [_TAINTED.format(last.request.url)]
    if failure.code == "origin-missing" and len(story.hops[-1].exchanges) > 1:
        found.append("The preflight was allowed: the server has to send the header with this answer, too.")
    if len(story.hops) > 1:
        found.append(
            f"The page asked for {story.hops[0].url} and was redirected here. When the redirect leads to a "
            "sign-in page, the session has ended: no CORS header helps, the user has to sign in again."
        )
    return tuple(filter(None, found))


def _missing(request: HttpRequest, response: HttpResponse) -> str:
    """Why an answer may have no Access-Control-Allow-Origin."""
    if response.status in STATUSES:
        return _redirect_without_permission(response)
    if response.status >= 400:
        is_preflight = request.purpose == "preflight"
        return _status_of_preflight(request, response) if is_preflight else _error_answer(response)
    varies = {name.lower() for name in split(get(response.headers, VARY) or b"")}
    if b"origin" in varies:
        return (
            "The server knows CORS, for its answers vary by Origin: its list of origins does not have this one. "
            "Look there for a small difference, such as http or https, a port, a slash at the end."
        )
    return ""


def _redirect_without_permission(response: HttpResponse) -> str:
    target = shown(get(response.headers, b"Location"))
    return (
        f"The answer is a redirect ({response.status}) to {target}, and a redirect needs the header, too. If that "
        "is the real address (https for http, a slash at the end), let the page ask for it directly. If it is a "
        "sign-in page, the session has ended: no CORS header helps, the user has to sign in again."
    )


def _error_answer(response: HttpResponse) -> str:
    is_nginx = b"nginx" in (get(response.headers, b"Server") or b"").lower()
    always = " In nginx, add_header does that with the word always at its end." if is_nginx else ""
    return (
        f"The answer is an error ({response.status}), and many servers leave the CORS headers out of their error "
        "answers. Look into the server's log for the error itself, and let error answers carry the headers, too."
        + always
    )


def _status_of_preflight(request: HttpRequest, response: HttpResponse) -> str:
    if response.status in (400, 403):
        return (
            f"Status {response.status}: the server knows CORS and does not allow this origin, this method or one "
            "of these headers; or it asks for a login before it answers OPTIONS, which a preflight never has."
        )
    if response.status in (401, 407):
        return (
            f"Status {response.status}: something asks for a login before it answers OPTIONS. A preflight never "
            "carries cookies, tokens or passwords, so answer it before authentication."
        )
    if response.status in (404, 405, 501):
        return (
            f"Status {response.status}: the server has no handler for OPTIONS at this path. Most frameworks have "
            "a CORS middleware that answers it; switch that on rather than writing routes by hand."
        )
    if response.status >= 500:
        return f"Status {response.status}: the server failed while answering OPTIONS; its log says why."
    return ""


def _redirect(_: HttpRequest, response: HttpResponse) -> str:
    target = shown(get(response.headers, b"Location"))
    if not target:
        return ""
    return (
        f"The redirect leads to {target}. If that is the real address (https for http, a slash at the end), let "
        "the page ask for it directly."
    )


def _nearly_the_origin(request: HttpRequest, response: HttpResponse) -> str:
    """What distinguishes the value from the origin, where it is a small thing."""
    origin, value = shown(request.get(b"Origin")), shown(get(response.headers, ALLOW_ORIGIN))
    if value == NULL:
        return "The value null is for pages without an origin of their own; this page has one."
    meant = parse_url(value)
    if "*" in value:
        return "A pattern such as https://*.example counts for nothing: the answer must name one origin, or *."
    if meant is None or meant.origin is None:
        return "An origin is scheme://host[:port], as in https://app.example, with nothing around it."
    if str(meant.origin) == origin:
        return "It means the same origin, and is written differently: lower case, no slash or path at the end."
    page = parse_url(origin)
    if page is None or page.origin is None:
        return ""
    return _one_part_differs(str(page.origin), str(meant.origin))


def _one_part_differs(page: str, allowed: str) -> str:
    (scheme, _, rest), (other_scheme, _, other_rest) = page.partition("://"), allowed.partition("://")
    if rest == other_rest:
        return f"Only the scheme differs: the page came by {scheme}, and {other_scheme} is allowed."
    host, other_host = rest.rpartition(":"), other_rest.rpartition(":")
    names = {part[0] if part[1] else part[2] for part in (host, other_host)}
    if scheme == other_scheme and len(names) == 1:
        return "Only the port differs, and the port is part of an origin."
    if {rest, other_rest} == {rest.removeprefix("www."), "www." + rest.removeprefix("www.")}:
        return "Only www. differs, and these are two origins."
    return ""


def _repeated(_: HttpRequest, response: HttpResponse) -> str:
    fields = values_of(response.headers, ALLOW_ORIGIN)
    if len(fields) > 1:
        return f"The header is there {len(fields)} times: an application and a proxy each add it; let one do it."
    return "Only one origin may be named. A server that allows several names the one the request came from."


def _without_credentials(_: HttpRequest, __: HttpResponse) -> str:
    return (
        "Or, when the page needs no cookies here, leave credentials out of the call "
        "(no credentials: 'include', no withCredentials): then * is enough."
    )


def _case_of_method(request: HttpRequest, response: HttpResponse) -> str:
    method = request.get(b"Access-Control-Request-Method") or b""
    listed = {element.upper() for element in split(get(response.headers, ALLOW_METHODS) or b"")}
    if method.upper() in listed:
        return (
            f"Only the case differs. Browsers write {shown(method)} as the page does; in the page, write "
            f"{shown(method.upper())}."
        )
    return ""


_HINTS: Final[tuple[tuple[str, _Hint], ...]] = (
    ("origin-missing", _missing),
    ("origin-mismatch", _nearly_the_origin),
    ("origin-invalid", _nearly_the_origin),
    ("origin-multiple", _repeated),
    ("origin-wildcard-with-credentials", _without_credentials),
    ("preflight-redirected", _redirect),
    ("preflight-status", _case_of_method),
    ("preflight-status", _status_of_preflight),
    ("method-not-allowed", _case_of_method),
)
