"""Where Traefik takes its configuration from: dynamic files, resources of Kubernetes, labels of containers."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from crossgate.peers.pieces import Mapping, Node, Piece, Scalar

LABEL = re.compile(r"^traefik\.(http\..+)$", re.IGNORECASE)


class Middleware(msgspec.Struct, frozen=True):
    """A middleware: its name, what kind it is (in lower case), and its settings."""

    name: str
    kind: str
    settings: Piece


class Router(msgspec.Struct, frozen=True, kw_only=True):
    """A router: its rule, the names of its middlewares in order, and the services behind it."""

    name: str
    piece: Piece
    rule: Piece
    middlewares: list[Piece]
    services: tuple[str, ...] = ()
    upstreams: tuple[str, ...] = ()
    has_tls: bool | None = None


class Configuration(msgspec.Struct):
    """Everything that one file configures."""

    middlewares: list[Middleware] = []
    routers: list[Router] = []


def collect(documents: Iterable[Piece]) -> Configuration:
    """The middlewares and routers of a file, whichever way they are written."""
    found = Configuration([], [])
    for document in documents:
        for each in _single(document):
            kind = each["kind"].text
            if kind == "Middleware":
                found.middlewares += _middlewares({bare(each["metadata"]["name"].text): each["spec"]})
            elif kind == "IngressRoute":
                found.routers += _ingress_routes(each)
            elif kind == "Ingress":
                found.routers += _ingress(each)
            elif each.loosely("http"):
                _dynamic(each.loosely("http"), found)
            for labels in _labels(each):
                _dynamic(labels.loosely("http"), found)
    return found


def bare(name: str) -> str:
    """A middleware's name as it is compared: without the provider behind `@`, and whatever its case."""
    return name.partition("@")[0].strip().lower()


def _single(document: Piece) -> list[Piece]:
    """The resources of a Kubernetes list, or the document itself."""
    return document["items"].items() if document["kind"].text.endswith("List") else [document]


def _dynamic(http: Piece, found: Configuration) -> None:
    found.middlewares += _middlewares(
        {bare(name): piece for name, piece in http.loosely("middlewares").fields().items()}
    )
    services = {bare(name): piece for name, piece in http.loosely("services").fields().items()}
    for name, piece in http.loosely("routers").fields().items():
        service = piece.loosely("service")
        found.routers.append(
            Router(
                name=name,
                piece=piece,
                rule=piece.loosely("rule"),
                middlewares=listed(piece.loosely("middlewares")),
                services=(service.text,) if service else (),
                upstreams=_upstreams(services.get(bare(service.text), Piece(None))),
                has_tls=_has_tls(piece),
            )
        )


def _middlewares(named: dict[str, Piece]) -> list[Middleware]:
    return [
        Middleware(name, kind.lower(), settings)
        for name, piece in named.items()
        for kind, settings in piece.fields().items()
    ]


def _upstreams(service: Piece) -> tuple[str, ...]:
    balancer = service.loosely("loadBalancer")
    urls = [server.loosely("url").text for server in balancer.loosely("servers").items()]
    return tuple(url for url in urls if url)


def _has_tls(piece: Piece) -> bool | None:
    """Whether browsers come by https. An entry point's name is all that a dynamic file tells of it."""
    if piece.loosely("tls").is_mapping or piece.loosely("tls").flag:
        return True
    names = {entry.text.lower() for entry in listed(piece.loosely("entryPoints"))}
    return True if names & {"websecure", "https"} else None


def listed(piece: Piece) -> list[Piece]:
    """The items of a list, or the words of a label with commas."""
    if piece.is_list:
        return piece.items()
    words = (word.strip() for word in piece.text.split(","))
    return [Piece(Scalar(word, piece.line or 1), piece.at, piece.file) for word in words if word]


def _ingress_routes(resource: Piece) -> Iterator[Router]:
    name = resource["metadata"]["name"].text
    for route in resource["spec"]["routes"].items():
        services = tuple(service["name"].text for service in route["services"].items())
        yield Router(
            name=name,
            piece=route,
            rule=route["match"],
            middlewares=[each["name"] for each in route["middlewares"].items()],
            services=services,
            upstreams=tuple(f"http://{service}" for service in services if "@" not in service),
            has_tls=_has_tls(resource["spec"]),
        )


def _ingress(resource: Piece) -> Iterator[Router]:
    """An Ingress names middlewares of the cluster in an annotation, as `namespace-name@kubernetescrd`."""
    annotation = resource["metadata"]["annotations"]["traefik.ingress.kubernetes.io/router.middlewares"]
    if not annotation:
        return
    hosts = [rule["host"].text for rule in resource["spec"]["rules"].items()]
    yield Router(
        name=" ".join([resource["metadata"]["name"].text, *hosts]),
        piece=resource,
        rule=Piece(None),
        middlewares=listed(annotation),
        has_tls=True if resource["spec"]["tls"] else None,
    )


def _labels(document: Piece) -> Iterator[Piece]:
    """Container labels as the tree that they stand for: one for each set of labels."""
    for piece in document.walk():
        for name in ("labels", "deploy"):
            labels = piece[name] if name == "labels" else piece[name]["labels"]
            tree = Mapping(labels.line or 1, [])
            for written, value, line in _pairs(labels):
                if label := LABEL.match(written):
                    _plant(tree, label[1].split("."), Scalar(value.replace("$$", "$"), line, is_plain=True))
            if tree.items:
                yield Piece(tree, labels.at, labels.file, labels.line)


def _pairs(labels: Piece) -> Iterator[tuple[str, str, int]]:
    for name, piece in labels.fields().items():
        yield name, piece.text, piece.line or 1
    for item in labels.items():
        name, _, value = item.text.partition("=")
        yield name.strip(), value.strip(), item.line or 1


def _plant(tree: Mapping, path: list[str], value: Scalar) -> None:
    """Put a value where a dotted name says."""
    for step in path[:-1]:
        inner: Node | None = next((node for key, node in tree.items if key.text.lower() == step.lower()), None)
        if not isinstance(inner, Mapping):
            inner = Mapping(value.line, [])
            tree.items.append((Scalar(step, value.line, is_plain=False), inner))
        tree = inner
    tree.items.append((Scalar(path[-1], value.line, is_plain=False), value))
