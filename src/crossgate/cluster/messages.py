"""The words the supervisor and its children say to each other: one JSON object a line."""

from typing import Literal

import msgspec


class MessageError(ValueError):
    """A line is not one of the messages; the text names the place."""


class Begin(msgspec.Struct, frozen=True, tag_field="event", tag="begin"):
    """Supervisor to control: it is your turn."""


class Ready(msgspec.Struct, frozen=True, tag_field="event", tag="ready"):
    """Child to supervisor: I serve, by this revision."""

    revision: int


class Revision(msgspec.Struct, frozen=True, tag_field="event", tag="revision"):
    """Control to workers: the snapshot file now holds this revision."""

    revision: int


class Applied(msgspec.Struct, frozen=True, tag_field="event", tag="applied"):
    """Worker to supervisor: I answer by this revision. Supervisor to control: every live worker does."""

    revision: int


class Refused(msgspec.Struct, frozen=True, tag_field="event", tag="refused"):
    """Worker to control: I could not read or compile this revision, and stay where I was.

    A worker that has no snapshot at all refuses revision 0.
    """

    revision: int
    reason: str


class Store(msgspec.Struct, frozen=True, tag_field="event", tag="store"):
    """Control to workers: what it found when it opened the database."""

    state: Literal["ok", "broken"]
    reason: str = ""


class Failed(msgspec.Struct, frozen=True, tag_field="event", tag="failed"):
    """Child to supervisor: the program must not start like this. While it runs, this is only logged."""

    reason: str


Message = Begin | Ready | Revision | Applied | Refused | Store | Failed


def encode(message: Message) -> bytes:
    """`message` as one line."""
    return msgspec.json.encode(message) + b"\n"


def decode(line: bytes) -> Message:
    """The message in `line`; raises MessageError."""
    try:
        message: Message = msgspec.json.decode(line, type=Message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(str(error)) from error
    return message
