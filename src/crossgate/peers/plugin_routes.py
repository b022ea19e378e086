"""Routes and the plugins in effect on them, and what the routes of one CORS plugin say together.

Kong and APISIX think alike: a plugin hangs on a route, on something the route belongs to, or on everything, and
the nearest one counts.
"""

from collections.abc import Callable, Iterable

import msgspec

from crossgate.cors.lint.subject import Auth, Order, PathMatching, Place, Route
from crossgate.peers.pieces import Piece

MOST_NAMES = 3


class Plugin(msgspec.Struct, frozen=True):
    """A plugin that is switched on: the part of the document that says so, and its settings by name."""

    name: str
    piece: Piece
    settings: dict[str, Piece]

    def __getitem__(self, setting: str) -> Piece:
        """A setting; one that is not there is false, and placed where the plugin is."""
        return self.settings.get(setting) or Piece(None, self.piece.at, self.piece.file, self.piece.line)


class PluginRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A route with the plugins in effect on it, by name.

    `method_filter` is where it says which methods it takes, when OPTIONS is not one of them; `redirect` where it
    sends the caller elsewhere before any plugin runs.
    """

    name: str = ""
    paths: tuple[str, ...] = ()
    path_matching: PathMatching | None = None
    methods: tuple[str, ...] | None = None
    is_https: bool | None = None
    upstreams: tuple[str, ...] = ()
    plugins: dict[str, Plugin] = {}
    method_filter: Place | None = None
    redirect: Place | None = None
    is_internal: Place | None = None


class InEffect:
    """The routes of a document, by the plugins in effect on them."""

    def __init__(self, routes: Iterable[PluginRoute]) -> None:
        self._routes: dict[tuple[str, Place], list[PluginRoute]] = {}
        for route in with_siblings(routes):
            for plugin in route.plugins.values():
                self._routes.setdefault((plugin.name, plugin.piece.place), []).append(route)

    def on(self, plugin: Plugin) -> list[PluginRoute]:
        """The routes that a plugin is in effect on."""
        return self._routes.get((plugin.name, plugin.piece.place), [])


AuthOf = Callable[[Plugin], frozenset[Auth]]


def together(routes: Iterable[PluginRoute], auth_of: AuthOf, is_whole: bool) -> Route:
    """What the routes of one policy say together; `auth_of` says how a plugin asks who calls.

    A document that `is_whole` says, of a route without any such plugin, that nobody asks.
    """
    routes = list(routes)
    auth: frozenset[Auth] = frozenset()
    for route in routes:
        kinds = frozenset[Auth]().union(*map(auth_of, route.plugins.values()))
        auth |= kinds or (frozenset[Auth]({"none"}) if is_whole else kinds)
    return Route(
        name=_names([route.name for route in routes if route.name]),
        paths=_each(path for route in routes for path in route.paths),
        path_matching=_same([route.path_matching for route in routes]),
        methods=_methods(routes),
        auth=auth or None,
        is_https=_either([route.is_https for route in routes]),
        upstreams=_each(upstream for route in routes for upstream in route.upstreams),
    )


def of_everything(route: Route) -> Route:
    """A route as something sees it that holds for everything, whatever paths the document knows of."""
    return msgspec.structs.replace(route, name="", paths=(), path_matching=None, methods=None)


def order(routes: Iterable[PluginRoute], auth: Place | None = None, cache: Place | None = None) -> Order:
    """What runs before CORS does on any of these routes."""
    routes = list(routes)
    return Order(
        auth=auth,
        cache=cache,
        redirect=next((route.redirect for route in routes if route.redirect), None),
        method_filter=next((route.method_filter for route in routes if route.method_filter), None),
    )


def takes_options(methods: tuple[str, ...] | None) -> bool:
    """Whether a preflight gets past a list of methods; no list lets everything in."""
    return methods is None or "OPTIONS" in (method.upper() for method in methods)


def with_siblings(routes: Iterable[PluginRoute]) -> list[PluginRoute]:
    """The routes of a document, where a filter on methods is forgotten if another route takes the preflight.

    People write a second route on the same path, for OPTIONS alone, with CORS on it.
    """
    routes = list(routes)
    opening = [route for route in routes if "cors" in route.plugins and takes_options(route.methods)]
    opened = {path for route in opening for path in route.paths}
    return [
        msgspec.structs.replace(route, method_filter=None)
        if route.method_filter and route.paths and opened.issuperset(route.paths)
        else route
        for route in routes
    ]


def _names(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{names[0]} and {len(names) - 1} more"


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _same(kinds: list[PathMatching | None]) -> PathMatching | None:
    return kinds[0] if kinds and len(set(kinds)) == 1 else None


def _methods(routes: list[PluginRoute]) -> tuple[str, ...] | None:
    lists = [route.methods for route in routes]
    if not lists or None in lists:
        return None
    return _each(method for methods in lists for method in methods or ())


def _either(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return False if answers and None not in answers else None
