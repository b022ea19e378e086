"""What a page may send without asking first, byte by byte (cors.md 1.3 to 1.8)."""

import re
from typing import Final

from crossgate.cors.browser.headers import normalised, sorted_names, split
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.check import FORBIDDEN_METHODS
from crossgate.cors.preflight import SAFELISTED_METHODS
from crossgate.cors.server import Fields
from crossgate.cors.tokens import is_token

MAX_VALUE_BYTES: Final = 128
MAX_TOTAL_BYTES: Final = 1024
AUTHORIZATION: Final = b"authorization"
REQUEST_BODY_NAMES: Final = frozenset(
    (b"content-encoding", b"content-language", b"content-location", b"content-type")
)

_NORMALISED_METHODS = frozenset((b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT"))
_FORBIDDEN_METHODS = frozenset(method.encode() for method in FORBIDDEN_METHODS)
_UNSAFE_BYTES = frozenset(range(0x20)) - {0x09} | frozenset(b'"():<>?@[\\]{}\x7f')
_LANGUAGE = re.compile(rb"[0-9A-Za-z *,\-.;=]*")
_RANGE = re.compile(rb"bytes=([0-9]*)-([0-9]*)")
_SAFE_TYPES = frozenset((b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain"))
_NO_CORS_NAMES = frozenset((b"accept", b"accept-language", b"content-language", b"content-type"))
_FORBIDDEN_NAMES = frozenset(
    b"accept-charset accept-encoding access-control-request-headers access-control-request-method connection "
    b"content-length cookie cookie2 date dnt expect host keep-alive origin referer set-cookie te trailer "
    b"transfer-encoding upgrade via".split()
)
_OVERRIDES = frozenset((b"x-http-method", b"x-http-method-override", b"x-method-override"))
_WHOLE = re.compile(rb"[0-9]+")
_DECIMAL = re.compile(rb"[0-9]+(\.[0-9]+)?")
_HINTS = {
    b"device-memory": _DECIMAL,
    b"downlink": _DECIMAL,
    b"dpr": _DECIMAL,
    b"ect": re.compile(rb"slow-2g|2g|3g|4g"),
    b"rtt": _WHOLE,
    b"save-data": re.compile(rb"(?i:on)"),
    b"viewport-width": _WHOLE,
    b"width": _WHOLE,
}


HINTS_OF_THE_DEVICE: Final = frozenset(_HINTS) - {b"save-data"}
"""The client hints that Chromium takes away when a redirect leads to another origin than the page's."""


def is_safelisted_method(method: bytes) -> bool:
    """Whether no preflight is needed for the method's sake (1.3.1)."""
    return method in SAFELISTED_METHODS


def is_forbidden_method(method: bytes) -> bool:
    """Whether no script may ever send it (1.3.2)."""
    return method.upper() in _FORBIDDEN_METHODS


def normalise_method(method: bytes) -> bytes:
    """Six methods become upper case; `patch` and all others stay as they are (1.3.3)."""
    upper = method.upper()
    return upper if upper in _NORMALISED_METHODS else method


def has_unsafe_byte(value: bytes) -> bool:
    """Whether a CORS-unsafe request-header byte is in it (1.4)."""
    return not _UNSAFE_BYTES.isdisjoint(value)


def is_safelisted(name: bytes, value: bytes, profile: Profile) -> bool:
    """Whether the header needs no preflight (1.5)."""
    if len(value) > MAX_VALUE_BYTES:
        return False
    name = name.lower()
    if name == b"accept":
        return not has_unsafe_byte(value) and (profile.accept_may_have_high_bytes or value.isascii())
    if name in (b"accept-language", b"content-language"):
        return _LANGUAGE.fullmatch(value) is not None
    if name == b"content-type":
        is_plain = value.isascii() and b"," not in value
        if not is_plain and not profile.content_type_may_have_commas_and_high_bytes:
            return False
        return not has_unsafe_byte(value) and mime_essence(value) in _SAFE_TYPES
    if name == b"range":
        found = parse_range(value)
        return found is not None and found[0] is not None
    hint = _HINTS.get(name) if profile.safelists_client_hints else None
    return hint is not None and hint.fullmatch(value) is not None


def mime_essence(value: bytes) -> bytes | None:
    """The `type/subtype` of a whole value, in lower case; None when it is no MIME type (mimesniff)."""
    main, slash, rest = normalised(value).partition(b"/")
    sub = rest.partition(b";")[0].rstrip(b" \t\r\n")
    return main.lower() + b"/" + sub.lower() if slash and is_token(main) and is_token(sub) else None


def parse_range(value: bytes) -> tuple[int | None, int | None] | None:
    """First and last byte of a single range without blanks; None when it is something else (1.6)."""
    # Longer ones are unsafe anyway, and Python refuses to convert very long ones.
    match = _RANGE.fullmatch(value) if len(value) <= MAX_VALUE_BYTES else None
    if match is None:
        return None
    start, end = (int(digits) if digits else None for digits in match.groups())
    if start is None and end is None:
        return None
    return None if start is not None and end is not None and start > end else (start, end)


def unsafe_names(headers: Fields, profile: Profile) -> tuple[bytes, ...]:
    """The names that need a preflight: lower case, each once, sorted (1.7)."""
    listed = combined(headers) if profile.combines_request_headers else headers
    unsafe, potential, size = [], [], 0
    for name, value in listed:
        if is_safelisted(name, value, profile):
            potential.append(name)
            size += len(value)
        else:
            unsafe.append(name)
    if size > MAX_TOTAL_BYTES and profile.limits_total_of_safelisted:
        unsafe += potential
    if profile.preflight_repeats_names:
        return tuple(sorted(name.lower() for name in unsafe))
    return sorted_names(unsafe)


def combined(headers: Fields) -> Fields:
    """`headers` with those of one name joined by comma and space, in the place and spelling of the first."""
    joined: dict[bytes, tuple[bytes, bytes]] = {}
    for name, value in headers:
        first = joined.get(name.lower())
        joined[name.lower()] = (name, value) if first is None else (first[0], first[1] + b", " + value)
    return tuple(joined.values())


def is_forbidden_header(name: bytes, value: bytes) -> bool:
    """Whether setting it from a script is silently ignored (1.8)."""
    name = name.lower()
    if name in _OVERRIDES:
        return any(is_forbidden_method(part) for part in split(value))
    return name in _FORBIDDEN_NAMES or name.startswith((b"proxy-", b"sec-"))


def is_no_cors_safelisted(name: bytes, value: bytes, profile: Profile) -> bool:
    """Whether a no-cors request may carry it (1.8)."""
    return name.lower() in _NO_CORS_NAMES and is_safelisted(name, value, profile)
