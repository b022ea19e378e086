"""Origins: exactly what a browser sends in `Origin`, and what an operator may have meant instead.

A serialised origin is `scheme://host[:port]` in lower case, without default port, path, user or trailing dot
(Fetch, "serializing a request origin"; cors.md 1.16). Strictness comes from a round trip: text is an origin when
its canonical form is itself.
"""

import ipaddress
import re
from typing import Final

import idna
import msgspec

MAX_HOST_BYTES: Final = 253
MAX_ORIGIN_BYTES: Final = 64 + len("://") + MAX_HOST_BYTES + len(":65535")
NULL: Final = "null"

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Documents with these schemes have the origin `null`, or none at all.
_NEVER_SENT = frozenset(
    ("about", "blob", "data", "file", "filesystem", "ftp", "javascript", "view-source", "ws", "wss")
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,63}")
# Underscores occur in the hosts of real pages, so they are letters here (case O32).
_HOST_BYTES: Final = b"abcdefghijklmnopqrstuvwxyz0123456789-_."
_MAX_LABEL_BYTES: Final = 63
_APP_HOST = re.compile(r"[a-z0-9._-]{1,253}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_AUTHORITY_END = re.compile(r"[/\\?#]")


class Origin(msgspec.Struct, frozen=True):
    """A tuple origin in canonical form; `port` is None for the scheme's default."""

    scheme: str
    host: str
    port: int | None = None

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}" + ("" if self.port is None else f":{self.port}")

    @property
    def is_loopback(self) -> bool:
        """Whether only pages served by the reader's own machine have this origin."""
        return is_loopback(self.host)

    @property
    def is_private(self) -> bool:
        """Whether the host is an address of a local network, or loopback."""
        address = _address(self.host)
        return self.is_loopback or (address is not None and address.is_private)


class NotAnOriginError(ValueError):
    """The text cannot be read as an origin; the message says why."""


def parse_origin(value: bytes | str) -> Origin | None:
    """The origin a browser would serialise as exactly `value`; None for `null` and for anything else."""
    try:
        text = value.decode("ascii") if isinstance(value, bytes) else value
        origin = read_origin(text)
    except ValueError:
        return None
    return origin if str(origin) == text else None


def read_origin(text: str) -> Origin:
    """The origin that `text` means, in canonical form; raises NotAnOriginError when it means none.

    Case, default port, path, user, trailing slash, a host in another script or an IPv6 address written at length
    are understood, so that an operator can be told the canonical form.
    """
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or not _SCHEME.fullmatch(scheme):
        raise NotAnOriginError("it does not begin with a scheme such as https://")
    if scheme in _NEVER_SENT or scheme == NULL:
        raise NotAnOriginError(f"no page has an origin with the scheme {scheme}")
    authority = _AUTHORITY_END.split(rest, maxsplit=1)[0].rpartition("@")[2]
    host, port = split_port(authority)
    if scheme not in _DEFAULT_PORTS:
        return Origin(scheme, _app_host(host), _port(port))
    number = _port(port)
    return Origin(scheme, _web_host(host), None if number == _DEFAULT_PORTS[scheme] else number)


def split_port(authority: str) -> tuple[str, str | None]:
    """`host:port` in two; None when there is no port. The colons of an IPv6 address are the host's."""
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        return authority, None
    return host, port


def is_loopback(host: str) -> bool:
    """Whether `host` always means the machine it is spoken on."""
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Whether `host` is an IP address as it stands in a URL."""
    return _address(host) is not None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 0 < int(text) < 65536):
        raise NotAnOriginError("its port is not a number from 1 to 65535")
    return int(text)


def _app_host(host: str) -> str:
    if not _APP_HOST.fullmatch(host.lower()):
        raise NotAnOriginError("its host is empty or has characters that no host has")
    return host.lower()


def _web_host(host: str) -> str:
    if host.startswith("["):
        return _ipv6(host)
    if len(host) > MAX_HOST_BYTES:
        raise NotAnOriginError("its host is longer than 253 characters")
    name = host.lower() if host.isascii() else _punycode(host)
    if name.endswith("."):
        raise NotAnOriginError("its host ends in a dot, which names another host than the one without")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    if len(name) > MAX_HOST_BYTES or not are_labels(name.encode()):
        raise NotAnOriginError("its host is empty or has characters that no host has")
    return name


def are_labels(name: bytes) -> bool:
    """Whether `name` is one or more labels of a host name in canonical form (RFC 1123 section 2.1).

    Not a regular expression: without backtracking one needs possessive quantifiers, which match wrongly in
    CPython 3.11.0 to 3.11.4, Debian 12's among them.
    """
    # One plain label, as most are below a pattern.
    if len(name) <= _MAX_LABEL_BYTES and name.isalnum() and name.islower():
        return True
    dotted = b"." + name + b"."
    # find(), because `in` tries to read bytes as a number first.
    if dotted.find(b"..") >= 0:
        return False
    if name.find(b"-") >= 0 and (dotted.find(b".-") >= 0 or dotted.find(b"-.") >= 0):
        return False
    if name.translate(None, _HOST_BYTES):
        return False
    return len(name) <= _MAX_LABEL_BYTES or _are_short(dotted)


def _are_short(dotted: bytes) -> bool:
    """Whether no label is too long: from dot to dot in leaps as far as one may reach, however many there are."""
    dot, last = 0, len(dotted) - 1
    while 0 <= dot < last:
        dot = dotted.rfind(b".", dot + 1, dot + _MAX_LABEL_BYTES + 2)
    return dot == last


def _punycode(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise NotAnOriginError("its host is not a valid internationalised name") from None


def _ipv4(host: str) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise NotAnOriginError("its host is an IPv4 address not written as four decimal numbers") from None


def _ipv6(host: str) -> str:
    try:
        if not host.endswith("]") or "%" in host:
            raise ValueError(host)
        address = ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        raise NotAnOriginError("its host is not an IPv6 address in brackets") from None
    mapped = address.ipv4_mapped
    if mapped is not None:
        # Browsers write these in hexadecimal; what Python writes depends on its version.
        return f"[::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}]"
    return f"[{address.compressed}]"
