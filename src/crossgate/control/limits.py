"""The gateway's limits as the features that are switched on set them (gateway.md 1.14, 2.5)."""

import json

from crossgate.core.errors.admin import invalid
from crossgate.core.snapshot.config import Limits
from crossgate.store.rows import Session, every
from crossgate.store.tables import Feature

BODY_SIZE = "request_body_size"
BACKEND_TIMEOUT = "backend_timeout"

_MEBIBYTE = 1024 * 1024
_MAX_BODY_BYTES = 9536 * _MEBIBYTE
_MAX_TIMEOUT_MS = 600_000


async def read(session: Session) -> Limits:
    """What holds now; a feature that is not switched on leaves the contract's default."""
    configured = {feature.name: feature.config for feature in await every(session, Feature, enable=True)}
    body, timeout = configured.get(BODY_SIZE), configured.get(BACKEND_TIMEOUT)
    limits = Limits()
    return Limits(
        request_body_bytes=body_bytes(body) if body is not None else limits.request_body_bytes,
        backend_timeout_ms=timeout_ms(timeout) if timeout is not None else limits.backend_timeout_ms,
    )


def body_bytes(config: str) -> int:
    """The size `config` gives; raises when it is none. The contract's example quotes it once more: both work."""
    text = config.strip().strip('"')
    size = int(text) if text.isascii() and text.isdigit() else 0
    if not _MEBIBYTE <= size <= _MAX_BODY_BYTES:
        raise invalid(
            "config",
            "It is not a size the gateway can take",
            f"Write bytes from {_MEBIBYTE} to {_MAX_BODY_BYTES}, such as 104857600.",
        )
    return size


def timeout_ms(config: str) -> int:
    """The timeout `config` gives; raises when it is none."""
    try:
        document = json.loads(config)
    except (ValueError, RecursionError):
        document = None
    timeout = document.get("max_timeout") if isinstance(document, dict) else None
    if type(timeout) is not int or not 1 <= timeout <= _MAX_TIMEOUT_MS:
        raise invalid(
            "config",
            "It is not a timeout the gateway can take",
            f'Write milliseconds from 1 to {_MAX_TIMEOUT_MS}, such as {{"max_timeout":60000}}.',
        )
    return timeout
