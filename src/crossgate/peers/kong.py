"""Reads Kong's declarative configuration (kong.yml, decK), and its plugins as Kubernetes objects."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crossgate.cors.lint.subject import Document, Place, Subject
from crossgate.peers import kong_kubernetes, yaml_lines
from crossgate.peers.kong_cors import TRANSFORMERS, read_cors, read_transformer
from crossgate.peers.pieces import Piece
from crossgate.peers.plugin_routes import InEffect, Plugin, PluginRoute, takes_options

FORMAT_KEY = re.compile(r"""(?:^|[{,])\s*["']?_format_version["']?\s*:""", re.MULTILINE)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
ADMIN_PORTS = {8001, 8444}
REDIRECTS = {"301", "302", "307", "308"}


def recognises(text: str, file: str) -> bool:
    """Whether it has the version key that every declarative file has, or a Kubernetes object of Kong's."""
    return bool(FORMAT_KEY.search(text)) or kong_kubernetes.recognises(text)


def read(text: str, file: str) -> Document:
    """Every CORS plugin, and every response-transformer that writes CORS headers."""
    documents, unreadable = yaml_lines.load(text, file)
    subjects: list[Subject] = []
    for document in documents:
        if document["kind"] or document["items"]:
            continue
        subjects += _Declared(document).subjects()
    cluster = kong_kubernetes.read(documents)
    return Document((*subjects, *cluster.subjects), (*unreadable, *cluster.unreadable))


class _Declared:
    """The services, routes and plugins of one declarative document, put together."""

    def __init__(self, document: Piece) -> None:
        self._shared = document["_plugin_configs"].fields()
        self._is_whole = bool(document["services"] or document["routes"])
        self._named: dict[tuple[str, str], list[Piece]] = {}
        self._global = self._made(self._sort_out(document["plugins"].items()))
        self._services = [(service, self._of("service", service)) for service in document["services"].items()]
        self._written = list(self._written_routes(document))
        self._in_effect = InEffect(self._routes())

    def subjects(self) -> Iterator[Subject]:
        """A subject for each CORS plugin and each header rule, whether or not a route is left to it."""
        yield from self._of_scope(self._global, "global", [])
        for service, plugins in self._services:
            alone = PluginRoute(upstreams=_upstreams(service), plugins={**self._global, **plugins})
            yield from self._of_scope(plugins, f"on service {_name(service)}", [alone], service)
        for route, plugins, _ in self._written:
            yield from self._of_scope(plugins, f"on route {_name(route)}", [], route)

    def _of_scope(
        self, plugins: dict[str, Plugin], where: str, otherwise: list[PluginRoute], owner: Piece | None = None
    ) -> Iterator[Subject]:
        for kind in ("cors", *TRANSFORMERS):
            if plugin := plugins.get(kind):
                routes = self._in_effect.on(plugin) or otherwise
                tags = [tag.text for piece in (plugin.piece, owner) if piece for tag in piece["tags"].words()]
                if kind == "cors":
                    yield read_cors(plugin, routes, f"cors {where}", tags, self._is_whole)
                elif rule := read_transformer(
                    plugin, routes, f"{kind} {where}", self._is_whole, plugins is self._global
                ):
                    yield rule

    def _routes(self) -> Iterator[PluginRoute]:
        of_services = {service.at: plugins for service, plugins in self._services}
        for route, plugins, service in self._written:
            inherited = of_services[service.at] if service else {}
            yield _route(route, service, {**self._global, **inherited, **plugins})

    def _written_routes(self, document: Piece) -> Iterator[tuple[Piece, dict[str, Plugin], Piece | None]]:
        """Every route, its own plugins, and the service it belongs to."""
        by_name = {name: service for service, _ in self._services for name in _names(service)}
        for service, _ in self._services:
            for route in service["routes"].items():
                yield route, self._of("route", route), service
        for route in document["routes"].items():
            yield route, self._of("route", route), by_name.get(_reference(route["service"]))

    def _of(self, kind: str, owner: Piece) -> dict[str, Plugin]:
        """The plugins of a service or route: those at the top that name it, and those inside it."""
        named = [plugin for name in _names(owner) for plugin in self._named.get((kind, name), [])]
        return self._made([*named, *owner["plugins"].items()])

    def _sort_out(self, plugins: list[Piece]) -> list[Piece]:
        """The plugins at the top that belong to nobody; the others are kept by what they name."""
        of_nobody = []
        for plugin in plugins:
            kind = "route" if plugin["route"] else "service" if plugin["service"] else None
            if kind is None:
                of_nobody.append(plugin)
            else:
                self._named.setdefault((kind, _reference(plugin[kind])), []).append(plugin)
        return of_nobody

    def _made(self, items: list[Piece]) -> dict[str, Plugin]:
        found = {}
        for item in items:
            name = item["name"].text
            is_for_some = item["consumer"] or item["consumer_group"]
            if name and item["enabled"].flag is not False and not is_for_some:
                shared = self._shared.get(item["_config"].text)
                settings = {**(shared.fields() if shared else {}), **item["config"].fields()}
                found[name] = Plugin(name, item, settings)
        return found


def _reference(owner: Piece) -> str:
    """The name or id by which a service or route is meant: bare, or in a mapping."""
    return owner.first("name", "id").text or owner.text


def _names(owner: Piece) -> set[str]:
    return {owner["name"].text, owner["id"].text} - {""}


def _name(owner: Piece) -> str:
    return owner.first("name", "id").text or owner.at


def _route(route: Piece, service: Piece | None, plugins: dict[str, Plugin]) -> PluginRoute:
    methods = tuple(word.text for word in route["methods"].words()) or None
    paths = tuple(word.text for word in route["paths"].words())
    protocols = {word.text for word in route["protocols"].words()}
    status = route["https_redirect_status_code"]
    return PluginRoute(
        name=_name(route),
        paths=paths,
        # A path that begins with `~` is a regex. CORS is bound to the route itself, so it cannot match otherwise.
        path_matching=None if any(path.startswith("~") for path in paths) else "prefix",
        methods=methods,
        is_https="https" in protocols if protocols else None,
        upstreams=_upstreams(service) if service else (),
        plugins=plugins,
        method_filter=None if takes_options(methods) else route["methods"].place,
        redirect=status.place if protocols == {"https"} and status.text in REDIRECTS else None,
        is_internal=_admin_api(service) if service else None,
    )


def _upstreams(service: Piece) -> tuple[str, ...]:
    if url := service["url"].text:
        return (url,)
    host, port = service["host"].text, service["port"].text
    protocol = service["protocol"].text or "http"
    return (f"{protocol}://{host}" + (f":{port}" if port else ""),) if host else ()


def _admin_api(service: Piece) -> Place | None:
    """Where a service leads to Kong's own admin API, which listens on the loopback."""
    for upstream in _upstreams(service):
        try:
            parts = urlsplit(upstream)
            is_admin = parts.hostname in LOOPBACK and parts.port in ADMIN_PORTS
        except ValueError:
            return None
        if is_admin:
            return service.first("url", "host").place
    return None
