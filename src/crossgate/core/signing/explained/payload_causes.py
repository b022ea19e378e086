"""Why two canonical requests differ in their last line, which stands for the body."""

import json
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from crossgate.core.signing.canonical import EMPTY_SHA256, UNSIGNED_PAYLOAD, payload_sha256
from crossgate.core.signing.explained.cause import Cause, Suspicion, likeliest

_DIGEST = re.compile("[0-9a-f]{64}")
# What HTTP clients send for "no body", and what signing code hashes for it.
_NEARLY_NOTHING: Final = {
    payload_sha256(body.encode()): body for body in ("{}", "null", "undefined", '""', "[]", "None")
} | {payload_sha256(b"\n"): "a line feed"}
_CHARSETS: Final = ("latin-1", "gb18030", "utf-16", "utf-16-le")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Payloads(msgspec.Struct, frozen=True):
    """What stands for the body on both sides, and the client's body where it is known."""

    gateway: str
    client: str
    body: bytes | None = None

    @property
    def remnant(self) -> str:
        """The text that one side had in place of no body; empty when it had none of those known."""
        return _NEARLY_NOTHING.get(self.gateway) or _NEARLY_NOTHING.get(self.client, "")


def payload_cause(payloads: Payloads) -> Cause:
    """Why what stands for the body differs."""
    found = likeliest(_PAYLOAD, payloads, _otherwise(payloads))
    return found.naming(remnant=payloads.remnant)


def _otherwise(payloads: Payloads) -> Cause:
    for form, digest in _rewritten(payloads.body or b""):
        if digest == payloads.gateway:
            return _REWRITTEN.naming(form=form)
    return _BODY_CHANGED


def _rewritten(body: bytes) -> Iterator[tuple[str, str]]:
    """What could have become of `body` on its way, in words, and the digest of it."""
    ends = (("with a line feed at its end", body + b"\n"), ("without white space at its end", body.rstrip()))
    lines = (
        ("with CR LF at the ends of lines", body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
        ("with LF at the ends of lines", body.replace(b"\r\n", b"\n")),
        ("without line ends", body.replace(b"\r", b"").replace(b"\n", b"")),
    )
    marks = (
        ("with a byte order mark", _BYTE_ORDER_MARK + body),
        ("without a byte order mark", body.removeprefix(_BYTE_ORDER_MARK)),
    )
    for form, changed in (*ends, *lines, *marks, *_other_charsets(body), *_other_json(body)):
        yield form, payload_sha256(changed)


def _other_charsets(body: bytes) -> Iterator[tuple[str, bytes]]:
    for charset in _CHARSETS:
        for form, before, after in (
            (f"in {charset}", "utf-8", charset),
            (f"in UTF-8, not in {charset}", charset, "utf-8"),
        ):
            try:
                yield form, body.decode(before).encode(after)
            except UnicodeError:
                continue


def _other_json(body: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    for separators, spaces in (((",", ":"), "without spaces"), ((", ", ": "), "with spaces")):
        for ascii_only, letters in ((False, ""), (True, " and with \\u escapes")):
            for is_sorted, order in ((False, ""), (True, ", its keys sorted")):
                text = json.dumps(value, separators=separators, ensure_ascii=ascii_only, sort_keys=is_sorted)
                yield f"as JSON {spaces}{letters}{order}", text.encode("utf-8", "replace")
    for indent in (2, 4):
        text = json.dumps(value, indent=indent, ensure_ascii=False)
        yield f"as JSON indented by {indent}", text.encode("utf-8", "replace")


_PAYLOAD: Final[tuple[Suspicion[Payloads], ...]] = (
    Suspicion(
        lambda payloads: payloads.client.lower() == payloads.gateway and payloads.client != payloads.gateway,
        Cause(
            "body-hash-case",
            "the hash of the body is in capitals",
            "The canonical request has it in small hexadecimal letters.",
            "Write the hash in small letters.",
        ),
    ),
    Suspicion(
        lambda payloads: payloads.client == UNSIGNED_PAYLOAD,
        Cause(
            "body-unsigned-not-told",
            "you signed UNSIGNED-PAYLOAD, and the gateway hashed the body",
            "The gateway leaves the body out only when the request says so.",
            "Send the header X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD, and sign it with the others.",
        ),
    ),
    Suspicion(
        lambda payloads: payloads.gateway == UNSIGNED_PAYLOAD,
        Cause(
            "body-unsigned-told",
            "you signed a hash, and the request says UNSIGNED-PAYLOAD",
            "The header X-Sdk-Content-Sha256 decides what the last line is.",
            "Sign UNSIGNED-PAYLOAD in place of the hash, or do not send that header.",
        ),
    ),
    Suspicion(
        lambda payloads: not _DIGEST.fullmatch(payloads.client),
        Cause(
            "body-hash-form",
            "the last line is not a SHA-256 in hexadecimal",
            "It has 64 small hexadecimal letters: not base64, not the body itself, not another hash.",
            "Write the SHA-256 of the body's bytes in small hexadecimal letters.",
        ),
    ),
    Suspicion(
        lambda payloads: payloads.client == EMPTY_SHA256 and bool(payloads.remnant),
        Cause(
            "body-remnant-sent",
            "no body was signed, and {remnant} was sent as the body",
            "The HTTP client turns nothing into {remnant}.",
            "Give it no body at all; or sign {remnant}.",
        ),
    ),
    Suspicion(
        lambda payloads: payloads.gateway == EMPTY_SHA256 and bool(payloads.remnant),
        Cause(
            "body-remnant-signed",
            "{remnant} was signed as the body, and no body was sent",
            "A request without a body is signed with the hash of nothing.",
            "Hash an empty text: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.",
        ),
    ),
    Suspicion(
        lambda payloads: payloads.client == EMPTY_SHA256,
        Cause(
            "body-not-signed",
            "an empty body was signed, and a body arrived",
            "The body was not there yet when the request was signed, or it was read before and nothing was left.",
            "Build the body first; hash exactly the bytes that you send.",
        ),
    ),
    Suspicion(
        lambda payloads: payloads.gateway == EMPTY_SHA256,
        Cause(
            "body-not-sent",
            "a body was signed, and none arrived",
            "HTTP clients send no body with GET or HEAD, and drop it after a redirect.",
            "Sign an empty body where none is sent; ask for the address that the redirect leads to.",
        ),
    ),
)
_REWRITTEN: Final = Cause(
    "body-rewritten",
    "the body arrived written anew: {form}",
    "The HTTP client, or something on the way, has written it again after it was signed.",
    "Turn the body into bytes once, hash these bytes, and send them (not an object that is serialised again).",
)
_BODY_CHANGED: Final = Cause(
    "body-changed",
    "another body arrived than was signed",
    "Often it was serialised twice: JSON with other spaces, order or escapes, another charset, a line feed more, "
    "a form or multipart body that the HTTP client builds itself.",
    "Turn the body into bytes once, hash these bytes, and send them. Give the body here too, and it is looked "
    "for in other forms.",
)
