"""The calls that are measured, as a script for wrk: many different requests, so that nothing is read only once."""

from collections.abc import Callable
from datetime import UTC, datetime

from bench.callers.configs import CODE, HOST, KEY, SECRET
from crossgate.core.signing import Message, payload_sha256, sign

DIFFERENT = 500
_BODY = (b'{"note":"' + b"x" * 1024)[:1022] + b'"}'
_FIELDS = (
    (b"User-Agent", b"bench/1.0"),
    (b"Accept", b"application/json"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Content-Type", b"application/json"),
)
Fields = list[tuple[bytes, bytes]]


def get_with_code(path: str, number: int) -> bytes:
    """A GET with an AppCode."""
    return _request(b"GET", path, number, [(b"X-Apig-AppCode", CODE.encode())], b"")


def signed_post(path: str, number: int) -> bytes:
    """A POST of 1 KiB, signed whole."""
    fields = _fields(number)
    message = Message("POST", path.encode(), fields, payload_sha256(_BODY))
    signature = sign(message, access_key=KEY, secret=SECRET, now=datetime.now(UTC))
    return _request(b"POST", path, number, signature, _BODY)


def script(make: Callable[[str, int], bytes], path: str) -> str:
    """A wrk script that sends what `make` makes for `path`, one different request after the other."""
    requests = ",\n".join(_as_lua(make(path, number)) for number in range(DIFFERENT))
    turn = f"function request()\n  at = at % {DIFFERENT} + 1\n  return requests[at]\nend\n"
    return f"local requests = {{\n{requests}\n}}\nlocal at = 0\n{turn}"


def _fields(number: int) -> Fields:
    return [(b"Host", HOST.encode()), *_FIELDS, (b"X-Number", b"%d" % number)]


def _request(method: bytes, path: str, number: int, more: Fields, body: bytes) -> bytes:
    fields = _fields(number) + more + ([(b"Content-Length", b"%d" % len(body))] if body else [])
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
    return method + b" " + path.encode() + b" HTTP/1.1\r\n" + lines + b"\r\n" + body


def _as_lua(request: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in request) + '"'
