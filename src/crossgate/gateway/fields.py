"""Header fields: which the data plane notes, which it passes on, which end here.

A head is read line by line, as bytes. The lines that browsers and servers repeat in every message are remembered
whole, so that reading one of them again is a single dictionary look-up.
"""

from typing import Final

# What a noted field is noted under.
HOST: Final = 1
ORIGIN: Final = 2
REQUESTED_METHOD: Final = 3
REQUESTED_HEADERS: Final = 4
STAGE: Final = 5
MODE: Final = 6
CONNECTION: Final = 7
CONTENT_LENGTH: Final = 8
TRANSFER_ENCODING: Final = 9
EXPECT: Final = 10
UPGRADE: Final = 11
FORWARDED_FOR: Final = 12
HOPS: Final = 13
DATE: Final = 14
CROSS_ORIGIN: Final = 15
_UNNOTED: Final = 0

_PASSED_TOO = frozenset((ORIGIN, REQUESTED_METHOD, REQUESTED_HEADERS, STAGE, DATE, CROSS_ORIGIN))

# Fields whose lines are worth remembering: few values, sent again and again, and never a secret.
_REPEATED = frozenset(
    b"""accept accept-encoding accept-language access-control-allow-credentials access-control-allow-headers
    access-control-allow-methods access-control-allow-origin access-control-expose-headers access-control-max-age
    access-control-request-headers access-control-request-method cache-control connection content-encoding
    content-length content-type dnt host keep-alive origin pragma priority sec-ch-ua sec-ch-ua-mobile
    sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-gpc server strict-transport-security te
    transfer-encoding upgrade-insecure-requests user-agent vary x-content-type-options x-frame-options
    x-powered-by x-stage""".split()
)
_MOST_REMEMBERED = 4096
_LONGEST_REMEMBERED = 256

# Hop-by-hop fields (RFC 9110 section 7.6.1).
_HOP_BY_HOP = (b"keep-alive", b"proxy-connection", b"te", b"trailer")
_REQUEST_ENDS_HERE = (*_HOP_BY_HOP, b"x-real-ip", b"x-forwarded-proto", b"x-forwarded-host", b"x-request-id")
_RESPONSE_ENDS_HERE = (*_HOP_BY_HOP, b"server", b"x-request-id")
_REQUEST_NOTED = {
    b"host": HOST,
    b"origin": ORIGIN,
    b"access-control-request-method": REQUESTED_METHOD,
    b"access-control-request-headers": REQUESTED_HEADERS,
    b"x-stage": STAGE,
    b"x-apig-mode": MODE,
    b"connection": CONNECTION,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
    b"x-forwarded-for": FORWARDED_FOR,
    b"x-crossgate-hops": HOPS,
}
_RESPONSE_NOTED = {
    b"transfer-encoding": TRANSFER_ENCODING,
    b"upgrade": UPGRADE,
    b"connection": CONNECTION,
    b"content-length": CONTENT_LENGTH,
    b"date": DATE,
}

# What is known of a line: what its value is noted under, whether it is passed on, and that value.
_Known = tuple[int, bool, bytes]
_PASSES: _Known = (_UNNOTED, True, b"")
_ENDS: _Known = (_UNNOTED, False, b"")

Lines = list[bytes]
Notes = dict[int, bytes]


class FieldReader:
    """Reads the lines of a head by one table of special fields."""

    __slots__ = ("_ends_here", "_known", "_noted")

    def __init__(self, noted: dict[bytes, int], ends_here: tuple[bytes, ...]) -> None:
        self._noted = noted
        self._ends_here = frozenset(ends_here)
        self._known: dict[bytes, _Known] = {}

    def read(self, lines: Lines) -> tuple[Lines, Notes]:
        """The lines to pass on as they are, and the values of noted fields, repeated ones joined by a comma."""
        passed: Lines = []
        notes: Notes = {}
        known = self._known.get
        for line in lines:
            what = known(line) or self._learn(line)
            if what is _PASSES:
                passed.append(line)
                continue
            kind, passes, value = what
            if passes:
                passed.append(line)
            if kind:
                notes[kind] = notes[kind] + b", " + value if kind in notes else value
        return passed, notes

    def _learn(self, line: bytes) -> _Known:
        name, _, value = line.partition(b":")
        name = name.lower()
        kind = self._noted.get(name, _UNNOTED)
        what = _PASSES
        if kind:
            # RFC 9110 section 5.5: white space around a value is no part of it.
            what = (kind, kind in _PASSED_TOO, value.strip(b" \t"))
        elif name in self._ends_here:
            what = _ENDS
        if name in _REPEATED and len(line) <= _LONGEST_REMEMBERED:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[line] = what
        return what


def request_fields() -> FieldReader:
    """A reader for requests."""
    return FieldReader(_REQUEST_NOTED, _REQUEST_ENDS_HERE)


def response_fields(merge_sensitive: frozenset[bytes]) -> FieldReader:
    """A reader for responses; fields in `merge_sensitive` are noted under CROSS_ORIGIN and passed on."""
    return FieldReader(_RESPONSE_NOTED | dict.fromkeys(merge_sensitive, CROSS_ORIGIN), _RESPONSE_ENDS_HERE)


def connection_options(value: bytes) -> frozenset[bytes]:
    """The lower-case options of a Connection field: names of fields that end at this hop, or close, upgrade …"""
    return frozenset(option.strip().lower() for option in value.split(b","))


def without(lines: Lines, names: frozenset[bytes]) -> Lines:
    """`lines` less those whose lower-case name is in `names`."""
    return [line for line in lines if line.partition(b":")[0].lower() not in names]
