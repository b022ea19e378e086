"""A request's body on its way to a backend."""

from crossgate.core.snapshot.config import Limits
from crossgate.gateway import forward

# A body up to this long is kept until the response begins, so that it can be sent again.
REPLAYABLE_BYTES = 64 * 1024
# How much of a body may wait for a backend connection before the client is asked to pause.
HIGH_WATER_BYTES = 64 * 1024


class Upload:
    """What has arrived of a body, what was sent of it, and whether that can be sent once more.

    `limits` are those of the snapshot that the request began with, from its start on.
    """

    def __init__(self, *, is_chunked: bool) -> None:
        self.limits = Limits()
        self._is_chunked = is_chunked
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._sent: list[bytes] | None = []
        self._sent_bytes = 0
        self._is_ended = False

    def add(self, data: bytes) -> None:
        """`data` has arrived, its transfer coding removed."""
        self._waiting.append(data)
        self._waiting_bytes += len(data)

    def has_arrived(self) -> bool:
        """Whether any of it has."""
        return self._waiting_bytes + self._sent_bytes > 0

    def is_too_large(self) -> bool:
        """Whether more has arrived than the limits allow."""
        return self._waiting_bytes + self._sent_bytes > self.limits.request_body_bytes

    def is_full(self) -> bool:
        """Whether so much waits for a backend that the client should pause."""
        return self._waiting_bytes > HIGH_WATER_BYTES

    def can_repeat(self) -> bool:
        """Whether everything that was sent is still here."""
        return self._sent is not None

    def repeat(self) -> list[bytes]:
        """What was sent to an earlier backend connection, framed for the next one."""
        self._is_ended = False
        return self._framed(self._sent or [])

    def take(self, *, is_whole: bool) -> list[bytes]:
        """What waits, framed; with `is_whole` nothing comes after it."""
        out = self._framed(self._waiting)
        self._sent_bytes += self._waiting_bytes
        if self._sent is not None:
            self._sent = self._sent + self._waiting if self._sent_bytes <= REPLAYABLE_BYTES else None
        self._waiting, self._waiting_bytes = [], 0
        if is_whole and not self._is_ended:
            self._is_ended = True
            if self._is_chunked:
                out.append(b"0\r\n\r\n")
        return out

    def _framed(self, parts: list[bytes]) -> list[bytes]:
        return forward.chunked(parts) if self._is_chunked and parts else list(parts)
