"""What the CORS linter says about an API with its route, row by row of advice.toml."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.snapshot.config import HttpBackend, MockBackend, PublishedApi
from crossgate.core.snapshot.cors_advice import about_plugin, about_switch

ROWS = tomllib.loads(Path(__file__).with_name("advice.toml").read_text("utf-8"))["row"]


def published(*, upstream: str = "", **changes: Any) -> PublishedApi:
    """The API of a row."""
    backend = HttpBackend(scheme="HTTP", address=upstream, method="ANY", path="/", timeout_ms=1000)
    definition: dict[str, Any] = {
        "api_id": "a",
        "publish_id": "p",
        "name": "items",
        "group_id": "g",
        "env_id": "e",
        "req_protocol": "BOTH",
        "req_method": "GET",
        "req_uri": "/items",
        "match_mode": "NORMAL",
        "auth_type": "NONE",
        "cors": False,
        "backend": backend if upstream else MockBackend(),
    }
    return PublishedApi(**definition | changes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: json.dumps({k: v for k, v in row.items() if k != "says"}))
def test_an_api_gets_the_advice_of_its_row(row: dict[str, Any]) -> None:
    """No more and no less, in the contract's terms, each with what to do."""
    api = published(**row.get("api", {}))
    if "plugin" in row:
        findings = about_plugin(json.dumps(row["plugin"]), [api])
    else:
        findings = about_switch(api, row.get("preflights", []))

    assert [[finding.code, finding.at, finding.severity] for finding in findings] == row["says"]
    assert all(finding.message and finding.fix for finding in findings)


def test_one_policy_is_judged_for_all_its_apis() -> None:
    """A policy that fits one of them may be wrong for another."""
    content = '{"allow_origin":"*"}'
    apis = [published(), published(req_uri="/admin")]

    assert about_plugin(content, apis[:1]) == []
    assert [finding.code for finding in about_plugin(content, apis)] == ["cors.any-origin-on-internal-route"]
