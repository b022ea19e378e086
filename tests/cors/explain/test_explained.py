"""What explanations say, by explained.toml: verdict, fix, hint, differences, text and document."""

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossgate.cors.browser import (
    DIFFERENCES,
    Answer,
    Browser,
    ElementLoad,
    FetchCall,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    ProfileName,
    XhrCall,
    fetch,
)
from crossgate.cors.browser.profiles import BROWSERS
from crossgate.cors.browser.values import ReferrerPolicy
from crossgate.cors.explain import NOT_SENT, Explanation, document, explain, tell
from crossgate.cors.explain.differences import MEANINGS

_NO_ANSWERS: dict[str, Answer] = {
    "refused": NetworkError("nothing listens at api.example:443"),
    "unsent": NOT_SENT,
}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One case."""

    why: str
    page: str = "https://app.example"
    policy: ReferrerPolicy = "strict-origin-when-cross-origin"
    browsers: tuple[ProfileName, ...] = BROWSERS
    fetch: dict[str, Any] | None = None
    xhr: dict[str, Any] | None = None
    load: dict[str, Any] | None = None
    answers: list[tuple[str, str, int | str, list[str]]]
    verdict: str
    code: str | None = None
    fix: list[str] | None = None
    plugin: dict[str, str | bool] | None = None
    hint: str | None = None
    differs: list[str] | None = None
    says: list[str] = []
    never: list[str] = []

    def explanation(self) -> Explanation:
        """The explanation of the case."""
        ask = self._ask()
        page = Page(self.page, referrer_policy=self.policy)
        stories = {name: fetch(page, ask, self._answer, Browser(profile=name)) for name in self.browsers}
        return explain(page, ask, stories)

    def _ask(self) -> FetchCall | XhrCall | ElementLoad:
        url = {"url": "https://api.example/x"}
        if self.xhr is not None:
            return msgspec.convert({**url, **self.xhr}, XhrCall)
        if self.load is not None:
            return msgspec.convert({**url, **self.load}, ElementLoad)
        return msgspec.convert({**url, **(self.fetch or {})}, FetchCall)

    def _answer(self, request: HttpRequest) -> Answer:
        for method, url, status, fields in self.answers:
            if (method.encode(), url) == (request.method, request.url):
                if isinstance(status, str):
                    return _NO_ANSWERS[status]
                pairs = (field.encode().partition(b": ") for field in fields)
                return HttpResponse(status, tuple((name, value) for name, _, value in pairs))
        raise AssertionError(f"{self.why}: nobody answers {request.method!r} {request.url}")


def rows() -> list[Row]:
    """The cases."""
    cases = tomllib.loads(Path(__file__).with_name("explained.toml").read_text("utf-8"))["case"]
    return [msgspec.convert(case, Row) for case in cases]


def text(explanation: Explanation) -> str:
    """What people read."""
    return "\n".join(str(line) for line in tell(explanation))


def fix(explanation: Explanation) -> list[str]:
    """The lines of the fix, marked."""
    found = []
    for number, wanted in enumerate(explanation.remedy.answers if explanation.remedy else ()):
        found += [f"then {wanted.method}"] if number else []
        found += [f"+ status {wanted.status}"] if wanted.status else []
        found += [f"{'=' if line.is_there else '+'} {line}" for line in wanted.lines]
    return found


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.why)
def test_a_case_is_explained(row: Row) -> None:
    """The explanation has the verdict, the fix and the words that the case asks for."""
    explanation = row.explanation()
    told = text(explanation)

    assert explanation.verdict == row.verdict
    if row.code is not None:
        assert explanation.story.failure is not None
        assert explanation.story.failure.code == row.code
    if row.fix is not None:
        assert fix(explanation) == row.fix
    if row.plugin is not None:
        assert explanation.remedy is not None
        assert explanation.remedy.plugin == row.plugin
    if row.hint is not None:
        assert row.hint in (explanation.hints[0] if explanation.hints else "")
        assert bool(row.hint) == bool(explanation.hints)
    if row.differs is not None:
        assert [line.name for line in explanation.differences] == row.differs
    assert [words for words in row.says if words not in told] == []
    assert [words for words in row.never if words in told] == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.why)
def test_the_document_says_what_the_text_says(row: Row) -> None:
    """It is JSON, it has the same verdicts and fix, and it keeps the same secrets."""
    explanation = row.explanation()
    found = json.loads(json.dumps(document(explanation)))

    assert (found["version"], found["verdict"]) == (1, row.verdict)
    assert {name: each["verdict"] for name, each in found["browsers"].items()} == explanation.outcomes
    assert [
        ("=" if line["present"] else "+", f"{line['name']}: {line['value']}")
        for answer in (found["fix"] or {"answers": []})["answers"]
        for line in answer["headers"]
    ] == [(line[0], line[2:]) for line in fix(explanation) if line[0] in "+=" and "status" not in line]
    exchanged = [
        exchange["request"]["method"] for hop in found["timelines"][0]["hops"] for exchange in hop["exchanges"]
    ]
    first = explanation.stories[explanation.groups[0].browsers[0]]
    assert exchanged == [exchange.request.method.decode() for exchange in first.exchanges]
    assert "s3cret" not in json.dumps(found)


def test_the_shape_of_the_document_is_fixed() -> None:
    """Whoever reads it relies on these keys; a change of them is a change of the version."""
    row = next(row for row in rows() if row.why.startswith("The preflight is a 404"))
    found = document(row.explanation())
    (timeline, *_) = found["timelines"]
    exchange = timeline["hops"][0]["exchanges"][0]

    assert list(found) == [
        "version", "verdict", "request", "code", "why", "section", "fix", "hints", "browsers", "differences",
        "timelines", "notes",
    ]  # fmt: skip
    assert list(found["request"]) == ["page", "url", "method", "as", "credentials"]
    assert list(found["fix"]) == ["advice", "answers", "plugin"]
    assert list(found["fix"]["answers"][0]) == ["method", "url", "preflight", "status", "headers"]
    assert list(found["browsers"]["chromium"]) == [
        "verdict", "code", "why", "console", "warnings", "error", "response",
    ]  # fmt: skip
    assert list(found["differences"][0]) == ["name", "meaning", "values", "source"]
    assert list(timeline) == ["browsers", "before", "hops"]
    assert list(timeline["hops"][0]) == ["url", "tainting", "preflight", "before", "exchanges"]
    assert list(exchange) == ["purpose", "request", "answer", "checks"]
    assert list(exchange["request"]) == ["method", "url", "headers", "added", "removed", "credentials"]
    assert list(exchange["answer"]) == ["status", "headers", "error", "asked"]
    assert list(exchange["checks"][0]) == ["section", "question", "found", "wanted", "passed"]


def test_every_meaning_is_of_a_line_in_the_table_of_differences() -> None:
    """A line that is renamed there must be renamed here."""
    assert set(MEANINGS) <= {line.name for line in DIFFERENCES}


def test_notes_come_last() -> None:
    """What is said about the explanation itself stands below it."""
    row = rows()[0]
    page, explanation = Page(row.page), row.explanation()
    noted = explain(page, explanation.ask, explanation.stories, ("Nothing was sent over the network.",))

    assert text(noted).endswith("\n\nNothing was sent over the network.")
    assert document(noted)["notes"] == ["Nothing was sent over the network."]
