"""Reads Envoy's configuration (bootstrap, listeners, routes), and the resources of Kubernetes made into it."""

import re
from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.subject import Document, Order, Said, Subject
from crossgate.peers import envoy_kubernetes, envoy_routes, yaml_lines
from crossgate.peers.development import says_development
from crossgate.peers.envoy_cors import Policy, subject
from crossgate.peers.envoy_routes import Chain
from crossgate.peers.header_rules import HeaderRule, read_rule
from crossgate.peers.pieces import Piece
from crossgate.peers.same_policy import joined

OWN_WORDS = re.compile(
    r"envoy\.(?:extensions|filters|config|http_connection_manager|cors)\b|\bstatic_resources\b|\bvirtual_?hosts\b|"
    r"\ballow_?origin_?string_?match\b|gateway\.envoyproxy\.io/|networking\.istio\.io/",
    re.IGNORECASE,
)
GATEWAY_API = re.compile(r"\bgateway\.networking\.k8s\.io/")
OTHERS = re.compile(r"\bkonghq\.com/|\bapisix\.apache\.org/|\btraefik\.(?:io|containo\.us)/")
SHAPE = re.compile(r"""^\s*(?:-\s+)?["']?[\w.@-]+["']?\s*:|^\s*[{\[]""", re.MULTILINE)
CORS_FILTERS = ("envoy.filters.http.cors", "envoy.cors", "cors")
REFLECTS = re.compile(r"%REQ\(:?origin\b", re.IGNORECASE)
APPENDS = {"", "APPEND_IF_EXISTS_OR_ADD", "0"}


def recognises(text: str, file: str) -> bool:
    """Whether this is YAML or JSON with words that only Envoy, Istio or the Gateway API use.

    Routes of the Gateway API beside resources of another gateway are that one's.
    """
    is_shared = GATEWAY_API.search(text) and not OTHERS.search(text)
    return bool((OWN_WORDS.search(text) or is_shared) and SHAPE.search(text))


def read(text: str, file: str) -> Document:
    """Every CORS policy on a virtual host or route, and every rule that adds CORS headers. Never raises."""
    documents, unreadable = yaml_lines.load(text, file)
    subjects: list[Subject] = []
    for document in documents:
        resources = document["items"].items() if document["kind"].text.endswith("List") else [document]
        for resource in resources:
            if resource.loosely("apiVersion") and resource["kind"]:
                subjects += envoy_kubernetes.read(resource)
    subjects += _configured(documents)
    return Document(tuple(joined(subjects)), tuple(unreadable))


class _Level(msgspec.Struct, frozen=True):
    """A route with all that is above it: the nearest first."""

    route: Piece
    virtual_host: Piece
    configuration: Piece

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The route, the virtual host and the route configuration."""
        return self.route, self.virtual_host, self.configuration

    @property
    def name(self) -> str:
        """What people call it."""
        return " ".join(name for name in (self.virtual_host["name"].text, self.route["name"].text) if name)


def _configured(documents: list[Piece]) -> Iterator[Subject]:
    """What routes say. They can be in another document of the stream than their listener and clusters."""
    clusters = {name: urls for each in documents for name, urls in envoy_routes.clusters_of(each).items()}
    chains = {key: found for each in documents for key, found in _chains(each).items()}
    only = next(iter(chains.values())) if len(chains) == 1 else Chain()
    for configuration in (piece for document in documents for piece in document.walk()):
        if not configuration.loosely("virtual_hosts").is_list:
            continue
        # Routes that are fetched by name belong to the only listener there is, if there is only one.
        chain = chains.get(id(configuration.node), only)
        for level in _levels(configuration):
            yield from _policies(level, chain, clusters)


def _chains(document: Piece) -> dict[int, Chain]:
    """The filters of each connection manager, by its route configuration."""
    found: dict[int, Chain] = {}
    secure = _managers_with_tls(document)
    for piece in document.walk():
        if piece.loosely("http_filters").is_list:
            is_https = True if id(piece.node) in secure else None
            chain = Chain(envoy_routes.filters_of(piece), is_https)
            found[id(piece.loosely("route_config").node or piece.node)] = chain
    return found


def _managers_with_tls(document: Piece) -> set[int]:
    found: set[int] = set()
    for piece in document.walk():
        if piece.loosely("filters").is_list and piece.loosely("transport_socket"):
            found |= {id(inner.node) for inner in piece.loosely("filters").walk()}
    return found


def _levels(configuration: Piece) -> Iterator[_Level]:
    """Every route that goes to a backend; a virtual host without any stands for itself."""
    for host in configuration.loosely("virtual_hosts").items():
        routes = [route for route in host["routes"].items() if not route["redirect"]]
        for route in routes or [Piece(None, host.at, host.file, host.line)]:
            yield _Level(route, host, configuration)


def _policies(level: _Level, chain: Chain, clusters: dict[str, tuple[str, ...]]) -> Iterator[Subject]:
    about = envoy_routes.route(level.route, level.name, chain, clusters)
    order = msgspec.structs.replace(
        envoy_routes.order(chain, level.virtual_host), method_filter=envoy_routes.method_filter(level.route)
    )
    domains = [domain.text for domain in level.virtual_host["domains"].items()]
    is_development = says_development(level.route.file, *domains)
    policy = _policy(level)
    if policy and policy.is_on:
        found = subject(policy, level.name)
        yield msgspec.structs.replace(
            found,
            on_errors=envoy_routes.on_errors(chain),
            is_development=is_development,
            route=about,
            order=order,
        )
    for rule in _header_rules(level):
        if by_rule := read_rule(rule, about, is_header_rule=True):
            yield _as_added(by_rule, level, is_development=is_development, order=order)


def _policy(level: _Level) -> Policy | None:
    """The policies in effect on a route. The older `cors` fields count only where no filter's own policy is."""
    typed = tuple(policy for policy in map(_typed, level.pieces) if policy)
    older = (level.route.loosely("route", "cors"), level.virtual_host["cors"])
    pieces = typed or tuple(policy for policy in older if policy)
    return Policy(pieces) if pieces else None


def _typed(piece: Piece) -> Piece:
    """The policy of one level; a FilterConfig can be wrapped around it."""
    policy = piece.loosely("typed_per_filter_config").first(*CORS_FILTERS)
    return policy["config"] if policy["config"].is_mapping and not policy["disabled"].flag else policy


def _header_rules(level: _Level) -> Iterator[HeaderRule]:
    for piece in level.pieces:
        added = piece.loosely("response_headers_to_add")
        written = [(item["header"]["key"].text, item["header"]["value"].said) for item in added.items()]
        said: tuple[tuple[str, Said], ...] = tuple((name, value) for name, value in written if value)
        yield HeaderRule(name=level.name, format="envoy", place=added.place, written=said)


def _as_added(found: Subject, level: _Level, *, is_development: bool, order: Order) -> Subject:
    """A header rule with what Envoy adds: its own way to name the Origin header, and whether it overwrites."""
    origins = tuple(
        msgspec.structs.replace(match, kind="reflect") if REFLECTS.search(match.text) else match
        for match in found.origins
    )
    actions = {
        item.loosely("append_action").text
        for piece in level.pieces
        for item in piece.loosely("response_headers_to_add").items()
        if item["header"]["key"].text.lower() == "access-control-allow-origin"
    }
    return msgspec.structs.replace(
        found,
        origins=origins,
        backend_cors="passed" if actions & APPENDS else "replaced",
        on_errors=True,
        is_development=is_development,
        order=order,
    )
