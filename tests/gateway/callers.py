"""Callers: an app that may call, the Config it is known in, and requests as it signs and sends them."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from crossgate.core.policies.credentials import AppConfig
from crossgate.core.signing import Message, payload_sha256, sign
from crossgate.core.snapshot.config import Config, PublishedApi

from .conftest import config

Fields = Sequence[tuple[bytes, bytes]]

HOST = b"g.example"
KEY, SECRET = "an-app-0123", "s3cr3t-of-the-app!"
CODE = "Code/of+the=app_" + "0123456789" * 5
APP = AppConfig(
    id="app", name="An app", key=KEY, secret=SECRET.encode(), codes=(hashlib.sha256(CODE.encode()).digest(),)
)
FOR_THE_APP: dict[str, Any] = {"auth_type": "APP", "app_ids": ("app",), "match_mode": "SWA"}
UNSIGNED = (b"X-Sdk-Content-Sha256", b"UNSIGNED-PAYLOAD")


def guarded(*apis: PublishedApi, cors: str = "", **changes: Any) -> Config:
    """A Config of one group with `apis`, and the app; `cors` is the content of plugin `p`."""
    plugins = changes.pop("plugins", ())
    plain = config(*apis, cors=cors)
    return msgspec.structs.replace(plain, **({"apps": (APP,), "plugins": plain.plugins + plugins} | changes))


def signed(
    method: str,
    target: str,
    fields: Fields = (),
    body: bytes = b"",
    *,
    key: str = KEY,
    secret: str = SECRET,
    minutes: float = 0,
    host: bytes = HOST,
) -> list[tuple[bytes, bytes]]:
    """Host, `fields` and what signs them, so many `minutes` after now."""
    named = [(b"Host", host), *fields]
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    message = Message(method, target.encode(), named, payload_sha256(body))
    return [*named, *sign(message, access_key=key, secret=secret, now=now)]


def written(method: str, target: str, fields: Fields, body: bytes | None = None, *, chunk: int = 0) -> bytes:
    """A request as it is sent; with `chunk` its body is chunked, in pieces of that length."""
    head = f"{method} {target} HTTP/1.1\r\n".encode()
    head += b"".join(name + b": " + value + b"\r\n" for name, value in fields)
    if body is None:
        return head + b"\r\n"
    if not chunk:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    pieces = (body[at : at + chunk] for at in range(0, len(body), chunk))
    return b"".join(
        (
            head + b"Transfer-Encoding: chunked\r\n\r\n",
            *(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces),
            b"0\r\n\r\n",
        )
    )


def _basic(secret: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{KEY}:{secret}".encode())


CREDENTIALS: dict[str, Callable[[str, str], Fields]] = {
    "signature": lambda method, target: signed(method, target)[1:],
    "forged signature": lambda method, target: signed(method, target, secret="of somebody else")[1:],
    "signature of nobody": lambda method, target: signed(method, target, key="nobody")[1:],
    "signature of long ago": lambda method, target: signed(method, target, minutes=-15.1)[1:],
    "signature of later": lambda method, target: signed(method, target, minutes=15.1)[1:],
    "signature of just now": lambda method, target: signed(method, target, minutes=-14.9)[1:],
    "signature for another host": lambda method, target: signed(method, target, host=b"other.example")[1:],
    "signature for another path": lambda method, target: signed(method, target + "x")[1:],
    "code": lambda method, target: [(b"X-Apig-AppCode", CODE.encode())],
    "wrong code": lambda method, target: [(b"X-Apig-AppCode", CODE.encode()[:-1] + b"x")],
    "basic": lambda method, target: [(b"Authorization", _basic(SECRET))],
    "wrong basic": lambda method, target: [(b"Authorization", _basic("x"))],
    "secret": lambda method, target: [(b"X-HW-ID", KEY.encode()), (b"X-HW-AppKey", SECRET.encode())],
    "wrong secret": lambda method, target: [(b"X-HW-ID", KEY.encode()), (b"X-HW-AppKey", b"x")],
}
"""What a caller may show for who it is, by what it is called in case tables."""
