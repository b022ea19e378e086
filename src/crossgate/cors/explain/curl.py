"""curl commands that replay what was exchanged: the same fields, safe to paste into a shell.

Nothing is made up: cookies that a browser would add are not known, so a comment says where they go.
"""

import re
import shlex

from crossgate.cors.browser import Exchange, HttpRequest, Story
from crossgate.cors.browser.headers import get
from crossgate.cors.browser.verdict import shown
from crossgate.cors.server import Fields

_TEXT = re.compile(rb"[\x20-\x7e\t\n]*")


def commands(story: Story, *, insecure: bool = False) -> tuple[str, ...]:
    """A command for each exchange, in order; `insecure` lets curl take any certificate."""
    return tuple(command(exchange, insecure=insecure) for exchange in story.exchanges)


def command(exchange: Exchange, *, insecure: bool = False) -> str:
    """The command that sends the request of `exchange` again, under a comment that says what it is."""
    request = exchange.request
    words = ["curl -sS -i"]
    if insecure:
        words.append("-k")
    if re.search(r"[\[\]{}]", request.url):
        words.append("-g")
    if request.method == b"HEAD":
        words.append("--head")
    elif request.method != b"GET" or request.body is not None:
        words.append(f"-X {_quoted(request.method)}")
    first = " ".join([*words, _quoted(request.url.encode())])
    lines = [first, *(f"-H {_quoted(line)}" for line in _header_lines(request)), *_upload(request.body)]
    return f"{_comment(request)}\n{_piped(request.body)}" + " \\\n  ".join(lines)


def _comment(request: HttpRequest) -> str:
    if request.purpose == "preflight":
        return "# The preflight: the browser asks whether the page may send its request."
    cookies = " The browser adds its cookies for this host; so can you: -b 'name=value'."
    return "# The request itself." + (cookies if request.sends_credentials else "")


def _header_lines(request: HttpRequest) -> list[bytes]:
    fields: Fields = tuple(field for field in request.headers if field[0].lower() != b"host")
    # `Name;` is curl's way to send a field without a value, and `Name:` its way to send none.
    lines = [name + b": " + value if value else name + b";" for name, value in fields]
    if request.body is not None and get(fields, b"Content-Type") is None:
        lines.append(b"Content-Type:")
    return lines


def _upload(body: bytes | None) -> list[str]:
    if body is None:
        return []
    return [f"--data-raw {_quoted(body)}"] if _TEXT.fullmatch(body) else ["--data-binary @-"]


def _piped(body: bytes | None) -> str:
    """Bytes that no shell word can hold come through a pipe."""
    if body is None or _TEXT.fullmatch(body):
        return ""
    return f"printf '{_octal(body)}' | "


def _quoted(value: bytes) -> str:
    if _TEXT.fullmatch(value):
        return shlex.quote(shown(value))
    return f"\"$(printf '{_octal(value)}')\""


def _octal(value: bytes) -> str:
    r"""`value` as printf reads it: each byte that is no letter or digit as `\ooo`."""
    return "".join(chr(byte) if chr(byte).isascii() and chr(byte).isalnum() else f"\\{byte:03o}" for byte in value)
