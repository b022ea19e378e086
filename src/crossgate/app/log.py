"""The log of every process: one line per event on standard error, `time level event key=value …`."""

import json
import logging
import re
from datetime import UTC, datetime

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


def configure(child: str = "") -> None:
    """Send this process's log to standard error; `child` names the process in every line."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(child))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # What a library tells of its everyday life is not an event of ours.
    for library in ("uvicorn", "alembic", "sqlalchemy", "aiosqlite", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
