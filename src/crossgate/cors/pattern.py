"""Host patterns: many origins in one entry, matched in the same time however many entries there are.

`https://*.example.com` stands for every host one or more labels below `example.com`, never for `example.com`
itself; `http://localhost:*` for every port, and none. They may be combined on loopback hosts.
"""

from collections.abc import Iterable

import msgspec

from crossgate.cors.origin import (
    MAX_HOST_BYTES,
    NotAnOriginError,
    Origin,
    are_labels,
    is_address,
    read_origin,
    split_port,
)

ANY_PORT = "*"


class Pattern(msgspec.Struct, frozen=True):
    """A host pattern in canonical form. `base` carries the scheme and the host as written behind `*.`, if any."""

    base: Origin
    is_below: bool
    is_any_port: bool

    def __str__(self) -> str:
        host = f"*.{self.base.host}" if self.is_below else self.base.host
        return str(msgspec.structs.replace(self.base, host=host)) + (":*" if self.is_any_port else "")


class MisplacedWildcardError(NotAnOriginError):
    """A `*` that is not the whole left-most label or the whole port."""


def read_pattern(text: str) -> Pattern:
    """The pattern that `text` means, in canonical form; raises NotAnOriginError when it means none."""
    scheme, _, authority = text.partition("://")
    if "://" not in text:
        raise NotAnOriginError("it does not begin with a scheme such as https://")
    host, port = split_port(authority)
    is_any_port = port == ANY_PORT
    rest = host if is_any_port else authority
    is_below = rest.startswith("*.")
    rest = rest.removeprefix("*.")
    if "*" in rest or "*" in scheme or scheme.lower() not in ("http", "https"):
        raise MisplacedWildcardError("`*` can only be the whole left-most label, or the whole port")
    base = read_origin(f"{scheme}://{rest}")
    if is_any_port and split_port(rest)[1] is not None:
        raise NotAnOriginError("it has two ports")
    if is_below and is_address(base.host):
        raise NotAnOriginError("an address has no names below it")
    return Pattern(base, is_below, is_any_port)


class PatternSet:
    """Patterns ready for matching serialised origins."""

    __slots__ = ("_any_port", "_as_sent")

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        every = list(patterns)
        any_port = [pattern for pattern in every if pattern.is_any_port]
        # Any port includes none, so each of those is looked up as sent, too.
        self._as_sent = _Endings(every)
        self._any_port = _Endings(any_port) if any_port else None

    def matches(self, origin: bytes) -> bool:
        """Whether `origin`, as sent, is a serialised origin that some pattern stands for.

        It must be no longer than MAX_ORIGIN_BYTES, for the time this takes.
        """
        if self._as_sent.match(origin):
            return True
        if self._any_port is None:
            return False
        portless, _, port = origin.rpartition(b":")
        return _is_wire_port(portless, port) and self._any_port.match(portless)


class _Endings:
    """What origins may end in, looked up label by label from the right.

    `tails` maps `.example.com:8443` to the scheme prefixes it is allowed behind; `whole` are origins without `*.`.
    """

    __slots__ = ("_deepest", "_shallowest", "_tails", "_whole")

    def __init__(self, patterns: list[Pattern]) -> None:
        tails: dict[bytes, set[bytes]] = {}
        for pattern in patterns:
            if pattern.is_below:
                scheme, _, authority = str(pattern.base).partition("://")
                tails.setdefault(f".{authority}".encode(), set()).add(f"{scheme}://".encode())
        self._tails = {tail: tuple(prefixes) for tail, prefixes in tails.items()}
        self._whole = frozenset(str(pattern.base).encode() for pattern in patterns if not pattern.is_below)
        # How many labels a tail has: origins are looked at between these, so their length does not matter.
        depths = {tail.count(b".") for tail in tails}
        self._shallowest = min(depths, default=1)
        self._deepest = max(depths, default=0)

    def match(self, origin: bytes) -> bool:
        dot = len(origin.rsplit(b".", self._shallowest)[0])
        for _ in range(self._shallowest, self._deepest + 1):
            prefixes = self._tails.get(origin[dot:])
            # With the other scheme a longer tail may still match; with the same one it would see the same labels.
            if prefixes is not None and origin.startswith(prefixes):
                return are_labels(origin[origin.index(b"://") + 3 : dot]) and _is_sendable(origin)
            dot = origin.rfind(b".", 0, dot)
            if dot < 0:
                break
        return origin in self._whole


def _is_sendable(origin: bytes) -> bool:
    if len(origin) <= MAX_HOST_BYTES:
        return True
    return len(split_port(origin.decode("latin-1").partition("://")[2])[0]) <= MAX_HOST_BYTES


def _is_wire_port(portless: bytes, port: bytes) -> bool:
    if not port.isdigit() or port.startswith(b"0") or len(port) > 5:
        return False
    return int(port) < 65536 and port != (b"80" if portless.startswith(b"http:") else b"443")
