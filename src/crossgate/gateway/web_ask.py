"""One question to a service over HTTP, on a connection of the worker's pool."""

import asyncio
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import msgspec

from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.snapshot.snapshot import Address
from crossgate.gateway import fields
from crossgate.gateway.backend import BackendConnection
from crossgate.gateway.pool import Pool, is_name_failure

Ended = Callable[[Answer | AskFailed, bool], None]
"""Is called with what came of an ask, and whether its service has answered at all, be it with too much."""

# What is said of the connection is for this side of it to say.
_OURS: Final = frozenset(
    b"accept-encoding connection content-length expect host keep-alive proxy-connection te trailer"
    b" transfer-encoding upgrade".split()
)
_WITHOUT_BODY: Final = frozenset(("GET", "HEAD"))
_NEVER_REPEATED: Final = frozenset(("POST", "PATCH"))
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(rb"[^\r\n\0]*")
_TARGET: Final = re.compile(rb"[!-~]+")


class Place(msgspec.Struct, frozen=True):
    """Where an `http(s)` endpoint is: whom to connect to, whom to name, what to ask for."""

    address: Address
    host: bytes
    path: str
    target: bytes


@lru_cache(maxsize=1024)
def place_of(endpoint: str) -> Place | None:
    """Where `endpoint` is; None for what is no address, or has a user and a password in it."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
        host, target = parts.netloc.encode("ascii"), (parts.path or "/").encode("ascii")
        query = parts.query.encode("ascii")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or port == 0:
        return None
    target = target + b"?" + query if query else target
    if not _TARGET.fullmatch(target) or not _TARGET.fullmatch(host):
        return None
    is_secure = parts.scheme == "https"
    address = Address(parts.hostname, port or (443 if is_secure else 80), is_secure)
    return Place(address, host, parts.path, target)


def request_of(ask: Ask, place: Place) -> bytes | None:
    """The bytes of the request; None where a method or field would not be one.

    A `Host` among the fields is sent in place of the endpoint's. An answer is wanted as it is, not compressed.
    """
    method = ask.method.encode()
    named = [value for name, value in ask.fields if name.lower() == b"host"]
    sent = [(b"Host", named[0] if named else place.host), (b"Accept-Encoding", b"identity")]
    sent += [(name, value) for name, value in ask.fields if name.lower() not in _OURS]
    if ask.body or ask.method not in _WITHOUT_BODY:
        sent.append((b"Content-Length", b"%d" % len(ask.body)))
    if not _TOKEN.fullmatch(method):
        return None
    if not all(_TOKEN.fullmatch(name) and _VALUE.fullmatch(value) for name, value in sent):
        return None
    lines = [name + b": " + value for name, value in sent]
    return b"\r\n".join((method + b" " + place.target + b" HTTP/1.1", *lines, b"", ask.body))


class WebAsk:
    """Asks `place`, and calls `ended` once, never from within `start`, and not after `cancel`.

    An idle connection that turns out to be dead before a byte of an answer has come is no failure of the service:
    the question is asked once more, over a new one. Redirects are answers like any other.
    """

    __slots__ = (
        "_ask",
        "_body",
        "_connection",
        "_ended",
        "_is_heard",
        "_length",
        "_opening",
        "_place",
        "_pool",
        "_request",
    )

    def __init__(self, pool: Pool, ask: Ask, place: Place, request: bytes, ended: Ended) -> None:
        self._pool = pool
        self._ask = ask
        self._place = place
        self._request = request
        self._ended = ended
        self._connection: BackendConnection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._is_heard = False
        self._body: list[bytes] = []
        self._length = 0

    def start(self) -> None:
        """Sends the question."""
        connection = self._pool.lease(self._place.address, fresh=self._ask.method in _NEVER_REPEATED)
        if connection is not None:
            self._opened(connection)
        else:
            self._open()

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection to the service."""
        return self._connection is not None

    def cancel(self) -> None:
        """Gives up; what is under way ends at once."""
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._connection.abort()

    def _open(self) -> None:
        self._opening = self._pool.open(self._place.address, self._opened, self._not_opened)

    def _opened(self, connection: BackendConnection) -> None:
        self._opening = None
        self._connection = connection
        connection.carry(self, self._ask.method.encode())
        connection.transport.write(self._request)

    def _not_opened(self, error: OSError) -> None:
        self._opening = None
        detail = "its host name cannot be resolved" if is_name_failure(error) else str(error)
        self._ended(AskFailed("unreachable", detail), False)

    # Listener of the connection

    def backend_responded(self) -> None:
        """More of the answer has arrived."""
        connection = self._connection
        assert connection is not None
        self._is_heard = True
        connection.interim = []
        self._length += sum(map(len, connection.parts))
        self._body += connection.parts
        connection.parts = []
        if self._length > self._ask.max_bytes:
            connection.abort()
            self._ended(AskFailed("too-long", f"more than {self._ask.max_bytes} bytes"), True)
        elif connection.is_done:
            answer = Answer(connection.status, tuple(fields.pairs(connection.passed)), b"".join(self._body))
            if connection.release():
                self._pool.give_back(connection)
            else:
                connection.close()
            self._ended(answer, True)

    def backend_lost(self, reason: str) -> None:
        """The connection ended, or its bytes made no sense."""
        connection, self._connection = self._connection, None
        assert connection is not None
        # It is not closed yet where it was dropped for what it said.
        if connection.is_reused and connection.is_closed and not self._is_heard:
            self._open()
        else:
            self._connection = connection
            self._ended(AskFailed("failed", reason), False)

    def backend_switched(self) -> None:
        """The service would speak something else, which nobody asked for."""
        assert self._connection is not None
        self._connection.abort()
        self._ended(AskFailed("failed", "it answered 101 Switching Protocols"), True)

    def backend_writable(self, is_writable: bool) -> None:
        """The whole question is written at once, and its size is bounded by whoever asks."""

    def backend_tunnelled(self, data: bytes) -> None:
        """Nothing follows a switch that was refused."""
