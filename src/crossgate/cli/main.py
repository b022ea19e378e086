"""The `crossgate` command."""

import sys
from typing import Annotated, NoReturn

import typer

from crossgate import __version__
from crossgate.cli import cors, sign
from crossgate.cli.up import up

app = typer.Typer(
    name="crossgate",
    help="A self-hosted API gateway with cross-origin access at its heart.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(up)
app.add_typer(cors.app)
app.add_typer(sign.app)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"crossgate {__version__}")


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def crossgate(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """A self-hosted API gateway with cross-origin access at its heart."""


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    sys.exit(app())
