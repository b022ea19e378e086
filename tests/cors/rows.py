"""Reads cases.toml: one Row for each value of each case, its vocabulary checked."""

import json
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

Situation = Literal[
    "",
    "backend-down",
    "backend-timeout",
    "gateway-error",
    "no-route",
    "method-without-route",
    "auth-required",
    "over-rate-limit",
    "https-only",
    "cache-hit",
    "early-hints",
    "trailers",
    "then-actual",
    "access-log",
    "http2",
    "http10-without-host",
    "before-routing",
]
Fields = list[tuple[str, str]]

ACA = tuple(
    f"Access-Control-{name}"
    for name in (
        "Allow-Origin", "Allow-Credentials", "Allow-Methods", "Allow-Headers", "Expose-Headers", "Max-Age",
    )
)  # fmt: skip


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table whose keys are all known."""


class Repeated(Strict, frozen=True):
    """A value too long to be written out."""

    repeat: str
    times: int
    before: str = ""


class Request(Strict, frozen=True):
    """What the client sends."""

    method: str = "GET"
    path: str = "/x"
    version: str = "1.1"
    headers: list[tuple[str, str | Repeated]] = []
    body: str = ""
    raw: str | None = None

    def fields(self) -> list[tuple[str, bytes]]:
        """The header fields with their values as bytes."""
        return [(name, _value(value).encode("latin-1")) for name, value in self.headers]


class Backend(Strict, frozen=True):
    """What the backend answers."""

    status: int = 200
    headers: Fields = []
    body: str = "ok"


class Expected(Strict, frozen=True):
    """What a client must see, or what is found in a config."""

    answered_by: Literal["backend", "gateway", "either"] = "either"
    status: int | list[int] | None = None
    headers: Fields = []
    holds: Fields = []
    lacks: Fields = []
    absent: list[str] = []
    vary: list[str] | None = None
    body: str | None = None
    refused: list[tuple[str, str]] = []
    warned: list[tuple[str, str]] = []


class Row(Strict, frozen=True, kw_only=True):
    """One case with one value."""

    id: str
    policy: str = "OFF"
    config: dict[str, Any] = {}
    request: Request = Request()
    backend: Backend = Backend()
    situation: Situation = ""
    expected: Expected
    why: str
    choice: str = ""
    engine: str = ""


class Answer(msgspec.Struct):
    """What came back, for comparing with a row; `answered_by` is backend or gateway."""

    answered_by: str
    status: int
    fields: list[tuple[str, str]]
    body: str


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("cases.toml").read_text("utf-8"))


def policies() -> dict[str, str]:
    """The plugin_content of each policy by name."""
    return {policy["name"]: json.dumps(policy["content"]) for policy in _document()["policy"]}


def rows() -> list[Row]:
    """Every case once for each of its values."""
    found = []
    for case in _document()["case"]:
        row = {key: value for key, value in case.items() if key != "each"}
        found += [msgspec.convert(_with_each(row, value), Row) for value in case.get("each", [None])]
    return found


def _with_each(node: Any, value: Any) -> Any:
    if node == "{each}":
        return value
    if isinstance(node, str):
        return node.replace("{each}", str(value))
    if isinstance(node, list):
        return [_with_each(item, value) for item in node]
    if isinstance(node, dict):
        return {key: _with_each(item, value) for key, item in node.items()}
    return node


def _value(value: str | Repeated) -> str:
    return value if isinstance(value, str) else value.before + value.repeat * value.times


def differences(row: Row, answer: Answer) -> list[str]:
    """Everything in which `answer` is not what the row expects."""
    want, found = row.expected, []
    values: dict[str, list[str]] = {}
    for name, value in answer.fields:
        values.setdefault(name.lower(), []).append(value)
    if want.answered_by not in ("either", answer.answered_by):
        found.append(f"answered by the {answer.answered_by}")
    statuses = [want.status] if isinstance(want.status, int) else want.status
    if want.answered_by == "backend" and statuses is None:
        statuses = [row.backend.status]
    if statuses is not None and answer.status not in statuses:
        found.append(f"status {answer.status}")
    found += [
        f"{name}: {values.get(name.lower())}"
        for name, value in want.headers
        if values.get(name.lower()) != [value]
    ]
    found += [f"{name} lacks {part}" for name, part in want.holds if _times(values, name, part) != 1]
    found += [f"{name} has {part}" for name, part in want.lacks if _times(values, name, part)]
    for name in want.absent:
        found += [f"{each} is there" for each in (ACA if name == "ACA" else [name]) if each.lower() in values]
    if want.vary is not None and Counter(_elements(values, "vary")) != Counter(part.lower() for part in want.vary):
        found.append(f"Vary: {values.get('vary')}")
    if want.body is not None and answer.body != want.body:
        found.append(f"body {answer.body!r}")
    return found


def _elements(values: dict[str, list[str]], name: str) -> list[str]:
    return [part.strip().lower() for value in values.get(name.lower(), []) for part in value.split(",")]


def _times(values: dict[str, list[str]], name: str, part: str) -> int:
    return _elements(values, name).count(part.lower()) if len(values.get(name.lower(), [])) == 1 else 0
