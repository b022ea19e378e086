"""The functions file: where the functions of custom authorizers are (gateway.md 1.10; docs/authorizers.md)."""

from pathlib import Path

from crossgate.core.policies.functions import PYTHON, read_functions

NAME = "functions.toml"
"""What it is called in the data directory, where it is read without being asked for."""


class FunctionsUnusable(Exception):
    """The file cannot be used; the message names all that is wrong with it."""


def read(file: str) -> dict[str, str]:
    """URN to endpoint, as the file says; nothing where `file` is empty. Raises FunctionsUnusable."""
    if not file:
        return {}
    try:
        text = Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise FunctionsUnusable(
            f"The functions file {file} cannot be read ({reason}): choose another with --functions."
        ) from error
    table = read_functions(text)
    if isinstance(table, list):
        listed = "\n".join(f"  {finding.at}: {finding.message}; {finding.fix}" for finding in table)
        raise FunctionsUnusable(f"The functions file {file} is wrong:\n{listed}")
    return table


def python_endpoints(table: dict[str, str]) -> frozenset[str]:
    """The endpoints inside this process that may be run: those the file lists, and no other."""
    return frozenset(endpoint for endpoint in table.values() if endpoint.startswith(PYTHON))
