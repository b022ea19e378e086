"""What one CORS rule of an object store says: Amazon S3's, Google Cloud Storage's, Azure Storage's."""

from typing import Literal

import msgspec

from crossgate.cors.lint.subject import OriginMatch, Said, Subject
from crossgate.peers.pieces import Piece
from crossgate.peers.placeholders import is_filled_in


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """How a store writes its rules (each name in its spellings), and what it answers by them.

    `around` are the paths to what may stand around the list of rules, `rules` the names of the list itself. With
    `has_patterns` a `*` within an origin stands for any characters. One that `grants_credentials` does so to every
    origin but a bare `*`, and no rule can switch that off.
    """

    format: str
    around: tuple[str, ...]
    rules: tuple[str, ...]
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    expose: tuple[str, ...]
    max_age: tuple[str, ...]
    has_patterns: bool
    grants_credentials: bool
    vary: Literal["always"] | None


STORES = (
    Store(
        format="s3",
        around=("CORSConfiguration", "CorsConfiguration"),
        rules=("CORSRules", "CorsRules", "CORSRule"),
        origins=("AllowedOrigins", "AllowedOrigin"),
        methods=("AllowedMethods", "AllowedMethod"),
        headers=("AllowedHeaders", "AllowedHeader"),
        expose=("ExposeHeaders", "ExposedHeaders", "ExposeHeader"),
        max_age=("MaxAgeSeconds", "MaxAge"),
        has_patterns=True,
        grants_credentials=True,
        # Amazon documents nothing of it.
        vary=None,
    ),
    Store(
        format="gcs",
        around=(),
        rules=("cors",),
        origins=("origin",),
        methods=("method",),
        headers=("responseHeader",),
        expose=("responseHeader",),
        max_age=("maxAgeSeconds",),
        has_patterns=False,
        grants_credentials=False,
        vary=None,
    ),
    Store(
        format="azure-storage",
        around=("cors", "properties.cors", "Cors", "StorageServiceProperties.Cors"),
        rules=("corsRules", "CorsRule"),
        origins=("allowedOrigins", "AllowedOrigins"),
        methods=("allowedMethods", "AllowedMethods"),
        headers=("allowedHeaders", "AllowedHeaders"),
        expose=("exposedHeaders", "ExposedHeaders"),
        max_age=("maxAgeInSeconds", "MaxAgeInSeconds"),
        has_patterns=True,
        grants_credentials=True,
        vary="always",
    ),
)


def rules_of(document: Piece) -> tuple[list[Piece], Store | None]:
    """The rules of a document, and whose they are; none when it has none."""
    for store in STORES:
        for around in (document, *(_inside(document, path) for path in store.around)):
            for rules in (around, *(around[name] for name in store.rules)):
                if any(rule.first(*store.origins) for rule in rules.items()):
                    return rules.items(), store
    return [], None


def _inside(document: Piece, path: str) -> Piece:
    for name in path.split("."):
        document = document[name]
    return document


def read_rule(store: Store, rule: Piece, number: int) -> Subject:
    """The subject of one rule. Where any header is allowed, the names that were asked for are sent back."""
    origins = tuple(_origin(word, store.has_patterns) for word in rule.first(*store.origins).words())
    is_open = any(origin.kind == "any" for origin in origins)
    headers = rule.first(*store.headers).words()
    return Subject(
        name=f"{store.format} rule {rule.first('ID', 'Id', 'id').text or number}",
        format=store.format,
        place=rule.place,
        origins=origins,
        credentials=origins[0].place if origins and store.grants_credentials and not is_open else None,
        methods=rule.first(*store.methods).words() or None,
        headers=tuple(word for word in headers if word.text != "*") or None,
        expose=rule.first(*store.expose).words() or None,
        reflects_headers=next((word.place for word in headers if word.text == "*"), None),
        max_age=rule.first(*store.max_age).said,
        vary=None if is_open else store.vary,
    )


def _origin(word: Said, has_patterns: bool) -> OriginMatch:
    if word.text == "*":
        return OriginMatch(kind="any", text=word.text, place=word.place)
    if is_filled_in(word.text):
        return OriginMatch(kind="template", text=word.text, place=word.place)
    kind: Literal["glob", "exact"] = "glob" if has_patterns and "*" in word.text else "exact"
    return OriginMatch(kind=kind, text=word.text, place=word.place)
