"""DIR/operator.json: how the operator reaches the admin API, readable by its owner alone."""

import json
import logging
from pathlib import Path

from crossgate.cluster.atomic_file import replace
from crossgate.control.operators import Credentials

NAME = "operator.json"

log = logging.getLogger(__name__)


def write_first(directory: Path, credentials: Credentials, place: dict[str, str]) -> None:
    """Write what the first start made; its secrets go here and nowhere else. Raises OSError.

    `place` holds `admin_url`, `project_id` and `instance_id`.
    """
    _write(
        directory,
        {
            **place,
            "access_key": credentials.access_key,
            "secret_key": credentials.secret_key,
            "user": credentials.user,
            "password": credentials.password,
        },
    )


def refresh(directory: Path, admin_url: str) -> None:
    """Keep the file as it is but for the admin API's address. Raises OSError.

    The secrets cannot be read back from the store, so a file that is gone is told of and not made again.
    """
    path = directory / NAME
    try:
        operator = json.loads(path.read_bytes())
        if operator["admin_url"] != admin_url:
            _write(directory, {**operator, "admin_url": admin_url})
    except (FileNotFoundError, ValueError, TypeError, LookupError):
        log.warning("operator file is missing or damaged", extra={"path": path, "fix": "restore it from a backup"})


def _write(directory: Path, operator: dict[str, str]) -> None:
    replace(directory / NAME, json.dumps(operator, indent=2).encode() + b"\n")
