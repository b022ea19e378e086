"""Signature keys: how the gateway shows a backend that a request comes from it (gateway.md 1.8)."""

import base64
from typing import Literal

import msgspec

from crossgate.core.policies.credentials import OpenSecret


class SignatureKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as published; `secret` is sealed."""

    id: str
    type: Literal["hmac", "basic"]
    key: str
    secret: bytes

    def opened(self, open_secret: OpenSecret) -> str:
        """The secret."""
        return open_secret(self.secret, secret_name(self.id)).decode()


def secret_name(key_id: str) -> str:
    """The name a key's secret is sealed under."""
    return f"sign:{key_id}:secret"


def basic_authorization(key: str, secret: str) -> bytes:
    """The `Authorization` of a key of type basic."""
    return b"Basic " + base64.b64encode(f"{key}:{secret}".encode())
