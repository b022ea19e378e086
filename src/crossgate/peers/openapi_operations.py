"""The operations of an OpenAPI document, 2.0 or 3, and what it says about the requests to them."""

from collections.abc import Iterable, Iterator

import msgspec

from crossgate.cors.lint.subject import Auth, PathMatching, Place, Route
from crossgate.peers.pieces import Piece

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
ANY = "ANY"
ANY_METHOD = ("x-amazon-apigateway-any-method", "x-apigateway-any-method")
ANY_CONTENT = ("*/*", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded")


class Operation(msgspec.Struct, frozen=True):
    """One method of one path, in its path item and its document."""

    document: Piece
    item: Piece
    path: str
    method: str
    piece: Piece

    @property
    def name(self) -> str:
        """How people speak of it: `GET /orders`."""
        return f"{self.method} {self.path}"

    @property
    def security(self) -> Piece:
        """What it asks of the caller, the document's own if it says nothing itself."""
        own = self.piece["security"]
        return own if own else self.document["security"]


def operations(document: Piece) -> Iterator[Operation]:
    """Every operation of a document, path by path. `ANY` is the method that stands for all."""
    for path, item in document["paths"].fields().items():
        yield from operations_of(document, path, item)


def operations_of(document: Piece, path: str, item: Piece) -> Iterator[Operation]:
    """Every operation of one path."""
    for key, piece in item.fields().items():
        if key.lower() in METHODS:
            yield Operation(document, item, path, key.upper(), piece)
        elif key in ANY_METHOD:
            yield Operation(document, item, path, ANY, piece)


def route_of(
    of: Iterable[Operation], upstreams: Iterable[str] = (), path_matching: PathMatching | None = None
) -> Route:
    """What a document says about the requests to some of its operations, taken together."""
    of = list(of)
    methods = dict.fromkeys(operation.method for operation in of)
    asked = [operation for operation in of if operation.method != "OPTIONS"] or of
    content = [takes_any for operation in of if (takes_any := _takes_any_content(operation)) is not None]
    return Route(
        name=of[0].piece["operationId"].text or of[0].name if len(of) == 1 else "",
        paths=tuple(dict.fromkeys(operation.path for operation in of)),
        path_matching=path_matching,
        methods=None if ANY in methods or not methods else tuple(methods),
        auth=frozenset[Auth]().union(*map(auth_of, asked)) or None,
        is_https=_is_https(of),
        upstreams=tuple(dict.fromkeys(upstreams)),
        accepts_any_content_type=any(content) if content else None,
    )


def auth_of(operation: Operation) -> frozenset[Auth]:
    """How an operation asks who calls: every way that its security names."""
    kinds: set[Auth] = set()
    schemes = {
        **operation.document["components"]["securitySchemes"].fields(),
        **operation.document["securityDefinitions"].fields(),
    }
    for name in {name for each in operation.security.items() for name in each.fields()}:
        kinds |= _scheme(schemes[name]) if name in schemes else {"other"}
    if operation.piece["x-amazon-apigateway-auth"]["type"].text.upper() == "AWS_IAM":
        kinds.add("signature")
    if operation.piece["x-apigateway-access-control"].text or _is_bound_to_addresses(operation.document):
        kinds.add("ip")
    return frozenset(kinds) or frozenset({"none"})


def asks(operation: Operation) -> Place | None:
    """Where an operation itself asks who calls, which would turn a preflight away: it never has credentials."""
    own = operation.piece.first("security", "x-amazon-apigateway-auth")
    return own.place if own and auth_of(operation) - {"none", "ip"} else None


def _scheme(scheme: Piece) -> set[Auth]:
    kind = scheme["type"].text.lower()
    if kind == "apikey":
        return _api_key(scheme)
    if kind == "http":
        known: dict[str, Auth] = {"basic": "basic", "bearer": "bearer"}
        return {known.get(scheme["scheme"].text.lower(), "other")}
    kinds: dict[str, Auth] = {
        "basic": "basic",
        "oauth2": "bearer",
        "openidconnect": "bearer",
        "mutualtls": "mtls",
    }
    return {kinds.get(kind, "other")}


def _api_key(scheme: Piece) -> set[Auth]:
    """What stands for every other scheme in the clouds' documents, told apart by their own words."""
    if scheme["x-apigateway-auth-type"].text in ("AppSigv1", "IAM"):
        has_code = scheme["x-apigateway-auth-opt"]["appcode-auth-type"].text == "header"
        return {"signature", "key"} if has_code else {"signature"}
    if scheme["x-amazon-apigateway-authtype"].text.lower() == "awssigv4":
        return {"signature"}
    if scheme["in"].text == "cookie":
        return {"cookie"}
    if scheme["name"].text.lower() == "authorization":
        return {"bearer"}
    own = scheme.first("x-apigateway-authorizer", "x-amazon-apigateway-authorizer")
    return {"other"} if own else {"key"}


def _is_bound_to_addresses(document: Piece) -> bool:
    return any("aws:SourceIp" in piece.fields() for piece in document["x-amazon-apigateway-policy"].walk())


def _is_https(of: list[Operation]) -> bool | None:
    schemes = {scheme for operation in of for scheme in _schemes(operation)}
    return "https" in schemes if schemes & {"http", "https"} else None


def _schemes(operation: Operation) -> set[str]:
    piece, document = operation.piece, operation.document
    servers = piece["servers"].items() or operation.item["servers"].items() or document["servers"].items()
    written = piece["schemes"].words() or document["schemes"].words()
    return {server["url"].text.partition("://")[0].lower() for server in servers} | {
        word.text.lower() for word in written
    }


def _takes_any_content(operation: Operation) -> bool | None:
    """Whether a page could send a body without a preflight; None when the document does not list any content."""
    content = set(operation.piece["requestBody"]["content"].fields())
    content |= {word.text for word in operation.piece["consumes"].words()}
    return any(kind.partition(";")[0].strip() in ANY_CONTENT for kind in content) if content else None
