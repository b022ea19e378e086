"""Wrong options are told all at once, each with its names; nothing is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def crossgate(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the command says, and its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "crossgate", *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_version_is_told_both_ways(tmp_path: Path) -> None:
    """`version` and `--version` say the same."""
    told = {crossgate(way, cwd=tmp_path).stdout for way in ("version", "--version")}

    assert told == {"crossgate 0.1.0\n"}


def test_help_names_every_option_with_its_default(tmp_path: Path) -> None:
    """A reader of the help needs no other page to start."""
    text = " ".join(crossgate("up", "--help", cwd=tmp_path).stdout.split())

    for option, default in {
        "--data": "./crossgate-data",
        "--http-port": "8080",
        "--admin-port": "8081",
        "--workers": "one per core",
        "--host": "127.0.0.1",
        "--drain": "30",
        "--access-log": "DIR/access.log",
        "--functions": "DIR/functions.toml",
    }.items():
        assert f"{option} " in text
        assert default in text
    assert "CROSSGATE_HTTP_PORT" in text


def test_every_wrong_value_is_named_at_once(tmp_path: Path) -> None:
    """Options and variables are judged together; nothing is made on the disk."""
    told = crossgate(
        "up", "--http-port", "many", "--workers", "0", cwd=tmp_path, CROSSGATE_DRAIN="-1", CROSSGATE_QUOTA_APIS="x"
    )

    assert told.returncode == 2
    lines = told.stderr.splitlines()
    assert len(lines) == 4
    for name in ("HTTP_PORT", "WORKERS", "DRAIN", "QUOTA_APIS"):
        assert sum(f"CROSSGATE_{name}" in line for line in lines) == 1
    assert "Traceback" not in told.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_usual", [True, False])
def test_a_wrong_functions_file_is_told_whole(tmp_path: Path, is_usual: bool) -> None:
    """Before anything serves; where it is and all that is wrong with it."""
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "functions.toml" if is_usual else tmp_path / "other.toml"
    file.write_text('[functions]\n"urn:a" = "nowhere"\n"urn:b" = 5\n', encoding="utf-8")
    variables = {} if is_usual else {"CROSSGATE_FUNCTIONS": "other.toml"}

    told = crossgate("up", "--data", "data", "--http-port", "0", "--admin-port", "0", cwd=tmp_path, **variables)

    assert told.returncode == 1
    assert str(file) in told.stderr
    for name in ("urn:a", "urn:b"):
        assert f"functions.{name}" in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "data" / "crossgate.db").exists()


def test_a_functions_file_that_is_named_is_there(tmp_path: Path) -> None:
    """Else an authorizer would refuse every call, and nobody knew why."""
    told = crossgate("up", "--functions", "nowhere.toml", "--data", "data", cwd=tmp_path)

    assert told.returncode == 1
    assert told.stderr == (
        f"The functions file {tmp_path}/nowhere.toml cannot be read (No such file or directory): "
        "choose another with --functions.\n"
    )


@pytest.mark.parametrize("port", ["9000", "8081"])
def test_two_doors_need_two_ports(tmp_path: Path, port: str) -> None:
    """The same port for both, by option or by default, is refused before anything is bound."""
    told = crossgate("up", "--http-port", port, cwd=tmp_path, CROSSGATE_ADMIN_PORT=port)

    assert told.returncode == 2
    assert told.stderr == f"--http-port and --admin-port are both {port}; choose two ports.\n"


def test_nobody_pays_for_what_runs_the_gateway_but_who_runs_it(tmp_path: Path) -> None:
    """The command line starts without the database, the admin API and the servers."""
    heavy = {
        "alembic",
        "argon2",
        "asyncio",
        "crossplane",
        "fastapi",
        "pydantic",
        "sqlalchemy",
        "starlette",
        "uvicorn",
    }
    program = "import sys, crossgate.cli.main; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )

    assert "crossgate.cli.cors" in found.stdout.split()
    assert heavy.isdisjoint(found.stdout.split())
