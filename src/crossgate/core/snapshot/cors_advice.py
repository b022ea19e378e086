"""What the CORS linter says about APIs as they are published: with their routes, not the policy alone."""

import re
from collections.abc import Iterable, Sequence

from crossgate.core.policies.cors import parse_content
from crossgate.core.snapshot.config import HttpBackend, PublishedApi
from crossgate.core.snapshot.router import ANY, Router
from crossgate.cors.finding import Finding
from crossgate.cors.lint.finding import finding
from crossgate.cors.lint.rules import lint_subject
from crossgate.cors.lint.structure import OWN
from crossgate.cors.lint.subject import Auth, OriginMatch, Place, Route, Subject

PREFLIGHT = "OPTIONS"
_EVERY_METHOD = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", PREFLIGHT)
# The AppCode and the token of a user travel in a header, as a signature does.
_AUTH: dict[str, Auth] = {"NONE": "none", "APP": "signature", "IAM": "signature"}
_PLACE = re.compile(r"\{[^{}]+\}")


def about_plugin(content: str, apis: Sequence[PublishedApi]) -> list[Finding]:
    """Everything about the plugin with `content` that `apis` have; what is critical has to be refused."""
    parsed = parse_content(content, route_of(apis))
    return parsed if isinstance(parsed, list) else list(parsed.warnings)


def about_switch(api: PublishedApi, preflights: Iterable[tuple[str, str]]) -> list[Finding]:
    """Everything about an API without a plugin, whose `cors` is on or off.

    `preflights` are the paths and match modes of the APIs in its group and environment that answer OPTIONS.
    """
    if not api.cors:
        return []
    place = Place("cors")
    found = lint_subject(switched(api, api.name, place))
    # For how long a preflight counts is said by whoever answers it.
    findings: list[Finding] = [each for each in found if each.code != "cors.no-max-age"]
    if not answers_preflights(api.req_method, api.auth_type) and not _has_path(api.req_uri, preflights):
        message = "no API on this path answers OPTIONS to everybody, so every request that needs a preflight fails"
        fix = "attach a cors plugin, or publish an OPTIONS API with `cors` on for this path"
        findings.append(finding("cors.preflight-blocked", place, message, fix=fix))
    return findings


def answers_preflights(req_method: str, auth_type: str) -> bool:
    """Whether an API without a plugin answers the preflights that reach it: one never has credentials."""
    return req_method == PREFLIGHT or (req_method == ANY.decode() and auth_type == "NONE")


def switched(api: PublishedApi, name: str, place: Place) -> Subject:
    """What an API's `cors` switch says: any origin, unless the backend speaks for itself (gateway.md 2.4)."""
    return Subject(
        name=name,
        format=OWN,
        place=place,
        origins=(OriginMatch(kind="any", text="*", place=place),),
        route=route_of([api]),
    )


def route_of(apis: Sequence[PublishedApi]) -> Route:
    """What is known about the requests to `apis`, which have one policy."""
    protocols = {api.req_protocol for api in apis}
    backends = [api.backend for api in apis if isinstance(api.backend, HttpBackend)]
    methods = [method for api in apis for method in _methods(api)]
    return Route(
        name=", ".join(api.name for api in apis),
        paths=tuple(dict.fromkeys(api.req_uri for api in apis)),
        path_matching="exact" if all(api.match_mode == "NORMAL" for api in apis) else "prefix",
        methods=tuple(dict.fromkeys(methods)),
        auth=frozenset(_AUTH.get(api.auth_type, "other") for api in apis),
        is_https=True if protocols == {"HTTPS"} else False if protocols == {"HTTP"} else None,
        upstreams=tuple(dict.fromkeys(backend.address for backend in backends)),
        accepts_any_content_type=True,
    )


def _methods(api: PublishedApi) -> tuple[str, ...]:
    return _EVERY_METHOD if api.req_method == ANY.decode() else (api.req_method,)


def _has_path(path: str, preflights: Iterable[tuple[str, str]]) -> bool:
    """Whether an OPTIONS request to `path` finds one of `preflights`; anything stands for a parameter."""
    router: Router[bool] = Router()
    for uri, match_mode in preflights:
        router.add(PREFLIGHT.encode(), uri.encode(), prefix=match_mode == "SWA", route=True)
    return router.find(PREFLIGHT.encode(), _PLACE.sub("x", path).encode()) is not None
