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
_CHROMIUM_ORDER = (
    "Pragma",
    "Cache-Control",
    *_HEAD,
    "Origin",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-Fetch-Dest",
    "Referer",
)
_NO_STORE = ("no-store", "reload")
_FIREFOX_ORDER = (*_STANDARD_ORDER, "Priority", "Pragma", "Cache-Control")

_IMAGES = (
    "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
)
_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,"
_PAGES = (
    _PAGE + "*/*;q=0.8",
    _PAGE + "image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
)
_FONTS = "application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8"
_VIDEOS = "video/webm,video/ogg,video/*;q=0.9,application/ogg;q=0.7,audio/*;q=0.6,*/*;q=0.5"
_AUDIO = "audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,application/ogg;q=0.7,video/*;q=0.6,*/*;q=0.5"

_NOT_FOR_WORKERS = ("about", "chrome", "moz-extension", "moz-icon", "resource", "ws", "wss")
_DROPPED = ("blob", "data", "file", "javascript")

# fmt: off
_TABLE: Final[tuple[tuple[str, Any, Any, Any, Any, str], ...]] = (
    # name, standard, chromium, firefox, webkit, source
    ("wildcard_covers_authorization", False, True, True, True, "C156 F153 W"),
    ("cached_wildcard_covers_authorization", False, False, False, True, "C156 F153 W"),
    ("max_age_cap_s", None, 7200, 86400, 600, "Csrc Fsrc W"),
    ("largest_max_age_read", None, 2**63 - 1, None, 2**63 - 1, "C156 W"),
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
    ("accept_may_have_high_bytes", True, True, False, True, "C156 F153"),
    ("content_type_may_have_commas_and_high_bytes", True, True, False, True, "C156 F153"),
    ("own_names_keep_their_case", True, True, False, True, "C156 F153"),
    ("css_images_keep_referrer_policy", True, False, True, True, "C156 F153"),
    ("insecure_websockets_throw", False, True, True, False, "C156 F153"),
    ("foreign_workers_throw", False, True, False, False, "C156 F153"),
    ("preflight_keeps_page_origin", False, False, True, False, "C156 F153"),
    ("origin_follows_referrer_policy", True, False, True, True, "C156 F153"),
    ("uploads_streams", True, True, False, True, "C156 F153"),
    ("streams_need_http2", False, True, False, False, "C156"),
    ("preflight_sends_client_certificate", False, True, False, False, "C156 F153"),
    ("asks_for_local_network", False, True, True, False, "C156 F153"),
    ("site_after_taint", "same-site", "same-site", "cross-site", "same-site", "C156 F153"),
    ("user_agent_settable", True, False, True, True, "C156 F153"),
    ("referrer_goes_by_scheme", False, True, True, True, "C156 F153 W"),
    ("relaxes_referrer_across_sites", True, True, False, True, "C156 F153"),
    ("nulls_origin_when_redirected", False, True, False, False, "C156 F153"),
    ("websockets_have_metadata", True, False, True, True, "C156 F153"),
    ("preflights_watched_uploads_without_body", True, False, True, True, "C156 F153"),
    ("answers_challenges_across_origins", False, False, True, False, "C156 F153"),
    ("answers_challenges_beside_authorization", True, True, False, True, "C156 F153"),
    ("proxy_status_is_readable", False, False, True, False, "C156 F153"),
    ("cache_mode_of_conditionals", "no-store", "no-cache", "no-store", "no-store", "C156 F153"),
    ("empty_location_is_none", False, True, False, False, "C156 F153"),
    ("repeated_location_is_one", False, True, True, False, "C156 F153"),
    ("error_mode_needs_location", False, True, False, False, "C156 F153"),
    ("loads_urls_with_credentials", True, False, True, True, "C156 F153"),
    ("rewrites_charset_in_place", False, True, False, False, "C156 F153"),
    ("judges_keepalive_first", False, True, True, False, "C156 F153"),
    ("limits_beacons", True, True, False, True, "C156 F153"),
    ("data_urls_have_length", False, False, True, False, "C156 F153"),
    ("loads_about_blank", True, False, True, True, "C156 F153"),
    ("accept_of_images", _IMAGES[0], _IMAGES[1], _IMAGES[2], _IMAGES[0], "C156 F153"),
    ("accept_of_documents", _PAGES[0], _PAGES[1], _PAGES[0], _PAGES[0], "C156 F153"),
    ("accept_of_fonts", "*/*", "*/*", _FONTS, "*/*", "C156 F153"),
    ("accept_of_videos", "*/*", "*/*", _VIDEOS, "*/*", "C156 F153"),
    ("accept_of_audio", "*/*", "*/*", _AUDIO, "*/*", "C156 F153"),
    ("preflight_judges_status_first", False, False, False, True, "C156 Fsrc W"),
    ("preflight_judges_access_before_redirect", False, False, True, False, "F153"),
    ("preflight_repeats_names", False, False, True, False, "F153"),
    ("preflight_has_cache_fields", False, True, True, False, "C156 F153"),
    ("preflight_mode_for_any_url", False, True, False, False, "C156"),
    ("preflight_site_by_current_url", False, True, True, False, "C156 F153"),
    ("site_begins_anew", False, True, False, False, "C156"),
    ("keeps_hints_across_origins", True, False, True, True, "C156 F153"),
    ("no_cors_redirect_keeps_credentials", False, True, False, False, "C156 F153"),
    ("preflight_again_after_redirects", False, False, True, False, "F153"),
    ("preflight_to_own_origin_needs_no_access", False, False, True, False, "F153"),
    ("combines_on_the_wire", False, False, True, False, "F153"),
    ("own_cors_loads_have_origin", False, True, False, False, "C156"),
    ("times_opaque_redirects", True, False, True, True, "C156 F153"),
    ("judges_location_first", False, True, True, False, "C156 F153"),
    ("redirect_schemes_judged_first", (), (), _DROPPED, (), "C156 F153"),
    ("zero_max_age_keeps_what_is_known", False, False, True, False, "F153"),
    ("integrity_refuses_opaque_redirects", True, True, False, True, "C156 F153"),
    ("empty_fields_are_lost", False, False, True, False, "F153"),
    ("upgrades_wherever_redirected", False, True, False, False, "C156"),
    ("judges_mode_before_port", False, True, False, False, "C156"),
    ("streams_are_cors", False, True, False, False, "C156"),
    ("cache_mode_of_service_workers", "no-cache", "no-cache", "reload", "no-cache", "C156 F153"),
    ("destinations_without_referrer", (), (), ("serviceworker", "track"), (), "F153"),
    ("elements_of_opaque_pages_have_referrer", False, False, True, False, "F153"),
    ("restores_headers_at_redirects", False, False, True, False, "F153"),
    ("integrity_needs_body", True, False, False, True, "C156 F153"),
    ("preflight_judges_methods_before_names", False, False, True, False, "F153"),
    ("judges_mixed_redirects_first", False, False, True, False, "F153"),
    ("websockets_take_fragments", True, False, False, False, "C156 F153"),
    ("xhr_conditions_need_cache", False, False, True, False, "F153"),
    ("remembers_for_opaque_pages", True, False, True, True, "C156 F153"),
    ("referrer_stays_trimmed", True, True, False, True, "C156 F153"),
    ("no_referrer_hides_origin", False, False, True, False, "F153"),
    ("blocks_mixed_tracks", True, True, False, True, "C156 F153"),
    ("cache_modes_that_forget", (), ("no-store",), (), (), "C156"),
    ("locations_inherit_credentials", True, False, True, True, "C156 F153"),
    ("watched_uploads_grant_their_method", True, False, False, True, "C156 F153"),
    ("cached_wildcards_need_no_credentials", False, True, False, True, "C156 W"),
    ("max_age_may_have_a_plus", False, True, False, False, "C156"),
    ("holds_insecure_forms_back", False, True, False, False, "C156 F153"),
    ("clears_cache_for_simple_requests", False, False, True, False, "F153"),
    ("judges_locations_not_followed", False, True, False, False, "C156 F153"),
    ("credentials_spoil_urls_without_host", False, True, False, False, "C156"),
    ("redirects_outlive_their_page", False, True, False, False, "C156"),
    ("worker_schemes_that_throw", (), (), _NOT_FOR_WORKERS, (), "F153"),
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
    accept_may_have_high_bytes: bool
    content_type_may_have_commas_and_high_bytes: bool
    own_names_keep_their_case: bool
    css_images_keep_referrer_policy: bool
    insecure_websockets_throw: bool
    foreign_workers_throw: bool
    preflight_keeps_page_origin: bool
    origin_follows_referrer_policy: bool
    uploads_streams: bool
    streams_need_http2: bool
    preflight_sends_client_certificate: bool
    asks_for_local_network: bool
    site_after_taint: str
    user_agent_settable: bool
    referrer_goes_by_scheme: bool
    relaxes_referrer_across_sites: bool
    nulls_origin_when_redirected: bool
    websockets_have_metadata: bool
    preflights_watched_uploads_without_body: bool
    answers_challenges_across_origins: bool
    answers_challenges_beside_authorization: bool
    proxy_status_is_readable: bool
    cache_mode_of_conditionals: str
    empty_location_is_none: bool
    repeated_location_is_one: bool
    error_mode_needs_location: bool
    loads_urls_with_credentials: bool
    rewrites_charset_in_place: bool
    judges_keepalive_first: bool
    limits_beacons: bool
    data_urls_have_length: bool
    loads_about_blank: bool
    accept_of_images: str
    accept_of_documents: str
    accept_of_fonts: str
    accept_of_videos: str
    accept_of_audio: str
    preflight_judges_status_first: bool
    preflight_judges_access_before_redirect: bool
    preflight_repeats_names: bool
    preflight_has_cache_fields: bool
    preflight_mode_for_any_url: bool
    preflight_site_by_current_url: bool
    site_begins_anew: bool
    keeps_hints_across_origins: bool
    no_cors_redirect_keeps_credentials: bool
    preflight_again_after_redirects: bool
    preflight_to_own_origin_needs_no_access: bool
    combines_on_the_wire: bool
    own_cors_loads_have_origin: bool
    times_opaque_redirects: bool
    judges_location_first: bool
    redirect_schemes_judged_first: tuple[str, ...]
    zero_max_age_keeps_what_is_known: bool
    integrity_refuses_opaque_redirects: bool
    empty_fields_are_lost: bool
    upgrades_wherever_redirected: bool
    judges_mode_before_port: bool
    streams_are_cors: bool
    cache_mode_of_service_workers: Literal["no-cache", "reload"]
    destinations_without_referrer: tuple[str, ...]
    elements_of_opaque_pages_have_referrer: bool
    restores_headers_at_redirects: bool
    integrity_needs_body: bool
    preflight_judges_methods_before_names: bool
    judges_mixed_redirects_first: bool
    websockets_take_fragments: bool
    xhr_conditions_need_cache: bool
    remembers_for_opaque_pages: bool
    referrer_stays_trimmed: bool
    no_referrer_hides_origin: bool
    blocks_mixed_tracks: bool
    cache_modes_that_forget: tuple[str, ...]
    locations_inherit_credentials: bool
    watched_uploads_grant_their_method: bool
    cached_wildcards_need_no_credentials: bool
    max_age_may_have_a_plus: bool
    holds_insecure_forms_back: bool
    clears_cache_for_simple_requests: bool
    judges_locations_not_followed: bool
    credentials_spoil_urls_without_host: bool
    redirects_outlive_their_page: bool
    worker_schemes_that_throw: tuple[str, ...]
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
