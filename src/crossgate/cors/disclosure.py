"""Why a preflight is refused, in words: what a policy with `debug` on says in a header of the refusal.

Browsers do not show these words in the console, but in the list of requests of the developer tools.
"""

import msgspec

from crossgate.cors.preflight import (
    MAX_EMPTY_ELEMENTS,
    MAX_METHOD_BYTES,
    MAX_REQUESTED_HEADERS,
    MAX_REQUESTED_HEADERS_BYTES,
)
from crossgate.cors.server import PreflightAnswer, refusal
from crossgate.cors.tokens import is_token

REASON_HEADER = b"X-Crossgate-Cors"

_LONGEST_LIST = 256
SENTENCES = {
    "origin-not-listed": "the policy does not allow the origin",
    "origin-null": "the policy does not allow the origin null",
    "origin-too-long": "the origin is longer than any that can be allowed",
    "method-malformed": "Access-Control-Request-Method does not hold a method",
    "method-forbidden": "no page may send {method}",
    "method-wrong-case": "the policy allows this method in upper case, not as {method}",
    "method-not-allowed": "the policy does not allow the method {method}",
    "method-without-api": "no API on this path takes {method}",
    "header-not-allowed": "the policy does not allow these request headers: {headers}",
    "header-malformed": "Access-Control-Request-Headers holds something that is no header name",
    "headers-too-many": (
        f"Access-Control-Request-Headers holds more than {MAX_REQUESTED_HEADERS} names, "
        f"{MAX_EMPTY_ELEMENTS} empty elements or {MAX_REQUESTED_HEADERS_BYTES} bytes"
    ),
}


def disclosed(reason: str, method: bytes, headers: bytes | None, *, allowed: frozenset[bytes]) -> PreflightAnswer:
    """The refusal for `reason` with the reason, and a sentence about it, in a header.

    Of the announced `method` and `headers` only tokens come back, so nothing a caller sends can end the header;
    `allowed` are the headers that are, in lower case.
    """
    named = method if len(method) <= MAX_METHOD_BYTES and is_token(method) else b"this method"
    missing = _missing(headers or b"", allowed) if reason == "header-not-allowed" else b""
    sentence = SENTENCES[reason].format(method=named.decode("ascii"), headers=missing.decode("ascii"))
    line = b"%s: %s; %s\r\n" % (REASON_HEADER, reason.encode("ascii"), sentence.encode("ascii"))
    silent = refusal(reason)
    return msgspec.structs.replace(silent, block=silent.block + line)


def _missing(headers: bytes, allowed: frozenset[bytes]) -> bytes:
    """Those of `headers` that are not allowed, which have been found to be tokens."""
    names = [part.strip(b" \t") for part in headers.lower().split(b",")]
    listed = b", ".join(name for name in dict.fromkeys(names) if name and name not in allowed)
    return listed if len(listed) <= _LONGEST_LIST else listed[:_LONGEST_LIST] + b"..."
