"""What a browser makes of the published configuration: which API is meant, and how the gateway would answer.

Nothing goes over the network. In place of each HTTP backend stands one that answers 200 and says nothing of CORS.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from crossgate.core.errors import Finding, runtime
from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import Config, Group, MockBackend, PublishedApi
from crossgate.core.snapshot.dispatch import Named, Verdict, announces_stage, dispatch
from crossgate.core.snapshot.snapshot import RELEASE, MockAnswer, Route, Snapshot
from crossgate.cors.browser import Ask, Browser, HttpRequest, HttpResponse, Page, ProfileName, fetch
from crossgate.cors.browser.answers import Answerer
from crossgate.cors.browser.urls import parse_url
from crossgate.cors.browser.values import TextFields
from crossgate.cors.browser.verdict import shown
from crossgate.cors.explain import Explanation, explain
from crossgate.cors.server import Fields, is_preflight, merge

UNKNOWN_ENVIRONMENT: Final = "explain.environment-unknown"
# A value of which no browser thinks that it needs no permission: only names are asked for.
ANY_VALUE: Final = "(any)"

_REASONS: Final = {
    "origin-not-listed": "allow_origin of the cors plugin does not have {origin}.",
    "origin-null": "The page's origin is null, which allow_origin of the cors plugin does not have, and had "
    "better not: anybody can have that origin.",
    "origin-too-long": "The origin is longer than any that a plugin can list.",
    "method-not-allowed": "allow_methods of the cors plugin does not have {method}.",
    "method-wrong-case": "allow_methods of the cors plugin has the method in another case than {method}; browsers "
    "leave it as the page writes it.",
    "method-forbidden": "No browser sends {method}, so no plugin allows it.",
    "method-malformed": "{method} is no method.",
    "method-without-api": "The path has an API with a cors plugin, and none for {method}.",
    "header-not-allowed": "allow_headers of the cors plugin does not have all of {headers}.",
    "header-malformed": "One of {headers} is no header name.",
    "headers-too-many": "The page sets more headers than the gateway reads in a preflight.",
    "cors-switch": "The cors switch of the API allows no origin with credentials: attach a cors plugin.",
    "any-origin": "allow_origin of the cors plugin is *, which is for requests without credentials: list "
    "{origin}, and set allow_credentials.",
    "origin-listed": "allow_credentials of the cors plugin is not true.",
    "origin-matches-pattern": "allow_credentials of the cors plugin is not true.",
}
_PLACE = re.compile(r"\{([^{}+]+)\+?\}")
_STAND_IN: Final[tuple[int, Fields]] = (200, ((b"Content-Type", b"application/json"),))
_OWN: Final[Fields] = ((b"Server", b"Crossgate"), (b"X-Request-Id", b"0"))


def published(config: Config, api: str, env: str) -> PublishedApi | Finding:
    """The API that has the id or name `api`, as published in the environment with the id or name `env`."""
    env_id = next((key for key, name in config.environments.items() if env in (key, name)), None)
    if env_id is None:
        fix = _choices("Environments", config.environments.values())
        return _finding(UNKNOWN_ENVIRONMENT, "env", f"There is no environment {env!r}.", fix)
    named = [found for found in config.apis if api in (found.api_id, found.name)]
    here = [found for found in named if found.env_id == env_id]
    if len(here) == 1:
        return here[0]
    if here:
        fix = _choices("Give the id", (found.api_id for found in here))
        return _finding("explain.api-ambiguous", "api", f"{len(here)} APIs are called {api!r}.", fix)
    if named:
        fix = _choices("It is published in", (config.environments[found.env_id] for found in named))
        message = f"The API {api!r} is not published in {config.environments[env_id]}: nobody can call it there."
        return _finding("explain.api-not-published", "env", message, fix)
    fix = _choices("Published are", (found.name for found in config.apis))
    return _finding("explain.api-unknown", "api", f"No published API has the name or id {api!r}.", fix)


def url_of(config: Config, api: PublishedApi, scheme: str) -> str | Finding:
    """A URL under which `api` is reached; in its path, `id` stands for `{id}`."""
    group = next(group for group in config.groups if group.id == api.group_id)
    host = _host(group)
    if host is None:
        message = f"The group of {api.name!r} has no domain, so its APIs have no URL."
        return _finding("explain.group-without-domain", "api", message, "Bind a domain to the group.")
    return f"{scheme}://{host}{_PLACE.sub(lambda place: place[1], api.req_uri)}"


def stage_fields(config: Config, api: PublishedApi) -> TextFields:
    """The field that a page has to send to reach the environment of `api`; none for RELEASE."""
    name = config.environments[api.env_id]
    return () if name.encode() == RELEASE else (("X-Stage", name),)


def notes(config: Config, api: PublishedApi) -> tuple[str, ...]:
    """How the explanation of `api` came about."""
    found = [f"Answered by the published configuration, revision {config.revision}; nothing was sent."]
    if not isinstance(api.backend, MockBackend):
        found.append("The backend was not asked. One that sends CORS headers of its own can change the outcome.")
    if api.auth_type != "NONE":
        found.append("The page's request was taken for one with the credentials that the API asks for.")
    for name, value in stage_fields(config, api):
        found.append(f"The page has to send {name}: {value} to reach this environment, so that was added.")
    return tuple(found)


def answers(snapshot: Snapshot) -> Answerer:
    """The gateway's answers by `snapshot`."""

    def answer(request: HttpRequest) -> HttpResponse:
        verdict = _verdict(snapshot, request)
        if verdict.preflight is not None:
            return HttpResponse(verdict.preflight.status, (*_OWN, *verdict.preflight.headers))
        status, headers = _STAND_IN
        if verdict.fault is not None:
            status = verdict.fault.kind.status
        elif verdict.match is not None and _asks_in_vain(verdict.match.route, request):
            status = runtime.APP_AUTH_MISSING.status
        elif verdict.match is not None and isinstance(verdict.match.route.backend, MockAnswer):
            status = verdict.match.route.backend.status
        fields = (*headers, *_OWN)
        return HttpResponse(status, tuple(fields if verdict.grant is None else merge(verdict.grant, fields)))

    return answer


def _asks_in_vain(route: Route, request: HttpRequest) -> bool:
    """Whether a preflight is asked for the credentials that no preflight has."""
    origin, method = request.get(b"Origin"), request.get(b"Access-Control-Request-Method")
    return route.asks_for_credentials and method is not None and is_preflight(request.method, origin, method)


def explanation_of(
    page: Page, ask: Ask, browsers: Iterable[ProfileName], config: Config, api: PublishedApi
) -> Explanation:
    """What `browsers` make of `api` when `page` asks. Where the gateway refuses, its own reason is the hint."""
    snapshot = compile_config(config)
    stories = {name: fetch(page, ask, answers(snapshot), Browser(profile=name)) for name in browsers}
    explanation = explain(page, ask, stories, notes(config, api))
    exchanges, remedy = explanation.story.exchanges, explanation.remedy
    if remedy is not None:
        plugin = _joined(remedy.plugin, _content(config, api))
        remedy = msgspec.structs.replace(remedy, plugin=plugin)
    if explanation.is_good or not exchanges:
        return explanation
    reason = _reason(_verdict(snapshot, exchanges[-1].request), exchanges[-1].request)
    hints = (reason,) if reason else explanation.hints
    return msgspec.structs.replace(explanation, hints=hints, remedy=remedy)


def _content(config: Config, api: PublishedApi) -> dict[str, Any]:
    """What the cors plugin of `api` says now; nothing without one."""
    contents = (
        plugin.content for plugin in config.plugins if plugin.type == "cors" and plugin.id in api.plugin_ids
    )
    content: dict[str, Any] = json.loads(next(contents, "{}"))
    return content


def _joined(needed: Mapping[str, str | bool], there: Mapping[str, Any]) -> dict[str, str | bool]:
    """The keys that are needed, with what the plugin allows already in front; `*` gives way to credentials."""
    with_credentials = "allow_credentials" in needed
    found: dict[str, str | bool] = {}
    for key, value in needed.items():
        if isinstance(value, bool):
            found[key] = value
            continue
        kept = [element for element in _elements(there.get(key, "")) if element != "*" or not with_credentials]
        elements = dict.fromkeys(kept + _elements(value))
        # Beside any origin, a listed one adds nothing.
        found[key] = "*" if key == "allow_origin" and "*" in elements else ", ".join(elements)
    return found


def _elements(value: str) -> list[str]:
    return [element.strip() for element in value.split(",") if element.strip()]


def _verdict(snapshot: Snapshot, request: HttpRequest) -> Verdict:
    url = parse_url(request.url)
    assert url is not None, "the engine sends to URLs alone"
    requested = request.get(b"Access-Control-Request-Headers")
    named = Named(
        host=request.get(b"Host") or b"",
        stage=request.get(b"X-Stage"),
        origin=request.get(b"Origin"),
        requested_method=request.get(b"Access-Control-Request-Method"),
        requested_headers=requested,
        announces_stage=announces_stage(requested),
    )
    return dispatch(snapshot, request.method, (url.path + url.query).encode(), named)


def _reason(verdict: Verdict, request: HttpRequest) -> str:
    """Why the gateway does not let the page have its answer, in the words of whoever configures it."""
    names = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
    origin, method, headers = (shown(request.get(name.encode())) for name in names)
    if verdict.preflight is not None:
        return _REASONS.get(verdict.preflight.reason, "").format(origin=origin, method=method, headers=headers)
    if verdict.match is not None and _asks_in_vain(verdict.match.route, request):
        return (
            "The preflight reaches an API that asks for credentials, which no preflight has: attach a cors "
            "plugin, or publish an OPTIONS API with its cors switch on for this path."
        )
    if verdict.grant is not None:
        return _REASONS.get(verdict.grant.reason, "").format(origin=origin)
    if verdict.fault is not None:
        asked = method or shown(request.method)
        return f"No API that allows cross-origin access is published here for {asked}: {verdict.fault.message}"
    return "The API has no cors plugin, and its cors switch is off: attach a plugin to let pages read its answers."


def _host(group: Group) -> str | None:
    """A host that leads to `group`; below a wildcard domain, one of those it stands for."""
    plain = [domain for domain in group.domains if not domain.startswith("*.")]
    debug = [group.debug_domain] if group.debug_domain_enabled else []
    below = [f"www.{domain.removeprefix('*.')}" for domain in group.domains if domain not in plain]
    return next(iter((*plain, *debug, *below)), None)


def _choices(label: str, names: Iterable[str]) -> str:
    listed = ", ".join(sorted(set(names)))
    return f"{label}: {listed}." if listed else "Nothing is published yet."


def _finding(code: str, at: str, message: str, fix: str) -> Finding:
    return Finding(code=code, at=at, message=message, fix=fix)
