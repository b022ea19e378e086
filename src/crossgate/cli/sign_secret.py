"""The secret to sign with: from a file, the environment, or asked for. Never from the command line."""

import os
import sys
from pathlib import Path
from typing import Final

import typer

from crossgate.cli.cors_question import WrongOptionsError
from crossgate.cli.sign_request import read_text

VARIABLE: Final = "CROSSGATE_APP_SECRET"


def read_secret(file: Path | None) -> str:
    """The secret in `file`, else in the environment, else typed without being shown, or piped in.

    A line end behind it does not count. Raises WrongOptionsError.
    """
    secret = (_typed() if VARIABLE not in os.environ else os.environ[VARIABLE]) if file is None else _filed(file)
    secret = secret.rstrip("\r\n")
    if not secret:
        raise WrongOptionsError([f"--secret-file, {VARIABLE} or standard input: the secret is empty."])
    return secret


def _filed(file: Path) -> str:
    return read_text("--secret-file", file)


def _typed() -> str:
    if sys.stdin.isatty():
        secret: str = typer.prompt("Secret", hide_input=True, err=True)
        return secret
    return sys.stdin.readline()
