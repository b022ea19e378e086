"""A request inside the browser: what a front end hands to the fetch algorithm (cors.md 1.1)."""

from typing import Final

import msgspec

from crossgate.cors.browser.urls import Url, is_same_origin
from crossgate.cors.browser.values import (
    AddressSpace,
    Cache,
    Credentials,
    Mode,
    Page,
    Redirect,
    ReferrerPolicy,
    Tainting,
)
from crossgate.cors.origin import NULL, Origin
from crossgate.cors.server import Fields
from crossgate.cors.suffixes import is_public_suffix

ORIGIN: Final = b"Origin"


class Body(msgspec.Struct, frozen=True):
    """What is uploaded. A stream cannot be sent a second time."""

    content: bytes = b""
    is_stream: bool = False


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `kind` is Chromium's word for what asked, `urls` ends with the current one."""

    page: Page
    urls: tuple[Url, ...]
    kind: str
    destination: str = "empty"
    method: bytes = b"GET"
    headers: Fields = ()
    body: Body | None = None
    mode: Mode = "cors"
    credentials: Credentials = "same-origin"
    redirect: Redirect = "follow"
    cache: Cache = "default"
    referrer_policy: ReferrerPolicy = "strict-origin-when-cross-origin"
    tainting: Tainting = "basic"
    is_unsafe: bool = False
    uses_preflight: bool = False
    timing_failed: bool = False
    target_space: AddressSpace | None = None

    @property
    def url(self) -> Url:
        """The current URL."""
        return self.urls[-1]

    @property
    def includes(self) -> bool:
        """Whether the credentials mode is `include`."""
        return self.credentials == "include"

    @property
    def is_cross_origin(self) -> bool:
        """Whether the current URL is of another origin than the page."""
        return not is_same_origin(self.page.tuple_origin, self.url.origin)

    @property
    def sends_credentials(self) -> bool:
        """Whether cookies and stored passwords go along (1.18.1)."""
        return self.includes or (self.credentials == "same-origin" and self.tainting == "basic")

    @property
    def origin(self) -> str:
        """The origin as `Origin` says it: `null` once a redirect has tainted it (1.16.4)."""
        return NULL if self.redirect_taint != "same-origin" else self.page.origin

    @property
    def redirect_taint(self) -> str:
        """How far redirects have led: same-origin, same-site or cross-site (1.16.3)."""
        taint, origin = "same-origin", self.page.tuple_origin
        for before, after in zip(self.urls, self.urls[1:], strict=False):
            if is_same_origin(before.origin, after.origin) or is_same_origin(origin, before.origin):
                continue
            if not is_same_site(before.origin, after.origin) and not is_same_site(origin, before.origin):
                return "cross-site"
            taint = "same-site"
        return taint


def is_same_site(one: Origin | None, other: Origin | None) -> bool:
    """Whether both have the same scheme and the same registrable domain, or the same host."""
    if one is None or other is None or one.scheme != other.scheme:
        return False
    return one.host == other.host or (_site(one.host) == _site(other.host) is not None)


def _site(host: str) -> str | None:
    """The registrable domain of a host, None when it has none."""
    while "." in host:
        parent = host.partition(".")[2]
        if is_public_suffix(parent):
            return None if is_public_suffix(host) else host
        host = parent
    return None
