"""`crossgate sign`: signs a request, and explains why a gateway refused one that was signed."""

import json
import os
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from crossgate.cli.cors_question import WrongOptionsError
from crossgate.cli.sign_explain import sign_explain
from crossgate.cli.sign_request import Request, WrittenRequest, read_request
from crossgate.cli.sign_secret import read_secret
from crossgate.core.signing import UNSIGNED_PAYLOAD, Message, canonical_request, sign, string_to_sign

UNUSABLE = 2
_AUTHORIZATION: Final = "Authorization"
_DATE: Final = "X-Sdk-Date"
_PAYLOAD: Final = "X-Sdk-Content-Sha256"
_DATE_FORM = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_FIELD_NAME = re.compile(r"[A-Za-z0-9-]+")


class _RequestByDefault(TyperGroup):
    """`crossgate sign GET https://…` is `crossgate sign request GET https://…`."""

    # The type of what typer hands over here is its own affair.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["request", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="sign",
    cls=_RequestByDefault,
    help="Sign a request as an app does: crossgate sign METHOD URL --key KEY. And explain refused signatures.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("explain")(sign_explain)


@app.command("request")
def sign_request(  # noqa: PLR0913, PLR0917 - one for each option
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, …")],
    url: Annotated[str, typer.Argument(metavar="URL", help="The whole URL, query included.")],
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="The app's key.")],
    headers: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", metavar="'NAME: VALUE'", help="Sent and signed; repeatable."),
    ] = None,
    data: Annotated[str | None, typer.Option("--data", "-d", metavar="TEXT", help="The body, as it is.")] = None,
    data_file: Annotated[
        Path | None, typer.Option("--data-file", metavar="FILE", help="The body, byte by byte.")
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            "--secret-file",
            metavar="FILE",
            help="Holds the secret; else CROSSGATE_APP_SECRET does, or it is asked for.",
        ),
    ] = None,
    unsigned_payload: Annotated[
        bool, typer.Option("--unsigned-payload", help="Leave the body out of the signature.")
    ] = False,
    header_name: Annotated[
        str, typer.Option("--header-name", metavar="NAME", help="The header that carries the signature.")
    ] = _AUTHORIZATION,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="YYYYMMDDTHHMMSSZ", help="Sign for this time (UTC), not for now."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the headers and more as JSON.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print the canonical request and the string to sign, too.")
    ] = False,
) -> None:
    """Sign a request and print a curl line that sends it. The word `request` may be left out.

    The signature counts for 15 minutes before and after its time. The secret is never taken from the command line,
    where other users of the machine can read it, and never printed. Exit status: 0 signed, 2 it could not be.
    """
    try:
        extra = _extra_headers(headers or [], date, unsigned_payload=unsigned_payload)
        written = WrittenRequest(method=method, url=url, headers=extra, data=data, data_file=data_file)
        request = read_request(written)
        _check_names(request, key, header_name)
        signed = _Signed(request, key, read_secret(secret_file), header_name)
    except WrongOptionsError as error:
        for sentence in error.sentences:
            typer.echo(sentence, err=True)
        raise typer.Exit(UNUSABLE) from None
    curl = _curl(request, signed.headers, data_file)
    if as_json:
        typer.echo(json.dumps(_document(request, signed, curl), indent=2))
        return
    if show:
        typer.echo(b"Canonical request:\n" + signed.canonical + b"\n\nString to sign:\n" + signed.to_sign + b"\n")
    typer.echo(os.fsencode(curl))


class _Signed:
    """A signed request: all its headers, and the two texts that led to the signature."""

    def __init__(self, request: Request, key: str, secret: str, header_name: str) -> None:
        message = request.message
        *dated, (_, authorization) = sign(message, access_key=key, secret=secret, now=datetime.now(UTC))
        fields = [*message.headers, *dated]
        self.headers = [(name.decode(), os.fsdecode(value)) for name, value in fields]
        self.headers.append((header_name, authorization.decode()))
        whole = Message(message.method, message.target, fields, message.body_sha256)
        payload = whole.values(_PAYLOAD) or [message.body_sha256.encode()]
        names = sorted({name.decode().lower() for name, _ in fields})
        self.canonical = canonical_request(whole, names, payload[0].decode())
        self.to_sign = string_to_sign(self.canonical, whole.values(_DATE)[0].decode())


def _extra_headers(given: Sequence[str], date: str | None, *, unsigned_payload: bool) -> tuple[str, ...]:
    """The headers that were given, and those that options stand for; raises WrongOptionsError."""
    extra, wrong = list(given), []
    names = [text.partition(":")[0].strip().lower() for text in given]
    dates = [text.partition(":")[2].strip() for text in given if text.lower().startswith(_DATE.lower() + ":")]
    for option, name, value in (
        ("--date", _DATE, date),
        ("--unsigned-payload", _PAYLOAD, UNSIGNED_PAYLOAD if unsigned_payload else None),
    ):
        if value is not None and name.lower() in names:
            wrong.append(f"{option}: {name} is among the headers already; leave one of them out.")
        elif value is not None:
            extra.append(f"{name}: {value}")
    for text in filter(None, [date, *dates]):
        if not _is_date(text):
            wrong.append(f"--date: {text!r} is no time; write it in UTC as in 20240131T235959Z.")
    if wrong:
        raise WrongOptionsError(wrong)
    return tuple(extra)


def _is_date(text: str) -> bool:
    try:
        return _DATE_FORM.fullmatch(text) is not None and bool(datetime.strptime(text, "%Y%m%dT%H%M%S%z"))
    except ValueError:
        return False


def _check_names(request: Request, key: str, header_name: str) -> None:
    names = [name.lower() for name, _ in request.headers]
    singles = ("host", _DATE.lower(), _PAYLOAD.lower())
    wrong = [f"--header: {name} may be there once." for name in singles if names.count(name) > 1]
    if not key or re.search(r"[\s,]", key):
        wrong.append(f"--key: {key!r} is no key; it has no spaces and no commas.")
    if not _FIELD_NAME.fullmatch(header_name):
        wrong.append(f"--header-name: {header_name!r} is no name of a header; write it as in X-Authorization.")
    if header_name.lower() in names:
        wrong.append(f"--header: {header_name} is to carry the signature; leave it out.")
    if wrong:
        raise WrongOptionsError(wrong)


def _document(request: Request, signed: _Signed, curl: str) -> dict[str, Any]:
    """What `--json` prints; a header that is there more than once has a list of values."""
    headers: dict[str, str | list[str]] = {}
    for name, value in signed.headers:
        known = next((other for other in headers if other.lower() == name.lower()), name)
        before = headers.get(known)
        headers[known] = value if before is None else [*([before] if isinstance(before, str) else before), value]
    return {
        "method": request.method,
        "url": request.url.text,
        "headers": headers,
        "canonical_request": signed.canonical.decode("utf-8", "replace"),
        "string_to_sign": signed.to_sign.decode(),
        "curl": curl,
    }


def _curl(request: Request, headers: Sequence[tuple[str, str]], data_file: Path | None) -> str:
    """One line for a shell that sends exactly what was signed."""
    words = ["curl"]
    if re.search(r"[\[\]{}]", request.url.text):
        words.append("-g")
    if request.method == "HEAD" and request.body is None:
        words.append("--head")
    elif request.method != "GET" or request.body is not None:
        words += ["-X", request.method]
    words.append(request.url.text)
    has_own_host = any(name.lower() == "host" for name, _ in request.headers)
    for name, value in headers:
        if name.lower() != "host" or has_own_host:
            # `Name;` is curl's way to send a header without a value.
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if data_file is not None:
        words += ["--data-binary", f"@{data_file}"]
    elif request.body is not None:
        text = os.fsdecode(request.body)
        # --data-binary would take what stands behind an @ for a file.
        words += ["--data-raw" if text.startswith("@") else "--data-binary", text]
    return shlex.join(words)
