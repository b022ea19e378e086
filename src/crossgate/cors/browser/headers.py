"""Header lists as the Fetch standard reads them (cors.md 1.2). Nothing in here raises, whatever the bytes."""

from collections.abc import Iterable

import msgspec

from crossgate.cors.server import Fields
from crossgate.cors.tokens import elements, is_token

_BLANKS = b" \t"


def get(headers: Fields, name: bytes) -> bytes | None:
    """The values of all fields called `name`, joined by comma and space; None without one (1.2.1)."""
    values = values_of(headers, name)
    return b", ".join(values) if values else None


def values_of(headers: Fields, name: bytes) -> list[bytes]:
    """The values of all fields called `name`, in order."""
    wanted = name.lower()
    return [value for field, value in headers if field.lower() == wanted]


def without(headers: Fields, names: Iterable[bytes]) -> Fields:
    """`headers` less those with one of these lower-case `names`."""
    unwanted = frozenset(names)
    return tuple(field for field in headers if field[0].lower() not in unwanted)


def split(value: bytes) -> list[bytes]:
    """`value` split at the commas outside quoted strings, blanks around the parts removed (1.2.2).

    A quote that never ends swallows the rest.
    """
    parts, start, quoted, position = [], 0, False, 0
    while position < len(value):
        byte = value[position : position + 1]
        if byte == b"\\" and quoted:
            position += 1
        elif byte == b'"':
            quoted = not quoted
        elif byte == b"," and not quoted:
            parts.append(value[start:position].strip(_BLANKS))
            start = position + 1
        position += 1
    return [*parts, value[start:].strip(_BLANKS)]


def without_lost(headers: Fields, but: bytes = b"") -> Fields:
    """What is left where an empty field is lost beside another of its name, unless it is called `but`."""
    full = {name.lower() for name, value in headers if value}
    left: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        is_known = name.lower() in full or any(field.lower() == name.lower() for field, _ in left)
        if value or name.lower() == but.lower() or not is_known:
            left.append((name, value))
    return tuple(left)


class Malformed(msgspec.Struct, frozen=True):
    """A list with an element that is no token, which spoils all of it."""

    element: bytes


def tokens(headers: Fields, name: bytes) -> list[bytes] | Malformed | None:
    """The list of tokens in all fields called `name`; None without one (1.2.3)."""
    values = values_of(headers, name)
    if not values:
        return None
    found = [element for value in values for element in elements(value)]
    return next((Malformed(element) for element in found if not is_token(element)), found)


def normalised(value: bytes) -> bytes:
    """`value` without the white space around it (1.2.5)."""
    return value.strip(b" \t\r\n")


def is_value(value: bytes) -> bool:
    """Whether `value` may stand in a field (1.2.5)."""
    return value == value.strip(_BLANKS) and not any(byte in value for byte in (b"\0", b"\r", b"\n"))


def sorted_names(names: Iterable[bytes]) -> tuple[bytes, ...]:
    """`names` in lower case, each once, sorted by bytes (1.2.4)."""
    return tuple(sorted({name.lower() for name in names}))
