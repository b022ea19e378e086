"""Functions: where they are, and what is wrong with a table that says so."""

import pytest

from crossgate.core.policies.functions import endpoint_of, is_endpoint, read_functions

KNOWN = {"urn:a": "https://f.test/a", "urn:a:v2": "https://f.test/a2", "urn:a:!live": "python:ours.auth:check"}


@pytest.mark.parametrize(
    ("uri", "version", "alias", "endpoint"),
    [
        ("urn:a", "", "", "https://f.test/a"),
        ("urn:a", "v2", "", "https://f.test/a2"),
        ("urn:a", "v3", "", "https://f.test/a"),
        ("urn:a", "v2", "urn:a:!live", "python:ours.auth:check"),
        ("urn:b", "", "", None),
        ("http://f.test/", "v2", "", "http://f.test/"),
        ("python:ours:check", "", "urn:a", "python:ours:check"),
    ],
)
def test_a_function_is_found(uri: str, version: str, alias: str, endpoint: str | None) -> None:
    """By its alias, its version, itself; or it says where it is."""
    assert endpoint_of(uri, version, alias, KNOWN) == endpoint


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("http://127.0.0.1:9000/check?a=b", True),
        ("https://[::1]/", True),
        ("python:a_b.c2:d", True),
        ("https://", False),
        ("http://host:99999/", False),
        ("http://{}@host/".format("me:secret"), False),
        ("http://host/#part", False),
        ("http://host/a b", False),
        ("python:a", False),
        ("python:a:b.c", False),
        ("python:..a:b", False),
        ("ftp://host/", False),
    ],
)
def test_what_an_endpoint_is(text: str, is_one: bool) -> None:
    """An address without secrets, or a function in a module."""
    assert is_endpoint(text) is is_one


def test_a_table_is_read() -> None:
    """URN to endpoint."""
    assert read_functions('[functions]\n"urn:a" = "https://f.test/a"\n') == {"urn:a": "https://f.test/a"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[functions", [("functions.not-toml", "functions")]),
        ("", [("functions.missing-key", "functions")]),
        (
            '[functions]\n"urn:a" = "nowhere"\n"urn:b" = 5\n"http://a/" = "http://b/"\n[more]',
            [
                ("functions.unknown-key", "more"),
                ("functions.not-an-endpoint", "functions.urn:a"),
                ("functions.not-an-endpoint", "functions.urn:b"),
                ("functions.not-a-urn", "functions.http://a/"),
            ],
        ),
    ],
)
def test_everything_wrong_with_a_table_is_found(text: str, found: list[tuple[str, str]]) -> None:
    """All of it at once."""
    findings = read_functions(text)

    assert isinstance(findings, list)
    assert [(finding.code, finding.at) for finding in findings] == found
