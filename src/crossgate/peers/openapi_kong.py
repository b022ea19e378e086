"""What Kong's extensions to OpenAPI say about CORS, as decK's openapi2kong turns them into plugins."""

from collections.abc import Iterator

from crossgate.cors.lint.subject import Subject
from crossgate.peers.kong_cors import read_cors
from crossgate.peers.openapi_operations import Operation, operations
from crossgate.peers.pieces import Piece
from crossgate.peers.plugin_routes import InEffect, Plugin, PluginRoute

PREFIX = "x-kong-plugin-"


def read(document: Piece) -> Iterator[Subject]:
    """A subject for each CORS plugin: of the document, of a path, of an operation."""
    everything = list(operations(document))
    in_effect = InEffect(_route(operation) for operation in everything)
    items = [(path, item) for path, item in document["paths"].fields().items()]
    owners = [("of the document", document), *((f"on {path}", item) for path, item in items)]
    owners += [(f"on {operation.name}", operation.piece) for operation in everything]
    for where, owner in owners:
        if plugin := _plugins(owner).get("cors"):
            yield read_cors(plugin, in_effect.on(plugin), f"cors {where}", (), is_whole=True)


def _route(operation: Operation) -> PluginRoute:
    plugins = _plugins(operation.document) | _plugins(operation.item) | _plugins(operation.piece)
    return PluginRoute(
        name=operation.name,
        paths=(operation.path,),
        methods=(operation.method,),
        plugins=plugins,
    )


def _plugins(owner: Piece) -> dict[str, Plugin]:
    written = {key: value for key, value in owner.fields().items() if key.startswith(PREFIX)}
    plugins = [
        Plugin(value["name"].text or key.removeprefix(PREFIX), value, value["config"].fields())
        for key, value in written.items()
        if value["enabled"].flag is not False
    ]
    return {plugin.name: plugin for plugin in plugins}
