"""`crossgate cors lint`: files in, a report and an exit status out."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from crossgate.cli.main import app
from crossgate.core.snapshot.config import Config, Plugin, encode

NGINX = r"""server {
  server_name api.example.com;
  location / {
    if ($http_origin ~ "^https://app\.example\.com") {
      add_header Access-Control-Allow-Origin $http_origin always;
    }
  }
}
"""
GOOD = '{"allow_origin": "https://app.example.com", "max_age": 600}'
SCHEMA = Path(__file__).parents[1] / "cors" / "lint" / "sarif-schema-2.1.0.json"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dangerous file, a good one, and one that is no configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "nginx.conf").write_text(NGINX)
    (tmp_path / "good.json").write_text(GOOD)
    (tmp_path / "package.json").write_text('{"name": "shop"}')
    (tmp_path / "latin.json").write_bytes(b'{"allow_origin": "\xe9"}')
    return tmp_path


def lint(*arguments: str, text: str | None = None) -> Result:
    """What the command prints, and its exit status."""
    return CliRunner().invoke(app, ["cors", "lint", *arguments], input=text)


def test_the_report_begins_with_the_verdict_and_names_place_witness_and_fix(folder: Path) -> None:
    """A reader sees how bad it is first, and then for each finding what to do."""
    result = lint("nginx.conf", "--only", "L05")

    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "1 finding in 1 policy in 1 file: 1 critical."
    assert "critical L05  A pattern that is not anchored at its end" in result.stdout
    assert "nginx.conf:4" in result.stdout
    assert "https://app.example.com.evil.test" in result.stdout
    assert r"write `~^https://app\.example\.com$`" in result.stdout
    assert "docs/cors/rules/L05.md" in result.stdout
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in result.stdout


def test_a_good_file_is_said_to_be_good(folder: Path) -> None:
    """Nothing found is exit status 0."""
    result = lint("good.json")

    assert (result.exit_code, result.stdout) == (0, "Nothing found in 1 policy in 1 file.\n")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--fail-on", "critical"], 1),
        (["--fail-on", "never"], 0),
        (["--fail-on", "critical", "--ignore", "l05"], 0),
        (["--only", "cors.vary-missing"], 0),
        (["--only", "L19", "--fail-on", "medium"], 1),
        (["--only", "L19", "--only", "L05", "--ignore", "cors.pattern-open-end", "--fail-on", "high"], 0),
    ],
)
def test_the_exit_status_is_decided_by_what_is_reported(folder: Path, arguments: list[str], status: int) -> None:
    """Rules are named by number or code, in any case."""
    assert lint("nginx.conf", *arguments).exit_code == status


def test_json_and_sarif_go_to_standard_output_alone(folder: Path) -> None:
    """Both can be piped into another program, and SARIF satisfies its schema."""
    data = json.loads(lint("nginx.conf", "--output", "json").stdout)
    log = json.loads(lint("nginx.conf", "--output", "sarif").stdout)

    assert data["files"] == ["nginx.conf"]
    assert data["findings"][0]["code"] == "cors.pattern-open-end"
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(log)
    result = log["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "nginx.conf"},
        "region": {"startLine": 4},
    }


def test_of_a_folder_only_configurations_are_read(folder: Path) -> None:
    """What no reader knows is left out, and so is what is no text."""
    data = json.loads(lint(str(folder), "--output", "json").stdout)

    assert [Path(file).name for file in data["files"]] == ["good.json", "nginx.conf"]
    assert data["unreadable"] == []


def test_a_file_that_cannot_be_read_does_not_keep_others_from_being_read(folder: Path) -> None:
    """It is named with the reason and a way out, the status is 2, and the findings of the rest are there."""
    result = lint("missing.conf", "package.json", "nginx.conf")

    assert result.exit_code == 2
    assert "not read  missing.conf" in result.stdout
    assert "not read  package.json" in result.stdout
    assert "2 parts could not be read." in " ".join(result.stdout.split())
    assert "critical L05" in result.stdout


def test_standard_input_is_read_once_and_named(folder: Path) -> None:
    """A dash stands for it, and a format can be forced upon it."""
    result = lint("-", "--format", "nginx", text=NGINX)

    assert result.exit_code == 1
    assert "<stdin>:4" in result.stdout


def test_all_that_a_gateway_has_published_is_read_from_its_data(folder: Path) -> None:
    """`--data` is the folder that `up` was given."""
    plugin = Plugin(
        id="p1", type="cors", content='{"allow_origin":"https://*.example.com","allow_credentials":true}'
    )
    (folder / "snapshot.json").write_bytes(encode(Config(revision=3, plugins=(plugin,))))

    result = lint("--data", str(folder), "--output", "json")

    assert result.exit_code == 1
    found = json.loads(result.stdout)["findings"]
    assert [(finding["rule"], finding["at"]) for finding in found] == [
        ("L11", "plugins[0].content.allow_origin[0]")
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give a file, a folder"),
        (["x", "--only", "L99"], "'L99' is no rule"),
        (["x", "--ignore", "nothing"], "'nothing' is no rule"),
        (["x", "--format", "iis"], "'iis' is none of"),
        (["x", "--fail-on", "bad"], "--fail-on"),
    ],
)
def test_wrong_options_are_told(arguments: list[str], said: str) -> None:
    """The sentence names what was written and what can be."""
    result = lint(*arguments)

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_policies_of_one_file_are_told_apart(folder: Path) -> None:
    """With several policies each finding names its own."""
    policies = {
        "plugins": [{"plugin_name": name, "plugin_content": '{"allow_origin":"null"}'} for name in ("a", "b")]
    }
    (folder / "two.json").write_text(json.dumps(policies))

    lines = lint("two.json").stdout.splitlines()

    assert [line.split() for line in lines if line.startswith("    policy")] == [["policy", "a"], ["policy", "b"]]
