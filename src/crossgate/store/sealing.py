"""Secrets at rest: sealed with AES-GCM under a key that never enters the database."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FILE_NAME = "secret.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyUnusable(Exception):
    """The key cannot be used; the message is one sentence for the operator."""


class Seal:
    """Seals and opens secrets under one key; `name` binds a sealed secret to its place."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, name: str) -> bytes:
        """`secret`, readable only with this key and this `name`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """The secret inside `sealed`; raises KeyUnusable when it was sealed under another key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise KeyUnusable(
                f"The secrets in the database were sealed with another key (reading {name}): "
                f"bring back the {KEY_FILE_NAME} this database was created with, or its CROSSGATE_SECRET_KEY."
            ) from None


def find_key(directory: Path, given: str | None = None) -> bytes:
    """The key `given` (base64 of 32 bytes, from CROSSGATE_SECRET_KEY), else the one in `directory`.

    The file is created, readable by its owner alone, when it is missing. Raises KeyUnusable.
    """
    if given:
        return _decoded(given, "CROSSGATE_SECRET_KEY")
    file = directory / KEY_FILE_NAME
    try:
        if not file.exists():
            _create(file)
        return _decoded(file.read_text("ascii"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{file} cannot be read or written ({error}): check its owner and mode.") from error


def _create(file: Path) -> None:
    """Write a new key beside its place and link it there: whoever comes first wins, nobody sees half."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise KeyUnusable(f"{source} must be the base64 of {_KEY_BYTES} random bytes; it is not.")
    return key
