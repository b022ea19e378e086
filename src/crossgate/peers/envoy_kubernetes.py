"""CORS in Kubernetes: Envoy Gateway's SecurityPolicy, Istio's VirtualService, the Gateway API's filter."""

from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.subject import Auth, OriginMatch, PathMatching, Place, Route, Subject
from crossgate.peers.development import says_development
from crossgate.peers.envoy_cors import Policy, subject
from crossgate.peers.header_rules import HeaderRule, read_rule
from crossgate.peers.pieces import Piece

AUTH: dict[str, Auth] = {
    "jwt": "bearer",
    "basicAuth": "basic",
    "oidc": "cookie",
    "extAuth": "other",
    "apiKeyAuth": "key",
    "authorization": "other",
}
PATHS: dict[str, PathMatching] = {
    "Exact": "exact",
    "PathPrefix": "prefix",
    "RegularExpression": "regex",
    "exact": "exact",
    "prefix": "prefix",
    "regex": "regex",
}


def read(resource: Piece) -> Iterator[Subject]:
    """The subjects of one resource; none when it is of a kind without CORS."""
    match resource["kind"].text:
        case "SecurityPolicy":
            yield from _security_policy(resource)
        case "VirtualService":
            yield from _virtual_service(resource)
        case "HTTPRoute" | "GRPCRoute":
            yield from _gateway_route(resource)
        case _:
            return


def _security_policy(resource: Piece) -> Iterator[Subject]:
    """Envoy Gateway puts CORS before whatever else the policy asks for."""
    spec = resource["spec"]
    if not spec["cors"]:
        return
    found = subject(Policy((spec["cors"],)), _name(resource), "envoy-gateway")
    auth = frozenset(kind for name, kind in AUTH.items() if spec[name])
    yield msgspec.structs.replace(
        found,
        origins=_globs(spec["cors"]["allowOrigins"]),
        on_errors=True,
        is_development=_is_development(resource),
        route=Route(name=_name(resource), auth=auth or None),
    )


def _globs(listed: Piece) -> tuple[OriginMatch, ...]:
    """Origins in which `*` stands for any characters; older versions name the type beside the value."""
    found = []
    for item in listed.items():
        kind, written = item["type"].text, item["value"] or item
        if written.text == "*" or kind == "RegularExpression":
            found += list(_origins_of(kind, written))
        elif "*" in written.text:
            found.append(OriginMatch(kind="glob", text=written.text, place=written.place))
        elif written.text:
            found.append(OriginMatch(kind="exact", text=written.text, place=written.place))
    return tuple(found)


def _origins_of(kind: str, written: Piece) -> Iterator[OriginMatch]:
    if kind == "RegularExpression":
        yield OriginMatch(kind="regex", text=written.text, place=written.place, anchoring="full")
    else:
        yield OriginMatch(kind="reflect", text=written.text, place=written.place)


def _virtual_service(resource: Piece) -> Iterator[Subject]:
    for rule in resource["spec"]["http"].items():
        route = _istio_route(resource, rule)
        if rule["corsPolicy"]:
            found = subject(Policy((rule["corsPolicy"],)), route.name, "istio")
            yield msgspec.structs.replace(
                found, on_errors=True, is_development=_is_development(resource), route=route
            )
        added = rule["headers"]["response"]
        written = [*added["set"].fields().items(), *added["add"].fields().items()]
        yield from _header_rule(resource, "istio", added.place, written, route)


def _istio_route(resource: Piece, rule: Piece) -> Route:
    hosts = [host.text for host in resource["spec"]["hosts"].items()]
    uris = [uri for match in rule["match"].items() for uri in match["uri"].fields().items()]
    kinds = {PATHS.get(kind) for kind, _ in uris}
    return Route(
        name=" ".join([*hosts[:1], rule["name"].text]).strip() or _name(resource),
        paths=tuple(written.text for _, written in uris),
        path_matching=kinds.pop() if len(kinds) == 1 else None,
        upstreams=tuple(f"http://{to['destination']['host'].text}" for to in rule["route"].items()),
    )


def _gateway_route(resource: Piece) -> Iterator[Subject]:
    for rule in resource["spec"]["rules"].items():
        route = _rule_route(resource, rule)
        for item in rule["filters"].items():
            if item["cors"]:
                found = subject(Policy((item["cors"],)), _name(resource), "gateway-api")
                yield msgspec.structs.replace(
                    found,
                    origins=tuple(
                        _origin(origin) for origin in item["cors"]["allowOrigins"].items() if origin.text
                    ),
                    vary=None,
                    is_development=_is_development(resource),
                    route=route,
                )
            modifier = item["responseHeaderModifier"]
            entries = [*modifier["set"].items(), *modifier["add"].items()]
            written = [(entry["name"].text, entry["value"]) for entry in entries]
            yield from _header_rule(resource, "gateway-api", modifier.place, written, route)


def _origin(item: Piece) -> OriginMatch:
    if item.text == "*":
        return OriginMatch(kind="any", text="*", place=item.place)
    kind = "host-pattern" if "*" in item.text else "exact"
    return OriginMatch(kind=kind, text=item.text, place=item.place)  # type: ignore[arg-type]


def _rule_route(resource: Piece, rule: Piece) -> Route:
    matches = rule["matches"].items()
    paths = [(match["path"]["type"].text or "PathPrefix", match["path"]["value"].text) for match in matches]
    kinds = {PATHS.get(kind) for kind, path in paths if path}
    methods = tuple(match["method"].text for match in matches if match["method"].text)
    return Route(
        name=_name(resource),
        paths=tuple(path for _, path in paths if path),
        path_matching=kinds.pop() if len(kinds) == 1 else None,
        methods=methods if methods and len(methods) == len(matches) else None,
        upstreams=tuple(f"http://{to['name'].text}" for to in rule["backendRefs"].items() if to["name"].text),
    )


def _header_rule(
    resource: Piece, format_name: str, place: Place, written: list[tuple[str, Piece]], route: Route
) -> Iterator[Subject]:
    said = tuple((name, value.said) for name, value in written)
    rule = HeaderRule(
        name=route.name or _name(resource),
        format=format_name,
        place=place,
        written=tuple((name, value) for name, value in said if value),
    )
    if found := read_rule(rule, route):
        yield msgspec.structs.replace(found, is_development=_is_development(resource))


def _name(resource: Piece) -> str:
    return resource["metadata"]["name"].text


def _is_development(resource: Piece) -> bool:
    return says_development(resource.file, resource["metadata"]["namespace"].text, _name(resource))
