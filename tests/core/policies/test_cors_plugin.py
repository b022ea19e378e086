"""The contract's CORS: what is found in a plugin's content, and what the switch and the OPTIONS API grant."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.policies.cors import (
    OPTIONS_API,
    SWITCH,
    Parsed,
    compile_content,
    parse_content,
    switch,
)
from crossgate.cors.finding import Finding, Severity
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.server import merge
from crossgate.cors.table import CorsTable

HERE = Path(__file__).parent
ROWS = tomllib.loads((HERE / "findings.toml").read_text("utf-8"))["row"]
ROWS_WITH_ROUTES = tomllib.loads((HERE.parent / "snapshot" / "advice.toml").read_text("utf-8"))["row"]
GUIDE = (HERE.parents[2] / "docs" / "cors.md").read_text("utf-8")


def content_of(row: dict[str, Any]) -> str:
    """The row's plugin_content."""
    content = row["content"]
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def is_as_expected(findings: list[Finding], expected: list[list[str]]) -> bool:
    """Whether these are the findings, in this order."""
    return [(finding.code, finding.at) for finding in findings] == [
        (code, at) for code, at, _ in expected
    ] and all(part in finding.fix for finding, (_, _, part) in zip(findings, expected, strict=True))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: content_of(row)[:60])
def test_everything_wrong_or_unwise_is_found_at_once(row: dict[str, Any]) -> None:
    """All findings come together, each with its place and its fix; only critical ones refuse."""
    parsed = parse_content(content_of(row))

    if "refused" in row:
        assert isinstance(parsed, list)
        assert is_as_expected(parsed, row["refused"]), parsed
        assert {finding.severity for finding in parsed} == {Severity.CRITICAL}
        assert compile_content(content_of(row)) == parsed
    else:
        assert isinstance(parsed, Parsed), parsed
        assert is_as_expected(list(parsed.warnings), row["warned"]), parsed.warnings
        assert Severity.CRITICAL not in {finding.severity for finding in parsed.warnings}
        assert isinstance(compile_content(content_of(row)), CorsTable)


def test_every_code_is_shown_and_documented() -> None:
    """The guide explains exactly the codes that rows show, and one whose document is too long for a row."""
    shown = {code for row in ROWS for code, _, _ in row.get("refused", row.get("warned"))}
    shown |= {code for row in ROWS_WITH_ROUTES for code, _, _ in row["says"]}
    documented = set(re.findall(r"^\| `(cors\.[a-z0-9-]+)`", GUIDE, re.MULTILINE))

    assert documented == shown | {"cors.content-too-long"}


def test_content_has_a_longest_length() -> None:
    """65,535 characters are accepted, as in the contract, and one more is not."""
    longest = '{"allow_origin":"https://app.example.com"}'.ljust(65_535)

    assert isinstance(parse_content(longest), Parsed)
    refused = parse_content(longest + " ")
    assert isinstance(refused, list)
    assert [finding.code for finding in refused] == ["cors.content-too-long"]


def test_all_keys_are_read() -> None:
    """Each key of the content has its place in the policy."""
    parsed = parse_content(
        json.dumps(
            {
                "allow_origin": "https://app.example.com, https://*.example.com",
                "allow_methods": "GET, PUT",
                "allow_headers": "Content-Type",
                "expose_headers": "X-Total",
                "max_age": 600,
                "allow_credentials": True,
                "backend_headers": "keep",
                "preflight_status": 200,
                "reject_foreign": True,
            }
        )
    )

    assert isinstance(parsed, Parsed)
    assert parsed.policy == CorsPolicy(
        origins=("https://app.example.com", "https://*.example.com"),
        credentials=True,
        methods=("GET", "PUT"),
        headers=("Content-Type",),
        expose=("X-Total",),
        max_age=600,
        backend_headers="keep",
        preflight_status=200,
        reject_foreign=True,
    )


@pytest.mark.parametrize(
    "entry", ["https://{}@app.example.com", "{}@app.example.com", "https://{}@*example.com", "ws://{}@x"]
)
def test_a_password_in_an_entry_is_never_repeated(entry: str) -> None:
    """A finding shows the entry without its user and password."""
    found = parse_content(json.dumps({"allow_origin": entry.format("me:hunter2")}))

    assert isinstance(found, list)
    assert found
    assert "hunter2" not in repr(found)


@settings(deadline=None)
@given(
    st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        ).map(json.dumps),
        st.dictionaries(
            st.sampled_from(["allow_origin", "allow_methods", "allow_headers", "expose_headers", "max_age"]),
            st.text(alphabet="htps:/.*a,-_[]@ é\ud800", max_size=30),
        ).map(json.dumps),
    )
)
def test_any_content_is_judged_and_every_judgement_can_be_printed(content: str) -> None:
    """Nothing raises, whatever is written, and what is said about it is fit for any log or page."""
    parsed = parse_content(content)

    findings = parsed if isinstance(parsed, list) else list(parsed.warnings)
    assert isinstance(parsed, Parsed) or findings
    for finding in findings:
        for said in (finding.at, finding.message, finding.fix):
            assert said.encode("utf-8")
            assert said.isprintable()


@pytest.mark.parametrize("content", ["[" * 60_000, '{"max_age":' + "9" * 5000 + "}", '{"a":"\\ud800"}'])
def test_content_that_breaks_parsers_is_refused(content: str) -> None:
    """Depth, size and half characters end in a finding."""
    assert isinstance(parse_content(content), list)


def test_the_switch_names_an_origin_only_where_the_backend_does_not() -> None:
    """Without a plugin, `cors: true` fills in `*` and nothing else (section 2.4)."""
    grant = SWITCH.grant(b"https://app.example.com")

    assert grant.block == b"Access-Control-Allow-Origin: *\r\n"
    assert SWITCH.grant(None) == grant
    assert merge(grant, [(b"Vary", b"Accept")]) == [(b"Vary", b"Accept"), (b"Access-Control-Allow-Origin", b"*")]
    theirs = [
        (b"access-control-allow-origin", b"https://x.example"),
        (b"Access-Control-Allow-Credentials", b"true"),
    ]
    assert merge(grant, theirs) == theirs


def test_the_options_api_answers_with_the_contracts_five_fields() -> None:
    """The values are the contract's, byte for byte, and each gives way to the backend's own (section 2.4)."""
    grant = OPTIONS_API.grant(None)

    assert grant.block.decode() == (
        "Access-Control-Allow-Origin: *\r\n"
        "Access-Control-Allow-Headers: X-Stage,X-Sdk-Date,X-Sdk-Nonce,X-Proxy-Signed-Headers,X-Sdk-Content-Sha256,"
        "X-Forwarded-For,Authorization,Content-Type,Accept,Accept-Ranges,Cache-Control,Range\r\n"
        "Access-Control-Expose-Headers: X-Request-Id,X-Apig-Latency,X-Apig-Upstream-Latency,X-Apig-RateLimit-Api,"
        "X-Apig-RateLimit-User,X-Apig-RateLimit-App,X-Apig-RateLimit-Ip,X-Apig-RateLimit-Api-Allenv\r\n"
        "Access-Control-Allow-Methods: GET,POST,PUT,DELETE,HEAD,OPTIONS,PATCH\r\n"
        "Access-Control-Max-Age: 172800\r\n"
    )
    merged = dict(merge(grant, [(b"Access-Control-Max-Age", b"5")]))
    assert len(merged) == 5
    assert merged[b"Access-Control-Max-Age"] == b"5"


def test_the_cors_field_of_an_api_chooses_between_them() -> None:
    """Off grants nothing at all; on depends on whether the API answers preflights."""
    assert switch(is_on=False, is_options_api=True) is None
    assert switch(is_on=True, is_options_api=False) is SWITCH
    assert switch(is_on=True, is_options_api=True) is OPTIONS_API
