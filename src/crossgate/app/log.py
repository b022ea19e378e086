"""The log of every process: one line per event on standard error, `time level event key=value …`.

A thread writes the lines: whoever reads them may be slow or gone, and that must not hold up a request.
"""

import contextlib
import json
import logging
import queue
import re
import sys
import threading
from datetime import UTC, datetime
from typing import TextIO

_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message"}
_PLAIN = re.compile(r"[^\s\"=\\\x00-\x1f\x7f]+")


class LineFormatter(logging.Formatter):
    """Renders a record and whatever it carries in `extra`, in the order it was given.

    A value that is not one plain word is quoted as in JSON, so nothing a caller sent can begin a new line.
    """

    def __init__(self, child: str = "") -> None:
        super().__init__()
        self._child = f" child={child}" if child else ""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """One line; a traceback, which only a bug has, follows on its own lines."""
        moment = datetime.fromtimestamp(record.created, UTC)
        when = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
        extra = {key: value for key, value in vars(record).items() if key not in _OWN_FIELDS}
        pairs = "".join(f" {key}={_value(value)}" for key, value in extra.items())
        return f"{when} {record.levelname.lower()} {record.message}{self._child}{pairs}"


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


class PatientHandler(logging.Handler):
    """Hands lines to a thread that writes them to `stream`; lines that nobody takes are dropped in the end."""

    MOST_LINES = 10_000
    LAST_WORDS_S = 1.0

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(self.MOST_LINES)
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Leave the line to the thread."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(self.format(record) + "\n")

    def close(self) -> None:
        """Wait a moment for the last lines to be written."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._writer.join(self.LAST_WORDS_S)
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError):
                self._stream.write(line)
                self._stream.flush()


def configure(child: str = "") -> None:
    """Send this process's log to standard error; `child` names the process in every line."""
    handler = PatientHandler(sys.stderr)
    handler.setFormatter(LineFormatter(child))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # What a library tells of its everyday life is not an event of ours.
    for library in ("uvicorn", "alembic", "sqlalchemy", "aiosqlite", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
