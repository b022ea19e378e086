"""What one CORS plugin of Kong says, with the routes and plugins around it."""

from collections.abc import Iterable
from typing import Literal

from crossgate.cors.lint.subject import Auth, Place, Said, Subject
from crossgate.peers.development import says_development
from crossgate.peers.header_rules import HeaderRule, name_and_value, read_rule
from crossgate.peers.kong_origins import read_origins
from crossgate.peers.plugin_routes import Plugin, PluginRoute, of_everything, order, together

AUTH_KINDS: dict[str, frozenset[Auth]] = {
    "basic-auth": frozenset({"basic"}),
    "header-cert-auth": frozenset({"mtls"}),
    "hmac-auth": frozenset({"signature"}),
    "ip-restriction": frozenset({"ip"}),
    "jwt": frozenset({"bearer"}),
    "jwt-signer": frozenset({"bearer"}),
    "key-auth": frozenset({"key"}),
    "key-auth-enc": frozenset({"key"}),
    "ldap-auth": frozenset({"basic"}),
    "ldap-auth-advanced": frozenset({"basic"}),
    "mtls-auth": frozenset({"mtls"}),
    "oauth2": frozenset({"bearer"}),
    "oauth2-introspection": frozenset({"bearer"}),
    "saml": frozenset({"cookie"}),
    "session": frozenset({"cookie"}),
}
# They run after CORS (its priority is 2000, theirs 1450 and less), unless an `ordering` says otherwise.
ASKS_WHO = {*AUTH_KINDS, "acl", "openid-connect"} - {"ip-restriction"}
CACHES = {"proxy-cache", "proxy-cache-advanced"}
TRANSFORMERS = ("response-transformer", "response-transformer-advanced")


def read_cors(
    plugin: Plugin, routes: Iterable[PluginRoute], name: str, tags: Iterable[str], is_whole: bool
) -> Subject:
    """The subject of a CORS plugin that is in effect on these routes.

    Methods that are not listed are all nine that Kong knows; headers that are not listed are whatever the
    preflight asked for. The plugin runs for Kong's own error answers too, and replaces what the backend says.
    """
    routes = list(routes)
    place = plugin.piece.place
    credentials = plugin["credentials"]
    origins = read_origins(plugin["origins"], bool(credentials.flag), plugin["origins"].place)
    return Subject(
        name=name,
        format="kong",
        place=place,
        origins=origins,
        credentials=credentials.place if credentials.flag else None,
        methods=plugin["methods"].words() or None,
        headers=plugin["headers"].words() or None,
        expose=plugin["exposed_headers"].words() or None,
        reflects_methods=None if plugin["methods"].words() else place,
        reflects_headers=None if plugin["headers"].words() else place,
        max_age=plugin["max_age"].said,
        vary=_vary(plugin, {origin.kind for origin in origins}, routes),
        backend_cors="replaced",
        private_network=plugin["private_network"].place if plugin["private_network"].flag else None,
        on_errors=True,
        is_development=says_development(place.file, *tags),
        is_internal=next((route.is_internal for route in routes if route.is_internal), None),
        route=together(routes, auth_of, is_whole),
        order=order(routes, auth=_auth_before(plugin, routes), cache=_cache_before(plugin, routes)),
    )


def auth_of(plugin: Plugin) -> frozenset[Auth]:
    """How a plugin of Kong's asks who calls; nothing for one that does not."""
    if plugin.name == "openid-connect":
        ways = {word.text for word in plugin["auth_methods"].words()} or {"bearer", "session"}
        kinds: dict[str, Auth] = {"password": "basic", "session": "cookie", "authorization_code": "cookie"}
        return frozenset(kinds.get(way, "bearer") for way in ways)
    if plugin.name == "jwt" and plugin["cookie_names"].words():
        return frozenset({"bearer", "cookie"})
    return AUTH_KINDS.get(plugin.name, frozenset())


def read_transformer(
    plugin: Plugin, routes: Iterable[PluginRoute], name: str, is_whole: bool, is_global: bool
) -> Subject | None:
    """The subject of a response-transformer that writes CORS headers."""
    written = tuple(name_and_value(line) for line in _lines(plugin, "replace", "add", "append"))
    rule = HeaderRule(name=name, format="kong", place=plugin.piece.place, written=written)
    route = together(routes, auth_of, is_whole)
    return read_rule(rule, of_everything(route) if is_global else route)


def _lines(plugin: Plugin, *actions: str) -> list[Said]:
    """The headers that a response-transformer writes or removes, each as `Name:value`."""
    pieces = [piece for action in actions for piece in plugin[action]["headers"].items()]
    return [said for piece in pieces if (said := piece.said)]


def _vary(
    plugin: Plugin, kinds: set[str], routes: list[PluginRoute]
) -> Literal["always", "with-origin", "never"] | None:
    if kinds == {"any"}:
        return None
    if any(_removes_vary(route) for route in routes):
        return "never"
    return "with-origin" if "reflect" in kinds or plugin["allow_origin_absent"].flag is False else "always"


def _removes_vary(route: PluginRoute) -> bool:
    """Whether a response-transformer, which runs after CORS, takes the header away or writes another."""
    words = [
        line.text.lower()
        for name in TRANSFORMERS
        if name in route.plugins
        for line in _lines(route.plugins[name], "remove", "replace")
    ]
    return any(word.partition(":")[0].strip() == "vary" and "origin" not in word for word in words)


def _auth_before(plugin: Plugin, routes: list[PluginRoute]) -> Place | None:
    """What asks a preflight who calls: with `preflight_continue` all that is not told to leave it alone."""
    is_passed_on = bool(plugin["preflight_continue"].flag)
    for route in routes:
        for name, other in route.plugins.items():
            if name in ASKS_WHO and (
                _is_first(other, plugin) or (is_passed_on and other["run_on_preflight"].flag is not False)
            ):
                return other.piece.place
    return None


def _cache_before(plugin: Plugin, routes: list[PluginRoute]) -> Place | None:
    caches = (route.plugins[name] for route in routes for name in CACHES & set(route.plugins))
    return next((cache.piece.place for cache in caches if _is_first(cache, plugin)), None)


def _is_first(other: Plugin, cors: Plugin) -> bool:
    """Whether an `ordering` puts another plugin before CORS."""
    before = other.piece["ordering"]["before"]["access"].words()
    after = cors.piece["ordering"]["after"]["access"].words()
    return "cors" in [word.text for word in before] or other.name in [word.text for word in after]
