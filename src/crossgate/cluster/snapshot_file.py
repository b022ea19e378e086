"""The snapshot file: the Config of the newest revision, whole at every moment."""

from pathlib import Path

from crossgate.cluster.atomic_file import replace
from crossgate.core.snapshot.config import Config, ConfigError, decode, encode

NAME = "snapshot.json"


def write(directory: Path, config: Config) -> int:
    """Put `config` in place of what the file held, and return its bytes; a reader sees old or new, never a part.

    Only the owner may read it: a policy in it may hold a secret. Raises OSError.
    """
    data = encode(config)
    replace(directory / NAME, data)
    return len(data)


def read(directory: Path) -> Config:
    """The Config in the file; raises ConfigError when it is missing, unreadable or damaged."""
    path = directory / NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(f"there is no {path}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return decode(data)
    except ConfigError as error:
        raise ConfigError(f"{path} is damaged: {error}") from error


def size(directory: Path) -> int:
    """How many bytes the file has; 0 where it is missing or cannot be seen."""
    try:
        return (directory / NAME).stat().st_size
    except OSError:
        return 0
