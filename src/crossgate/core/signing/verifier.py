"""The server's side: is this message signed by who it says (gateway.md 3.1)?

Two steps, because between them the caller looks the secret up: `parse_authorization`, then `verify`.
"""

import hmac
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from crossgate.core.signing.canonical import (
    ALGORITHM,
    DATE_HEADER,
    EMPTY_SHA256,
    PAYLOAD_HEADER,
    UNSIGNED_PAYLOAD,
    Message,
    canonical_request,
    readings,
    signature,
    string_to_sign,
)

CLOCK_TOLERANCE: Final = timedelta(minutes=15)

_AUTHORIZATION = re.compile(
    ALGORITHM + r"[ \t]+Access=([^,\s]+),[ \t]?SignedHeaders=([^,\s]+),[ \t]?Signature=([0-9A-Za-z_]+)"
)
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_LONGEST_REMEMBERED = 1024
_DATED, _PAYLOAD = DATE_HEADER.encode(), PAYLOAD_HEADER.encode()
_SINGLE = (b"host", _DATED, _PAYLOAD)
_DATE_LENGTH = len("YYYYMMDDTHHMMSSZ")
_ALWAYS_SIGNED = ("host", DATE_HEADER)


class Reason(StrEnum):
    """Why a message is refused. Only MISMATCH says anything about the secret."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown-key"
    EXPIRED = "expired"
    MISMATCH = "mismatch"


class Refusal(msgspec.Struct, frozen=True):
    """A message that does not prove who sent it; `detail` ends the contract's sentence for the reason."""

    reason: Reason
    detail: str


class Authorization(msgspec.Struct, frozen=True):
    """An `Authorization` header taken apart. `signed_headers` are as the client listed them."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str


class Wording(msgspec.Struct, frozen=True):
    """The contract's sentences for one kind of credential: an app's key, or an operator's AK."""

    prefix: str
    unknown_key: str
    mismatch: str

    def message(self, refusal: Refusal) -> str:
        """The whole `error_msg` for `refusal`, byte for byte as the contract has it."""
        sentence = {
            Reason.MALFORMED: "{}",
            Reason.UNKNOWN_KEY: self.unknown_key,
            Reason.EXPIRED: "signature expired, {}",
            Reason.MISMATCH: self.mismatch,
        }[refusal.reason]
        return self.prefix + sentence.format(refusal.detail)


APP_WORDING: Final = Wording(
    prefix="Incorrect app authentication information: ",
    unknown_key="app not found, appkey {}",
    mismatch="verify signature fail, canonicalRequest:{}",
)
IAM_WORDING: Final = Wording(
    prefix="Incorrect IAM authentication information: ",
    unknown_key="Get secretKey failed,ak:{},err:ak not exist",
    mismatch="verify aksk signature fail, canonicalRequest:{}",
)


def parse_authorization(value: bytes) -> Authorization | Refusal:
    """The parts of an `Authorization` header, or why it is none of SDK-HMAC-SHA256."""
    match = _AUTHORIZATION.fullmatch(value.decode("latin-1").strip())
    if match is None:
        return _malformed(
            f"the Authorization header must be {ALGORITHM} Access=<key>, SignedHeaders=<names>, Signature=<hex>"
        )
    access_key, listed, hexdigest = match.groups()
    # A stranger's endless list is not worth remembering.
    read = _signed_headers if len(listed) <= _LONGEST_REMEMBERED else _signed_headers.__wrapped__
    names = read(listed)
    return names if isinstance(names, Refusal) else Authorization(access_key, names, hexdigest)


# A client signs the same headers in every request.
@lru_cache(maxsize=256)
def _signed_headers(listed: str) -> tuple[str, ...] | Refusal:
    names = tuple(listed.split(";"))
    folded = [name.lower() for name in names]
    for required in _ALWAYS_SIGNED:
        if required not in folded:
            return _malformed(f"SignedHeaders must contain {required}")
    if "" in names or len(set(folded)) < len(folded):
        return _malformed("SignedHeaders must be header names, each once, separated by semicolons")
    return names


def verify(message: Message, authorization: Authorization, secret: str | None, now: datetime) -> Refusal | None:
    """None when `message` was signed with `secret` within 15 minutes of `now` (aware), else the reason.

    `secret` is None when nobody has that access key. A client may have read its path in one of several ways
    and hashed an empty body in one of two; any of them is accepted (gateway.md 3.1, steps 3 and 6).
    """
    if secret is None:
        return Refusal(Reason.UNKNOWN_KEY, authorization.access_key)
    return refuse_early(message, now) or refuse_late(message, authorization, secret)


def refuse_late(message: Message, authorization: Authorization, secret: str) -> Refusal | None:
    """What `verify` says of a message that `refuse_early` has nothing against."""
    date = _date(message)
    given = authorization.signature.encode()

    def is_signed(canonical: bytes) -> bool:
        return hmac.compare_digest(signature(secret, string_to_sign(canonical, date)).encode(), given)

    hashes = _payload_hashes(message)
    documented = canonical_request(message, authorization.signed_headers, hashes[0])
    if is_signed(documented) or any(map(is_signed, _other_forms(message, authorization.signed_headers, hashes))):
        return None
    return Refusal(Reason.MISMATCH, documented.decode("utf-8", "replace").replace("\n", "|"))


def refuse_early(message: Message, now: datetime) -> Refusal | None:
    """What is wrong with a signed message whatever its body and signature are: a field twice, a bad date."""
    index = message.index
    for name in _SINGLE:
        if len(index.get(name, ())) > 1:
            return _malformed(f"the header {name.decode()} is there more than once")
    date = _date(message)
    signed_at = _parse_date(date)
    if signed_at is None:
        return _malformed("the header X-Sdk-Date must be UTC as YYYYMMDDTHHMMSSZ")
    if abs(now - signed_at) > CLOCK_TOLERANCE:
        server_time = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return Refusal(Reason.EXPIRED, f"signature time:{date},server time:{server_time}")
    return None


def _date(message: Message) -> str:
    return b"".join(message.index.get(_DATED, ())).decode("latin-1")


def _other_forms(message: Message, signed_headers: tuple[str, ...], hashes: tuple[str, ...]) -> Iterator[bytes]:
    """Every canonical request, but the documented one, that an official client may have signed."""
    forms = itertools.product(hashes, readings(message.target))
    for payload_hash, reading in itertools.islice(forms, 1, None):
        yield canonical_request(message, signed_headers, payload_hash, reading)


def _payload_hashes(message: Message) -> tuple[str, ...]:
    """What may stand for the body. A declared digest counts only when it is the body's own."""
    values = message.index.get(_PAYLOAD)
    if not values:
        return (message.body_sha256,)
    declared = b"".join(values).decode("latin-1")
    if declared == UNSIGNED_PAYLOAD:
        # sdkcore signs the digest of nothing when the body is empty, whatever it declares; apig_sdk does not.
        empty = message.body_sha256 == EMPTY_SHA256
        return (UNSIGNED_PAYLOAD, EMPTY_SHA256) if empty else (UNSIGNED_PAYLOAD,)
    if declared.lower() == message.body_sha256:
        return tuple(dict.fromkeys((declared, message.body_sha256)))
    return (message.body_sha256,)


def _parse_date(text: str) -> datetime | None:
    return _moment(text) if len(text) == _DATE_LENGTH else None


# Clients sign many requests within one second.
@lru_cache(maxsize=256)
def _moment(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _malformed(detail: str) -> Refusal:
    return Refusal(Reason.MALFORMED, detail)
