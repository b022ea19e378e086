"""Signed calls as case tables describe them: signed as one thing, then sent as another."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from crossgate.core.policies.call import Call
from crossgate.core.signing import Message, canonical_request, payload_sha256, string_to_sign
from tests.core.policies.driver import call

NOW = 1_700_000_000.0
DATE = "20231114T221320Z"
_SPOILT: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "half": lambda signature: signature[:32],
    "longer": lambda signature: signature + "0",
}
_CLEAN = {"method": "GET", "target": "/orders?a=1", "headers": [["Host", "api.example.com"], ["X-Sdk-Date", DATE]]}


def signed_call(row: dict[str, Any], key: str, secret: str) -> Call:
    """The call of a row.

    `sign` tells what the client signs: method, target, headers (beside Host and date), body, `payload` for its
    digest, `names` for SignedHeaders, `key` and `secret`. `send` tells what of it arrives otherwise: method,
    target, body, headers to `drop` and to `add`, `field` for the header of the signature, `rewrite` for pairs of
    what is replaced in it, `spoilt` for what happened to the signature itself, `twice` when it is there twice, and
    `now`.
    """
    sign, send = row.get("sign", {}), row.get("send", {})
    client = _CLEAN | {name: sign[name] for name in ("method", "target", "body") if name in sign}
    headers = [*_CLEAN["headers"], *sign.get("headers", [])]
    if "date" in sign:
        headers[1] = ["X-Sdk-Date", sign["date"]]
    authorization = _authorization(sign, client, headers, sign.get("key", key), sign.get("secret", secret))
    for old, new in send.get("rewrite", []):
        assert old in authorization
        authorization = authorization.replace(old, new)
    if "spoilt" in send:
        head, equals, signature = authorization.rpartition("=")
        authorization = head + equals + _SPOILT[send["spoilt"]](signature)
    kept = [pair for pair in headers if pair[0] not in send.get("drop", [])]
    field = [send.get("field", "Authorization"), authorization]
    sent = client | {name: send[name] for name in ("method", "target", "body", "now") if name in send}
    added = send.get("add", [])
    return call(**{"now": NOW, **sent, "headers": [*kept, *added, *([field] * (2 if send.get("twice") else 1))]})


def body_sent(row: dict[str, Any]) -> bytes:
    """The body that arrives."""
    body: str = row.get("send", {}).get("body", row.get("sign", {}).get("body", ""))
    return body.encode()


def _authorization(
    sign: dict[str, Any], client: dict[str, Any], headers: list[list[str]], key: str, secret: str
) -> str:
    pairs = [(name.encode(), value.encode()) for name, value in headers]
    message = Message(client["method"], client["target"].encode(), pairs)
    names = sign.get("names", sorted({name.lower() for name, _ in headers}))
    declared = {name.lower(): value for name, value in headers}.get("x-sdk-content-sha256")
    payload = sign.get("payload", declared or payload_sha256(client.get("body", "").encode()))
    to_sign = string_to_sign(canonical_request(message, names, payload), headers[1][1])
    signature = hmac.digest(secret.encode(), to_sign, hashlib.sha256).hex()
    return f"SDK-HMAC-SHA256 Access={key}, SignedHeaders={';'.join(names)}, Signature={signature}"
