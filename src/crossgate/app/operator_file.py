"""DIR/operator.json: how the operator reaches the admin API, readable by its owner alone."""

import json
from pathlib import Path

from crossgate.cluster.atomic_file import replace

NAME = "operator.json"


def write(directory: Path, operator: dict[str, str]) -> None:
    """Put `operator` into the file; secrets go there and nowhere else. Raises OSError."""
    replace(directory / NAME, json.dumps(operator, indent=2).encode() + b"\n")


def read(directory: Path) -> dict[str, str] | None:
    """What the file holds; None when there is no file, or none that can be read as one. Raises OSError."""
    try:
        found = json.loads((directory / NAME).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None
