"""A canonical request as text, taken apart into the lines that two sides compare (gateway.md 3.1, 7)."""

import re
from collections.abc import Sequence

import msgspec

from crossgate.core.signing.canonical import DATE_HEADER, PAYLOAD_HEADER, Message, canonical_request

_METHOD = re.compile(r"[A-Za-z][A-Za-z-]*")
_FEWEST_LINES = 5


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one canonical request.

    `headers` are whole lines, `host:api.example.com`. `query` is None when its line was left out, and
    `has_blank_line` says whether an empty line stands before the list of signed headers.
    """

    method: str
    path: str
    query: str | None
    headers: tuple[str, ...]
    has_blank_line: bool
    signed_headers: str
    payload: str

    @property
    def header_names(self) -> list[str]:
        """The name of each header line, as it is written there."""
        return [line.partition(":")[0] for line in self.headers]

    def value(self, name: str) -> str | None:
        """What the first header line of that lower-case name holds; None without one."""
        for line in self.headers:
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value
        return None


def read_form(text: str) -> Form | None:
    r"""The canonical request that `text` holds, its lines divided by newlines, by `\n` or by `|`; else None."""
    text = text.lstrip().replace("\r\n", "\n")
    text = text.removesuffix("\n")
    if "\n" in text:
        return _form(text.split("\n"))
    if r"\n" in text:
        return _form(text.strip("\"'").split(r"\n"))
    return _form(_joined_values(text.strip().split("|")))


def form_of(message: Message, gateway: Form) -> tuple[Form, tuple[str, ...]]:
    """The canonical request of `message` over the headers that `gateway` says were signed.

    With it come the names of those that `message` does not have: their lines are taken from the gateway, since
    nothing is known about them.
    """
    names = gateway.signed_headers.split(";")
    unknown = tuple(name for name in names if not message.values(name))
    assumed = [(name.encode(), (gateway.value(name.lower()) or "").encode()) for name in unknown]
    filled = Message(message.method, message.target, [*message.headers, *assumed], message.body_sha256)
    declared = filled.values(PAYLOAD_HEADER)
    payload = declared[0].decode("latin-1") if declared else message.body_sha256
    lines = canonical_request(filled, names, payload).decode("utf-8", "replace").split("\n")
    form = _form(lines)
    assert form is not None, "it has all its lines"
    return form, tuple(name for name in unknown if name.lower() != DATE_HEADER)


def _joined_values(parts: list[str]) -> list[str]:
    """`parts` between `|`, with the values of headers put together again that had a `|` of their own."""
    if len(parts) < _FEWEST_LINES:
        return parts
    expected = parts[-2].split(";")
    last = len(parts) - 3 if parts[-3] == "" else len(parts) - 2
    headers: list[str] = []
    for part in parts[2:last]:
        name, colon, _ = part.partition(":")
        if len(headers) < 2 or (colon and name in expected):
            headers.append(part)
            expected = expected[expected.index(name) :] if name in expected else expected
        else:
            headers[-1] += "|" + part
    return [*parts[:2], *headers, *parts[last:]]


def _form(lines: Sequence[str]) -> Form | None:
    if len(lines) < _FEWEST_LINES or not _METHOD.fullmatch(lines[0].strip()):
        return None
    # Who has no query may have left out its empty line: then the first header stands there.
    name, colon, _ = lines[2].partition(":")
    lacks_query = bool(colon) and name.lower() in lines[-2].lower().split(";")
    headers = list(lines[2 if lacks_query else 3 : -2])
    has_blank_line = bool(headers) and headers[-1] == ""
    if has_blank_line:
        headers.pop()
    return Form(
        method=lines[0],
        path=lines[1],
        query=None if lacks_query else lines[2],
        headers=tuple(headers),
        has_blank_line=has_blank_line,
        signed_headers=lines[-2],
        payload=lines[-1].rstrip(),
    )
