"""The request of a call that is debugged, as it is sent and as it is shown (gateway.md 2.6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from crossgate.core.model.debug import ApiDebugInfo
from crossgate.core.signing import Message, payload_sha256, sign

USER_AGENT: Final = "APIGatewayDebugClient/1.0"
_HIDDEN: Final = b"***"
_SECRETS: Final = frozenset((b"authorization", b"cookie", b"x-auth-token", b"x-hw-appkey"))
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})

Fields = Sequence[tuple[bytes, bytes]]


class Signer(NamedTuple):
    """Who signs the request, in which field."""

    access_key: str
    secret: str
    field: str = "authorization"


class DebugRequest(NamedTuple):
    """A whole request: as bytes, and as a text without what proves who calls, its line ends LF."""

    on_the_wire: bytes
    shown: str


def debug_request(
    asked: ApiDebugInfo, host: str, stage: str | None, signer: Signer | None, now: datetime
) -> DebugRequest:
    """The request that `asked` describes, to the domain `host`; `stage` is told unless it is None."""
    body = asked.body.encode()
    fields = _fields(asked, host, stage)
    if signer is not None:
        fields = _signed(asked, fields, signer, now)
    if body or asked.method not in _BODILESS:
        fields = [*fields, (b"Content-Length", b"%d" % len(body))]
    host_field, *others = fields
    ordered = [host_field, *sorted(others, key=lambda field: field[0])]
    hidden = _SECRETS | ({signer.field.encode()} if signer is not None else set())
    shown = [(name, _HIDDEN if name.lower() in hidden else value) for name, value in ordered]
    start = f"{asked.method} {asked.target} HTTP/1.1".encode()
    text = _joined(start, shown, b"\n") + body
    return DebugRequest(_joined(start, ordered, b"\r\n") + body, text.decode("utf-8", "replace"))


def _fields(asked: ApiDebugInfo, host: str, stage: str | None) -> list[tuple[bytes, bytes]]:
    """The fields before signing, the Host first."""
    told = {"User-Agent": [USER_AGENT], "X-Apig-Mode": ["debug"]}
    if stage is not None:
        told["X-Stage"] = [stage]
    given = {_canonical(name): values for name, values in asked.header.items()}
    return [
        (b"Host", host.encode()),
        *((name.encode(), value.strip().encode()) for name, values in (told | given).items() for value in values),
    ]


def _signed(
    asked: ApiDebugInfo, fields: list[tuple[bytes, bytes]], signer: Signer, now: datetime
) -> list[tuple[bytes, bytes]]:
    message = Message(asked.method, asked.target.encode(), fields, payload_sha256(asked.body.encode()))
    (date, (_, proof)) = sign(message, access_key=signer.access_key, secret=signer.secret, now=now)
    return [*fields, date, (_canonical(signer.field).encode(), proof)]


def _canonical(name: str) -> str:
    """`x-MY-hEaDer` as `X-My-Header`."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _joined(start: bytes, fields: Fields, line_end: bytes) -> bytes:
    lines = [start, *(name + b": " + value for name, value in fields)]
    return line_end.join(lines) + line_end * 2
