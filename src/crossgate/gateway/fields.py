"""Header fields the data plane treats specially, found with one dictionary look-up per field.

A parser hands us field names as sent. `FieldKinds` maps each spelling to what to do with the field and remembers
spellings it has met, so that the usual ones never need lower-casing again.
"""

from enum import IntEnum

# How many spellings are remembered; beyond it an unusual spelling costs a lower-casing each time.
_REMEMBERED = 512


class Field(IntEnum):
    """What to do with a field: PASS it on, DROP it, or note its value under its own member.

    Noted fields are listed in `PASSED_TOO` when they are passed on as well.
    """

    PASS = 0
    DROP = 1
    HOST = 2
    ORIGIN = 3
    REQUESTED_METHOD = 4
    REQUESTED_HEADERS = 5
    STAGE = 6
    MODE = 7
    CONNECTION = 8
    CONTENT_LENGTH = 9
    TRANSFER_ENCODING = 10
    EXPECT = 11
    UPGRADE = 12
    FORWARDED_FOR = 13
    HOPS = 14
    DATE = 15
    CROSS_ORIGIN = 16


PASSED_TOO = frozenset(
    {
        Field.ORIGIN,
        Field.REQUESTED_METHOD,
        Field.REQUESTED_HEADERS,
        Field.STAGE,
        Field.DATE,
        Field.CROSS_ORIGIN,
    }
)


class FieldKinds(dict[bytes, int]):
    """From a field name, in any spelling, to its Field."""

    def __init__(self, special: dict[bytes, int]) -> None:
        super().__init__(special)
        self._special = special

    def __missing__(self, name: bytes) -> int:
        kind = self._special.get(name.lower(), int(Field.PASS))
        if len(self) < _REMEMBERED:
            self[name] = kind
        return kind


# Hop-by-hop fields (RFC 9110 section 7.6.1) and those the gateway writes itself.
_HOP_BY_HOP = (b"keep-alive", b"proxy-connection", b"te", b"trailer")

REQUEST_FIELDS: dict[bytes, int] = {
    **dict.fromkeys(_HOP_BY_HOP, int(Field.DROP)),
    **dict.fromkeys((b"x-real-ip", b"x-forwarded-proto", b"x-forwarded-host", b"x-request-id"), int(Field.DROP)),
    b"http2-settings": int(Field.DROP),
    b"host": int(Field.HOST),
    b"origin": int(Field.ORIGIN),
    b"access-control-request-method": int(Field.REQUESTED_METHOD),
    b"access-control-request-headers": int(Field.REQUESTED_HEADERS),
    b"x-stage": int(Field.STAGE),
    b"x-apig-mode": int(Field.MODE),
    b"connection": int(Field.CONNECTION),
    b"content-length": int(Field.CONTENT_LENGTH),
    b"transfer-encoding": int(Field.TRANSFER_ENCODING),
    b"expect": int(Field.EXPECT),
    b"upgrade": int(Field.UPGRADE),
    b"x-forwarded-for": int(Field.FORWARDED_FOR),
    b"x-crossgate-hops": int(Field.HOPS),
}

RESPONSE_FIELDS: dict[bytes, int] = {
    **dict.fromkeys(_HOP_BY_HOP, int(Field.DROP)),
    b"server": int(Field.DROP),
    b"x-request-id": int(Field.DROP),
    b"transfer-encoding": int(Field.TRANSFER_ENCODING),
    b"upgrade": int(Field.UPGRADE),
    b"connection": int(Field.CONNECTION),
    b"content-length": int(Field.CONTENT_LENGTH),
    b"date": int(Field.DATE),
}


def connection_options(value: bytes) -> frozenset[bytes]:
    """The lower-case options of a Connection field: names of fields that end at this hop, or close, upgrade …"""
    return frozenset(option.strip().lower() for option in value.split(b","))


def without(lines: list[bytes], names: frozenset[bytes]) -> list[bytes]:
    """`lines` (each `Name: value`) less those whose lower-case name is in `names`."""
    return [line for line in lines if line.partition(b":")[0].lower() not in names]
