"""Reads the Kubernetes objects of APISIX's ingress controller that carry plugins."""

from collections.abc import Iterable, Iterator

from crossgate.cors.lint.subject import Subject
from crossgate.peers.apisix_cors import Levels
from crossgate.peers.apisix_routes import plugins_of, read_route, subjects_of
from crossgate.peers.pieces import Piece
from crossgate.peers.plugin_routes import InEffect, Plugin, PluginRoute

VERSION = "apisix.apache.org/"
CONFIGS = {"ApisixPluginConfig", "PluginConfig"}
AUTHENTICATION = {
    "basicAuth": "basic-auth",
    "hmacAuth": "hmac-auth",
    "jwtAuth": "jwt-auth",
    "keyAuth": "key-auth",
    "ldapAuth": "ldap-auth",
    "wolfRBAC": "wolf-rbac",
}


def recognises(text: str) -> bool:
    """Whether one of its objects is of APISIX's own kinds."""
    return VERSION in text


def read(documents: Iterable[Piece]) -> Iterator[Subject]:
    """A subject for each CORS plugin and each rewriting of headers among these objects."""
    objects = [
        each
        for document in documents
        for each in document["items"].items() or [document]
        if each["apiVersion"].text.startswith(VERSION)
    ]
    configs = {_name(each): plugins_of(each["spec"]["plugins"]) for each in objects if _is(each, CONFIGS)}
    rules = [plugins_of(each["spec"]["plugins"]) for each in objects if _is(each, {"ApisixGlobalRule"})]
    everywhere = {name: plugin for rule in rules for name, plugin in rule.items()}
    levels = Levels(everywhere, Piece(None), is_whole=False)
    written = [(each, rule) for each in objects for rule in each["spec"]["http"].items()]
    routes = InEffect(_route(rule, configs, everywhere) for _, rule in written)
    yield from subjects_of(everywhere, "in the global rules", routes, levels)
    for name, plugins in configs.items():
        yield from subjects_of(plugins, f"in plugin config {name}", routes, levels)
    for each, rule in written:
        where = f"on {_name(each)} {rule['name'].text}"
        yield from subjects_of(plugins_of(rule["plugins"]), where, routes, levels)


def _route(rule: Piece, configs: dict[str, dict[str, Plugin]], everywhere: dict[str, Plugin]) -> PluginRoute:
    plugins = everywhere | configs.get(rule["plugin_config_name"].text, {}) | plugins_of(rule["plugins"])
    authentication = rule["authentication"]
    kind = AUTHENTICATION.get(authentication["type"].text)
    if kind and authentication["enable"].flag:
        plugins[kind] = Plugin(kind, authentication, {})
    return read_route(rule["match"], plugins, name=rule["name"].text)


def _is(each: Piece, kinds: set[str]) -> bool:
    return each["kind"].text in kinds


def _name(each: Piece) -> str:
    return each["metadata"]["name"].text
