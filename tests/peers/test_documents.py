"""What readers make of whole files, as tables say: one table for each format, its files in data/."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.peers import detect, read_file
from tests.peers.facts import Facts, facts

HERE = Path(__file__).parent
TABLES = ("apisix", "envoy", "kong", "nginx", "openapi", "s3", "traefik")


def rows() -> list[Any]:
    """A row of a table with the name of its format."""
    tables = {name: tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")) for name in TABLES}
    return [pytest.param(name, row, id=f"{name}/{row['name']}") for name in TABLES for row in tables[name]["file"]]


@pytest.mark.parametrize(("format_name", "row"), rows())
def test_a_file_says_what_its_table_says(format_name: str, row: Facts) -> None:
    """Every subject of a file, in order, and everything that cannot be read."""
    expected = {"subject": [], **{key: value for key, value in row.items() if key != "name"}}
    assert facts(read_file(HERE / "data" / format_name / row["name"], format_name)) == expected


@pytest.mark.parametrize("name", TABLES)
def test_every_file_is_in_its_table(name: str) -> None:
    """A file that no table mentions would be read by no test."""
    table = tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))
    assert sorted(row["name"] for row in table["file"]) == sorted(
        path.name for path in (HERE / "data" / name).iterdir()
    )


def test_json_is_known_whether_or_not_it_has_lines() -> None:
    """Tools write it on one line."""
    assert detect('{"_format_version":"3.0","plugins":[{"name":"cors"}]}', "kong.json") == "kong"


FILES = sorted((HERE / "data").glob("*/*.*"))


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name}" for path in FILES])
def test_a_file_is_taken_for_what_it_is(path: Path) -> None:
    """The first reader that recognises a file is its own."""
    assert detect(path.read_text("utf-8"), str(path)) == path.parent.name
