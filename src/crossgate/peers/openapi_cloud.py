"""What the cloud's extensions say about CORS: an API's switch, and headers of error answers (2.4, 6.3)."""

from collections.abc import Iterable, Iterator

import msgspec

from crossgate.cors.lint.subject import Order, OriginMatch, Place, Route, Said, Subject
from crossgate.peers.header_rules import HeaderRule, read_rule
from crossgate.peers.openapi_operations import Operation, operations, route_of
from crossgate.peers.pieces import Piece

SWITCH = "x-apigateway-cors"
PREFIX = "SWA"

# The fixed answer of an OPTIONS API (section 2.4).
METHODS = "GET,POST,PUT,DELETE,HEAD,OPTIONS,PATCH"
HEADERS = (
    "X-Stage,X-Sdk-Date,X-Sdk-Nonce,X-Proxy-Signed-Headers,X-Sdk-Content-Sha256,X-Forwarded-For,Authorization,"
    "Content-Type,Accept,Accept-Ranges,Cache-Control,Range"
)
EXPOSED = (
    "X-Request-Id,X-Apig-Latency,X-Apig-Upstream-Latency,X-Apig-RateLimit-Api,X-Apig-RateLimit-User,"
    "X-Apig-RateLimit-App,X-Apig-RateLimit-Ip,X-Apig-RateLimit-Api-Allenv"
)
MAX_AGE = "172800"


def read(document: Piece) -> Iterator[Subject]:
    """A subject for each operation that is switched on, and for each error answer that is given CORS headers."""
    switched = [operation for operation in operations(document) if operation.piece[SWITCH].flag]
    preflights = [operation for operation in switched if operation.method == "OPTIONS"]
    for operation in switched:
        place = operation.piece[SWITCH].place
        subject = Subject(
            name=operation.name,
            format="openapi",
            place=place,
            origins=(OriginMatch(kind="any", text="*", place=place),),
            route=_route(operation),
        )
        if operation.method == "OPTIONS":
            yield _with_preflight(subject, place)
        else:
            yield msgspec.structs.replace(subject, order=_order(operation, preflights))
    for name, answers in document["x-apigateway-responses"].fields().items():
        yield from _error_answers(name, answers)


def _with_preflight(subject: Subject, place: Place) -> Subject:
    return msgspec.structs.replace(
        subject,
        methods=_said(METHODS, place),
        headers=_said(HEADERS, place),
        expose=_said(EXPOSED, place),
        max_age=Said(MAX_AGE, place),
    )


def _said(words: str, place: Place) -> tuple[Said, ...]:
    return tuple(Said(word, place) for word in words.split(","))


def _route(operation: Operation) -> Route:
    is_prefix = operation.piece["x-apigateway-match-mode"].text == PREFIX
    return route_of(
        [operation], _upstreams(operation.piece["x-apigateway-backend"]), "prefix" if is_prefix else "exact"
    )


def _upstreams(backend: Piece) -> Iterator[str]:
    http = backend["httpEndpoints"]
    if address := http["address"].text:
        yield f"{http['scheme'].text.lower() or 'http'}://{address}"
    if channel := backend["httpVpcEndpoints"]["name"].text:
        yield channel


def _order(operation: Operation, preflights: Iterable[Operation]) -> Order:
    """The switch alone answers no preflight: an OPTIONS API of the group has to, or a plugin bound to this one."""
    if operation.piece["x-apigateway-plugins"].words() or any(_answers(each, operation) for each in preflights):
        return Order()
    return Order(method_filter=operation.piece[SWITCH].place)


def _answers(options: Operation, operation: Operation) -> bool:
    """Whether an OPTIONS API stands for this path: the same one, or with prefix matching one above it; or `/`."""
    above = options.path.rstrip("/")
    is_prefix = options.piece["x-apigateway-match-mode"].text == PREFIX
    return (
        options.path == "/"
        or above == operation.path.rstrip("/")
        or (is_prefix and operation.path.startswith(f"{above}/"))
    )


def _error_answers(name: str, answers: Piece) -> Iterator[Subject]:
    for kind, answer in answers.fields().items():
        headers = answer["headers"]
        written = [(key, value.said) for key, value in headers.fields().items() if value.said]
        written += [
            (each.first("key", "name").text, said) for each in headers.items() if (said := each["value"].said)
        ]
        rule = HeaderRule(
            name=f"{kind} of response {name}", format="openapi", place=answer.place, written=tuple(written)
        )
        if subject := read_rule(rule, Route(), is_header_rule=False):
            yield msgspec.structs.replace(subject, on_errors=True)
