"""Puts together the routes, services, plugin configs and global rules of one APISIX document."""

from collections.abc import Iterable, Iterator

from crossgate.cors.lint.subject import Subject
from crossgate.peers.apisix_cors import Levels, read_cors, read_rewrite
from crossgate.peers.pieces import Piece
from crossgate.peers.plugin_routes import InEffect, Plugin, PluginRoute, takes_options

OWN_API = ("/apisix/admin", "/apisix/prometheus")


class Gateway:
    """What a document configures, in the shape of apisix.yaml or of ADC's file, where routes stand in services."""

    def __init__(self, document: Piece) -> None:
        self._services = {_id(service): service for service in document["services"].items()}
        self._configs = {_id(config): config for config in document["plugin_configs"].items()}
        self._upstreams = {_id(upstream): upstream for upstream in document["upstreams"].items()}
        rules = document["global_rules"]
        of_rules = [plugins_of(rule["plugins"]) for rule in rules.items()] or [plugins_of(rules)]
        self._everywhere = {name: plugin for plugins in of_rules for name, plugin in plugins.items()}
        self._levels = Levels(self._everywhere, _named_origins(document["plugin_metadata"]), is_whole=True)
        self._written = list(self._written_routes(document))
        self._owners = [
            *(("service", service) for service in document["services"].items()),
            *(("plugin config", config) for config in document["plugin_configs"].items()),
            *(("route", route) for route, _ in self._written),
        ]

    def subjects(self) -> Iterator[Subject]:
        """A subject for each CORS plugin and each rewriting of headers."""
        in_effect = InEffect(self._routes())
        yield from subjects_of(self._everywhere, "in the global rules", in_effect, self._levels)
        for kind, owner in self._owners:
            where = f"on {kind} {owner.first('name', 'id', 'uri').text or owner.at}"
            labels = [label.text for label in owner["labels"].fields().values()]
            yield from subjects_of(plugins_of(owner["plugins"]), where, in_effect, self._levels, labels)

    def _written_routes(self, document: Piece) -> Iterator[tuple[Piece, Piece | None]]:
        """Every route and its service."""
        for route in document["routes"].items():
            yield route, self._services.get(route["service_id"].text)
        for service in document["services"].items():
            for route in service["routes"].items():
                yield route, service

    def _routes(self) -> list[PluginRoute]:
        routes = []
        for route, service in self._written:
            config = self._configs.get(route["plugin_config_id"].text)
            inherited = [plugins_of(each["plugins"]) for each in (service, config) if each]
            plugins = {name: plugin for each in inherited for name, plugin in each.items()}
            upstream = self._upstream(route) or (self._upstream(service) if service else None)
            routes.append(
                read_route(route, {**self._everywhere, **plugins, **plugins_of(route["plugins"])}, upstream)
            )
        return routes

    def _upstream(self, owner: Piece) -> Piece | None:
        return owner["upstream"] if owner["upstream"] else self._upstreams.get(owner["upstream_id"].text)


def subjects_of(
    plugins: dict[str, Plugin], where: str, in_effect: InEffect, levels: Levels, labels: Iterable[str] = ()
) -> Iterator[Subject]:
    """The subjects of the plugins of one owner, which may have labels."""
    for name in ("cors", "response-rewrite"):
        if plugin := plugins.get(name):
            mine = in_effect.on(plugin)
            if name == "cors":
                yield read_cors(plugin, mine, f"cors {where}", levels, labels)
            elif subject := read_rewrite(plugin, mine, f"response-rewrite {where}", levels):
                yield subject


def plugins_of(listed: Piece) -> dict[str, Plugin]:
    """The plugins that are switched on, of a mapping by name or of a list with names."""
    found = {
        name: Plugin(name, settings, settings.fields())
        for name, settings in listed.fields().items()
        if not (settings["_meta"]["disable"].flag or settings["disable"].flag)
    }
    for each in listed.items():
        if (name := each["name"].text) and each["enable"].flag is not False:
            found[name] = Plugin(name, each, each["config"].fields())
    return found


def read_route(
    route: Piece, plugins: dict[str, Plugin], upstream: Piece | None = None, name: str = ""
) -> PluginRoute:
    """A route and the plugins in effect on it."""
    uris = [*route["uri"].words(), *route["uris"].words(), *route["paths"].words()]
    paths = tuple(uri.text for uri in uris)
    methods = tuple(word.text for word in route["methods"].words()) or None
    redirect = plugins.get("redirect")
    return PluginRoute(
        name=name or route.first("name", "id").text or ", ".join(paths[:1]),
        paths=paths,
        path_matching="prefix" if any(path.endswith("*") for path in paths) else "exact" if paths else None,
        methods=methods,
        is_https=True if redirect and redirect["http_to_https"].flag else None,
        upstreams=tuple(_addresses(upstream)) if upstream else (),
        plugins=plugins,
        method_filter=None if takes_options(methods) else route["methods"].place,
        is_internal=next((uri.place for uri in uris if uri.text.startswith(OWN_API)), None),
    )


def _named_origins(metadata: Piece) -> Piece:
    """The origins that the CORS plugin's metadata gives names to: in a list by id, or in a mapping."""
    listed = [each for each in metadata.items() if each["id"].text == "cors"]
    return (listed[0] if listed else metadata["cors"])["allow_origins"]


def _id(owner: Piece) -> str:
    return owner["id"].text


def _addresses(upstream: Piece) -> Iterator[str]:
    scheme = upstream["scheme"].text or "http"
    for address in upstream["nodes"].fields():
        yield f"{scheme}://{address}"
    for node in upstream["nodes"].items():
        port = node["port"].text
        yield f"{scheme}://{node['host'].text}" + (f":{port}" if port else "")
    if service := upstream["service_name"].text:
        yield service
