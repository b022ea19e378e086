"""Asking another service while a call waits: what is asked, and what comes back."""

from typing import Final, Literal, final

import msgspec

from crossgate.core.errors import Fault, FaultKind

MEBIBYTE: Final = 1024 * 1024

Fields = tuple[tuple[bytes, bytes], ...]


@final
class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Ask `endpoint` for an Answer, or learn that there is none (AskFailed).

    `endpoint` is an `http(s)://…` address, asked with `method`, `fields` and `body`, or `python:module:callable`:
    a function that is called with the JSON object in `body`, off the event loop, whose JSON object is the body of
    an Answer with status 200. The whole of it has `timeout_ms`; an answer of more than `max_bytes` is a failure.
    With a `cache_key`, an Answer with status 200 is kept for `ttl_s` seconds and given to whoever asks with the
    same key; those who ask at the same time wait for one answer. For `stale_s` seconds more it is given where the
    service has none.
    """

    endpoint: str
    method: str = "POST"
    fields: Fields = ()
    body: bytes = b""
    timeout_ms: int = 5000
    max_bytes: int = MEBIBYTE
    cache_key: str = ""
    ttl_s: int = 0
    stale_s: int = 0


class Answer(msgspec.Struct, frozen=True):
    """What the service has said."""

    status: int
    fields: Fields = ()
    body: bytes = b""

    def values(self, name: bytes) -> list[bytes]:
        """Every value of the field `name`, which is in lower case."""
        return [value for field, value in self.fields if field.lower() == name]


class AskFailed(msgspec.Struct, frozen=True):
    """Why there is no answer; `detail` is for logs, never for callers."""

    reason: Literal["timeout", "unreachable", "busy", "too-long", "failed"]
    detail: str = ""


class Relayed(Fault):
    """A refusal in the words of the service that was asked: its answer is sent to the caller as it is."""

    def __init__(self, kind: FaultKind, answer: Answer) -> None:
        super().__init__(kind)
        self.answer = answer
