"""The server's side: is this message signed by who it says (gateway.md 3.1)?

Two steps, because between them the caller looks the secret up: `parse_authorization`, then `verify`.
"""

import hmac
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, final

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

CLOCK_TOLERANCE_S: Final = 15 * 60

_CLAIM = re.compile(ALGORITHM + r"[ \t]+Access=([^,\s]+),[ \t]?SignedHeaders=([^,\s]+),[ \t]?")
_SIGNATURE = re.compile(r"[0-9A-Za-z_]+")
_DATE = re.compile(rb"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_LONGEST_REMEMBERED = 512
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


@final
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
    claim, _, hexdigest = value.decode("latin-1").strip().rpartition("Signature=")
    if not _SIGNATURE.fullmatch(hexdigest):
        return _NOT_THIS_SCHEME
    # A stranger's endless list is not worth remembering.
    claimed = _claimed(claim) if len(claim) <= _LONGEST_REMEMBERED else _claimed.__wrapped__(claim)
    # For isinstance() a Struct is five times as dear.
    if type(claimed) is Refusal:
        return claimed
    access_key, names = claimed
    return Authorization(access_key, names, hexdigest)


# A client begins each of its signatures alike.
@lru_cache(maxsize=512)
def _claimed(claim: str) -> tuple[str, tuple[str, ...]] | Refusal:
    """Who is said to have signed, and which headers."""
    match = _CLAIM.fullmatch(claim)
    if match is None:
        return _NOT_THIS_SCHEME
    names = tuple(match[2].split(";"))
    folded = [name.lower() for name in names]
    for required in _ALWAYS_SIGNED:
        if required not in folded:
            return _malformed(f"SignedHeaders must contain {required}")
    if "" in names or len(set(folded)) < len(folded):
        return _malformed("SignedHeaders must be header names, each once, separated by semicolons")
    return match[1], names


def verify(message: Message, authorization: Authorization, secret: str | None, now: datetime) -> Refusal | None:
    """None when `message` was signed with `secret` within 15 minutes of `now` (aware), else the reason.

    `secret` is None when nobody has that access key. A client may have read its path in one of several ways
    and hashed an empty body in one of two; any of them is accepted (gateway.md 3.1, steps 3 and 6).
    """
    if secret is None:
        return Refusal(Reason.UNKNOWN_KEY, authorization.access_key)
    return refuse_early(message, now.timestamp()) or refuse_late(message, authorization, secret)


def refuse_late(message: Message, authorization: Authorization, secret: str) -> Refusal | None:
    """What `verify` says of a message that `refuse_early` has nothing against."""
    date = message.index.single.get(_DATED, b"").strip().decode("latin-1")
    hashes = _payload_hashes(message)
    documented = canonical_request(message, authorization.signed_headers, hashes[0])
    if _is_signature(authorization.signature, documented, date, secret):
        return None
    for canonical in _other_forms(message, authorization.signed_headers, hashes):
        if _is_signature(authorization.signature, canonical, date, secret):
            return None
    return Refusal(Reason.MISMATCH, documented.decode("utf-8", "replace").replace("\n", "|"))


def _is_signature(given: str, canonical: bytes, date: str, secret: str) -> bool:
    expected = signature(secret, string_to_sign(canonical, date))
    return hmac.compare_digest(expected.encode(), given.encode())


def refuse_early(message: Message, now: float) -> Refusal | None:
    """What is wrong with a signed message whatever its body and signature are: a field twice, a bad date.

    `now` is in seconds since the epoch.
    """
    index = message.index
    for name in _SINGLE if index.repeated else ():
        if name in index.repeated:
            return _malformed(f"the header {name.decode()} is there more than once")
    date = index.single.get(_DATED, b"").strip()
    signed_at = _moment(date) if len(date) == _DATE_LENGTH else None
    if signed_at is None:
        return _malformed("the header X-Sdk-Date must be UTC as YYYYMMDDTHHMMSSZ")
    if abs(now - signed_at) > CLOCK_TOLERANCE_S:
        server_time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        return Refusal(Reason.EXPIRED, f"signature time:{date.decode()},server time:{server_time}")
    return None


def _other_forms(message: Message, signed_headers: tuple[str, ...], hashes: tuple[str, ...]) -> Iterator[bytes]:
    """Every canonical request, but the documented one, that an official client may have signed."""
    forms = itertools.product(hashes, readings(message.target))
    for payload_hash, reading in itertools.islice(forms, 1, None):
        yield canonical_request(message, signed_headers, payload_hash, reading)


def _payload_hashes(message: Message) -> tuple[str, ...]:
    """What may stand for the body. A declared digest counts only when it is the body's own."""
    value = message.index.single.get(_PAYLOAD)
    if value is None:
        return (message.body_sha256,)
    declared = value.strip().decode("latin-1")
    if declared == UNSIGNED_PAYLOAD:
        # sdkcore signs the digest of nothing when the body is empty, whatever it declares; apig_sdk does not.
        empty = message.body_sha256 == EMPTY_SHA256
        return (UNSIGNED_PAYLOAD, EMPTY_SHA256) if empty else (UNSIGNED_PAYLOAD,)
    if declared.lower() == message.body_sha256:
        return tuple(dict.fromkeys((declared, message.body_sha256)))
    return (message.body_sha256,)


# Clients sign many requests within one second.
@lru_cache(maxsize=256)
def _moment(date: bytes) -> float | None:
    """An `X-Sdk-Date` in seconds since the epoch; None for what is none."""
    match = _DATE.fullmatch(date)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _malformed(detail: str) -> Refusal:
    return Refusal(Reason.MALFORMED, detail)


_NOT_THIS_SCHEME: Final = _malformed(
    f"the Authorization header must be {ALGORITHM} Access=<key>, SignedHeaders=<names>, Signature=<hex>"
)
