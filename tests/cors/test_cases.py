"""The 145 cases on the pure engine, which is asked as a gateway asks it."""

import json
from collections import Counter
from functools import cache

import pytest

from crossgate.core.policies.cors import Parsed, compile_content, parse_content
from crossgate.cors.server import MERGE_SENSITIVE, Grant, is_preflight, merge
from crossgate.cors.table import CorsTable
from tests.cors.rows import Answer, Row, differences, policies, rows

ROWS = rows()
SERVED = [row for row in ROWS if not row.engine and not row.config]
CONFIGS = [row for row in ROWS if row.config]
IDS = {
    f"{letter}{number:02}"
    for letter, last in (("K", 30), ("O", 40), ("A", 33), ("P", 42))
    for number in range(1, last + 1)
}


@cache
def table(name: str) -> CorsTable:
    """The compiled policy of that name."""
    compiled = compile_content(policies()[name])
    assert isinstance(compiled, CorsTable), compiled
    return compiled


def joined(row: Row, name: str, separator: bytes) -> bytes | None:
    """A request's field of that name, as an HTTP parser hands it on."""
    values = [value.strip(b" \t") for field, value in row.request.fields() if field.lower() == name]
    return separator.join(values) if values else None


def serve(row: Row, policy: CorsTable | None) -> Answer:
    """The answer of a gateway with nothing but CORS in it."""
    method, origin = row.request.method.encode(), joined(row, "origin", b", ")
    requested_method = joined(row, "access-control-request-method", b", ")
    if policy is None:
        return Answer("backend", row.backend.status, backend_fields(row), row.backend.body)
    if is_preflight(method, origin, requested_method):
        assert origin is not None
        assert requested_method is not None
        answer = (
            policy.refuse_preflight("method-without-api", requested_method)
            if row.situation == "method-without-route"
            else policy.preflight(origin, requested_method, joined(row, "access-control-request-headers", b","))
        )
        assert answer.block == lines(answer.headers)
        assert answer.granted == (answer.status != 403)
        length = () if answer.status == 204 else ((b"Content-Length", b"0"),)
        return Answer("gateway", answer.status, text([*answer.headers, *length]), "")
    grant = policy.grant(origin)
    assert grant.block == lines(grant.headers)
    if grant.rejects:
        return Answer("gateway", 403, text(finish(grant, [(b"Content-Type", b"application/json")])), "{}")
    if row.situation in ("gateway-error", "backend-timeout"):
        status = row.expected.status
        assert isinstance(status, int)
        return Answer("gateway", status, text(finish(grant, [(b"Content-Type", b"application/json")])), "{}")
    sent = [(name.encode(), value.encode()) for name, value in backend_fields(row)]
    return Answer("backend", row.backend.status, text(finish(grant, sent)), row.backend.body)


def finish(grant: Grant, sent: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The fields that leave: merged, or the grant's behind them where nothing asks for merging."""
    if grant.exposes_all_names or any(name.lower() in MERGE_SENSITIVE for name, _ in sent):
        return merge(grant, sent)
    assert Counter(merge(grant, sent)) == Counter([*sent, *grant.headers])
    return [*sent, *grant.headers]


def backend_fields(row: Row) -> list[tuple[str, str]]:
    """What the backend sends, with a Content-Type where the row has none."""
    has_type = any(name.lower() == "content-type" for name, _ in row.backend.headers)
    return row.backend.headers if has_type else [("Content-Type", "text/plain"), *row.backend.headers]


def lines(fields: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Fields as on the wire."""
    return b"".join(name + b": " + value + b"\r\n" for name, value in fields)


def text(fields: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Fields as text, a character for a byte."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]


def name_of(row: Row) -> str:
    """A row's id."""
    return row.id


@pytest.mark.parametrize("row", SERVED, ids=name_of)
def test_a_case_is_answered_as_expected(row: Row) -> None:
    """The engine answers what the row says a gateway must answer."""
    answer = serve(row, None if row.policy == "OFF" else table(row.policy))

    assert differences(row, answer) == [], (row.why, answer)


@pytest.mark.parametrize("row", CONFIGS, ids=name_of)
def test_a_config_is_judged_as_expected(row: Row) -> None:
    """A policy is refused, or accepted with warnings, and every finding is there."""
    parsed = parse_content(json.dumps(row.config))

    refused = [] if isinstance(parsed, Parsed) else [(finding.code, finding.at) for finding in parsed]
    warned = [(finding.code, finding.at) for finding in parsed.warnings] if isinstance(parsed, Parsed) else []
    assert (refused, warned) == (row.expected.refused, row.expected.warned), row.why


def test_all_145_cases_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    """No case is missing, and those that mean nothing here say why."""
    elsewhere = {row.id: row.engine for row in ROWS if row.engine}
    here = {row.id for row in SERVED + CONFIGS}
    with capsys.disabled():
        print(f"\n{len(IDS)} cases: {len(here)} on the engine in {len(SERVED) + len(CONFIGS)} rows; not here:")
        for case, why in sorted(elsewhere.items()):
            print(f"  {case} {why}")

    assert {row.id for row in ROWS} == IDS
    assert len(IDS) == 145
    assert here.isdisjoint(elsewhere)
    assert all(why.startswith("not-applicable: ") for why in elsewhere.values())
    assert len(elsewhere) <= 10


def test_every_policy_is_used() -> None:
    """A policy that no row asks for tests nothing."""
    assert set(policies()) | {"OFF"} == {row.policy for row in ROWS}
