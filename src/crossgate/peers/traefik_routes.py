"""What Traefik's routers tell of a middleware: for which requests it is, and what runs before it."""

import re

import msgspec

from crossgate.cors.lint.subject import Auth, Order, PathMatching, Place, Route
from crossgate.peers.pieces import Piece
from crossgate.peers.traefik_sources import Configuration, Middleware, Router, bare, listed

AUTH: dict[str, Auth] = {
    "basicauth": "basic",
    "digestauth": "other",
    "forwardauth": "other",
    "ipallowlist": "ip",
    "ipwhitelist": "ip",
    "jwt": "bearer",
    "oauthintrospection": "bearer",
    "oidc": "cookie",
    "apikey": "key",
    "ldap": "basic",
    "hmac": "signature",
}
ASKS_PREFLIGHTS = set(AUTH) - {"ipallowlist", "ipwhitelist"}
REDIRECTS = {"redirectscheme", "redirectregex"}
ANSWERS_ERRORS = {*AUTH, "ratelimit", "inflightreq", "circuitbreaker"}
INTERNAL = {"api", "dashboard", "prometheus", "rest", "ping"}

MATCHER = re.compile(r"(!?)\b(PathPrefix|PathRegexp|Path|Host|Method)\(([^)]*)\)", re.IGNORECASE)
QUOTED = re.compile(r"`([^`]*)`|\"([^\"]*)\"|'([^']*)'")
PATH_MATCHING: dict[str, PathMatching] = {"pathprefix": "prefix", "pathregexp": "regex", "path": "exact"}


class Use(msgspec.Struct, frozen=True):
    """A middleware in its place: the router, and the other middlewares, each with the place that names it."""

    router: Router | None = None
    before: tuple[tuple[Middleware, Place], ...] = ()
    every: tuple[tuple[Middleware, Place], ...] = ()


def uses(middleware: Middleware, configuration: Configuration) -> list[Use]:
    """Every router that uses it, or one use without a router."""
    found = []
    for router in configuration.routers:
        every = tuple(_unfolded(router.middlewares, configuration, ()))
        names = [each.name for each, _ in every]
        if middleware.name in names:
            found.append(Use(router, every[: names.index(middleware.name)], every))
    return found or [Use()]


def _unfolded(
    names: list[Piece], configuration: Configuration, inside: tuple[str, ...]
) -> list[tuple[Middleware, Place]]:
    """The middlewares of a router in order, with those of chains in their places."""
    found: list[tuple[Middleware, Place]] = []
    for name in names:
        for middleware in configuration.middlewares:
            if not _is_named(middleware, name.text) or middleware.name in inside:
                continue
            if middleware.kind == "chain":
                steps = listed(middleware.settings.loosely("middlewares"))
                named = [step["name"] or step for step in steps]
                found += _unfolded(named, configuration, (*inside, middleware.name))
            else:
                found.append((middleware, name.place))
    return found


def _is_named(middleware: Middleware, name: str) -> bool:
    """Whether a router means this middleware. In Kubernetes its namespace can stand before the name."""
    wanted = bare(name)
    return wanted == middleware.name or (
        name.lower().endswith("@kubernetescrd") and wanted.endswith(f"-{middleware.name}")
    )


def on_errors(use: Use) -> bool | None:
    """Whether errors carry the headers: not those of the middlewares ahead of it."""
    if use.router is None:
        return None
    return not any(middleware.kind in ANSWERS_ERRORS for middleware, _ in use.before)


def is_internal(use: Use) -> Place | None:
    """Where a router leads to Traefik's own pages."""
    if use.router is None:
        return None
    names = {name.lower() for name in use.router.services}
    is_own = any(f"{name}@internal" in names for name in INTERNAL)
    return use.router.piece.place if is_own else None


def order(use: Use) -> Order:
    """What runs before the middleware."""

    def first(kinds: set[str]) -> Place | None:
        return next((place for middleware, place in use.before if middleware.kind in kinds), None)

    methods = _methods(use.router) if use.router else None
    is_filtered = methods is not None and "OPTIONS" not in methods
    return Order(
        redirect=first(REDIRECTS),
        auth=first(ASKS_PREFLIGHTS),
        cache=first({"httpcache", "cache"}),
        method_filter=use.router.rule.place if use.router and is_filtered else None,
    )


def route(use: Use) -> Route:
    """The requests that it is for. Without a middleware that asks who calls, the service behind may still ask."""
    if use.router is None:
        return Route()
    matchers = _matchers(use.router)
    paths = [(kind, path) for kind, values in matchers for path in values if kind in PATH_MATCHING]
    kinds = {PATH_MATCHING[kind] for kind, _ in paths}
    auth = frozenset(AUTH[middleware.kind] for middleware, _ in use.every if middleware.kind in AUTH)
    return Route(
        name=use.router.name,
        paths=tuple(path for _, path in paths),
        path_matching=kinds.pop() if len(kinds) == 1 else None,
        methods=_methods(use.router),
        auth=auth or None,
        is_https=use.router.has_tls,
        upstreams=use.router.upstreams,
    )


def _matchers(router: Router) -> list[tuple[str, list[str]]]:
    """The conditions of a rule that are not turned round: each kind with its values."""
    return [
        (match[2].lower(), ["".join(found) for found in QUOTED.findall(match[3])])
        for match in MATCHER.finditer(router.rule.text)
        if not match[1]
    ]


def _methods(router: Router) -> tuple[str, ...] | None:
    return tuple(value for kind, values in _matchers(router) if kind == "method" for value in values) or None
