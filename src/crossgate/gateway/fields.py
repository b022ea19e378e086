"""Header fields: which the data plane notes, which it passes on, which end here.

A block of fields is bytes as on the wire, every line with its CRLF. A page repeats its fields with every call it
makes over one connection, and a backend with every answer of the same second, so each connection's reader
remembers the block it read last.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import httptools
import msgspec

from crossgate.core.policies.call import FieldChange
from crossgate.core.signing.canonical import index_of
from crossgate.core.snapshot.dispatch import Named, announces_stage
from crossgate.cors.server import MERGE_SENSITIVE

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
_NONE: Final[Mapping[bytes, Sequence[bytes]]] = {}

_PASSED_TOO = frozenset((ORIGIN, REQUESTED_METHOD, REQUESTED_HEADERS, STAGE, DATE, CROSS_ORIGIN))

# Hop-by-hop fields (RFC 9110 section 7.6.1).
_HOP_BY_HOP = (
    b"keep-alive",
    b"proxy-connection",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"te",
    b"trailer",
)
# What proves the caller's identity to the gateway is not the backend's to see (gateway.md 2.3).
_CREDENTIALS = (b"x-apig-appcode", b"x-hw-appkey", b"x-auth-token")
_REQUEST_ENDS_HERE = frozenset(
    (*_HOP_BY_HOP, *_CREDENTIALS, b"x-real-ip", b"x-forwarded-proto", b"x-forwarded-host", b"x-request-id")
)
_RESPONSE_ENDS_HERE = frozenset((*_HOP_BY_HOP, b"server", b"x-request-id"))
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
# Fields that no policy may give the backend another value of.
_NOT_TO_BE_CHANGED = frozenset(name for name, kind in _REQUEST_NOTED.items() if kind not in _PASSED_TOO).union(
    _HOP_BY_HOP, (b"x-real-ip", b"x-forwarded-proto", b"x-forwarded-host", b"x-request-id")
)
_FOR_THE_GATEWAY_TO_SAY = frozenset(
    (*_RESPONSE_ENDS_HERE, b"connection", b"content-length", b"transfer-encoding", b"upgrade", b"date")
)
_RESPONSE_NOTED = dict.fromkeys(MERGE_SENSITIVE, CROSS_ORIGIN) | {
    b"transfer-encoding": TRANSFER_ENCODING,
    b"upgrade": UPGRADE,
    b"connection": CONNECTION,
    b"content-length": CONTENT_LENGTH,
    b"date": DATE,
}

_UNUSUAL = frozenset((CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT, UPGRADE, MODE, HOPS))
# What browsers say, and HTTP/1.1 means anyway.
_KEEP_ALIVE = b"keep-alive"
_USUAL_OPTIONS = frozenset((_KEEP_ALIVE, b"close", b"Keep-Alive", b"Close"))
# They end here by themselves.
_KEPT_OPTIONS = frozenset((b"close", b"keep-alive", b"upgrade"))

_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/?#@,\"<>\\^`{|}]*)(:[0-9]*)?")

# A longer block is not remembered: what is made of it takes ten times its room.
_LONGEST_REMEMBERED = 8 * 1024

Notes = dict[int, bytes]


class RequestFields(msgspec.Struct, frozen=True):
    """A request's fields: what is passed on as it is, what is noted, and what dispatch wants to know.

    `is_ordinary`: it names one host, has no body, and asks for nothing special: it notes none of what is unusual.
    `block` is all of them as they came. By lower-case name, and with the white space around it, there is the value
    of each that is there once in `single`, and those of the others in `repeated`.
    """

    passed: bytes
    notes: Notes
    named: Named
    is_ordinary: bool
    block: bytes
    single: Mapping[bytes, bytes]
    repeated: Mapping[bytes, Sequence[bytes]]

    def pairs(self) -> list[tuple[bytes, bytes]]:
        """Names and values of all of them."""
        return pairs(self.block[:-2])


class RequestReader:
    """Reads the fields of one client connection's requests."""

    __slots__ = ("_block", "_fields")

    def __init__(self) -> None:
        self._block: bytes | None = None
        self._fields: RequestFields

    def read(self, block: bytes) -> RequestFields:
        """The fields in `block`, which ends with an empty line.

        Whoever gets them must not change them: the next request may get the same.
        """
        if block != self._block:
            passed, notes, single, has_repeated = _cut(block[:-2], _REQUEST_NOTED, _REQUEST_ENDS_HERE)
            repeated = _NONE
            if has_repeated:
                index = index_of(pairs(block[:-2]))
                single, repeated = index.single, index.repeated
            note = notes.get
            is_usual = _UNUSUAL.isdisjoint(notes) and note(CONNECTION, _KEEP_ALIVE) == _KEEP_ALIVE
            host = note(HOST, b"")
            requested = note(REQUESTED_HEADERS)
            stage = announces_stage(requested)
            named = Named(host, note(STAGE), note(ORIGIN), note(REQUESTED_METHOD), requested, stage)
            is_ordinary = is_usual and bool(host) and is_host(host)
            read = RequestFields(passed, notes, named, is_ordinary, block, single, repeated)
            if len(block) > _LONGEST_REMEMBERED:
                return read
            self._block, self._fields = block, read
        return self._fields


class ResponseReader:
    """Reads the fields of one backend connection's responses; what needs merging is noted under CROSS_ORIGIN."""

    __slots__ = ("_block", "_read")

    def __init__(self) -> None:
        self._block: bytes | None = None
        self._read: tuple[bytes, Notes]

    def read(self, block: bytes) -> tuple[bytes, Notes]:
        """What of `block` is passed on, and its notes, which must not be changed.

        Raises HttpParserError where the body is coded in a way that was not asked for.
        """
        if block != self._block:
            passed, notes, _, _ = _cut(block, _RESPONSE_NOTED, _RESPONSE_ENDS_HERE)
            if notes.get(TRANSFER_ENCODING, b"chunked").lower() != b"chunked":
                raise httptools.HttpParserError("the only transfer coding is chunked")
            if len(block) > _LONGEST_REMEMBERED:
                return passed, notes
            self._block, self._read = block, (passed, notes)
        return self._read


def _cut(
    block: bytes, noted: dict[bytes, int], ends_here: frozenset[bytes]
) -> tuple[bytes, Notes, Mapping[bytes, bytes], bool]:
    """The lines to pass on as they are; the noted values, repeated ones with a comma; what each name says last.

    And whether some name says more than that.
    """
    passed: list[bytes] = []
    notes: Notes = {}
    last: dict[bytes, bytes] = {}
    lines = block.split(b"\r\n")
    for line in lines[:-1]:
        name, _, value = line.partition(b":")
        name = name.lower()
        last[name] = value
        kind = noted.get(name, _UNNOTED)
        if kind:
            # RFC 9110 section 5.5: white space around a value is no part of it.
            value = value.strip(b" \t")
            notes[kind] = notes[kind] + b", " + value if kind in notes else value
        if kind in _PASSED_TOO if kind else name not in ends_here:
            passed.append(line)
    passed.append(b"")
    left = b"\r\n".join(passed)
    if CONNECTION in notes:
        left = _end_to_end(left, notes[CONNECTION])
    return left, notes, last, len(last) < len(lines) - 1


def _end_to_end(block: bytes, connection: bytes) -> bytes:
    """`block` less the fields that a Connection field names (RFC 9110 section 7.6.1)."""
    if connection in _USUAL_OPTIONS:
        return block
    named = connection_options(connection) - _KEPT_OPTIONS
    return without(block, named) if named else block


def is_host(value: bytes) -> bool:
    """Whether `value` names one host, with a port or without (RFC 9110 section 7.2); an empty one names none."""
    return _HOST.fullmatch(value) is not None


def connection_options(value: bytes) -> frozenset[bytes]:
    """The lower-case options of a Connection field: names of fields that end at this hop, or close, upgrade …"""
    # RFC 9110 section 5.6.1: a list may have empty elements, which count for nothing.
    return frozenset(option.strip().lower() for option in value.split(b",")) - {b""}


def without(block: bytes, names: frozenset[bytes]) -> bytes:
    """`block` less the fields whose lower-case name is in `names`."""
    lines = block.split(b"\r\n")
    kept = [line for line in lines[:-1] if line.partition(b":")[0].lower() not in names]
    return b"\r\n".join((*kept, lines[-1]))


def changed(block: bytes, changes: Iterable[FieldChange]) -> bytes:
    """`block` with `changes` made to it, in order; what frames the message, or ends here, stays as it is."""
    for change in changes:
        if change.name in _NOT_TO_BE_CHANGED:
            continue
        if not change.is_beside:
            block = without(block, frozenset((change.name,)))
        block += b"".join(change.name + b": " + value + b"\r\n" for value in change.values)
    return block


def lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """`fields` as a block; those that the gateway alone may say are left out."""
    return b"".join(
        name + b": " + value + b"\r\n" for name, value in fields if name.lower() not in _FOR_THE_GATEWAY_TO_SAY
    )


def speaks_of_origins(block: bytes) -> bool:
    """Whether `block` has a field that a CORS grant has to be merged with."""
    return any(name.lower() in MERGE_SENSITIVE for name, _ in pairs(block))


def pairs(block: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values of `block`."""
    found = []
    for line in block.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        found.append((name, value.strip(b" \t")))
    return found
