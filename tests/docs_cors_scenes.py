"""Reads docs_cors_scenes.toml: for each reason a request that fails with it, told under every browser."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from crossgate.cors.browser import (
    Answer,
    Ask,
    Browser,
    ElementLoad,
    FetchCall,
    HttpRequest,
    HttpResponse,
    LocalNetwork,
    NetworkError,
    Page,
    ProfileName,
    Story,
    Upload,
    XhrCall,
    fetch,
)
from crossgate.cors.browser.values import WorkerResponse

SCENES: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("docs_cors_scenes.toml").read_text("utf-8")
)
BROWSERS: dict[ProfileName, str] = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "Safari"}
_CALLS = (("fetch", FetchCall), ("xhr", XhrCall), ("load", ElementLoad))


def told(code: str, profile: ProfileName) -> Story:
    """What happens in the scene of a reason under one browser."""
    scene = SCENES[code]
    page = msgspec.convert({"origin": "https://app.example", **scene.get("page", {})}, Page)
    answers = iter(scene.get("answers", ()))

    def answer(request: HttpRequest) -> Answer:
        del request
        row = scene.get("loop") or next(answers, None)
        return NetworkError() if row is None else _response(*row)

    network = LocalNetwork(permission="denied" if scene.get("denied") else "granted")
    return fetch(page, _ask(scene), answer, Browser(profile=profile, network=network))


def console(code: str) -> str:
    """What the consoles show and the script gets, in the form of the pages; no line from who is content."""
    lines: list[str] = []
    for profile, browser in BROWSERS.items():
        story = told(code, profile)
        said = _said(story, profile)
        lines += [f"{browser:<10}{said[0]}", *(" " * 10 + line for line in said[1:])]
    return "\n".join(lines)


def _said(story: Story, profile: ProfileName) -> tuple[str, ...]:
    if story.failure is not None:
        return story.failure.console.get(profile) or ("(no line about CORS)",)
    return (story.warnings.get(profile, "(no error)"),)


def _ask(scene: dict[str, Any]) -> Ask:
    name, call = next((name, call) for name, call in _CALLS if name in scene)
    ask: FetchCall | XhrCall | ElementLoad = msgspec.convert(scene[name], call)  # type: ignore[assignment]
    if ask.body is not None and "content" in scene:
        body = Upload(ask.body.kind, b"x" * scene["content"])
        ask = msgspec.structs.replace(ask, body=body)
    return ask


def _response(status: int, headers: list[tuple[str, str]], worker: dict[str, Any] | None = None) -> HttpResponse:
    fields = tuple((name.encode(), value.encode("latin-1")) for name, value in headers)
    return HttpResponse(status, fields, None if worker is None else msgspec.convert(worker, WorkerResponse))
