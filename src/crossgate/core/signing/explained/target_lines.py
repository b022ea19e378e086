"""The first lines of a canonical request, method, path and query, as two sides have them."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from crossgate.core.signing.canonical import Message, canonical_request

_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_CHARSETS: Final = ("latin-1", "gb18030")


class Lines(msgspec.Struct, frozen=True):
    """The same line of both canonical requests."""

    gateway: str
    client: str


def canonical_path(raw: str) -> str:
    """The canonical form of a path as it is sent."""
    return _signed(raw.replace("?", "%3F"))[1]


def canonical_query(raw: str) -> str:
    """The canonical form of a query as it is sent."""
    return _signed("/?" + raw)[2]


def once_less(text: str) -> str:
    """`text` with one of two encodings taken off."""
    return text.replace("%25", "%")


def in_capitals(text: str) -> str:
    """`text` with its percent-encoded bytes in capitals."""
    return _ESCAPE.sub(lambda found: found[0].upper(), text)


def differ_in_charset(lines: Lines) -> bool:
    """Whether one side has the bytes of another charset where the other has UTF-8."""
    one, other = (unquote_to_bytes(text.rstrip("/")) for text in (lines.gateway, lines.client))
    return any(_is_recoded(one, other, charset) or _is_recoded(other, one, charset) for charset in _CHARSETS)


def _signed(target: str) -> list[str]:
    message = Message("GET", target.encode("utf-8", "replace"), ())
    return canonical_request(message, (), "").decode().split("\n")


def _is_recoded(utf8: bytes, recoded: bytes, charset: str) -> bool:
    try:
        return utf8 != recoded and utf8.decode().encode(charset) == recoded
    except UnicodeError:
        return False
