"""The remedy: exactly which header lines, or policy fields, let the script read the answer.

The browser stops at the first thing that is wrong. The remedy looks at everything that the same answer must say,
so that one change is enough.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from crossgate.cors.browser import Answer, Ask, ElementLoad, FetchCall, HttpRequest, HttpResponse, Story
from crossgate.cors.browser.headers import get, split, tokens
from crossgate.cors.browser.safelist import AUTHORIZATION
from crossgate.cors.browser.verdict import shown
from crossgate.cors.origin import NULL
from crossgate.cors.preflight import SAFELISTED_METHODS
from crossgate.cors.server import ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, VARY, Fields

_BY_HEADERS: Final = frozenset((
    "origin-missing", "origin-mismatch", "origin-invalid", "origin-multiple", "origin-wildcard-with-credentials",
    "credentials-not-allowed", "preflight-redirected", "preflight-status", "preflight-methods-malformed",
    "preflight-headers-malformed", "method-not-allowed", "header-not-allowed", "authorization-not-covered",
))  # fmt: skip
_OK: Final = range(200, 300)


class HeaderLine(msgspec.Struct, frozen=True):
    """A header line that an answer needs, and whether it has it already."""

    name: str
    value: str
    is_there: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer has to be. `status` is what it must be and is not, None where the status is right."""

    method: str
    url: str
    is_preflight: bool
    status: int | None
    lines: tuple[HeaderLine, ...]


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What to change. `answers` is empty where no header helps; `plugin` has the keys of a `cors` plugin."""

    advice: str
    answers: tuple[Wanted, ...] = ()
    plugin: Mapping[str, str | bool] = {}


def includes_credentials(ask: Ask) -> bool:
    """Whether the request is made with credentials whatever its origin."""
    if isinstance(ask, FetchCall):
        return ask.credentials == "include"
    return ask.crossorigin == "use-credentials" if isinstance(ask, ElementLoad) else ask.with_credentials


def remedy(ask: Ask, failed: Sequence[Story]) -> Remedy | None:
    """What lets all of the `failed` stories pass the answer that stopped the first of them; None without one."""
    if not failed:
        return None
    first = failed[0]
    assert first.failure is not None, "a story fails with a failure"
    advice = first.failure.fix
    if first.failure.code not in _BY_HEADERS:
        return Remedy(advice=advice)
    at = first.exchanges[-1].request
    same = [found for story in failed if (found := story.exchanges[-1].request).url == at.url]
    requests = [request for request in same if request.purpose == at.purpose]
    origin, includes = shown(at.get(b"Origin")), includes_credentials(ask)
    if origin == NULL and includes:
        return Remedy(advice=advice)
    wanted = "*" if origin == NULL else origin
    answer = first.exchanges[-1].answer
    needs = _Needs(wanted, includes, _methods(requests), _names(requests))
    answers = [_wanted(at, answer, needs)]
    if at.purpose == "preflight":
        # What comes after it was not asked yet, so nothing is known of what is there.
        answers.append(_later(at, needs))
    return Remedy(advice=advice, answers=tuple(answers), plugin=_plugin(answers[0], needs))


class _Needs(msgspec.Struct, frozen=True):
    """What the answers must allow."""

    origin: str
    includes: bool
    methods: tuple[bytes, ...]
    names: tuple[bytes, ...]


def _methods(preflights: list[HttpRequest]) -> tuple[bytes, ...]:
    asked = (request.get(b"Access-Control-Request-Method") for request in preflights)
    return tuple(dict.fromkeys(method for method in asked if method and method not in SAFELISTED_METHODS))


def _names(preflights: list[HttpRequest]) -> tuple[bytes, ...]:
    asked = (request.get(b"Access-Control-Request-Headers") or b"" for request in preflights)
    return tuple(dict.fromkeys(name for names in asked for name in names.split(b",") if name))


def _wanted(request: HttpRequest, answer: Answer, needs: _Needs) -> Wanted:
    assert isinstance(answer, HttpResponse), "a network error is no matter of headers"
    fields = answer.headers
    is_preflight = request.purpose == "preflight"
    lines = _sharing(fields, needs)
    if is_preflight:
        # No cache keeps the answer to an OPTIONS request, so nothing has to vary.
        lines = [line for line in lines if line.name != shown(VARY)]
        lines += _list_line(fields, ALLOW_METHODS, needs.methods, needs.includes)
        lines += _list_line(fields, ALLOW_HEADERS, needs.names, needs.includes)
    return Wanted(
        method=shown(request.method),
        url=request.url,
        is_preflight=is_preflight,
        status=204 if is_preflight and answer.status not in _OK else None,
        lines=tuple(lines),
    )


def _later(preflight: HttpRequest, needs: _Needs) -> Wanted:
    method = shown(preflight.get(b"Access-Control-Request-Method"))
    lines = tuple(_sharing((), needs))
    return Wanted(method=method, url=preflight.url, is_preflight=False, status=None, lines=lines)


def _sharing(fields: Fields, needs: _Needs) -> list[HeaderLine]:
    """Who may read the answer."""
    there = get(fields, ALLOW_ORIGIN)
    is_anyone = there == b"*" and not needs.includes
    origin = "*" if is_anyone else needs.origin
    lines = [HeaderLine(shown(ALLOW_ORIGIN), origin, shown(there) == origin)]
    if needs.includes:
        is_there = get(fields, ALLOW_CREDENTIALS) == b"true"
        lines.append(HeaderLine(shown(ALLOW_CREDENTIALS), "true", is_there))
    if origin != "*":
        varies = {name.lower() for name in split(get(fields, VARY) or b"")}
        lines.append(HeaderLine(shown(VARY), "Origin", not varies.isdisjoint((b"origin", b"*"))))
    return lines


def _list_line(fields: Fields, name: bytes, needed: tuple[bytes, ...], includes: bool) -> list[HeaderLine]:
    """The list that allows what is needed, with what it allows already in front."""
    if not needed:
        return []
    found = tokens(fields, name)
    there = [element for element in found if element != b"*" or not includes] if isinstance(found, list) else []
    covered = {element.lower() if name == ALLOW_HEADERS else element for element in there}
    missing = [element for element in needed if element not in covered and not _is_wild(element, covered)]
    kept = list(dict.fromkeys(there))
    return [HeaderLine(shown(name), shown(b", ".join([*kept, *missing])), bool(there) and not missing)]


def _is_wild(element: bytes, covered: set[bytes]) -> bool:
    # By the standard, and one day in browsers, `*` does not stand for Authorization.
    return b"*" in covered and element != AUTHORIZATION


def _plugin(wanted: Wanted, needs: _Needs) -> dict[str, str | bool]:
    """The same as keys of a Crossgate `cors` plugin."""
    values = {line.name: line.value for line in wanted.lines}
    plugin: dict[str, str | bool] = {"allow_origin": needs.origin}
    for key, name in (("allow_methods", ALLOW_METHODS), ("allow_headers", ALLOW_HEADERS)):
        if shown(name) in values:
            plugin[key] = values[shown(name)]
    return {**plugin, "allow_credentials": True} if needs.includes else plugin
