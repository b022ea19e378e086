"""Reads Ingress objects for ingress-nginx: its `cors-*` annotations, and the snippets of nginx that others hold.

What is not annotated has the controller's own value: any origin, with credentials, for twenty days.
"""

from collections.abc import Iterator
from typing import Literal

from crossgate.cors.lint.subject import Auth, OriginMatch, Place, Route, Said, Subject, Unreadable
from crossgate.peers import yaml_lines
from crossgate.peers.development import says_development
from crossgate.peers.pieces import Piece
from crossgate.peers.placeholders import is_filled_in

OWN = "nginx.ingress.kubernetes.io/"
SNIPPETS = ("configuration-snippet", "server-snippet")
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS")
MAX_AGE = "1728000"
AUTH_KINDS: dict[str, Auth] = {
    "auth-type": "basic",
    "auth-url": "other",
    "auth-tls-secret": "mtls",
    "whitelist-source-range": "ip",
}
PATH_TYPES: dict[str, Literal["exact", "prefix"]] = {"Exact": "exact", "Prefix": "prefix"}


def recognises(text: str) -> bool:
    """Whether an object of Kubernetes in it has an annotation of the controller's."""
    return OWN in text and "metadata" in text


def load(text: str, file: str) -> tuple[list[Piece], list[Unreadable]]:
    """Every Ingress of a document, those in lists included."""
    documents, unreadable = yaml_lines.load(text, file)
    objects = [each for document in documents for each in document["items"].items() or [document]]
    return [each for each in objects if each["kind"].text == "Ingress"], unreadable


def policy(ingress: Piece) -> Subject | None:
    """What the `cors-*` annotations say; None when CORS is not switched on by them."""
    switch = _annotation(ingress, "enable-cors")
    if not switch.flag:
        return None
    credentials = _annotation(ingress, "cors-allow-credentials")
    methods = _annotation(ingress, "cors-allow-methods").words()
    name = ingress["metadata"]["name"].text
    return Subject(
        name=f"ingress {name}".strip(),
        format="nginx",
        place=switch.place,
        origins=tuple(_origins(_annotation(ingress, "cors-allow-origin"), switch.place)),
        credentials=None if credentials.flag is False else (credentials or switch).place,
        methods=methods or tuple(Said(method, switch.place) for method in METHODS),
        headers=_annotation(ingress, "cors-allow-headers").words() or None,
        expose=_annotation(ingress, "cors-expose-headers").words() or None,
        max_age=_annotation(ingress, "cors-max-age").said or Said(MAX_AGE, switch.place),
        vary="never",
        on_errors=True,
        is_development=says_development(switch.file, name, ingress["metadata"]["namespace"].text),
        route=_route(ingress),
    )


def snippets(ingress: Piece) -> Iterator[str]:
    """The pieces of nginx in the annotations, each on the lines that it has in the document."""
    for name in SNIPPETS:
        snippet = _annotation(ingress, name)
        if snippet.line is not None and snippet.text:
            # A block begins below its `|`.
            above = snippet.line if "\n" in snippet.text else snippet.line - 1
            yield "\n" * above + snippet.text


def _annotation(ingress: Piece, name: str) -> Piece:
    return ingress["metadata"]["annotations"][OWN + name]


def _origins(piece: Piece, switch: Place) -> Iterator[OriginMatch]:
    """The ways to be allowed. What the controller cannot read is replaced by `*`, without a word."""
    words = piece.words()
    if not words:
        yield OriginMatch(kind="any", text="*", place=switch)
    for word in words:
        if is_filled_in(word.text):
            yield OriginMatch(kind="template", text=word.text, place=word.place)
        elif "://" not in word.text:
            yield OriginMatch(kind="any", text=word.text, place=word.place)
        else:
            kind: Literal["host-pattern", "exact"] = "host-pattern" if "*" in word.text else "exact"
            yield OriginMatch(kind=kind, text=word.text, place=word.place, ignore_case=True)


def _route(ingress: Piece) -> Route:
    paths = [path for rule in ingress["spec"]["rules"].items() for path in rule["http"]["paths"].items()]
    kinds = {PATH_TYPES.get(path["pathType"].text) for path in paths}
    auth = frozenset(kind for name, kind in AUTH_KINDS.items() if _annotation(ingress, name).text)
    return Route(
        name=ingress["metadata"]["name"].text,
        paths=tuple(dict.fromkeys(path["path"].text for path in paths if path["path"].text)),
        path_matching=kinds.pop() if len(kinds) == 1 else None,
        auth=auth or None,
        is_https=True if ingress["spec"]["tls"] else None,
    )
