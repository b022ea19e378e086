"""What a request's head asks of its connection, and why it may be refused (gateway.md 2.5, RFC 9112)."""

from crossgate.core.errors import Fault, runtime
from crossgate.gateway import fields
from crossgate.gateway.fields import Notes

MAX_TARGET_BYTES = 32 * 1024
MAX_FIELD_BYTES = 32 * 1024
MAX_HEAD_BYTES = 128 * 1024

# More digits than any length has; int() refuses thousands of them.
_LONGEST_LENGTH = 18


def keeps_alive(version: bytes, notes: Notes) -> bool:
    """Whether another request may follow on the connection (RFC 9112 section 9.3)."""
    options = fields.connection_options(notes.get(fields.CONNECTION, b""))
    return b"close" not in options if version == b"HTTP/1.1" else b"keep-alive" in options


def refusal(version: bytes, head: bytes, target: bytes, notes: Notes) -> Fault | None:
    """Why a head that the parser takes is not accepted all the same; None where it is."""
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        return runtime.BAD_REQUEST.because("HTTP/1.1 is spoken here")
    host = notes.get(fields.HOST)
    if (version == b"HTTP/1.1" and host is None) or (host is not None and not fields.is_host(host)):
        return runtime.BAD_REQUEST.because("a request names exactly one Host")
    coding = notes.get(fields.TRANSFER_ENCODING, b"chunked").lower()
    if coding != b"chunked" or (version == b"HTTP/1.0" and fields.TRANSFER_ENCODING in notes):
        return runtime.BAD_REQUEST.because("the only transfer coding is chunked, in HTTP/1.1")
    if len(notes.get(fields.CONTENT_LENGTH, b"")) > _LONGEST_LENGTH:
        return Fault(runtime.ENTITY_TOO_LARGE)
    return too_long(head, target)


def too_long(head: bytes, target: bytes) -> Fault | None:
    """Which limit of section 2.5 `head`, or as much of it as has come, is over."""
    if len(head) <= MAX_FIELD_BYTES:
        return None
    if len(target) > MAX_TARGET_BYTES:
        return Fault(runtime.URI_TOO_LARGE)
    longest = max(map(len, head.split(b"\r\n")[1:]), default=0)
    if len(head) - len(target) > MAX_HEAD_BYTES or longest > MAX_FIELD_BYTES:
        return Fault(runtime.HEADERS_TOO_LARGE)
    return None


def salvaged(partial: bytes) -> tuple[bytes, bytes, bytes]:
    """Method, target and whole field lines, with an empty one, of a head that will not be read to its end."""
    start, _, rest = partial.partition(b"\r\n")
    words = start.split(b" ")
    return words[0], words[1] if len(words) > 1 else b"", rest[: rest.rfind(b"\r\n") + 2] + b"\r\n"
