"""`crossgate sign explain`: why a gateway refused a signature, and what to change."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from crossgate.cli.cors_question import WrongOptionsError
from crossgate.cli.screen import screen, show
from crossgate.cli.sign_report import document, tell
from crossgate.cli.sign_request import Request, WrittenRequest, read_request, read_text
from crossgate.core.signing import Message
from crossgate.core.signing.explained import (
    Answer,
    Explanation,
    Form,
    Mismatch,
    Other,
    explain,
    explain_described,
    form_of,
    is_a_refusal,
    read_answer,
    read_form,
)

EXPLAINED, ONLY_THE_SECRET, UNUSABLE = 0, 1, 2
_NEITHER = (
    "CANONICAL: say what your client signed: its canonical request (a second file, or --canonical TEXT), or the "
    "request itself (--url, -X, -H, -d as for curl)."
)
_NO_REFUSAL = (
    "ANSWER: there is no refusal of a signature in it. Give the body of the 401, or the error_msg in it, as in: "
    "verify signature fail, canonicalRequest:GET|/…"
)
_NO_FORM = (
    "CANONICAL: it is no canonical request: method, path, query, headers, an empty line, signed headers and the "
    "hash of the body, each on its line or divided by |."
)


def sign_explain(  # noqa: PLR0913, PLR0917 - one for each option
    answer_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="ANSWER",
            help="A file with the gateway's answer, JSON or its error_msg; - or nothing is standard input.",
            show_default=False,
        ),
    ] = None,
    canonical_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="CANONICAL",
            help="A file with the canonical request that your client signed; - is standard input.",
            show_default=False,
        ),
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", metavar="TEXT", help="The gateway's answer itself.")
    ] = None,
    canonical: Annotated[
        str | None,
        typer.Option("--canonical", metavar="TEXT", help="The canonical request itself; | may divide its lines."),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Your request, if you have no canonical request: its URL."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method", "-X", metavar="METHOD", help="Its method.", show_default="POST with a body, else GET"
        ),
    ] = None,
    headers: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", metavar="'NAME: VALUE'", help="A header of it; repeatable."),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", "-d", metavar="TEXT", help="Its body; useful beside CANONICAL, too.")
    ] = None,
    data_file: Annotated[
        Path | None, typer.Option("--data-file", metavar="FILE", help="A file with its body.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document for machines.")] = False,
) -> None:
    """Tell why a gateway refused a signature: the first line that differs, the likeliest cause, and the fix.

    The gateway's 401 says what it would have signed. Set beside it what your client signed.

    Exit status: 0 explained, 1 nothing differs (so it is the secret), 2 the input cannot be used.
    """
    try:
        if answer is not None and canonical_file is None:
            # With the answer as an option, a single file is the canonical request.
            answer_file, canonical_file = None, answer_file
        given = _Given(
            answer=_text("ANSWER", answer, answer_file if answer is not None or answer_file else Path("-")),
            canonical=_text("CANONICAL", canonical, canonical_file),
            request=_request(url, method or _usual_method(data, data_file), headers or [], data, data_file),
        )
        explanation = _explained(given)
    except WrongOptionsError as error:
        for sentence in error.sentences:
            typer.echo(sentence, err=True)
        raise typer.Exit(UNUSABLE) from None
    if as_json:
        typer.echo(json.dumps(document(explanation), indent=2))
    else:
        show(screen(), tell(explanation))
    raise typer.Exit(ONLY_THE_SECRET if explanation.verdict == "same" else EXPLAINED)


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """What was given; `request` may be a body alone."""

    answer: str | None
    canonical: str | None
    request: Request | None


_NO_URL = "http://localhost/"


def _usual_method(data: str | None, data_file: Path | None) -> str:
    return "GET" if data is None and data_file is None else "POST"


def _request(
    url: str | None, method: str, headers: list[str], data: str | None, data_file: Path | None
) -> Request | None:
    if url is None and headers:
        raise WrongOptionsError(["--header: it describes a request; give its --url, too."])
    if url is None and data is None and data_file is None:
        return None
    read = read_request(
        WrittenRequest(method=method, url=url or _NO_URL, headers=tuple(headers), data=data, data_file=data_file)
    )
    return read if url is not None else msgspec.structs.replace(read, method="")


def _text(name: str, text: str | None, file: Path | None) -> str | None:
    if text is not None and file is not None:
        raise WrongOptionsError([f"{name}: it is given twice, as a file and as --{name.lower()}; choose one."])
    return text if file is None else read_text(name, file)


def _explained(given: _Given) -> Explanation:
    answer = _answer(given.answer or "")
    described = given.request if given.request is not None and given.request.method else None
    if given.canonical is not None and described is not None:
        raise WrongOptionsError(["CANONICAL and --url: choose one; a body can be given beside either."])
    body = given.request.body if given.request is not None else None
    if not isinstance(answer, Mismatch):
        return explain(answer, None)
    if answer.form is None:
        raise WrongOptionsError(
            ["ANSWER: it says that the signature is wrong, but not what was signed: it has no canonicalRequest."]
        )
    if described is not None:
        return _described(answer.form, described)
    return explain(answer, _form(given.canonical), body)


def _answer(text: str) -> Answer:
    answer = read_answer(text)
    if isinstance(answer, Other) and not is_a_refusal(answer.message):
        raise WrongOptionsError([_NO_REFUSAL])
    return answer


def _form(text: str | None) -> Form:
    if text is None:
        raise WrongOptionsError([_NEITHER])
    form = read_form(text)
    if form is None:
        raise WrongOptionsError([_NO_FORM])
    return form


def _described(gateway: Form, request: Request) -> Explanation:
    message = request.message
    fields = list(message.headers)
    if not message.values("content-length"):
        fields.append((b"Content-Length", str(len(request.body or b"")).encode()))
    sent = Message(message.method, message.target, fields, message.body_sha256)
    described, unknown = form_of(sent, gateway)
    return explain_described(gateway, described, request.body, unknown)
