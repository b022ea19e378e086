"""Hosts of URLs as browsers read them: names in every script, addresses in every notation (URL standard).

A host is lenient where an origin is strict: whatever a browser would contact is understood, and written its way.
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

import idna

from crossgate.cors.origin import NotAnOriginError, read_origin

_FORBIDDEN: Final = frozenset(map(chr, range(0x21))) | frozenset("#/:<>?@[\\]^|%\x7f")
_FORBIDDEN_ELSEWHERE: Final = frozenset("\0\t\n\r #/:<>?@[\\]^|")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_PREFIX: Final = "xn--"
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"0[xX]([0-9a-fA-F]*)|(0[0-7]*)|([1-9][0-9]*)")


def parse_host(text: str) -> str | None:
    """The host that `text` means in an http URL, in canonical form; None when it means none."""
    if text.startswith("["):
        return _ipv6(text)
    name = _to_ascii(unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace"))
    if not name or not _FORBIDDEN.isdisjoint(name):
        return None
    return _ipv4(name) if _ends_in_number(name) else name


def parse_host_elsewhere(text: str) -> str | None:
    """The host in a URL of a scheme that is not the web's, where a name stays as it is; None when it is none."""
    if text.startswith("["):
        return _ipv6(text)
    return text if _FORBIDDEN_ELSEWHERE.isdisjoint(text) else None


def _ipv6(text: str) -> str | None:
    try:
        return read_origin(f"https://{text}").host
    except NotAnOriginError:
        return None


def _to_ascii(name: str) -> str | None:
    """`name` with every label in lower case or in Punycode; None when a label is none."""
    if name.isascii() and _PREFIX not in name.lower():
        return name.lower()
    try:
        mapped = idna.uts46_remap(name, std3_rules=False)
        return ".".join(_label(label) for label in _DOTS.sub(".", mapped).split("."))
    except (idna.IDNAError, UnicodeError):
        return None


def _label(label: str) -> str:
    """One label in Punycode where it needs it; raises IDNAError or UnicodeError for what is no label."""
    if label.startswith(_PREFIX):
        decoded = label[len(_PREFIX) :].encode("ascii").decode("punycode")
        if (
            decoded.isascii()
            or idna.uts46_remap(decoded, std3_rules=False) != decoded
            or _checked(decoded) != label
        ):
            raise idna.IDNAError(label)
        return label
    return label if label.isascii() else _checked(label)


def _checked(label: str) -> str:
    """The Punycode of a label that keeps the rules of UTS 46 on first letters, joiners and direction."""
    idna.check_nfc(label)
    idna.check_initial_combiner(label)
    idna.check_bidi(label)
    if any(char in "\u200c\u200d" and not idna.valid_contextj(label, at) for at, char in enumerate(label)):
        raise idna.IDNAError(label)
    return _PREFIX + label.encode("punycode").decode("ascii")


def _ends_in_number(name: str) -> bool:
    last = name.removesuffix(".").rpartition(".")[2]
    return _DIGITS.fullmatch(last) is not None or re.fullmatch("0[xX][0-9a-fA-F]*", last) is not None


def _ipv4(name: str) -> str | None:
    """The address that one to four numbers mean; the last of them fills what is left."""
    numbers = [_number(part) for part in name.removesuffix(".").split(".")]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or len(known) > 4 or any(number > 255 for number in known[:-1]):
        return None
    if known[-1] >= 256 ** (5 - len(known)):
        return None
    address = known[-1] + sum(number << (24 - 8 * place) for place, number in enumerate(known[:-1]))
    return ".".join(str(byte) for byte in address.to_bytes(4, "big"))


def _number(part: str) -> int | None:
    """A decimal, octal (`0…`) or hexadecimal (`0x…`) number."""
    match = _NUMBER.fullmatch(part)
    # No longer one fits an address, and Python refuses to convert very long ones.
    if match is None or len(part) > 300:
        return None
    sixteen, eight, ten = match.groups()
    if sixteen is not None:
        return int(sixteen or "0", 16)
    return int(eight, 8) if eight is not None else int(ten)
