"""What Amazon's REST APIs say about CORS: headers that operations and error answers are made to write."""

from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.subject import Order, OriginMatch, Place, Route, Said, Subject
from crossgate.peers.header_rules import HeaderRule, read_rule
from crossgate.peers.openapi_operations import ANY, Operation, asks, operations, operations_of, route_of
from crossgate.peers.pieces import Piece

INTEGRATION = "x-amazon-apigateway-integration"
ERRORS = "x-amazon-apigateway-gateway-responses"
OF_OPERATION = "method.response.header."
OF_ERROR = "gatewayresponse.header."
ALLOW_ORIGIN = "access-control-allow-origin"
OVERRIDE = "responseoverride.header.access-control-allow-origin"


def read(document: Piece) -> Iterator[Subject]:
    """A subject for each operation, and for each error answer, that writes Access-Control-Allow-Origin."""
    errors = {kind: answer for kind, answer in document[ERRORS].fields().items() if _has_origin(answer, OF_ERROR)}
    on_errors = {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(errors)
    for operation in operations(document):
        if subject := _by_hand(operation):
            yield msgspec.structs.replace(subject, on_errors=on_errors)
    for kind, answer in errors.items():
        name = f"gateway response {kind}"
        rule = HeaderRule(name=name, format="openapi", place=answer.place, written=_written(answer, OF_ERROR))
        if subject := read_rule(rule, Route(is_https=True), is_header_rule=False):
            yield msgspec.structs.replace(subject, on_errors=True)


def _by_hand(operation: Operation) -> Subject | None:
    """The subject of an operation whose integration writes the headers, as the console's `Enable CORS` does it."""
    answers = operation.piece[INTEGRATION]["responses"].fields().values()
    siblings = list(operations_of(operation.document, operation.path, operation.item))
    is_preflight = operation.method == "OPTIONS"
    route = msgspec.structs.replace(
        route_of(siblings if is_preflight else [operation], _uris(siblings)), is_https=True
    )
    for answer in answers:
        written = _written(answer, OF_OPERATION)
        rule = HeaderRule(name=operation.name, format="openapi", place=answer.place, written=written)
        subject = read_rule(rule, route, is_header_rule=False) or _overridden(operation, answer, route)
        if subject:
            return (
                _preflight(subject, operation, answer) if is_preflight else _actual(subject, operation, siblings)
            )
    return None


def _preflight(subject: Subject, operation: Operation, answer: Piece) -> Subject:
    return msgspec.structs.replace(
        subject,
        preflight_status=answer["statusCode"].said,
        order=Order(auth=asks(operation)),
    )


def _actual(subject: Subject, operation: Operation, siblings: list[Operation]) -> Subject:
    """A preflight is answered by an OPTIONS operation on the same path; Amazon refuses any other with a 403."""
    options = [each for each in siblings if each.method in ("OPTIONS", ANY)]
    silent = next((each.piece[INTEGRATION].place for each in options if _is_silent(each)), None)
    order = Order() if options else Order(method_filter=operation.item.place)
    return msgspec.structs.replace(subject, preflight_without=silent, order=order)


def _is_silent(options: Operation) -> bool:
    """Whether an operation answers preflights itself, and without the header."""
    integration = options.piece[INTEGRATION]
    answers = integration["responses"].fields().values()
    writes = any(_has_origin(answer, OF_OPERATION) or _override(answer) for answer in answers)
    return integration["type"].text.lower() == "mock" and not writes


def _overridden(operation: Operation, answer: Piece, route: Route) -> Subject | None:
    """The subject of an answer whose template chooses the origin while it runs."""
    said = _override(answer)
    if said is None:
        return None
    origin = OriginMatch(kind="template", text=said.text, place=said.place)
    return Subject(name=operation.name, format="openapi", place=answer.place, origins=(origin,), route=route)


def _override(answer: Piece) -> Said | None:
    for template in answer["responseTemplates"].fields().values():
        for line in template.text.splitlines():
            if OVERRIDE in line.lower():
                return Said(line.strip(), template.place)
    return None


def _has_origin(answer: Piece, prefix: str) -> bool:
    return any(name.lower() == ALLOW_ORIGIN for name, _ in _written(answer, prefix))


def _written(answer: Piece, prefix: str) -> tuple[tuple[str, Said], ...]:
    """The headers an answer writes. A fixed value stands in quotes; what has none is taken from elsewhere."""
    found = []
    for key, value in answer["responseParameters"].fields().items():
        if key.lower().startswith(prefix) and value.text:
            found.append((key[len(prefix) :], _value(value.text, value.place)))
    return tuple(found)


def _value(text: str, place: Place) -> Said:
    is_fixed = len(text) > 1 and text[0] == text[-1] == "'"
    return Said(text[1:-1] if is_fixed else text, place)


def _uris(siblings: list[Operation]) -> list[str]:
    return [uri for each in siblings if "://" in (uri := each.piece[INTEGRATION]["uri"].text)]
