"""What a refused preflight says about its reason: nothing, or with debugging on one header."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.cors.disclosure import REASON_HEADER, SENTENCES
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.table import CorsTable, compile_policy

_DOCUMENT = tomllib.loads(Path(__file__).with_name("disclosures.toml").read_text("utf-8"))
POLICY = msgspec.convert(_DOCUMENT["policy"], CorsPolicy)


def table(*, debug: bool) -> CorsTable:
    """The compiled policy of disclosures.toml, with debugging or without."""
    compiled = compile_policy(msgspec.structs.replace(POLICY, debug=debug))
    assert isinstance(compiled, CorsTable)
    return compiled


def sent(row: dict[str, Any], name: str) -> bytes | None:
    """A value of a row as bytes."""
    value = row.get(name)
    text: str | None = value["repeat"] * value["times"] if isinstance(value, dict) else value
    return None if text is None else text.encode()


@pytest.mark.parametrize("row", _DOCUMENT["row"], ids=lambda row: row["says"].partition(";")[0])
def test_debugging_tells_the_reason_in_a_header(row: dict[str, Any]) -> None:
    """With debugging on the reason is there in a code and a sentence; without, not a word."""
    asked = sent(row, "origin") or b"", sent(row, "method") or b"", sent(row, "headers")
    silent, loud = table(debug=False).preflight(*asked), table(debug=True).preflight(*asked)

    assert dict(loud.headers)[REASON_HEADER].decode() == row["says"]
    assert REASON_HEADER not in dict(silent.headers)
    assert [field for field in loud.headers if field[0] != REASON_HEADER] == list(silent.headers)
    assert (loud.status, loud.granted, loud.reason) == (silent.status, False, silent.reason)


def test_every_reason_has_a_row() -> None:
    """No sentence is there that nothing leads to."""
    told = {row["says"].partition(";")[0] for row in _DOCUMENT["row"]}

    assert told | {"method-without-api"} == set(SENTENCES)


@pytest.mark.parametrize(
    ("method", "named"),
    [(b"PUT", "PUT"), (b"", "this method"), (b"P UT", "this method"), (b"P" * 65, "this method")],
)
def test_a_method_that_no_api_has_is_named_if_it_is_one(method: bytes, named: str) -> None:
    """The gateway's own reason, which lies outside the policy, is told as well."""
    refused = table(debug=True).refuse_preflight("method-without-api", method)

    assert (
        dict(refused.headers)[REASON_HEADER].decode() == f"method-without-api; no API on this path takes {named}"
    )


@pytest.mark.parametrize("reason", SENTENCES)
def test_every_reason_is_documented(reason: str) -> None:
    """Who reads one in the log finds it in the manual."""
    assert f"| `{reason}` |" in (Path(__file__).parents[2] / "docs/cors.md").read_text("utf-8")


def test_a_long_list_is_cut() -> None:
    """However many headers are missing, the header stays short."""
    names = ",".join(f"x-header-{number}" for number in range(100)).encode()
    refused = table(debug=True).preflight(b"https://app.example", b"GET", names)
    told = dict(refused.headers)[REASON_HEADER]

    assert told.endswith(b"...")
    assert len(told) < 400


@given(method=st.binary(max_size=100), headers=st.binary(max_size=400))
def test_nothing_a_caller_sends_can_end_the_header(method: bytes, headers: bytes) -> None:
    """Of whatever is sent only tokens come back, and the block stays whole lines."""
    answer = table(debug=True).preflight(b"https://app.example", method, headers)
    lines = answer.block.split(b"\r\n")

    assert lines.pop() == b""
    assert all(line.replace(b": ", b"").isascii() and line.decode().isprintable() for line in lines)
    assert sum(line.startswith(REASON_HEADER) for line in lines) == (not answer.granted)
