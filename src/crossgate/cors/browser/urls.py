"""URLs as far as CORS needs them: parsing against a base, origins, credentials, redirect locations.

Follows the URL standard for http, https, ws and wss. Known limits: an IPv4 address must be written as four decimal
numbers, and a URL of any other scheme is kept as it is, with an opaque origin.
"""

import re
from typing import Final
from urllib.parse import quote

import msgspec

from crossgate.cors.origin import NotAnOriginError, Origin, read_origin, split_port

BAD_PORTS: Final = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
))  # fmt: skip

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SPLIT = re.compile(r"([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_SAFE_IN_PATH = "!$&'()*+,/:;=@[]|%"
_SAFE_IN_QUERY = "!$&()*+,/:;=@[]|%?`{}^\\"
_ONE_DOT = frozenset((".", "%2e"))
_TWO_DOTS = frozenset(("..", ".%2e", "%2e.", "%2e%2e"))


class Url(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed URL. `text` is without its fragment; `fragment` begins with `#` or is empty."""

    text: str
    scheme: str
    origin: Origin | None
    path: str = ""
    query: str = ""
    fragment: str = ""
    credentials: str = ""

    @property
    def is_http(self) -> bool:
        """Whether its scheme is http or https."""
        return self.scheme in ("http", "https")

    @property
    def has_bad_port(self) -> bool:
        """Whether browsers refuse the port unasked (1.13.1)."""
        return self.origin is not None and self.scheme in _DEFAULT_PORTS and self.origin.port in BAD_PORTS

    def __str__(self) -> str:
        return self.text + self.fragment


def parse_url(text: str, base: Url | None = None) -> Url | None:
    """The URL that `text` means, read against `base`; None when it means none."""
    text = re.sub(r"[\t\n\r]", "", text.strip(_C0_AND_SPACE))
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    rest = text[match.end() :] if match else text
    if scheme and scheme not in _DEFAULT_PORTS:
        whole, _, fragment = text.partition("#")
        return Url(text=whole, scheme=scheme, origin=None, fragment=fragment and "#" + fragment)
    path, query, fragment = (part or "" for part in _pieces(rest))
    if scheme and (base is None or base.scheme != scheme or path.startswith("/")):
        return _absolute(scheme, path.lstrip("/"), query, fragment)
    if base is None or base.scheme not in _DEFAULT_PORTS:
        return None
    if path.startswith("//"):
        return _absolute(base.scheme, path.lstrip("/"), query, fragment)
    return _relative(base, path, query, fragment)


def is_same_origin(one: Origin | None, other: Origin | None) -> bool:
    """Whether both are the same tuple origin; an opaque one is the same as no other."""
    return one is not None and one == other


def _pieces(rest: str) -> tuple[str | None, ...]:
    match = _SPLIT.fullmatch(rest)
    assert match is not None, "the pattern matches every text"
    return (match[1].replace("\\", "/"), match[2], match[3])


def _absolute(scheme: str, rest: str, query: str, fragment: str) -> Url | None:
    authority, slash, path = rest.partition("/")
    credentials, _, host_and_port = authority.rpartition("@")
    origin = _origin(scheme, host_and_port)
    if origin is None:
        return None
    return _built(origin, credentials.strip(":"), _without_dots(slash + path), query, fragment)


def _relative(base: Url, path: str, query: str, fragment: str) -> Url:
    assert base.origin is not None, "the caller has looked at the scheme"
    if not path:
        return _built(base.origin, base.credentials, base.path, query or base.query, fragment)
    if not path.startswith("/"):
        path = base.path.rpartition("/")[0] + "/" + path
    return _built(base.origin, base.credentials, _without_dots(path), query, fragment)


def _built(origin: Origin, credentials: str, path: str, query: str, fragment: str) -> Url:
    path = quote(path or "/", safe=_SAFE_IN_PATH, errors="replace")
    query = quote(query, safe=_SAFE_IN_QUERY, errors="replace")
    user = quote(credentials, safe=":%", errors="replace") + "@" if credentials else ""
    host = str(origin).partition("://")[2]
    return Url(
        text=f"{origin.scheme}://{user}{host}{path}{query}",
        scheme=origin.scheme,
        origin=origin,
        path=path,
        query=query,
        fragment=fragment,
        credentials=credentials,
    )


def _origin(scheme: str, host_and_port: str) -> Origin | None:
    host, port = split_port(host_and_port)
    if ":" in host and not host.startswith("["):
        return None
    # A trailing dot names another host, which is a URL all the same.
    dot = "." if host.endswith(".") else ""
    try:
        name = read_origin(f"https://{host.removesuffix('.')}").host
    except NotAnOriginError:
        return None
    if not port:
        return Origin(scheme, name + dot)
    if not (port.isascii() and port.isdigit() and len(port) < 8 and int(port) < 65536):
        return None
    return Origin(scheme, name + dot, None if int(port) == _DEFAULT_PORTS[scheme] else int(port))


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments):
        lower = segment.lower()
        if lower in _TWO_DOTS:
            kept = kept[:-1]
        elif lower not in _ONE_DOT:
            kept.append(segment)
            continue
        if number == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)
