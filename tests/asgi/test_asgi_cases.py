"""The 145 cases on the middleware, called as an ASGI server calls it (tests/cors/cases.toml)."""

import json
import warnings

import pytest

from crossgate.asgi import CORSMiddleware, PolicyRefusedError, PolicyWarning
from crossgate.core.policies.cors import Parsed, parse_content
from tests.asgi.asking import answer, messages, messages_until_failure, scope
from tests.asgi.case_application import (
    CONFIGS,
    LEFT_OUT,
    ROWS,
    RUN,
    BrokenError,
    CaseApplication,
    fields_of,
    middleware,
    why_not,
)
from tests.cors.rows import Row, differences

EXTENSIONS: dict[str, dict[str, object]] = {"http.response.early_hint": {}, "http.response.trailers": {}}
PLACES = {"origins": "allow_origin", "expose": "expose_headers"}


def asked(row: Row) -> dict[str, object]:
    """The row's request as a server hands it on: names in lower case."""
    headers = [(name.lower().encode("latin-1"), value) for name, value in row.request.fields()]
    version = "2" if row.situation == "http2" else row.request.version
    return scope(row.request.method, row.request.path, headers, version, extensions=EXTENSIONS)


@pytest.mark.filterwarnings("ignore::crossgate.asgi.PolicyWarning")
@pytest.mark.parametrize("row", RUN, ids=lambda row: row.id)
def test_a_case_is_answered_as_expected(row: Row) -> None:
    """What the middleware sends is what the row says."""
    application = CaseApplication(row)
    if row.situation == "gateway-error":
        sent, error = messages_until_failure(middleware(application), asked(row))
        assert isinstance(error, BrokenError)
        application.reached = False
    else:
        sent = messages(middleware(application), asked(row), row.request.body.encode())

    assert differences(row, answer(sent, reached=application.reached)) == [], (row.why, sent)
    if row.situation == "then-actual":
        origin = dict(row.request.fields())["Origin"]
        following = answer(messages(middleware(application), scope(headers=[(b"origin", origin)])), reached=True)
        assert ("access-control-allow-origin", origin.decode()) in following.fields


@pytest.mark.parametrize("row", CONFIGS, ids=lambda row: row.id)
def test_a_config_is_judged_as_expected(row: Row) -> None:
    """What the gateway refuses raises, and what it warns about warns, notes aside: with all its findings."""
    refused: list[tuple[str, str]] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            CORSMiddleware(CaseApplication(row), **fields_of(row))
        except PolicyRefusedError as error:
            refused = [(finding.code, finding.at) for finding in error.findings]
    findings = [each.message.finding for each in caught if isinstance(each.message, PolicyWarning)]

    assert [(code, in_contract_terms(at)) for code, at in refused] == row.expected.refused, row.why
    parsed = parse_content(json.dumps(row.config))
    told = [each for each in parsed.warnings if each.severity != "info"] if isinstance(parsed, Parsed) else []
    assert [(each.code, in_contract_terms(each.at)) for each in findings] == [
        (each.code, each.at) for each in told
    ]


def in_contract_terms(at: str) -> str:
    """A place in the policy as the plugin's key."""
    field, bracket, index = at.partition("[")
    return PLACES.get(field, field) + bracket + index


def test_the_cases_that_mean_nothing_here_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left out without a reason, and of each other case at least one row is run."""
    run = {row.id for row in (*RUN, *CONFIGS)}
    never = {row.id: why_not(row) for row in LEFT_OUT if row.id not in run}
    with capsys.disabled():
        print(f"\n{len(run)} cases on the middleware in {len(RUN) + len(CONFIGS)} rows; not here:")
        for case, why in never.items():
            print(f"  {case} {why}")

    assert set(never) == {"K12", "K25", "K26", "K28", "K30", "A05", "A13", "A33", "P40"}
    assert len(run) + len(never) == 145
    assert {row.id for row in ROWS} == run | set(never)
    # Beside those, only the statuses that a gateway can fail with and an application cannot.
    assert [row.id for row in LEFT_OUT if row.id in run] == ["A12"] * 7
