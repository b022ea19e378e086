"""Exchanges: what is sent, what must come back, and what differs. Pure."""

import re
from importlib import resources

import msgspec

CROSS_ORIGIN = "access-control-"


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must come back: `headers` exactly, `shapes` by pattern, and the whole `body`."""

    status: int
    body: str
    headers: dict[str, str] = {}
    shapes: dict[str, str] = {}


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request, the answer it must get, and two sentences on what a page may read."""

    name: str
    title: str
    explanation: str
    request: str
    answer: Answer
    request_body: str = ""

    def request_bytes(self) -> bytes:
        """The request as it goes on the wire."""
        lines = self.request.strip().splitlines()
        return "\r\n".join([*lines, "", self.request_body]).encode()


class Received(msgspec.Struct, frozen=True):
    """An answer as it came: `raw` is every byte of it."""

    raw: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        """The values of all header lines spelt `name`."""
        return [value for spelling, value in self.headers if spelling == name]


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as it must be; None stands for nothing there."""

    what: str
    expected: str | None
    got: str | None


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    exchange: list[Exchange]


def load() -> list[Exchange]:
    """The exchanges of the demonstration, in their order."""
    text = resources.files("demo").joinpath("exchanges.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Document).exchange


def parse(raw: bytes) -> Received:
    """The answer in `raw`, whose body is whatever follows the first empty line."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(": ") for line in lines)
    return Received(raw, int(status_line.split(" ")[1]), tuple((name, value) for name, _, value in fields), body)


def check(answer: Answer, received: Received) -> list[Difference]:
    """Everything in which `received` is not what `answer` asks for."""
    found = []
    if received.status != answer.status:
        found.append(Difference("status", str(answer.status), str(received.status)))
    for name, value in answer.headers.items():
        if received.values(name) != [value]:
            found.append(Difference(name, value, _shown(received.values(name))))
    for name, shape in answer.shapes.items():
        values = received.values(name)
        if len(values) != 1 or re.fullmatch(shape, values[0]) is None:
            found.append(Difference(name, f"once, like {shape}", _shown(values)))
    for name, value in received.headers:
        if name.lower().startswith(CROSS_ORIGIN) and name not in answer.headers:
            found.append(Difference(name, None, value))
    if received.body != answer.body.encode():
        found.append(Difference("body", answer.body, received.body.decode("utf-8", "backslashreplace")))
    return found


def _shown(values: list[str]) -> str | None:
    return " and again ".join(values) if values else None
