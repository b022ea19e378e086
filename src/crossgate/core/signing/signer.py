"""The client's side: the headers that sign a message (gateway.md 3.1)."""

from datetime import UTC, datetime

from crossgate.core.signing.canonical import (
    ALGORITHM,
    DATE_HEADER,
    PAYLOAD_HEADER,
    Message,
    canonical_request,
    signature,
    string_to_sign,
)

DATE_FORMAT = "%Y%m%dT%H%M%SZ"


def sign(message: Message, *, access_key: str, secret: str, now: datetime) -> list[tuple[bytes, bytes]]:
    """The headers to add to `message`: `X-Sdk-Date`, unless it has one, and `Authorization`.

    Every header of the message is signed, so `Host` must be among them; `now` is aware. A message that
    declares `X-Sdk-Content-Sha256` is signed with that value in place of its body's digest.
    """
    if not message.values("host"):
        raise ValueError("a message is signed with its Host header: add it to the headers")
    dated, added = message, []
    if not message.values(DATE_HEADER):
        date = now.astimezone(UTC).strftime(DATE_FORMAT).encode()
        added = [(b"X-Sdk-Date", date)]
        dated = Message(message.method, message.target, [*message.headers, *added], message.body_sha256)
    names = sorted({name.decode("ascii").lower() for name, _ in dated.headers})
    declared = dated.values(PAYLOAD_HEADER)
    canonical = canonical_request(dated, names, declared[0].decode() if declared else dated.body_sha256)
    hexdigest = signature(secret, string_to_sign(canonical, dated.values(DATE_HEADER)[0].decode()))
    credentials = f"{ALGORITHM} Access={access_key}, SignedHeaders={';'.join(names)}, Signature={hexdigest}"
    return [*added, (b"Authorization", credentials.encode())]
