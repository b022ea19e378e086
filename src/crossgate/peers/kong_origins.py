"""What Kong's CORS plugin makes of its list of origins, as its handler.lua reads it (Kong 3)."""

import re

from crossgate.cors.lint.subject import OriginMatch, Place
from crossgate.peers.pieces import Piece
from crossgate.peers.placeholders import is_filled_in

SIGN = re.compile(r"\\.|.", re.DOTALL)
PLAIN = re.compile(r"[A-Za-z0-9.:/-]+\Z")


def read_origins(listed: Piece, is_shared: bool, plugin: Place) -> tuple[OriginMatch, ...]:
    """The ways to be allowed. `is_shared` says that credentials are on, so `*` sends back whatever came.

    No list allows everyone. One plain origin is sent to everyone who asks; of several, the one that came is sent.
    """
    entries = [entry for entry in listed.items() or [listed] if entry.text]
    if not entries:
        return (OriginMatch(kind="reflect" if is_shared else "any", text="*", place=plugin),)
    return tuple(_read(entry.text, entry.place, is_shared, is_alone=len(entries) == 1) for entry in entries)


def _read(text: str, place: Place, is_shared: bool, is_alone: bool) -> OriginMatch:
    if text == "*":
        return OriginMatch(kind="reflect" if is_shared else "any", text=text, place=place)
    if is_filled_in(text):
        return OriginMatch(kind="template", text=text, place=place)
    if PLAIN.match(text):
        return OriginMatch(kind="exact", text=text, place=place, sent=text if is_alone else None)
    return _regex(text, place)


def _regex(text: str, place: Place) -> OriginMatch:
    """Kong anchors the start, and the end by writing a `$` after the entry, which binds only its last alternative.

    An entry without a colon is held against the host alone: it is put here as the pattern of a whole origin that
    lets the same in, any port and both schemes.
    """
    body = text.removeprefix("^").removesuffix("$")
    if ":" not in text:
        whole = rf"https?://(?:{body}(?::[0-9]+)?$)"
        return OriginMatch(kind="regex", text=whole, place=place, anchoring="start", written=text)
    if _has_alternatives(body):
        return OriginMatch(kind="regex", text=f"{body}$", place=place, anchoring="start")
    return OriginMatch(kind="regex", text=text, place=place, anchoring="full")


def _has_alternatives(pattern: str) -> bool:
    """Whether a `|` stands outside every group and class."""
    depth = 0
    is_class = False
    for sign in SIGN.findall(pattern):
        if is_class:
            is_class = sign != "]"
        elif sign == "[":
            is_class = True
        elif sign == "|" and depth == 0:
            return True
        else:
            depth += (sign == "(") - (sign == ")")
    return False
