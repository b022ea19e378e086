"""`crossgate cors explain`: what browsers do with a request from another origin, and why."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crossgate.cli.cors_question import CHOICES, Given, WrongOptionsError, browsers, wrong_choices
from crossgate.cli.cors_report import Form, report, report_recording
from crossgate.cli.cors_sources import Sources, ask_configuration, ask_servers, read_recording, wrong_sources
from crossgate.cors.explain import COULD_NOT_ASK, Explanation, calls, explain_call

READABLE, BLOCKED, COULD_NOT = 0, 1, 2


def _choice(name: str, *, default: str, meaning: str) -> Any:
    """An option with a fixed set of values, which `question` checks so that every wrong one is named at once."""
    values = ", ".join(CHOICES[name])
    return typer.Option(
        f"--{name}", metavar=name.upper(), show_default=default, help=f"{meaning} One of {values}."
    )


def _text(metavar: str, *flags: str, meaning: str, default: str | bool = False) -> Any:
    return typer.Option(*flags, metavar=metavar, show_default=default, help=meaning)


def cors_explain(  # noqa: PLR0913, PLR0917 (a parameter is an option)
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="What the page asks for.")] = None,
    page: Annotated[
        str | None, _text("ORIGIN", "--from", meaning="Where the page comes from; null for an opaque page.")
    ] = None,
    method: Annotated[
        str | None, _text("METHOD", "--method", "-X", meaning="As the page writes it.", default="GET")
    ] = None,
    headers: Annotated[
        list[str] | None, _text("'NAME: VALUE'", "--header", "-H", meaning="A header the page sets; repeatable.")
    ] = None,
    body: Annotated[str | None, _text("TEXT", "--body", meaning="What the page uploads, as a string.")] = None,
    credentials: Annotated[
        str | None,
        _choice(
            "credentials",
            default="same-origin",
            meaning="include is withCredentials of XMLHttpRequest, crossorigin=use-credentials of an element.",
        ),
    ] = None,
    mode: Annotated[
        str | None,
        _choice("mode", default="cors", meaning="For elements, cors is crossorigin=anonymous."),
    ] = None,
    redirect: Annotated[
        str | None,
        _choice("redirect", default="follow", meaning="What fetch() does with a redirect."),
    ] = None,
    asker: Annotated[str | None, _choice("as", default="fetch", meaning="What in the page asks.")] = None,
    upload_listener: Annotated[
        bool, typer.Option("--upload-listener", help="The XMLHttpRequest listens to the progress of its upload.")
    ] = False,
    referrer_policy: Annotated[
        str | None,
        _choice(
            "referrer-policy",
            default="strict-origin-when-cross-origin",
            meaning="The page's.",
        ),
    ] = None,
    browser: Annotated[
        str | None,
        _choice("browser", default="all", meaning="all is Chromium, Firefox and Safari (webkit)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON document for machines.")] = False,
    as_curl: Annotated[bool, typer.Option("--curl", help="Print curl commands that replay the exchange.")] = False,
    dry: Annotated[
        bool,
        typer.Option("--dry", help="Send preflights, GET, HEAD and OPTIONS only: nothing that could change data."),
    ] = False,
    cookie: Annotated[
        str | None,
        _text("'NAME=VALUE'", "--cookie", meaning="Sent where a browser sends cookies to the URL's origin."),
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Accept any certificate.")] = False,
    timeout: Annotated[
        str | None, _text("SECONDS", "--timeout", meaning="For everything together, 0.1 to 600.", default="30")
    ] = None,
    har: Annotated[
        Path | None, _text("FILE", "--har", meaning="Explain every cross-origin request of a recorded HAR.")
    ] = None,
    api: Annotated[
        str | None,
        _text("NAME", "--api", meaning="Ask the gateway's published configuration: an API by name or id."),
    ] = None,
    env: Annotated[
        str | None, _text("ENV", "--env", meaning="The API's environment, by name or id.", default="RELEASE")
    ] = None,
    data: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            envvar="CROSSGATE_DATA",
            show_envvar=False,
            show_default="./crossgate-data",
            help="The gateway's data directory, for --api.",
        ),
    ] = Path("crossgate-data"),
) -> None:
    """Tell what browsers do with a request from another origin, why, and what to change on the server.

    The request is really made, preflight and redirects included: a PUT or DELETE is sent when the preflight allows
    it. --dry sends nothing that could change data. Cookies of your browsers are not used.

    Exit status: 0 the page gets its answer, 1 it is blocked or cannot read it, 2 nothing could be asked.
    """
    given = Given(
        url=url,
        page=page,
        method=method,
        headers=tuple(headers or ()),
        body=body,
        upload_listener=upload_listener,
        choices={
            "browser": browser,
            "as": asker,
            "credentials": credentials,
            "mode": mode,
            "redirect": redirect,
            "referrer-policy": referrer_policy,
        },
    )
    form: Form = "json" if as_json else "curl" if as_curl else "text"
    sources = Sources(
        har=har, api=api, env=env, cookie=cookie or "", dry=dry, insecure=insecure, timeout=timeout or "30"
    )
    wrong = wrong_sources(sources, given) + (["--json and --curl: choose one."] if as_json and as_curl else [])
    try:
        if har is not None:
            raise typer.Exit(_recording(har, given, form, wrong + wrong_choices(given)))
        if api is not None:
            explanation = ask_configuration(data, api, env or "RELEASE", given, wrong)
        else:
            explanation = ask_servers(given, sources, wrong)
    except WrongOptionsError as error:
        for sentence in error.sentences:
            typer.echo(sentence, err=True)
        raise typer.Exit(COULD_NOT) from None
    report(explanation, form, insecure=insecure)
    raise typer.Exit(status(explanation))


def status(explanation: Explanation) -> int:
    """The exit status of an explanation."""
    if explanation.verdict in COULD_NOT_ASK:
        return COULD_NOT
    return READABLE if explanation.is_good else BLOCKED


def _recording(file: Path, given: Given, form: Form, wrong: list[str]) -> int:
    """Explains a HAR file; the exit status."""
    try:
        entries = read_recording(file)
    except WrongOptionsError as error:
        raise WrongOptionsError(wrong + error.sentences) from None
    if wrong:
        raise WrongOptionsError(wrong)
    found, left = calls(entries)
    explanations = [(call.at, explain_call(call, browsers(given["browser"]))) for call in found]
    report_recording(len(entries), explanations, left, form)
    return READABLE if all(explanation.is_good for _, explanation in explanations) else BLOCKED
