"""A file of lines that many processes append to, written by a thread so that a slow disk holds up no request."""

import logging
import os
import select
import stat
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

log = logging.getLogger(__name__)

FLUSH_S = 0.5
"""Lines wait at most this long; a process that is killed loses no more."""
LAST_WORDS_S = 2.0
REPORT_S = 10.0
MOST_LINES = 32_768
"""Lines that may wait while the disk is slow; more are dropped, counted and reported."""

_LINES_TO_WAKE_FOR = 1024
_STANDARD_OUTPUT = 1
_MOST_BYTES = 1024 * 1024


class LineFile:
    """Takes lines at once and writes them when it can.

    `path` None is standard output. A file that was renamed or removed is made anew at the next write, so rotating
    it takes no signal. Each write appends whole lines: where several processes write, none is torn.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: deque[bytes] = deque()
        self._dropped = 0
        self._wake = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="line-file", daemon=True)
        # From here on they are the thread's own.
        self._descriptor = _STANDARD_OUTPUT if path is None else -1
        self._is_torn = False
        self._lost = 0
        self._reason = ""
        self._reported_at = -REPORT_S
        self._thread.start()

    def take(self, line: bytes) -> None:
        """Leaves `line`, which does not end in a line end, to the thread."""
        waiting = len(self._lines)
        if waiting >= MOST_LINES:
            self._dropped += 1
            return
        self._lines.append(line)
        if waiting == _LINES_TO_WAKE_FOR:
            self._wake.set()

    def close(self) -> None:
        """Writes what waits, or gives up after a moment."""
        self._is_closing = True
        self._wake.set()
        self._thread.join(LAST_WORDS_S)
        if self._thread.is_alive():
            log.error("lines lost", extra={"file": self._name(), "lines": len(self._lines), "because": "too slow"})

    # the thread

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(FLUSH_S)
            self._wake.clear()
            self._flush()
        # What came while the thread looked away.
        self._flush()
        if self._path is not None and self._descriptor >= 0:
            os.close(self._descriptor)

    def _flush(self) -> None:
        # Only this thread takes lines away, so there are at least as many as are counted.
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        dropped, self._dropped = self._dropped, 0
        if dropped:
            self._lost, self._reason = self._lost + dropped, "too slow"
        if lines:
            self._write(lines)
        if self._lost and (self._is_closing or monotonic() - self._reported_at >= REPORT_S):
            log.error("lines lost", extra={"file": self._name(), "lines": self._lost, "because": self._reason})
            self._lost, self._reported_at = 0, monotonic()

    def _write(self, lines: list[bytes]) -> None:
        try:
            self._open_again_if_moved()
            is_file = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        except OSError as error:
            self._lost, self._reason = self._lost + len(lines), str(error.strerror)
            return
        # A pipe or a terminal takes no more than PIPE_BUF in one piece.
        for piece in _pieces(lines, _MOST_BYTES if is_file else select.PIPE_BUF):
            self._lost += self._append(piece)

    def _open_again_if_moved(self) -> None:
        if self._path is None:
            return
        if self._descriptor >= 0:
            if _is_same(self._descriptor, self._path):
                return
            os.close(self._descriptor)
            self._descriptor = -1
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, mode=0o600)
        self._is_torn = False

    def _append(self, piece: bytes) -> int:
        """How many lines of `piece` could not be written whole."""
        rest = b"\n" + piece if self._is_torn else piece
        try:
            while rest:
                written = os.write(self._descriptor, rest)
                self._is_torn = rest[written - 1 : written] != b"\n"
                rest = rest[written:]
        except OSError as error:
            self._reason = str(error.strerror)
        return rest.count(b"\n")

    def _name(self) -> str:
        return "standard output" if self._path is None else str(self._path)


def _pieces(lines: list[bytes], most_bytes: int) -> Iterator[bytes]:
    """`lines`, each with its end, joined as long as they fit into `most_bytes`."""
    piece: list[bytes] = []
    length = 0
    for line in lines:
        if piece and length + len(line) + 1 > most_bytes:
            yield b"\n".join(piece) + b"\n"
            piece, length = [], 0
        piece.append(line)
        length += len(line) + 1
    yield b"\n".join(piece) + b"\n"


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
