"""The request that options like curl's describe: for `crossgate sign` and `crossgate sign explain`."""

import os
import re
from pathlib import Path
from typing import Final

import msgspec
import typer

from crossgate.cli.cors_question import WrongOptionsError
from crossgate.core.signing import Message, payload_sha256
from crossgate.cors.browser.urls import Url, parse_url

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class WrittenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed."""

    method: str
    url: str
    headers: tuple[str, ...] = ()
    data: str | None = None
    data_file: Path | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request that can be sent; `headers` are those that were given, without Host unless that was."""

    method: str
    url: Url
    headers: tuple[tuple[str, str], ...]
    body: bytes | None

    @property
    def target(self) -> bytes:
        """Path and query as they are sent."""
        return (self.url.path + self.url.query).encode()

    @property
    def message(self) -> Message:
        """The same for signing, with its Host."""
        fields = [(name.encode(), os.fsencode(value)) for name, value in self.headers]
        if not any(name.lower() == b"host" for name, _ in fields):
            fields.insert(0, (b"Host", self.url.host_and_port.encode()))
        return Message(self.method, self.target, fields, payload_sha256(self.body or b""))


def read_request(written: WrittenRequest) -> Request:
    """The request; raises WrongOptionsError with everything that is wrong."""
    wrong: list[str] = []
    url, headers, body = _url(written.url, wrong), _headers(written.headers, wrong), _body(written, wrong)
    if not _TOKEN.fullmatch(written.method):
        wrong.append(f"METHOD: {written.method!r} is no method; write it as in GET or POST.")
    if wrong or url is None:
        raise WrongOptionsError(wrong)
    return Request(method=written.method.upper(), url=url, headers=headers, body=body)


def read_text(option: str, file: Path) -> str:
    """The UTF-8 text in `file`, standard input for `-`; raises WrongOptionsError."""
    try:
        return _bytes(file).decode()
    except OSError as error:
        raise WrongOptionsError([f"{option}: {file} cannot be read: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise WrongOptionsError([f"{option}: {file} is not UTF-8 text."]) from None


def _bytes(file: Path) -> bytes:
    return typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()


def _url(text: str, wrong: list[str]) -> Url | None:
    found = parse_url(text)
    if found is None or not found.is_http:
        wrong.append(f"URL: {text!r} is no URL; begin with http:// or https://.")
    elif found.credentials:
        wrong.append("URL: leave user and password out; they are another kind of authentication.")
    return found


def _headers(texts: tuple[str, ...], wrong: list[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for text in texts:
        name, colon, value = text.partition(":")
        if colon and _TOKEN.fullmatch(name) and not _UNSENDABLE.search(value):
            found.append((name, value.strip(" \t")))
        else:
            # A header may hold a secret, so only its name is repeated.
            wrong.append(f"--header: {name!r} is no header in one line; write it as in 'X-Id: 1'.")
    return tuple(found)


def _body(written: WrittenRequest, wrong: list[str]) -> bytes | None:
    if written.data is not None and written.data_file is not None:
        wrong.append("--data and --data-file: choose one.")
    if written.data_file is None:
        return None if written.data is None else os.fsencode(written.data)
    try:
        return written.data_file.read_bytes()
    except OSError as error:
        wrong.append(f"--data-file: {written.data_file} cannot be read: {error.strerror}.")
        return None
