"""What Amazon's extension for HTTP APIs says about CORS: one policy for the whole API."""

from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.subject import Order, OriginMatch, Place, Said, Subject
from crossgate.peers.openapi_operations import ANY, Operation, asks, operations, route_of
from crossgate.peers.pieces import Piece
from crossgate.peers.placeholders import is_filled_in

POLICY = "x-amazon-apigateway-cors"
DEFAULT_ROUTES = {"$default", "/$default"}
OPEN_ROUTE = "/{proxy+}"


def read(document: Piece) -> Iterator[Subject]:
    """The subject of an HTTP API's policy, if there is one.

    The API answers every preflight itself and drops the backend's CORS headers. Only its default route, which
    takes every method, asks a preflight who calls as it asks any request.
    """
    policy = document[POLICY]
    if not policy.is_mapping:
        return
    everything = list(operations(document))
    credentials = policy["allowCredentials"]
    yield Subject(
        name="HTTP API",
        format="openapi",
        place=policy.place,
        origins=tuple(_origin(word) for word in policy["allowOrigins"].words()),
        credentials=credentials.place if credentials.flag else None,
        methods=policy["allowMethods"].words() or None,
        headers=policy["allowHeaders"].words() or None,
        expose=policy["exposeHeaders"].words() or None,
        max_age=policy["maxAge"].said,
        backend_cors="replaced",
        route=msgspec.structs.replace(route_of(everything), is_https=True),
        order=Order(auth=_default_route_asks(everything)),
    )


def _origin(word: Said) -> OriginMatch:
    """`*` is everyone, `https://*` every origin that begins so; anything else is one origin."""
    if word.text == "*":
        return OriginMatch(kind="any", text=word.text, place=word.place)
    if is_filled_in(word.text):
        return OriginMatch(kind="template", text=word.text, place=word.place)
    return OriginMatch(kind="glob" if "*" in word.text else "exact", text=word.text, place=word.place)


def _default_route_asks(everything: list[Operation]) -> Place | None:
    """Where the default route asks, unless an open OPTIONS route beside it takes the preflights."""
    if any(each.method == "OPTIONS" and each.path == OPEN_ROUTE and not asks(each) for each in everything):
        return None
    defaults = (each for each in everything if each.method == ANY and each.path in DEFAULT_ROUTES)
    return next((place for each in defaults if (place := asks(each))), None)
