"""Envoy's routes: which requests they are for, where they go, and which filters run before CORS."""

from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.subject import Auth, Order, PathMatching, Place, Route
from crossgate.peers.pieces import Piece

AUTH: dict[str, Auth] = {
    "api_key_auth": "key",
    "basic_auth": "basic",
    "credential_injector": "none",
    "ext_authz": "other",
    "jwt_authn": "bearer",
    "oauth2": "cookie",
    "rbac": "other",
}
CACHES = {"cache", "cache_v2", "file_system_http_cache"}
ANSWERS_ERRORS = {*AUTH, "ratelimit", "local_ratelimit", "rate_limit_quota", "fault", "admission_control"}
ADDRESSES = ("remote_ip", "source_ip", "direct_remote_ip")
PATHS: dict[str, PathMatching] = {
    "path": "exact",
    "prefix": "prefix",
    "path_separated_prefix": "prefix",
    "safe_regex": "regex",
}


class Chain(msgspec.Struct, frozen=True):
    """The HTTP filters of a listener in order, each with its bare name, and whether browsers come by https."""

    filters: tuple[tuple[str, Piece], ...] = ()
    is_https: bool | None = None

    @property
    def before_cors(self) -> tuple[tuple[str, Piece], ...]:
        """The filters ahead of CORS."""
        names = [name for name, _ in self.filters]
        return self.filters[: names.index("cors")] if "cors" in names else ()


def filters_of(manager: Piece) -> tuple[tuple[str, Piece], ...]:
    """The filters of a connection manager, `envoy.filters.http.cors` as `cors`."""
    found = []
    for item in manager.loosely("http_filters").items():
        kind = item.loosely("typed_config")["@type"].text
        name = kind.split(".filters.http.")[-1].split(".")[0] if ".filters.http." in kind else item["name"].text
        found.append((name.rpartition(".")[2], item))
    return tuple(found)


def order(chain: Chain, virtual_host: Piece) -> Order:
    """What runs before CORS: a filter that asks who calls, a cache, and a virtual host that wants TLS."""
    require_tls = virtual_host.loosely("require_tls")
    wants_tls = require_tls.text in {"ALL", "EXTERNAL_ONLY", "1", "2"}
    return Order(
        cache=_first(chain, CACHES),
        auth=next((item.place for name, item in chain.before_cors if name in AUTH and _stops(name, item)), None),
        redirect=require_tls.place if wants_tls else None,
    )


def on_errors(chain: Chain) -> bool | None:
    """Whether errors carry the headers: not those of the filters ahead of CORS."""
    if not chain.filters:
        return None
    return not any(name in ANSWERS_ERRORS for name, _ in chain.before_cors)


def route(piece: Piece, name: str, chain: Chain, clusters: dict[str, tuple[str, ...]]) -> Route:
    """What is known of one route."""
    match = piece.loosely("match")
    kind, path = _path(match)
    methods = tuple(_methods(match))
    return Route(
        name=name,
        paths=(path,) if path else (),
        path_matching=kind,
        methods=methods or None,
        auth=frozenset(_auth(name, item) for name, item in chain.filters if name in AUTH) - {"none"} or None,
        is_https=chain.is_https,
        upstreams=tuple(url for cluster in _clusters(piece) for url in clusters.get(cluster, ())),
    )


def method_filter(piece: Piece) -> Place | None:
    """Where a route takes some methods only, and OPTIONS is not one of them."""
    methods = tuple(_methods(piece.loosely("match")))
    return piece.loosely("match").place if methods and "OPTIONS" not in methods else None


def clusters_of(document: Piece) -> dict[str, tuple[str, ...]]:
    """The addresses behind every cluster, by its name."""
    found = {}
    for piece in document.walk():
        assignment = piece.loosely("load_assignment")
        if not assignment:
            continue
        scheme = "https" if piece.loosely("transport_socket") else "http"
        found[piece["name"].text] = tuple(f"{scheme}://{address}" for address in _addresses(assignment))
    return found


def _addresses(assignment: Piece) -> Iterator[str]:
    for piece in assignment.walk():
        socket = piece.loosely("socket_address")
        if address := socket["address"].text:
            port = socket.loosely("port_value").text
            yield f"{f'[{address}]' if ':' in address else address}:{port}" if port else address


def _clusters(piece: Piece) -> list[str]:
    action = piece.loosely("route")
    weighted = action.loosely("weighted_clusters", "clusters").items()
    names = [action["cluster"].text, *(item["name"].text for item in weighted)]
    return [name for name in names if name]


def _path(match: Piece) -> tuple[PathMatching | None, str]:
    for name, kind in PATHS.items():
        found = match.loosely(name)
        if text := found["regex"].text or found.text:
            return kind, text
    return None, ""


def _methods(match: Piece) -> Iterator[str]:
    for header in match["headers"].items():
        if header["name"].text == ":method":
            exact = header.loosely("exact_match").text or header.loosely("string_match", "exact").text
            if exact:
                yield exact


def _auth(name: str, item: Piece) -> Auth:
    if name == "rbac":
        keys = {key for piece in item.walk() for key in piece.fields()}
        return "ip" if keys.intersection(ADDRESSES) else "other"
    return AUTH[name]


def _stops(name: str, item: Piece) -> bool:
    """Whether a filter asks preflights who they are: an address is all that they have, and JWT can let them by."""
    bypasses = item.loosely("typed_config", "bypass_cors_preflight").flag
    return not bypasses and _auth(name, item) not in {"ip", "none"}


def _first(chain: Chain, names: set[str]) -> Place | None:
    return next((item.place for name, item in chain.before_cors if name in names), None)
