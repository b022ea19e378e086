"""What leaves when the backend has CORS fields of its own: one row of merges.toml each."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.cors.policy import CorsPolicy
from crossgate.cors.server import merge
from crossgate.cors.table import CorsTable, compile_policy

MERGES = tomllib.loads(Path(__file__).with_name("merges.toml").read_text("utf-8"))["merge"]


def as_bytes(fields: list[list[str]]) -> list[tuple[bytes, bytes]]:
    """Fields as the wire has them."""
    return [(name.encode(), value.encode()) for name, value in fields]


@pytest.mark.parametrize("row", MERGES, ids=lambda row: row["why"])
def test_the_backends_fields_are_merged(row: dict[str, Any]) -> None:
    """Exactly the fields of the row leave, in its order."""
    policy = {"origins": ["https://app.example", "https://admin.example:8443"], **row.get("policy", {})}
    table = compile_policy(
        CorsPolicy(
            origins=tuple(policy["origins"]),
            credentials=policy.get("credentials", False),
            expose=tuple(policy.get("expose", ())),
            backend_headers=row["mode"],
        )
    )
    assert isinstance(table, CorsTable)

    grant = table.grant(row["origin"].encode() if "origin" in row else None)

    assert merge(grant, as_bytes(row["sent"])) == as_bytes(row["leaves"])
