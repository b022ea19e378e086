"""SDK-HMAC-SHA256, both directions (gateway.md 3.1): sign a message, or verify one that arrived."""

from crossgate.core.signing.canonical import (
    ALGORITHM,
    EMPTY_SHA256,
    UNSIGNED_PAYLOAD,
    Message,
    canonical_request,
    payload_sha256,
    string_to_sign,
)
from crossgate.core.signing.signer import sign
from crossgate.core.signing.verifier import (
    APP_WORDING,
    CLOCK_TOLERANCE_S,
    IAM_WORDING,
    Authorization,
    Reason,
    Refusal,
    Wording,
    parse_authorization,
    refuse_early,
    refuse_late,
    verify,
)

__all__ = [
    "ALGORITHM",
    "APP_WORDING",
    "CLOCK_TOLERANCE_S",
    "EMPTY_SHA256",
    "IAM_WORDING",
    "UNSIGNED_PAYLOAD",
    "Authorization",
    "Message",
    "Reason",
    "Refusal",
    "Wording",
    "canonical_request",
    "parse_authorization",
    "payload_sha256",
    "refuse_early",
    "refuse_late",
    "sign",
    "string_to_sign",
    "verify",
]
