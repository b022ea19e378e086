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
MAX_KEEPALIVE_BYTES: Final = 65_536


class Body(msgspec.Struct, frozen=True):
    """What is uploaded. A stream cannot be sent a second time."""

    content: bytes = b""
    is_stream: bool = False


class AtFirst(msgspec.Struct, frozen=True, kw_only=True):
    """What a request began with, `headers` as the page set them."""

    method: bytes
    headers: Fields


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `kind` is Chromium's word for what asked, `urls` ends with the current one.

    `initiator` is the name of what asked; empty for a script's call.
    `referrer` is the URL that `Referer` is made from; empty for none. `began` is the number of the URL at which
    this browser last began anew, for which Sec-Fetch-Site knows of none before it. `asks_again`: it makes a
    preflight at every further hop across origins. What it was `at_first` is kept where a redirect brings it back;
    `asks_for` are the fields that a preflight is about, where they are not those that are sent.
    """

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
    uses_url_credentials: bool = False
    keepalive: bool = False
    has_integrity: bool = False
    asks_worker: bool = False
    initiator: str = ""
    referrer: str = ""
    timing_failed: bool = False
    began: int = 0
    asks_again: bool = False
    referrer_at_first: str = ""
    at_first: AtFirst | None = None
    asks_for: Fields | None = None
    target_space: AddressSpace | None = None

    @property
    def url(self) -> Url:
        """The current URL."""
        return self.urls[-1]

    @property
    def is_too_large_to_outlive(self) -> bool:
        """Whether it may outlive its page and has a body too large for that (1.18.3)."""
        return self.keepalive and self.body is not None and len(self.body.content) > MAX_KEEPALIVE_BYTES

    @property
    def fields_to_ask_for(self) -> Fields:
        """The fields whose names a preflight asks for, where they are not safe."""
        return self.headers if self.asks_for is None else self.asks_for

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
    return one.host == other.host or (registrable_domain(one.host) == registrable_domain(other.host) is not None)


def registrable_domain(host: str) -> str | None:
    """The registrable domain of a host, None when it has none."""
    while "." in host:
        parent = host.partition(".")[2]
        if is_public_suffix(parent):
            return None if is_public_suffix(host) else host
        host = parent
    return None
