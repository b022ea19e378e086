"""Where browsers differ from the Fetch standard and from each other: one table, a line a difference (cors.md 5.1).

Sources: C156 and F153 measured in Chromium 156 and Firefox 153; Csrc, Fsrc, W read in the sources of Chromium,
Firefox and WebKit. Where nothing is known of a browser it follows the standard.
"""

from typing import Any, Final, Literal

import msgspec

ProfileName = Literal["standard", "chromium", "firefox", "webkit"]
NAMES: Final[tuple[ProfileName, ...]] = ("standard", "chromium", "firefox", "webkit")
BROWSERS: Final = NAMES[1:]

_HEAD = ("Accept", "Access-Control-Request-Method", "Access-Control-Request-Headers")
_STANDARD_ORDER = (*_HEAD, "Referer", "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site")
_CHROMIUM_ORDER = (*_HEAD, "Origin", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Referer")
_NO_STORE = ("no-store", "reload")
_FIREFOX_ORDER = (*_STANDARD_ORDER, "Priority")

# fmt: off
_TABLE: Final[tuple[tuple[str, Any, Any, Any, Any, str], ...]] = (
    # name, standard, chromium, firefox, webkit, source
    ("wildcard_covers_authorization", False, True, True, True, "C156 F153 W"),
    ("cached_wildcard_covers_authorization", False, False, False, True, "C156 F153 W"),
    ("max_age_cap_s", None, 7200, 86400, 600, "Csrc Fsrc W"),
    ("largest_max_age_read", None, None, None, 2**63 - 1, "W"),
    ("negative_max_age_s", 5, 0, 0, 0, "C156 F153 W"),
    ("malformed_max_age_s", 5, 5, 0, 5, "C156 F153 W"),
    ("default_max_age_begins_after_s", 0.0, 0.0, 0.1, 0.0, "F153"),
    ("cache_keeps_one_result", False, True, False, True, "Csrc Fsrc W"),
    ("cache_keyed_by_credentials", False, False, True, False, "C156 F153 W"),
    ("cache_reuses_wildcards", True, True, False, True, "C156 F153 W"),
    ("cache_frees_head", True, True, False, True, "C156 F153 W"),
    ("cache_longest_url", None, 1023, None, None, "Csrc"),
    ("cache_size", None, 1024, 100, None, "Csrc Fsrc"),
    ("caches_insufficient_preflight", False, False, False, True, "W"),
    ("clears_cache_on_failure", True, False, True, False, "C156 F153 W"),
    ("cache_modes_that_preflight", (), (*_NO_STORE, "no-cache"), _NO_STORE, (), "C156 F153"),
    ("safelists_client_hints", False, True, False, False, "C156 F153"),
    ("combines_request_headers", False, True, False, True, "C156 F153 W"),
    ("limits_total_of_safelisted", True, True, False, False, "C156 F153 W"),
    ("sends_last_content_type_only", False, False, True, False, "F153"),
    ("accept_may_have_high_bytes", True, True, False, True, "C156 F153"),
    ("preflight_keeps_page_origin", False, False, True, False, "C156 F153"),
    ("origin_follows_referrer_policy", True, False, True, True, "C156 F153"),
    ("uploads_streams", True, True, False, True, "C156 F153"),
    ("streams_need_http2", False, True, False, False, "C156"),
    ("preflight_sends_client_certificate", False, True, False, False, "C156 F153"),
    ("asks_for_local_network", False, True, True, False, "C156 F153"),
    ("site_after_taint", "same-site", "same-site", "cross-site", "same-site", "C156 F153"),
    ("user_agent_settable", True, False, True, True, "C156 F153"),
    ("preflight_judges_status_first", False, False, False, True, "C156 Fsrc W"),
    ("preflight_names_header_in_page_order", False, False, True, False, "Fsrc"),
    ("preflight_order", _STANDARD_ORDER, _CHROMIUM_ORDER, _FIREFOX_ORDER, _STANDARD_ORDER, "C156 F153"),
)
# fmt: on


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the table."""

    name: ProfileName
    wildcard_covers_authorization: bool
    cached_wildcard_covers_authorization: bool
    max_age_cap_s: int | None
    largest_max_age_read: int | None
    negative_max_age_s: int
    malformed_max_age_s: int
    default_max_age_begins_after_s: float
    cache_keeps_one_result: bool
    cache_keyed_by_credentials: bool
    cache_reuses_wildcards: bool
    cache_frees_head: bool
    cache_longest_url: int | None
    cache_size: int | None
    caches_insufficient_preflight: bool
    clears_cache_on_failure: bool
    cache_modes_that_preflight: tuple[str, ...]
    safelists_client_hints: bool
    combines_request_headers: bool
    limits_total_of_safelisted: bool
    sends_last_content_type_only: bool
    accept_may_have_high_bytes: bool
    preflight_keeps_page_origin: bool
    origin_follows_referrer_policy: bool
    uploads_streams: bool
    streams_need_http2: bool
    preflight_sends_client_certificate: bool
    asks_for_local_network: bool
    site_after_taint: str
    user_agent_settable: bool
    preflight_judges_status_first: bool
    preflight_names_header_in_page_order: bool
    preflight_order: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table, for reading; `values` has one for each profile."""

    name: str
    values: dict[str, Any]
    source: str


DIFFERENCES: Final = tuple(
    Difference(name=row[0], values=dict(zip(NAMES, row[1:5], strict=True)), source=row[5]) for row in _TABLE
)
PROFILES: Final[dict[ProfileName, Profile]] = {
    name: msgspec.convert({"name": name, **{line.name: line.values[name] for line in DIFFERENCES}}, Profile)
    for name in NAMES
}
