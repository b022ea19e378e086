"""`crossgate up`: options in, the running gateway out."""

from typing import Annotated, Any

import typer


def _option(metavar: str, default: str, meaning: str) -> Any:
    """An option whose value Settings judges, so that every wrong value is named at once."""
    return typer.Option(metavar=metavar, show_default=default, help=meaning)


def up(  # noqa: PLR0913, PLR0917 - one for each option
    data: Annotated[str | None, _option("DIR", "./crossgate-data", "Where the database and keys live.")] = None,
    http_port: Annotated[str | None, _option("PORT", "8080", "Port of the gateway; 0 takes a free one.")] = None,
    admin_port: Annotated[
        str | None, _option("PORT", "8081", "Port of the admin API; 0 takes a free one.")
    ] = None,
    workers: Annotated[str | None, _option("N", "one per core", "Gateway processes.")] = None,
    host: Annotated[
        str | None, _option("ADDRESS", "127.0.0.1", "Address to listen on; 0.0.0.0 is every one.")
    ] = None,
    drain: Annotated[
        str | None, _option("SECONDS", "30", "How long an ending gateway waits for requests.")
    ] = None,
    access_log: Annotated[
        str | None,
        _option(
            "FILE", "DIR/access.log", "Where a line for each request goes; - is standard output, off nowhere."
        ),
    ] = None,
    functions: Annotated[
        str | None,
        _option("FILE", "DIR/functions.toml", "Where the functions of custom authorizers are, as TOML."),
    ] = None,
) -> None:
    """Run the gateway and its admin API until SIGTERM or Ctrl-C.

    Every option can also be given as a variable: --http-port is CROSSGATE_HTTP_PORT.
    """
    # Most of a second of imports, which the commands that stand beside this one must not pay for.
    from pydantic import ValidationError  # noqa: PLC0415

    from crossgate.app.up import up as run  # noqa: PLC0415
    from crossgate.settings import Settings  # noqa: PLC0415
    from crossgate.supervisor import StartError  # noqa: PLC0415

    given: dict[str, Any] = {
        "data": data,
        "http_port": http_port,
        "admin_port": admin_port,
        "workers": workers,
        "host": host,
        "drain": drain,
        "access_log": access_log,
        "functions": functions,
    }
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        drained = run(settings)
    except ValidationError as error:
        for problem in error.errors():
            typer.echo(_sentence(problem["loc"], problem["msg"]), err=True)
        raise typer.Exit(2) from None
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if not drained:
        raise typer.Exit(1)


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    """A wrong value in one sentence that names the option and its variable."""
    if not place:
        return message.removeprefix("Value error, ") + "."
    name = str(place[0])
    return f"--{name.replace('_', '-')} (or CROSSGATE_{name.upper()}): {message}."
