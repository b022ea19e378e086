"""MIME types as browsers read and write them (MIME Sniffing standard, "parse a MIME type")."""

import re
from typing import Final

import msgspec

from crossgate.cors.browser.headers import get, normalised, split
from crossgate.cors.server import Fields
from crossgate.cors.tokens import is_token

_BLANKS: Final = b" \t\r\n"
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)(\\?)(?:"|\Z)', re.DOTALL)
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_JAVASCRIPT: Final = frozenset(
    b"application/ecmascript application/javascript application/x-ecmascript application/x-javascript "
    b"text/ecmascript text/javascript text/javascript1.0 text/javascript1.1 text/javascript1.2 text/javascript1.3 "
    b"text/javascript1.4 text/javascript1.5 text/jscript text/livescript text/x-ecmascript "
    b"text/x-javascript".split()
)


class Mime(msgspec.Struct, frozen=True):
    """A MIME type: `type/subtype` in lower case, and its parameters in order."""

    essence: bytes
    parameters: dict[bytes, bytes]

    @property
    def is_javascript(self) -> bool:
        """Whether a script may have it."""
        return self.essence in _JAVASCRIPT

    def serialised(self) -> bytes:
        """The type as a field value, quoted where it must be."""
        return self.essence + b"".join(
            b";%s=%s" % (name, _quoted(value)) for name, value in self.parameters.items()
        )


def parse_mime(value: bytes) -> Mime | None:
    """The MIME type that the whole of `value` is; None when it is none."""
    main, slash, rest = normalised(value).partition(b"/")
    sub, _, parameters = rest.partition(b";")
    sub = sub.rstrip(_BLANKS)
    if not slash or not is_token(main) or not is_token(sub):
        return None
    return Mime(main.lower() + b"/" + sub.lower(), _parameters(parameters))


def extract_mime(headers: Fields) -> Mime | None:
    """The MIME type of a response, the last that `Content-Type` names (Fetch, "extract a MIME type")."""
    value = get(headers, b"Content-Type")
    if value is None:
        return None
    found: Mime | None = None
    for part in split(value):
        mime = parse_mime(part)
        if mime is not None and mime.essence != b"*/*":
            found = mime
    return found


def _parameters(text: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    while text:
        text = text.lstrip(_BLANKS)
        end = min((at for at in (text.find(b";"), text.find(b"=")) if at >= 0), default=len(text))
        name, mark, text = text[:end].lower(), text[end : end + 1], text[end + 1 :]
        if mark != b"=":
            continue
        value, text = _value(text)
        if value is not None and is_token(name) and _VALUE.fullmatch(value):
            found.setdefault(name, value)
    return found


def _value(text: bytes) -> tuple[bytes | None, bytes]:
    """The value that `text` begins with, and the text after its semicolon; an empty one counts in quotes only."""
    quoted = _QUOTED.match(text)
    if quoted is not None:
        value = re.sub(rb"\\(.)", rb"\1", quoted[1], flags=re.DOTALL) + quoted[2]
        return value, text[quoted.end() :].partition(b";")[2]
    value, _, rest = text.partition(b";")
    return value.rstrip(_BLANKS) or None, rest


def _quoted(value: bytes) -> bytes:
    if is_token(value):
        return value
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", value) + b'"'
