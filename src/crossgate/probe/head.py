"""The head of a response, read as browsers read it: every field kept, byte for byte, even where it is malformed.

A line without a colon is left out, and a line that begins with a blank goes on with the one before it. Up to four
bytes in front of the status line are overlooked, and a missing status is 200. Measured in Chromium 156 and
Firefox 153; a beginning that only one of them takes is none.
"""

import re
from typing import Final

from crossgate.cors.browser import HttpResponse
from crossgate.cors.browser.headers import get, values_of
from crossgate.cors.browser.verdict import shown
from crossgate.cors.server import Fields

LONGEST: Final = 256 * 1024
"""Bytes; what Chromium reads at most."""

_JUNK: Final = 4
_STATUS_LINE = re.compile(rb"HTTP/[0-9](?:\.[0-9])?(?:[ \t]+([0-9]{1,3})(?![^ \t])|[ \t]*$)")
_END = re.compile(rb"\r?\n\r?\n")
_BLANKS = b" \t"
# Two values in one of these could be a response that somebody slipped in, so browsers take neither.
_SAID_ONCE: Final = (b"Content-Length", b"Content-Disposition")


class NotHttpError(ValueError):
    """What came is not the head of a response that browsers take; the message says why."""


def split(data: bytes) -> tuple[bytes, bytes] | None:
    """The head in front of the first empty line, and what follows it; None while there is none."""
    begin = _begin(data)
    end = _END.search(data, begin)
    return None if end is None else (data[begin : end.start()], data[end.end() :])


def read(head: bytes) -> HttpResponse:
    """The response that `head` begins; raises NotHttpError."""
    first, *rest = (line.removesuffix(b"\r") for line in head[_begin(head) :].split(b"\n"))
    match = _STATUS_LINE.match(first)
    if match is None:
        raise NotHttpError(f"what came is no HTTP response: it begins with {shown(first[:40])!r}")
    if b"\0" in head:
        raise NotHttpError("there is a NUL byte in the head of the response, and browsers take none of it then")
    fields = _fields(rest)
    _check_said_once(fields)
    return HttpResponse(int(match[1] or 200), fields)


def _begin(data: bytes) -> int:
    """Where the status line begins."""
    return max(data[: _JUNK + len(b"HTTP")].find(b"HTTP"), 0)


def _check_said_once(fields: Fields) -> None:
    for name in _SAID_ONCE:
        values = dict.fromkeys(values_of(fields, name))
        # Where the body comes in chunks its length counts for nothing.
        if len(values) > 1 and get(fields, b"Transfer-Encoding") is None:
            told = f"{shown(name)}: {shown(b' and '.join(values))}"
            raise NotHttpError(f"the response says two things, {told}, so browsers take none of it")


def _fields(lines: list[bytes]) -> Fields:
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if line.startswith((b" ", b"\t")):
            if fields:
                before = fields.pop()
                fields.append((before[0], (before[1] + b" " + line.strip(_BLANKS)).strip(_BLANKS)))
        elif colon and name:
            fields.append((name, value.strip(_BLANKS)))
    return tuple(fields)
