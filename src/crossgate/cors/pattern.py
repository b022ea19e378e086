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

    `tails` maps `.example.com:8443` to the scheme prefixes it is allowed behind, and to none where it is only the
    end of longer ones; `whole` are origins without `*.`.
    """

    __slots__ = ("_shallowest", "_tails", "_whole")

    def __init__(self, patterns: list[Pattern]) -> None:
        tails: dict[bytes, tuple[bytes, ...]] = {}
        for pattern in patterns:
            if pattern.is_below:
                scheme, _, authority = str(pattern.base).partition("://")
                tail, prefix = f".{authority}".encode(), f"{scheme}://".encode()
                tails[tail] = tuple({*tails.get(tail, ()), prefix})
        # How many labels the shortest tail has: looking begins there, so what stands left of it does not matter.
        self._shallowest = min((tail.count(b".") for tail in tails), default=1)
        self._tails = {**_ends_of_longer(tails, self._shallowest), **tails}
        self._whole = frozenset(str(pattern.base).encode() for pattern in patterns if not pattern.is_below)

    def match(self, origin: bytes) -> bool:
        dot = len(origin.rsplit(b".", self._shallowest)[0])
        while dot >= 0 and (prefixes := self._tails.get(origin[dot:])) is not None:
            # With the other scheme a longer tail may still match; with the same one it would see the same labels.
            if prefixes and origin.startswith(prefixes):
                start = origin.index(b"://") + 3
                return are_labels(origin[start:dot]) and _host_end(origin, dot) - start <= MAX_HOST_BYTES
            dot = origin.rfind(b".", 0, dot)
        return origin in self._whole


def _ends_of_longer(tails: Iterable[bytes], shallowest: int) -> dict[bytes, tuple[bytes, ...]]:
    """Every end of a tail that has at least `shallowest` labels: where an origin's end is none, looking stops."""
    ends: dict[bytes, tuple[bytes, ...]] = {}
    for tail in tails:
        labels = tail.split(b".")[1:]
        for first in range(1, len(labels) - shallowest + 1):
            ends[b"." + b".".join(labels[first:])] = ()
    return ends


def _host_end(origin: bytes, dot: int) -> int:
    """Where the port begins that may follow the name at `dot`, or the origin ends."""
    colon = origin.find(b":", dot)
    return len(origin) if colon < 0 else colon


def _is_wire_port(portless: bytes, port: bytes) -> bool:
    if not port.isdigit() or port.startswith(b"0") or len(port) > 5:
        return False
    return int(port) < 65536 and port != (b"80" if portless.startswith(b"http:") else b"443")
