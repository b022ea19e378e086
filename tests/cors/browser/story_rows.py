"""Reads stories.toml: one Row for each case and profile, its vocabulary checked."""

import tomllib
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec

from crossgate.cors.browser import (
    ElementLoad,
    FetchCall,
    HttpResponse,
    ProfileName,
    WorkerResponse,
    XhrCall,
    recorded_answers,
)
from crossgate.cors.browser.answers import Answerer
from crossgate.cors.browser.profiles import NAMES
from crossgate.cors.browser.values import ReferrerPolicy

Headers = list[tuple[str, str]]
GRANTS: dict[str, Headers] = {
    "any": [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "*"),
        ("Access-Control-Allow-Headers", "*"),
    ],
    "own": [("Access-Control-Allow-Origin", "https://a.example")],
    "with": [
        ("Access-Control-Allow-Origin", "https://a.example"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "PUT, DELETE"),
        ("Access-Control-Allow-Headers", "x-a, x-b"),
    ],
}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One case under one profile."""

    profile: ProfileName
    rule: str
    why: str
    row: str = ""
    page: str = "https://a.example"
    policy: ReferrerPolicy = "strict-origin-when-cross-origin"
    address: str = ""
    worker: bool = False
    fetch: FetchCall | None = None
    xhr: XhrCall | None = None
    load: ElementLoad | None = None
    answers: list[Any] = []
    sent: list[str]
    fields: list[tuple[int, str, str]] = []
    cookies: list[bool] | None = None
    code: str = ""
    type: str | None = None
    status: int | None = None
    readable: list[str] | None = None
    redirected: bool | None = None
    has_body: bool | None = None
    timing: bool | None = None
    url: str | None = None
    error: str | None = None
    console: dict[ProfileName, str] = {}

    @property
    def ask(self) -> FetchCall | XhrCall | ElementLoad:
        """What the page asks for."""
        ask = self.fetch or self.xhr or self.load
        assert ask is not None, self.why
        return ask

    def answerer(self) -> Answerer:
        """Who answers, once."""
        return recorded_answers(
            (method.encode(), url, response(status, headers, *worker))
            for method, url, status, headers, *worker in self.answers
        )


def response(status: int, headers: Headers | str, worker: dict[str, Any] | None = None) -> HttpResponse:
    """A response with fields as text, or with those of a usual grant; `worker` is of a service worker's."""
    fields = GRANTS[headers] if isinstance(headers, str) else headers
    by = None if worker is None else msgspec.convert(worker, WorkerResponse)
    return HttpResponse(status, tuple((name.encode(), value.encode("latin-1")) for name, value in fields), by)


def cases(file: str) -> list[dict[str, Any]]:
    """The cases of a file of this folder."""
    found: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name(file).read_text("utf-8"))["case"]
    for case in found:
        for body in (case.get(asks, {}).get("body", {}) for asks in ("fetch", "xhr", "load")):
            if "size" in body:
                body["content"] = b64encode(bytes(body.pop("size"))).decode()
    return found


def rows() -> list[Row]:
    """Every case under every profile."""
    found = []
    for case in cases("stories.toml"):
        shared = {key: value for key, value in case.items() if key != "by"}
        for name in NAMES:
            different = case.get("by", {}).get(name, {})
            # What is sent differs, so what was said of the others' fields and cookies does not hold.
            gone = {"fields", "cookies", "console"} if "sent" in different else set()
            kept = {key: value for key, value in shared.items() if key not in gone}
            found.append(msgspec.convert({**kept, **different, "profile": name}, Row))
    return found
