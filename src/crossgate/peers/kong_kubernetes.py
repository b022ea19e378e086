"""Reads Kong's plugins as Kubernetes objects: KongPlugin, KongClusterPlugin, and the Ingresses that name them."""

import re
from collections.abc import Iterable, Iterator

from crossgate.cors.lint.subject import Document, Subject, Unreadable
from crossgate.peers.kong_cors import TRANSFORMERS, read_cors, read_transformer
from crossgate.peers.pieces import Piece
from crossgate.peers.plugin_routes import InEffect, Plugin, PluginRoute, takes_options

KINDS = {"KongPlugin", "KongClusterPlugin"}
KIND = re.compile(r"""^\s*["']?kind["']?\s*:\s*["']?Kong(?:Cluster)?Plugin\b""", re.MULTILINE)
ANNOTATION = "konghq.com/plugins"


def recognises(text: str) -> bool:
    """Whether one of its objects is a plugin of Kong's."""
    return bool(KIND.search(text))


def read(documents: Iterable[Piece]) -> Document:
    """Every CORS plugin among these objects, with the Ingresses and routes of the same file that name it."""
    objects = [each for document in documents for each in document["items"].items() or [document]]
    plugins = [plugin for each in objects if (plugin := _plugin(each))]
    in_effect = InEffect(route for each in objects for route in _routes(each, plugins))
    subjects: list[Subject] = []
    unreadable: list[Unreadable] = []
    for plugin in plugins:
        if plugin.name in ("cors", *TRANSFORMERS) and plugin.piece["configFrom"]:
            unreadable.append(_kept_elsewhere(plugin))
        else:
            subjects += _subjects(plugin, in_effect.on(plugin))
    return Document(tuple(subjects), tuple(unreadable))


def _subjects(plugin: Plugin, routes: list[PluginRoute]) -> Iterator[Subject]:
    title = f"{plugin.name} in {plugin.piece['kind'].text} {_name(plugin.piece)}"
    if plugin.name == "cors":
        labels = plugin.piece["metadata"]["labels"].fields().values()
        yield read_cors(plugin, routes, title, [label.text for label in labels], is_whole=False)
    elif plugin.name in TRANSFORMERS:
        rule = read_transformer(plugin, routes, title, is_whole=False, is_global=_is_global(plugin))
        yield from [rule] if rule else []


def _is_global(plugin: Plugin) -> bool:
    return bool(plugin.piece["metadata"]["labels"]["global"].flag)


def _kept_elsewhere(plugin: Plugin) -> Unreadable:
    return Unreadable(
        plugin.piece["configFrom"].place,
        "The plugin's settings are in a Secret that is not part of this document.",
        "Read the Secret's settings as a `config` of the plugin.",
    )


def _name(each: Piece) -> str:
    return each["metadata"]["name"].text


def _plugin(each: Piece) -> Plugin | None:
    if each["kind"].text not in KINDS or each["disabled"].flag or not each["plugin"].text:
        return None
    return Plugin(each["plugin"].text, each, each["config"].fields())


def _routes(each: Piece, plugins: list[Plugin]) -> Iterator[PluginRoute]:
    """An Ingress or HTTPRoute as one route with all its paths: Kong's annotations hold for all of them."""
    if each["kind"].text not in {"Ingress", "HTTPRoute"}:
        return
    annotations = each["metadata"]["annotations"]
    named = {word.text for word in annotations[ANNOTATION].words()}
    everywhere = [plugin for plugin in plugins if _is_global(plugin)]
    own = [plugin for plugin in plugins if _name(plugin.piece) in named]
    methods = tuple(word.text for word in annotations["konghq.com/methods"].words()) or None
    protocols = {word.text for word in annotations["konghq.com/protocols"].words()}
    yield PluginRoute(
        name=_name(each),
        paths=tuple(_paths(each["spec"])),
        methods=methods,
        is_https="https" in protocols if protocols else True if each["spec"]["tls"] else None,
        plugins={plugin.name: plugin for plugin in (*everywhere, *own)},
        method_filter=None if takes_options(methods) else annotations["konghq.com/methods"].place,
    )


def _paths(spec: Piece) -> Iterator[str]:
    for rule in spec["rules"].items():
        for path in rule["http"]["paths"].items():
            yield path["path"].text
        for match in rule["matches"].items():
            yield match["path"]["value"].text
