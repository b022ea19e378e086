"""URLs as far as CORS needs them: parsing against a base, origins, credentials, redirect locations.

Follows the URL standard, but for the paths of `file:`. A URL of a scheme that is not the web's has an opaque
origin; a `blob:` URL has the origin that made it.
"""

import re
from typing import Final
from urllib.parse import quote

import msgspec

from crossgate.cors.browser.hosts import parse_host, parse_host_elsewhere
from crossgate.cors.origin import Origin, split_port

BAD_PORTS: Final = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
))  # fmt: skip

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SPLIT = re.compile(r"([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_SAFE_IN_USER: Final = "!$%&'()*+,-.~_"
_SAFE_IN_PATH: Final = _SAFE_IN_USER + "/:;=@[]|\\"
_SAFE_IN_QUERY: Final = "!$%&()*+,-.~_/:;=@[]|\\?`{}^"
_SAFE_IN_FRAGMENT: Final = "!$%&'()*+,-.~_/:;=@[]|\\?{}^#"
_SAFE_IN_OTHERS: Final = _SAFE_IN_FRAGMENT + ' "<>`'
_SAFE_IN_HOST: Final = _SAFE_IN_FRAGMENT + '"'
_APOSTROPHE: Final = "'"
_HAS_HOST = re.compile(r"[^/:]+://[^/?#]")
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
    def is_web(self) -> bool:
        """Whether its scheme is http, https, ws or wss."""
        return self.scheme in ("http", "https", "ws", "wss")

    @property
    def has_bad_port(self) -> bool:
        """Whether browsers refuse the port unasked (1.13.1)."""
        return self.is_web and self.origin is not None and self.origin.port in BAD_PORTS

    @property
    def is_trustworthy(self) -> bool:
        """Whether nobody on the way can have changed what it leads to (Secure Contexts)."""
        if self.scheme in ("https", "wss", "data", "about"):
            return True
        origin = self.origin
        return origin is not None and (origin.scheme == "https" or origin.is_loopback)

    @property
    def has_path_alone(self) -> bool:
        """Whether it has a path and no host, such as `mailto:/x`."""
        return self.text.startswith(f"{self.scheme}:/") and not self.text.startswith(f"{self.scheme}://")

    @property
    def is_blank(self) -> bool:
        """Whether it is `about:blank`, which may have a query."""
        return self.text.partition("?")[0] == "about:blank"

    @property
    def without_credentials(self) -> str:
        """The URL as it is asked for: no server sees the user name and the password in it."""
        return self.text.replace(f"//{self.credentials}@", "//", 1) if self.credentials else self.text

    @property
    def host_and_port(self) -> str:
        """What `Host` says of it."""
        return str(self.origin).partition("://")[2]

    def with_credentials(self, user: str, password: str) -> "Url":
        """The same with another user and password in front of the host, if it has one."""
        if not _HAS_HOST.match(self.text) or self.scheme == "file":
            return self
        credentials = _userinfo(f"{quote_part(user, _SAFE_IN_USER)}:{password}")
        text = self.without_credentials
        if credentials:
            text = text.replace("//", f"//{credentials}@", 1)
        return msgspec.structs.replace(self, text=text, credentials=credentials)

    def __str__(self) -> str:
        return self.text + self.fragment


def parse_url(text: str, base: Url | None = None) -> Url | None:
    """The URL that `text` means, read against `base`; None when it means none."""
    text = re.sub(r"[\t\n\r]", "", text.strip(_C0_AND_SPACE))
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    rest = text[match.end() :] if match else text
    if scheme and scheme not in _DEFAULT_PORTS:
        return _other(scheme, rest)
    path, query, fragment = _pieces(rest)
    if scheme and (base is None or base.scheme != scheme or path.startswith("//")):
        return _absolute(scheme, path.lstrip("/"), query, fragment)
    if base is None or base.scheme not in _DEFAULT_PORTS:
        return None
    if path.startswith("//"):
        return _absolute(base.scheme, path.lstrip("/"), query, fragment)
    return _relative(base, path, query, fragment)


def parse_location(value: bytes, base: Url) -> Url | None:
    """The URL that the value of a `Location` means; its bytes that are no UTF-8 are kept as they are."""
    return parse_url(value.decode("utf-8", "surrogateescape"), base)


def as_script_text(text: str) -> str:
    """`text` as an interface of the browser takes it: halves of characters become U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def is_same_origin(one: Origin | None, other: Origin | None) -> bool:
    """Whether both are the same tuple origin; an opaque one is the same as no other."""
    return one is not None and one == other


def quote_part(text: str, safe: str) -> str:
    """`text` with everything percent-encoded but letters, digits and what is `safe`."""
    return quote(text.encode("utf-8", "surrogateescape"), safe=safe)


def _pieces(rest: str) -> tuple[str, str, str]:
    match = _SPLIT.fullmatch(rest)
    assert match is not None, "the pattern matches every text"
    return (match[1].replace("\\", "/"), match[2] or "", match[3] or "")


def _other(scheme: str, rest: str) -> Url | None:
    """A URL of a scheme that is not the web's; None where its host or its port is none."""
    match = _SPLIT.fullmatch(rest)
    assert match is not None, "the pattern matches every text"
    whole, query, fragment = match[1], match[2] or "", match[3] or ""
    parts = _parts_elsewhere(whole)
    if parts is None:
        return None
    credentials, start, path = parts
    path = quote_part(path, _SAFE_IN_PATH if path.startswith("/") else _SAFE_IN_OTHERS)
    inner = parse_url(whole) if scheme == "blob" else None
    return Url(
        text=f"{scheme}:{start}{path}{quote_part(query, _SAFE_IN_QUERY + _APOSTROPHE)}",
        scheme=scheme,
        origin=inner.origin if inner is not None and inner.is_http else None,
        fragment=quote_part(fragment, _SAFE_IN_FRAGMENT),
        credentials=credentials,
    )


def _parts_elsewhere(whole: str) -> tuple[str, str, str] | None:
    """The user with the password, what stands before the path, and the path."""
    if not whole.startswith("/"):
        return "", "", whole
    if not whole.startswith("//"):
        path = _without_dots(whole)
        # Without a host, a path that begins with two slashes would be taken for one.
        return "", "/." if path.startswith("//") else "", path
    authority, slash, path = whole[2:].partition("/")
    user, _, host_and_port = authority.rpartition("@")
    found = _host_and_port(host_and_port)
    host = None if found is None else parse_host_elsewhere(found[0])
    if found is None or host is None or (authority and not host):
        return None
    credentials = _userinfo(user)
    port = f":{found[1]}" if found[1] else ""
    start = "//" + (credentials + "@" if credentials else "") + quote_part(host, _SAFE_IN_HOST) + port
    return credentials, start, _without_dots(slash + path) if slash else ""


def _absolute(scheme: str, rest: str, query: str, fragment: str) -> Url | None:
    authority, slash, path = rest.partition("/")
    credentials, _, host_and_port = authority.rpartition("@")
    origin = _origin(scheme, host_and_port)
    if origin is None:
        return None
    return _built(origin, _userinfo(credentials), _without_dots(slash + path), query, fragment)


def _relative(base: Url, path: str, query: str, fragment: str) -> Url:
    assert base.origin is not None, "the caller has looked at the scheme"
    if not path:
        return _built(base.origin, base.credentials, base.path, query or base.query, fragment)
    if not path.startswith("/"):
        path = base.path.rpartition("/")[0] + "/" + path
    return _built(base.origin, base.credentials, _without_dots(path), query, fragment)


def _userinfo(credentials: str) -> str:
    """`user:password`, percent-encoded; without the colon when there is no password."""
    user, _, password = credentials.partition(":")
    encoded = quote_part(password, _SAFE_IN_USER)
    return quote_part(user, _SAFE_IN_USER) + (f":{encoded}" if encoded else "")


def _built(origin: Origin, credentials: str, path: str, query: str, fragment: str) -> Url:
    path = quote_part(path or "/", _SAFE_IN_PATH)
    query = quote_part(query, _SAFE_IN_QUERY)
    user = credentials + "@" if credentials else ""
    host = str(origin).partition("://")[2]
    return Url(
        text=f"{origin.scheme}://{user}{host}{path}{query}",
        scheme=origin.scheme,
        origin=origin,
        path=path,
        query=query,
        fragment=quote_part(fragment, _SAFE_IN_FRAGMENT),
        credentials=credentials,
    )


def _origin(scheme: str, host_and_port: str) -> Origin | None:
    found = _host_and_port(host_and_port)
    host = None if found is None else parse_host(found[0])
    if found is None or host is None:
        return None
    port = int(found[1]) if found[1] else None
    return Origin(scheme, host, None if port == _DEFAULT_PORTS[scheme] else port)


def _host_and_port(text: str) -> tuple[str, str] | None:
    """The host as it is written, and the digits of the port, if it has one; None where that is none."""
    host, port = split_port(text)
    digits = (port or "").lstrip("0") or ("0" if port else "")
    is_port = not digits or (digits.isascii() and digits.isdigit() and len(digits) < 6 and int(digits) < 65536)
    return None if not is_port or (":" in host and not host.startswith("[")) else (host, digits)


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
