"""The preflight cache: what a browser still knows from earlier preflights (cors.md 1.20).

A cache is a value: storing, clearing and looking up return the next one. Time is a number of seconds handed in,
from whatever clock, as long as it is always the same one.
"""

from typing import Final

import msgspec

from crossgate.cors.browser.headers import get
from crossgate.cors.browser.preflight import DEFAULT_MAX_AGE_S, Lists, Need, max_age
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.safelist import AUTHORIZATION
from crossgate.cors.browser.values import HttpResponse
from crossgate.cors.server import MAX_AGE


class Life(msgspec.Struct, frozen=True):
    """From when until when something is known, in seconds of the clock handed in."""

    begins: float
    ends: float

    def covers(self, now: float) -> bool:
        """Whether it is known at `now`."""
        return self.begins <= now < self.ends


Lives = dict[bytes, Life]
_WILDCARD: Final = b"*"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one page origin knows of one URL. Header names are in lower case; `*` is one like any other."""

    partition: str
    origin: str
    url: str
    credentials: bool
    methods: Lives
    headers: Lives


class Lookup(msgspec.Struct, frozen=True):
    """Whether the cache makes a preflight needless, and in a sentence why."""

    is_enough: bool
    why: str


class PreflightCache(msgspec.Struct, frozen=True):
    """All that is known, the entry used last at the end.

    `partition` is the network partition key of the page; pages of one top-level site share it.
    """

    entries: tuple[Entry, ...] = ()
    partition: str = ""

    def lookup(
        self, request: Request, asks: Need, profile: Profile, now: float
    ) -> "tuple[PreflightCache, Lookup]":
        """Whether what is known covers all that `asks` asks for, and the cache afterwards."""
        if request.cache in profile.cache_modes_that_preflight:
            return self, Lookup(False, f"The cache mode {request.cache} does not use it.")
        found = [entry for entry in self.entries if self._serves(entry, request, profile)]
        if not found:
            # Who keeps one result gives it up when it is not enough, as one without credentials may be.
            stale = [each for each in self.entries if self._is_about(each, request)]
            kept = self._less(stale) if profile.cache_keeps_one_result else self
            return kept, Lookup(False, "Nothing is known of this URL.")
        missing = _missing(found, asks, request, profile, now)
        if not missing:
            return self._with_used(found), Lookup(True, "An earlier preflight allowed all of it.")
        why = f"What is known does not cover {missing}, or no longer."
        return (self._less(found) if profile.cache_keeps_one_result else self), Lookup(False, why)

    def store(
        self, request: Request, response: HttpResponse, lists: Lists, profile: Profile, now: float
    ) -> "PreflightCache":
        """The cache with what `response` grants (1.19, step 6.7)."""
        seconds = max_age(response, profile)
        gone = [each for each in self.entries if self._is_replaced(each, request, profile)]
        if self._is_not_learnt(request, seconds, profile) or (seconds <= 0 and not gone):
            return self
        known = [] if profile.cache_keeps_one_result else [_alive(each, now) for each in gone]
        entry = next((each for each in known if each.credentials == request.includes), self._nothing_of(request))
        _learn(known, entry, lists, profile, Life(_beginning(response, profile, now), now + seconds))
        kept = (*self._less(gone).entries, *(each for each in known if each is not entry), entry)
        return self._holding(kept if profile.cache_size is None else kept[-profile.cache_size :])

    def cleared(self, request: Request) -> "PreflightCache":
        """The cache without anything this page's origin knew of the current URL (1.20.3)."""
        return self._less([entry for entry in self.entries if self._is_about(entry, request)])

    def _is_about(self, entry: Entry, request: Request) -> bool:
        same_url = entry.url == request.url.text
        return same_url and (entry.partition, entry.origin) == (self.partition, request.origin)

    def _nothing_of(self, request: Request) -> Entry:
        return Entry(
            partition=self.partition,
            origin=request.origin,
            url=request.url.text,
            credentials=request.includes,
            methods={},
            headers={},
        )

    def _is_not_learnt(self, request: Request, seconds: int, profile: Profile) -> bool:
        """Whether this browser leaves all that it knows as it is."""
        is_too_long = profile.cache_longest_url is not None and len(request.url.text) > profile.cache_longest_url
        is_opaque = request.page.tuple_origin is None and not profile.remembers_for_opaque_pages
        is_nothing = seconds <= 0 and profile.zero_max_age_keeps_what_is_known
        return is_too_long or is_opaque or is_nothing or request.cache in profile.cache_modes_that_forget

    def _is_replaced(self, entry: Entry, request: Request, profile: Profile) -> bool:
        """Whether a new answer changes what is known: all of it, or as much as would have served the request."""
        return (
            self._is_about(entry, request)
            if profile.cache_keeps_one_result
            else self._serves(entry, request, profile)
        )

    def _serves(self, entry: Entry, request: Request, profile: Profile) -> bool:
        matches = entry.credentials == request.includes
        if not profile.cache_keyed_by_credentials:
            matches = entry.credentials or not request.includes
        return matches and self._is_about(entry, request)

    def _with_used(self, used: list[Entry]) -> "PreflightCache":
        return self._holding((*self._less(used).entries, *used))

    def _less(self, gone: list[Entry]) -> "PreflightCache":
        if not gone:
            return self
        ids = {id(entry) for entry in gone}
        return self._holding(tuple(entry for entry in self.entries if id(entry) not in ids))

    def _holding(self, entries: tuple[Entry, ...]) -> "PreflightCache":
        return PreflightCache(entries, self.partition)


def _beginning(response: HttpResponse, profile: Profile, now: float) -> float:
    """From when on the answer may be reused, in seconds of the clock handed in."""
    is_default = max_age(response, profile) == DEFAULT_MAX_AGE_S and get(response.headers, MAX_AGE) is None
    return now + profile.default_max_age_begins_after_s if is_default else now


def _alive(entry: Entry, now: float) -> Entry:
    """A copy of `entry` with what is still known."""
    methods, headers = (
        {name: life for name, life in lives.items() if now < life.ends} for lives in (entry.methods, entry.headers)
    )
    return msgspec.structs.replace(entry, methods=methods, headers=headers)


def _learn(known: list[Entry], entry: Entry, lists: Lists, profile: Profile, life: Life) -> None:
    """Let what is known already and granted again live on, and write down in `entry` what is new."""
    wild = (_WILDCARD,) if profile.cache_reuses_wildcards else ()
    for method in lists.methods:
        _renew([each.methods for each in known], entry.methods, (method, *wild), life)
    for name in map(bytes.lower, lists.headers):
        names = (name,) if name == AUTHORIZATION else (name, *wild)
        _renew([each.headers for each in known], entry.headers, names, life)


def _renew(known: list[Lives], own: Lives, names: tuple[bytes, ...], life: Life) -> None:
    matching = [(lives, name) for lives in known for name in names if name in lives]
    for lives, name in matching or [(own, names[0])]:
        lives[name] = life


def _missing(found: list[Entry], asks: Need, request: Request, profile: Profile, now: float) -> str:
    """What the entries do not cover, in words; nothing when they cover all."""
    method = asks.method
    reuses = profile.cache_reuses_wildcards and not (
        request.includes and profile.cached_wildcards_need_no_credentials
    )
    if asks.is_forced or (request.method == b"HEAD" and not profile.cache_frees_head):
        method = request.method
    # Who keeps one result finds that a safelisted method needs no listing once there is a result.
    if method is not None and (asks.method is not None or not profile.cache_keeps_one_result):
        names = (method, b"*") if reuses else (method,)
        if not any(_knows(entry.methods, names, now) for entry in found):
            return f"the method {method.decode('latin-1')}"
    for name in asks.headers:
        wild = reuses and (name != AUTHORIZATION or profile.cached_wildcard_covers_authorization)
        names = (name, b"*") if wild else (name,)
        if not any(_knows(entry.headers, names, now) for entry in found):
            return f"the header {name.decode('latin-1')}"
    if not any(life.covers(now) for entry in found for life in (*entry.methods.values(), *entry.headers.values())):
        return "the request"
    return ""


def _knows(lives: dict[bytes, Life], names: tuple[bytes, ...], now: float) -> bool:
    return any(name in lives and lives[name].covers(now) for name in names)
