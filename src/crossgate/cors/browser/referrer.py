"""Referer: what a request says of the page it comes from (Referrer Policy, "determine a request's referrer")."""

from typing import Final, get_args

import msgspec

from crossgate.cors.browser.headers import values_of
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request, is_same_site
from crossgate.cors.browser.urls import Url, parse_url
from crossgate.cors.browser.values import HttpResponse, Page, ReferrerPolicy
from crossgate.cors.tokens import elements

MAX_REFERRER: Final = 4096

_POLICIES: Final[dict[bytes, ReferrerPolicy]] = {policy.encode(): policy for policy in get_args(ReferrerPolicy)}
_RELAXED: Final = frozenset(("no-referrer-when-downgrade", "origin-when-cross-origin", "unsafe-url"))
_DEFAULT: Final = "strict-origin-when-cross-origin"


def of_page(page: Page, given: str | None = None, *, if_opaque: bool = False) -> str:
    """The URL that stands for the page, empty for none; `given` is what a call to fetch() says it is.

    An opaque page has one only `if_opaque`.
    """
    if page.tuple_origin is None and if_opaque:
        return page.address
    if given == "" or page.tuple_origin is None:
        return ""
    own = parse_url(page.address)
    url = own if given is None else parse_url(given, own)
    if url is None or url.origin != page.tuple_origin or not url.is_http:
        url = own
    if url is None or url.origin is None or not url.is_http:
        return page.origin + "/"
    return str(url.origin) + url.path + url.query


def determined(request: Request, profile: Profile) -> str:
    """What the request says at its current URL, empty for nothing; a redirect goes on from that."""
    is_whole = bool(request.referrer and request.referrer_at_first) and not profile.referrer_stays_trimmed
    source = request.referrer_at_first if is_whole else request.referrer
    own = parse_url(source)
    if own is None or own.origin is None:
        return ""
    root = f"{own.origin}/"
    full = source if len(source) <= MAX_REFERRER else root
    policy, url = obeyed_policy(request, profile), request.url
    is_downgrade = _is_downgrade(own, url, profile)
    is_foreign = request.is_cross_origin
    by_policy = {
        "no-referrer": "",
        "origin": root,
        "unsafe-url": full,
        "same-origin": "" if is_foreign else full,
        "strict-origin": "" if is_downgrade else root,
        "no-referrer-when-downgrade": "" if is_downgrade else full,
        "origin-when-cross-origin": root if is_foreign else full,
        _DEFAULT: full if not is_foreign else "" if is_downgrade else root,
    }
    return by_policy[policy]


def obeyed_policy(request: Request, profile: Profile) -> str:
    """The referrer policy that this browser goes by, which is not always the one that was asked for."""
    trims = not profile.relaxes_referrer_across_sites and request.destination != "document"
    is_foreign = not is_same_site(request.page.tuple_origin, request.url.origin)
    return _DEFAULT if trims and is_foreign and request.referrer_policy in _RELAXED else request.referrer_policy


def _is_downgrade(source: Url, url: Url, profile: Profile) -> bool:
    """Whether the way to the page was safe, and that to the URL is not."""
    if profile.referrer_goes_by_scheme:
        return source.scheme == "https" and url.scheme != "https"
    return source.is_trustworthy and not url.is_trustworthy


def after_redirect(request: Request, response: HttpResponse) -> Request:
    """The request with the policy that a redirect sets, the last one it knows."""
    policy = request.referrer_policy
    for value in values_of(response.headers, b"Referrer-Policy"):
        for element in elements(value):
            policy = _POLICIES.get(element.lower(), policy)
    return msgspec.structs.replace(request, referrer_policy=policy)
