"""`crossgate cors try`: a pattern in, what it lets in out."""

import pytest
from typer.testing import CliRunner, Result

from crossgate.cli.main import app


def attempt(*arguments: str) -> Result:
    """What the command prints, and its exit status."""
    return CliRunner().invoke(app, ["cors", "try", *arguments])


def sections(result: Result) -> dict[str, list[str]]:
    """The origins printed under each heading."""
    found: dict[str, list[str]] = {}
    for line in result.stdout.splitlines()[1:]:
        if line and not line.startswith(" "):
            found[line] = []
        elif line.startswith("  ") and not line.startswith("   "):
            found[list(found)[-1]].append(line.split()[0])
    return found


@pytest.mark.parametrize(
    ("arguments", "witness"),
    [
        ([r"^https://app\.example\.com"], "https://app.example.com.evil.test"),
        ([r"example\.com$"], "https://evilexample.com"),
        (["https://app.example.com", "--prefix"], "https://app.example.com.evil.test"),
        (["example.com", "--suffix"], "https://evilexample.com"),
        (["example.com", "--contains"], "https://evilexample.com"),
        (["https://*example.com", "--glob"], "https://evilexample.com"),
        (["https://app.example.com", "--regex", "--for", "envoy"], "https://appxexample.com"),
        (["https://app.example.com", "--for", "nginx"], "https://app.example.com.evil.test"),
        ([r"app\.example\.com", "--for", "kong"], "http://app.example.com"),
        (["*"], "https://evil.test"),
        (["null"], "null"),
    ],
)
def test_an_attack_that_gets_in_is_shown_first(arguments: list[str], witness: str) -> None:
    """The status is 1, and the attack is among what should not get in."""
    result = attempt(*arguments)

    assert result.exit_code == 1, result.stdout
    assert witness in sections(result)["Gets in, and should not"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["https://app.example.com"],
        ["https://*.example.com"],
        ["https://*.example.com", "--for", "s3"],
        [r"^https://([a-z0-9-]+\.)*example\.com$"],
        [r"https://app\.example\.com", "--for", "envoy"],
        [r"HTTPS://APP\.EXAMPLE\.COM", "--ignore-case", "--for", "kong"],
    ],
)
def test_a_good_pattern_keeps_every_attack_out(arguments: list[str]) -> None:
    """The verdict says so, and the status is 0."""
    result = attempt(*arguments)

    assert result.exit_code == 0, result.stdout
    assert result.stdout.startswith("None of ")
    assert "Gets in" in sections(result)


@pytest.mark.parametrize("option", [["--regex"], ["--for", "nginx"]])
def test_an_open_scheme_and_an_open_host_are_understood(option: list[str]) -> None:
    """What a stranger can register is shown first; what no browser sends is said to be so; no name is made up."""
    result = attempt(r"https?://.*\.example\.com", *option)

    admitted = sections(result)["Gets in, and should not"]
    assert admitted[0] == "https://x.example.com.evil.test"
    assert "http://x.example.com" in admitted
    assert "httpshttps" not in result.stdout
    assert "no browser sends it (L08)" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        (["--regex"], "that may match anywhere in the origin"),
        (["--for", "nginx"], "that may match anywhere in the origin"),
        (["--for", "envoy"], "that must match the whole origin"),
    ],
)
def test_the_verdict_says_how_a_regular_expression_is_matched(arguments: list[str], how: str) -> None:
    """Whoever reads it can tell whether his gateway does the same."""
    result = attempt(r"https://app\.example\.com", *arguments)

    assert how in " ".join(result.stdout.split())


def test_ones_own_origins_are_told_with_the_others() -> None:
    """Each stands under what the pattern does with it."""
    result = attempt("https://*.example.com", "https://a.b.example.com", "https://example.org")

    assert "https://a.b.example.com" in sections(result)["Gets in"]
    assert "https://example.org" in sections(result)["Does not get in"]


def test_a_pattern_that_lets_nothing_in_is_said_to() -> None:
    """A template that is never filled in, or a typing mistake, is no silent success."""
    result = attempt(r"^https://[0-9]{300}\.example/x$")

    assert result.exit_code == 0
    assert "It lets nothing in that was tried." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["(", "--regex"], "cannot be read"),
        (["((((a{99}){99}){99}){99})"], "cannot be read"),
        (["https://*example.com"], "tried as --glob or --regex"),
        (["https://App.example.com"], "write `https://app.example.com`"),
        (["x", "--glob", "--regex"], "--regex and --glob"),
        (["(a|aa)+$", "https://" + "a" * 200 + "!"], "does not answer in time"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_told(arguments: list[str], said: str) -> None:
    """One sentence on standard error, and status 2."""
    result = attempt(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr
