"""An explanation for machines: one JSON document, whose shape is documented and changes with its version alone."""

from typing import Any, Final

import msgspec

from crossgate.cors.browser import Answer, Failure, NetworkError, ProfileName, Seen, Step
from crossgate.cors.browser.verdict import shown
from crossgate.cors.explain import fields
from crossgate.cors.explain.explanation import Explanation
from crossgate.cors.explain.outcome import FAILED_FOR_US_ALONE, NOT_RECORDED, NOT_SENT
from crossgate.cors.explain.remedy import Remedy, includes_credentials
from crossgate.cors.explain.timeline import Checked, Stage, Timeline

VERSION: Final = 1


def document(explanation: Explanation) -> dict[str, Any]:
    """The document; in its texts a character is a byte, and secrets are left out."""
    failure = _failure(explanation, explanation.told_by)
    return {
        "version": VERSION,
        "verdict": explanation.verdict,
        "request": {
            "page": explanation.page.origin,
            "url": explanation.ask.url,
            "method": explanation.method,
            "as": explanation.asked_by,
            "credentials": includes_credentials(explanation.ask),
        },
        "code": failure.code if failure else None,
        "why": failure.message if failure else None,
        "section": failure.section if failure else None,
        "fix": _fix(explanation.remedy),
        "hints": list(explanation.hints),
        "browsers": {name: _browser(explanation, name) for name in explanation.stories},
        "differences": [msgspec.to_builtins(line) for line in explanation.differences],
        "timelines": [
            {"browsers": list(group.browsers), **_timeline(group.timeline)} for group in explanation.groups
        ],
        "notes": list(explanation.notes),
    }


def _fix(remedy: Remedy | None) -> dict[str, Any] | None:
    if remedy is None:
        return None
    answers = [
        {
            "method": wanted.method,
            "url": wanted.url,
            "preflight": wanted.is_preflight,
            "status": wanted.status,
            "headers": [
                {"name": line.name, "value": line.value, "present": line.is_there} for line in wanted.lines
            ],
        }
        for wanted in remedy.answers
    ]
    return {"advice": remedy.advice, "answers": answers, "plugin": dict(remedy.plugin)}


def _browser(explanation: Explanation, name: ProfileName) -> dict[str, Any]:
    story = explanation.stories[name]
    failure = _failure(explanation, name)
    return {
        "verdict": explanation.outcomes[name],
        "code": failure.code if failure else None,
        "why": failure.message if failure else None,
        "console": list(failure.console.get(name, ())) if failure else [],
        "warnings": [line for browser, line in story.warnings.items() if browser == name],
        "error": (story.error or None) if failure else None,
        "response": _seen(story.response),
    }


def _failure(explanation: Explanation, name: ProfileName) -> Failure | None:
    """What failed in a browser; nothing where only we did not ask, or do not know."""
    return None if explanation.outcomes[name] in FAILED_FOR_US_ALONE else explanation.stories[name].failure


def _seen(seen: Seen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "type": seen.type,
        "status": seen.status,
        "url": seen.url,
        "redirected": seen.redirected,
        "headers": [
            [name, fields.value_shown(name.encode("latin-1"), value.encode("latin-1"))]
            for name, value in seen.headers
        ],
        "hidden": list(seen.hidden),
        "body": seen.has_body,
        "timing": seen.timing,
    }


def _timeline(timeline: Timeline) -> dict[str, Any]:
    return {"before": _steps(timeline.before), "hops": [_stage(stage) for stage in timeline.stages]}


def _stage(stage: Stage) -> dict[str, Any]:
    asked = stage.hop.asked_first
    return {
        "url": stage.hop.url,
        "tainting": stage.hop.tainting,
        "preflight": {
            "needed": asked.is_needed,
            "reasons": list(asked.reasons),
            "cache": asked.cache,
            "sent": asked.was_sent,
        },
        "before": _steps(stage.before),
        "exchanges": [_exchange(checked) for checked in stage.exchanges],
    }


def _exchange(checked: Checked) -> dict[str, Any]:
    request = checked.exchange.request
    return {
        "purpose": request.purpose,
        "request": {
            "method": shown(request.method),
            "url": request.url,
            "headers": [list(field) for field in fields.everything(request.headers)],
            "added": list(checked.exchange.added),
            "removed": list(checked.exchange.removed),
            "credentials": request.sends_credentials,
        },
        "answer": _answer(checked.exchange.answer),
        "checks": _steps(checked.checks),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, NetworkError):
        asked = answer not in (NOT_SENT, NOT_RECORDED)
        return {"status": None, "headers": [], "error": answer.reason, "asked": asked}
    headers = [list(field) for field in fields.everything(answer.headers)]
    return {"status": answer.status, "headers": headers, "error": None, "asked": True}


def _steps(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [{**msgspec.to_builtins(step), "found": fields.found(step)} for step in steps]
