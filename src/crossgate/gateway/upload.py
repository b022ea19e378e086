"""A request's body on its way to a backend."""

import hashlib

from crossgate.core.snapshot.config import Limits
from crossgate.gateway import forward
from crossgate.gateway.held_body import HeldBody

# A body up to this long is kept until the response begins, so that it can be sent again.
REPLAYABLE_BYTES = 64 * 1024
# How much of a body may wait for a backend connection before the client is asked to pause.
HIGH_WATER_BYTES = 64 * 1024


class Upload:
    """What has arrived of a body, what was sent of it, and whether that can be sent once more.

    `limits` are those of the snapshot that the request began with, from its start on. `held` is there once the
    body has to be known as a whole before a backend gets any of it.
    """

    def __init__(self, *, is_chunked: bool) -> None:
        self.limits = Limits()
        self.held: HeldBody | None = None
        self._is_chunked = is_chunked
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._sent: list[bytes] | None = []
        self._sent_bytes = 0
        self._is_ended = False

    def add(self, data: bytes) -> None:
        """`data` has arrived, its transfer coding removed."""
        if self.held is not None:
            self.held.add(data)
            return
        self._waiting.append(data)
        self._waiting_bytes += len(data)

    def hold(self) -> HeldBody:
        """Keeps the body back, whatever has arrived of it included, until `take` is called with all of it here."""
        if self.held is None:
            self.held = HeldBody()
            for data in self._waiting:
                self.held.add(data)
            self._waiting, self._waiting_bytes = [], 0
        return self.held

    def digest(self) -> str:
        """The SHA-256 of the body, all of which is here, in lower-case hexadecimal."""
        if self.held is not None:
            return self.held.digest()
        return hashlib.sha256(b"".join(self._waiting)).hexdigest()

    def content(self) -> bytes:
        """The body, all of which is here."""
        return b"".join(self._waiting) if self.held is None else self.held.content()

    def close(self) -> None:
        """The request is over."""
        if self.held is not None:
            self.held.close()

    def has_arrived(self) -> bool:
        """Whether any of it has."""
        return self.arrived_bytes() > 0

    def is_too_large(self) -> bool:
        """Whether more has arrived than the limits allow."""
        return self.arrived_bytes() > self.limits.request_body_bytes

    def arrived_bytes(self) -> int:
        """How much of it has."""
        return self._waiting_bytes + self._sent_bytes if self.held is None else self.held.size

    def is_full(self) -> bool:
        """Whether so much waits for a backend that the client should pause."""
        return self._waiting_bytes > HIGH_WATER_BYTES

    def is_sent(self) -> bool:
        """Whether nothing waits that `take` would give."""
        return self._is_ended if self.held is not None else not self._waiting

    def can_repeat(self) -> bool:
        """Whether everything that was sent is still here."""
        return self.held is not None or self._sent is not None

    def repeat(self) -> list[bytes]:
        """What was sent to an earlier connection and `take` does not give again, framed for the next one."""
        self._is_ended = False
        if self.held is not None:
            self.held.rewind()
            return []
        return self._framed(self._sent or [])

    def take(self, *, is_whole: bool) -> list[bytes]:
        """What waits, framed, of a held body a piece; with `is_whole` nothing more will arrive."""
        if self.held is not None:
            parts = [piece] if (piece := self.held.read()) else []
            is_last = self.held.is_read()
        else:
            parts, is_last = self._waiting, is_whole
            self._sent_bytes += self._waiting_bytes
            if self._sent is not None:
                self._sent = self._sent + parts if self._sent_bytes <= REPLAYABLE_BYTES else None
            self._waiting, self._waiting_bytes = [], 0
        out = self._framed(parts)
        if is_last and not self._is_ended:
            self._is_ended = True
            if self._is_chunked:
                out.append(b"0\r\n\r\n")
        return out

    def _framed(self, parts: list[bytes]) -> list[bytes]:
        return forward.chunked(parts) if self._is_chunked and parts else list(parts)
