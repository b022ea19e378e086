"""The functions file: what it gives, and what is said about one that gives nothing."""

from pathlib import Path

import pytest

from crossgate.app import functions_file
from crossgate.app.functions_file import FunctionsUnusable


def test_it_says_where_functions_are_and_which_of_ours_may_run(tmp_path: Path) -> None:
    """Only what is listed as an endpoint may be run inside the gateway."""
    file = tmp_path / "functions.toml"
    file.write_text('[functions]\n"urn:a" = "https://f.test/a"\n"urn:b" = "python:ours.auth:check"\n', "utf-8")

    table = functions_file.read(str(file))

    assert table == {"urn:a": "https://f.test/a", "urn:b": "python:ours.auth:check"}
    assert functions_file.python_endpoints(table) == {"python:ours.auth:check"}


def test_without_a_file_there_are_none() -> None:
    """A gateway needs none."""
    assert functions_file.read("") == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, ["cannot be read (No such file or directory)"]),
        (b"\xff", ["cannot be read (it is not UTF-8)"]),
        (b"[functions", ["is wrong", "not TOML"]),
        (
            b'[functions]\n"urn:a" = "x"\n[more]\n',
            ["is wrong", "more:", "functions.urn:a:", "python:module:callable"],
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_whole(tmp_path: Path, content: bytes | None, told: list[str]) -> None:
    """Its name, everything that is wrong with it, and what to write."""
    file = tmp_path / "functions.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(FunctionsUnusable) as error:
        functions_file.read(str(file))

    assert all(part in str(error.value) for part in [str(file), *told])
