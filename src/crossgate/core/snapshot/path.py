"""Request paths: decoding for the router, encoding for the backend (gateway.md 2.1)."""

import re
from collections.abc import Container
from urllib.parse import quote_from_bytes, unquote_to_bytes

# RFC 3986 section 3.3: pchar and "/".
_PATH_SAFE = "/!$&'()*+,;=:@-._~"
# What QUERY values may hold unescaped; "+", "&" and "=" are structure there.
_QUERY_SAFE = "!$'()*,;:@-._~/?"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class BadPathError(ValueError):
    """The path cannot be decoded: a broken percent escape, an escaped control character, a fragment."""


def normalise(path: bytes) -> bytes:
    """`path` decoded once, its dot segments resolved; what the router matches.

    `%2F` becomes a separator, as the contract has it while `api_uri_no_escape` is off. Raises BadPathError.
    """
    if _BROKEN_ESCAPE.search(path):
        raise BadPathError("a % that is not followed by two hexadecimal digits")
    if b"#" in path:
        raise BadPathError("a fragment, which is for the client alone")
    decoded = unquote_to_bytes(path)
    if min(decoded) < 0x20 or 0x7F in decoded:
        raise BadPathError("an escaped control character")
    return _without_dot_segments(decoded)


def _without_dot_segments(path: bytes) -> bytes:
    # RFC 3986 section 5.2.4; a climb above the root stops at the root.
    kept: list[bytes] = []
    segments = path.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            if kept:
                kept.pop()
        elif segment != b".":
            kept.append(segment)
    if segments[-1] in (b".", b".."):
        kept.append(b"")
    return b"/" + b"/".join(kept)


def without_parameters(query: bytes, names: Container[str]) -> bytes:
    """`query` less the parameters whose decoded name is among `names`; a plus is a space, as forms write it."""
    kept = [pair for pair in query.split(b"&") if _parameter_name(pair) not in names]
    return b"&".join(kept)


def _parameter_name(pair: bytes) -> str:
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).decode("utf-8", "replace")


def encode_path(decoded: bytes) -> bytes:
    """`decoded` as it may stand in a request target's path."""
    return quote_from_bytes(decoded, safe=_PATH_SAFE).encode("ascii")


def encode_segment(decoded: bytes) -> bytes:
    """`decoded` as one path segment: a slash in it is escaped."""
    return quote_from_bytes(decoded, safe=_PATH_SAFE.replace("/", "")).encode("ascii")


def encode_query(decoded: bytes) -> bytes:
    """`decoded` as a key or value in a query."""
    return quote_from_bytes(decoded, safe=_QUERY_SAFE).encode("ascii")
