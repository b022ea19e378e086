"""What a gateway's refusal says about a signature, read from its JSON body or its `error_msg` (gateway.md 3.1)."""

import json
import re
from datetime import UTC, datetime

import msgspec

from crossgate.core.signing.explained.form import Form, read_form
from crossgate.core.signing.signer import DATE_FORMAT

_MESSAGE = re.compile(r'"error_msg"\s*:\s*("(?:[^"\\]|\\.)*")')
_CANONICAL = re.compile(r"verify (?:aksk )?signature fail,\s*canonicalRequest:(.*)", re.DOTALL)
_MISMATCH = re.compile(r"verify (?:aksk )?signature fail")
_EXPIRED = re.compile(r"signature expired, ?signature time:([0-9TZ]+), ?server time:([0-9TZ]+)")
_UNKNOWN = re.compile(r"app not found, ?appkey ?(.*)|Get secretKey failed, ?ak:(.*?), ?err:", re.DOTALL)


class Mismatch(msgspec.Struct, frozen=True):
    """The signature does not fit; `form` is the gateway's canonical request, None when the answer has none."""

    form: Form | None


class Expired(msgspec.Struct, frozen=True):
    """The clocks are too far apart; both times are aware."""

    signed_at: datetime
    server_time: datetime


class UnknownKey(msgspec.Struct, frozen=True):
    """Nobody has the access key."""

    access_key: str


class Other(msgspec.Struct, frozen=True):
    """Any other answer, in its own words."""

    message: str


Answer = Mismatch | Expired | UnknownKey | Other


def read_answer(text: str) -> Answer:
    """What `text` says: a JSON body, whatever stands before it, or a message alone."""
    message = _message(text)
    if found := _CANONICAL.search(message):
        return Mismatch(read_form(found[1]))
    if _MISMATCH.search(message):
        return Mismatch(None)
    if (found := _EXPIRED.search(message)) and (times := _times(found[1], found[2])):
        return Expired(*times)
    if found := _UNKNOWN.search(message):
        return UnknownKey((found[1] or found[2] or "").strip())
    form = read_form(message)
    return Other(message.strip()) if form is None else Mismatch(form)


def _message(text: str) -> str:
    found = _MESSAGE.search(text)
    if found is None:
        return text
    try:
        return str(json.loads(found[1]))
    except ValueError:
        return found[1].strip('"')


def _times(*written: str) -> list[datetime] | None:
    try:
        return [datetime.strptime(text, DATE_FORMAT).replace(tzinfo=UTC) for text in written]
    except ValueError:
        return None
