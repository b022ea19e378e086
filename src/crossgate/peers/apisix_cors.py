"""What one CORS plugin of APISIX says, with the routes and plugins around it (cors.lua, APISIX 3)."""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from crossgate.cors.lint.subject import Auth, Order, OriginMatch, Place, Said, Subject
from crossgate.peers.development import says_development
from crossgate.peers.header_rules import HeaderRule, name_and_value, read_rule
from crossgate.peers.pieces import Piece
from crossgate.peers.placeholders import is_filled_in
from crossgate.peers.plugin_routes import Plugin, PluginRoute, of_everything, order, together

AUTH_KINDS: dict[str, frozenset[Auth]] = {
    "authz-casdoor": frozenset({"cookie"}),
    "authz-keycloak": frozenset({"bearer"}),
    "basic-auth": frozenset({"basic"}),
    "cas-auth": frozenset({"cookie"}),
    "dingtalk-auth": frozenset({"cookie"}),
    "feishu-auth": frozenset({"cookie"}),
    "forward-auth": frozenset({"other"}),
    "hmac-auth": frozenset({"signature"}),
    "ip-restriction": frozenset({"ip"}),
    "jwe-decrypt": frozenset({"bearer"}),
    "jwt-auth": frozenset({"bearer"}),
    "key-auth": frozenset({"key"}),
    "ldap-auth": frozenset({"basic"}),
    "ldap-auth-advanced": frozenset({"basic"}),
    "opa": frozenset({"other"}),
    "saml-auth": frozenset({"cookie"}),
    "wolf-rbac": frozenset({"bearer"}),
}
ASKS_WHO = {*AUTH_KINDS, "openid-connect", "multi-auth", "authz-casbin"} - {"ip-restriction"}
# Those that look at a request before the phase in which CORS answers a preflight is over.
PRIORITIES = {
    "authz-casbin": 2560,
    "basic-auth": 2520,
    "hmac-auth": 2530,
    "jwe-decrypt": 2509,
    "jwt-auth": 2510,
    "key-auth": 2500,
    "ldap-auth": 2540,
    "ldap-auth-advanced": 2541,
    "multi-auth": 2600,
    "openid-connect": 2599,
    "wolf-rbac": 2555,
}
CORS_PRIORITY = 4000
ANY_FORCED = "**"
WHOLE = re.compile(r"-?[0-9]{1,9}\Z")


class Levels(msgspec.Struct, frozen=True):
    """The plugins of the global rules, and the origins that plugin metadata gives names to."""

    everywhere: dict[str, Plugin]
    named_origins: Piece
    is_whole: bool


def read_cors(
    plugin: Plugin, routes: Iterable[PluginRoute], name: str, levels: Levels, labels: Iterable[str] = ()
) -> Subject:
    """The subject of a CORS plugin that is in effect on these routes.

    Whatever is not listed is `*`, sent as it stands. The plugin runs for APISIX's own error answers too, and
    replaces what the backend says.
    """
    routes = list(routes)
    place = plugin.piece.place
    methods, headers = plugin["allow_methods"], plugin["allow_headers"]
    credentials = plugin["allow_credential"]
    origins = _origins(plugin, levels.named_origins)
    route = together(routes, auth_of, levels.is_whole)
    return Subject(
        name=name,
        format="apisix",
        place=place,
        origins=origins,
        credentials=credentials.place if credentials.flag else None,
        methods=_listed(methods),
        headers=_listed(headers),
        expose=plugin["expose_headers"].words() or None,
        reflects_methods=methods.place if methods.text == ANY_FORCED else None,
        reflects_headers=headers.place if headers.text == ANY_FORCED else None,
        max_age=plugin["max_age"].said,
        vary=_vary(plugin, origins, routes),
        backend_cors="replaced",
        on_errors=True,
        timing_allow_origin=tuple(
            Said("*", word.place) if word.text == ANY_FORCED else word
            for word in plugin["timing_allow_origins"].words()
        ),
        is_development=says_development(place.file, *labels),
        is_internal=next((each.is_internal for each in routes if each.is_internal), None),
        route=msgspec.structs.replace(route, checks_csrf=True) if _checks_csrf(routes) else route,
        order=_order(plugin, routes, levels.everywhere),
    )


def read_rewrite(plugin: Plugin, routes: Iterable[PluginRoute], name: str, levels: Levels) -> Subject | None:
    """The subject of a response-rewrite that writes CORS headers."""
    headers = plugin["headers"]
    flat = [] if headers["set"] or headers["add"] or headers["remove"] else headers.fields().items()
    pairs = [*headers["set"].fields().items(), *flat]
    written = [(key, value.said) for key, value in pairs if value.said]
    written += [name_and_value(line) for line in headers["add"].words()]
    rule = HeaderRule(name=name, format="apisix", place=plugin.piece.place, written=tuple(written))
    route = together(routes, auth_of, levels.is_whole)
    return read_rule(rule, of_everything(route) if levels.everywhere.get(plugin.name) is plugin else route)


def auth_of(plugin: Plugin) -> frozenset[Auth]:
    """How a plugin of APISIX's asks who calls; nothing for one that does not."""
    if plugin.name == "openid-connect":
        return frozenset({"bearer"}) if plugin["bearer_only"].flag else frozenset({"bearer", "cookie"})
    if plugin.name == "multi-auth":
        names = {name for each in plugin["auth_plugins"].items() for name in each.fields()}
        return frozenset[Auth]().union(*(AUTH_KINDS.get(name, frozenset()) for name in names))
    return AUTH_KINDS.get(plugin.name, frozenset())


def _origins(plugin: Plugin, named: Piece) -> tuple[OriginMatch, ...]:
    """Regexes stand in for `allow_origins`; names of metadata stand beside either, unless that is `*`."""
    keys = plugin["allow_origins_by_metadata"].items()
    regexes = plugin["allow_origins_by_regex"].items()
    listed = plugin["allow_origins"]
    ways = [way for key in keys for way in _named(key, named)]
    if regexes:
        ways += [OriginMatch(kind="regex", text=each.text, place=each.place) for each in regexes if each.text]
    elif not keys or listed.text not in ("", "*"):
        ways += _from_text(listed.text or "*", listed.place)
    return tuple(ways)


def _named(key: Piece, named: Piece) -> list[OriginMatch]:
    """The origins that a key of the plugin's metadata stands for; here even `*` sends back what came."""
    value = named[key.text]
    if not value.text:
        return [OriginMatch(kind="template", text=key.text, place=key.place)]
    if value.text in ("*", ANY_FORCED):
        return [OriginMatch(kind="reflect", text=value.text, place=value.place)]
    return [msgspec.structs.replace(way, sent=None) for way in _from_text(value.text, value.place)]


def _from_text(text: str, place: Place) -> list[OriginMatch]:
    """One origin is sent to everyone who asks; of several, the one that came. They are not trimmed."""
    if text == "*":
        return [OriginMatch(kind="any", text=text, place=place)]
    if text == ANY_FORCED:
        return [OriginMatch(kind="reflect", text=text, place=place)]
    parts = [part for part in text.split(",") if part]
    kind: Literal["template", "exact"] = "template" if is_filled_in(text) else "exact"
    sent = text if len(parts) == 1 and kind == "exact" else None
    return [OriginMatch(kind=kind, text=part, place=place, sent=sent) for part in parts]


def _listed(piece: Piece) -> tuple[Said, ...] | None:
    if piece.text == ANY_FORCED:
        return None
    return piece.words() or (Said("*", piece.place),)


def _vary(
    plugin: Plugin, origins: tuple[OriginMatch, ...], routes: list[PluginRoute]
) -> Literal["always", "never"] | None:
    """APISIX sends Vary when `allow_origins` is not `*`: not with regexes or metadata alone."""
    if all(origin.kind == "any" for origin in origins):
        return None
    rewrites = (route.plugins["response-rewrite"] for route in routes if "response-rewrite" in route.plugins)
    if any(word.text.lower() == "vary" for each in rewrites for word in each["headers"]["remove"].words()):
        return "never"
    return "never" if plugin["allow_origins"].text in ("", "*") else "always"


def _checks_csrf(routes: list[PluginRoute]) -> bool:
    return bool(routes) and all("csrf" in route.plugins for route in routes)


def _order(plugin: Plugin, routes: list[PluginRoute], everywhere: dict[str, Plugin]) -> Order:
    """Global rules run before everything on a route; within one level the greater priority runs first.

    A CORS plugin among the global rules answers every preflight, before whatever runs after it.
    """
    if everywhere.get(plugin.name) is plugin:
        # A global rule runs even where no route takes the preflight.
        return Order(
            auth=next((other.piece.place for other in everywhere.values() if _is_first(other, plugin)), None)
        )
    answering = everywhere.get("cors")
    asked = (
        other.piece.place
        for name, other in everywhere.items()
        if name in ASKS_WHO and (answering is None or _is_first(other, answering))
    )
    redirect = everywhere.get("redirect")
    inside = (
        other.piece.place
        for route in routes
        for name, other in route.plugins.items()
        if everywhere.get(name) is not other and _is_first(other, plugin)
    )
    found = order(routes, auth=next(asked, None) or next(inside, None))
    if answering:
        found = msgspec.structs.replace(found, method_filter=None)
    return msgspec.structs.replace(found, redirect=redirect.piece.place) if redirect else found


def _is_first(other: Plugin, cors: Plugin) -> bool:
    """Whether a plugin asks who calls before CORS, on the same level."""
    return other.name in PRIORITIES and _priority(other, PRIORITIES[other.name]) > _priority(cors, CORS_PRIORITY)


def _priority(plugin: Plugin, usual: int) -> int:
    written = plugin["_meta"]["priority"].text
    return int(written) if WHOLE.match(written) else usual
