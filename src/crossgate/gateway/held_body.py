"""A request's body kept back from the backend: in memory, and on disk when it is long."""

import hashlib
import tempfile
from typing import IO

IN_MEMORY_BYTES = 64 * 1024
PIECE_BYTES = 64 * 1024


class HeldBody:
    """What has arrived of a body, to be read as often as needed. Its file, if it has one, has no name on disk."""

    __slots__ = ("_at", "_digest", "_file", "_parts", "size")

    def __init__(self) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._at = 0

    def add(self, data: bytes) -> None:
        """`data` has arrived."""
        self.size += len(data)
        self._digest.update(data)
        if self._file is None:
            self._parts.append(data)
            if self.size <= IN_MEMORY_BYTES:
                return
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            data = b"".join(self._parts)
            self._parts = []
        self._file.write(data)

    def digest(self) -> str:
        """The SHA-256 of what has arrived, in lower-case hexadecimal."""
        return self._digest.hexdigest()

    def content(self) -> bytes:
        """All of what has arrived."""
        if self._file is None:
            return b"".join(self._parts)
        self._file.seek(0)
        return self._file.read()

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        if self._file is None:
            piece = b"".join(self._parts) if self._at == 0 else b""
        else:
            self._file.seek(self._at)
            piece = self._file.read(PIECE_BYTES)
        self._at += len(piece)
        return piece

    def is_read(self) -> bool:
        """Whether `read` has given everything."""
        return self._at == self.size

    def rewind(self) -> None:
        """From here on `read` begins at the front."""
        self._at = 0

    def close(self) -> None:
        """Gives back the disk."""
        if self._file is not None:
            self._file.close()
