"""Signature keys: how the gateway shows a backend that a request comes from it (gateway.md 1.8).

Where the contract is silent: a signature of type hmac covers the host, the content type, the date and the body as
the backend gets them. The gateway keeps the body back for its digest, unless the client itself has sent
`X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD`: then the backend is told the same, and the body streams.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from crossgate.core.policies.call import BodyDigest, Call, FieldChange, Waiting
from crossgate.core.policies.credentials import OpenSecret
from crossgate.core.signing import EMPTY_SHA256, UNSIGNED_PAYLOAD, Message, sign

_DATE: Final = b"x-sdk-date"
_PAYLOAD: Final = b"x-sdk-content-sha256"


class SignatureKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as published; `secret` is sealed."""

    id: str
    type: Literal["hmac", "basic"]
    key: str
    secret: bytes


class BackendSigner:
    """A key ready to sign with, in the field `header`. Its secret is opened when it is first needed."""

    __slots__ = ("_header", "_key", "_open", "_secret")

    def __init__(self, key: SignatureKey, open_secret: OpenSecret, header: str = "authorization") -> None:
        self._key = key
        self._open = open_secret
        self._header = header.encode()
        self._secret: str | None = None

    def body_check(self, call: Call) -> Waiting | None:
        """Notes in `call` what stands for the body, for which it may have to be kept back."""
        if self._key.type == "basic":
            return None
        if [*call.values(_PAYLOAD)] == [UNSIGNED_PAYLOAD.encode()]:
            call.payload = UNSIGNED_PAYLOAD
        elif call.is_empty:
            call.payload = EMPTY_SHA256
        else:
            return _digest(call)
        return None

    def changes(
        self, method: str, target: bytes, fields: Sequence[tuple[bytes, bytes]], call: Call
    ) -> list[FieldChange]:
        """What is to be changed in the fields of a request to the backend.

        `target` and `fields` are as the backend gets them, among the latter its Host and Content-Type.
        """
        secret = self._opened()
        if self._key.type == "basic":
            return [FieldChange(self._header, (basic_authorization(self._key.key, secret),))]
        # A digest the client has declared is not the backend's to believe: verifiers take it for the body's.
        declared = ((_PAYLOAD, UNSIGNED_PAYLOAD.encode()),) if call.payload == UNSIGNED_PAYLOAD else ()
        message = Message(method, target, [*fields, *declared], call.payload)
        signed = sign(message, access_key=self._key.key, secret=secret, now=datetime.fromtimestamp(call.now, UTC))
        (_, date), (_, authorization) = signed
        return [
            FieldChange(_DATE, (date,)),
            FieldChange(_PAYLOAD, tuple(value for _, value in declared)),
            FieldChange(self._header, (authorization,)),
        ]

    def _opened(self) -> str:
        if self._secret is None:
            self._secret = self._open(self._key.secret, secret_name(self._key.id)).decode()
        return self._secret


def _digest(call: Call) -> Waiting:
    call.payload = yield BodyDigest()


def secret_name(key_id: str) -> str:
    """The name a key's secret is sealed under."""
    return f"sign:{key_id}:secret"


def basic_authorization(key: str, secret: str) -> bytes:
    """The `Authorization` of a key of type basic."""
    return b"Basic " + base64.b64encode(f"{key}:{secret}".encode())
