"""Reads Traefik's dynamic configuration: the `headers` middleware, and the routers that use it."""

import re

import msgspec

from crossgate.cors.lint.subject import (
    Document,
    OriginMatch,
    Said,
    Subject,
)
from crossgate.peers import toml_lines, yaml_lines
from crossgate.peers.development import says_development
from crossgate.peers.header_rules import HeaderRule, read_rule
from crossgate.peers.pieces import Piece
from crossgate.peers.same_policy import joined
from crossgate.peers.traefik_routes import Use, is_internal, on_errors, order, route, uses
from crossgate.peers.traefik_sources import Middleware, collect

OWN_WORDS = re.compile(
    r"accessControl(?:Allow|Expose|Max)\w+|traefik\.(?:io|containo\.us)/v1|traefik\.http\.\w+|"
    r"traefik\.ingress\.kubernetes\.io/|^\s*\[+http\.(?:routers|middlewares|services)\b",
    re.IGNORECASE | re.MULTILINE,
)
HTTP = re.compile(r"^['\"]?http['\"]?\s*:", re.MULTILINE)
PARTS = re.compile(r"^\s+['\"]?(?:routers|middlewares)['\"]?\s*:", re.MULTILINE)
TOML = re.compile(r"^\s*\[+\s*http\s*[.\]]", re.MULTILINE)


def recognises(text: str, file: str) -> bool:
    """Whether this has words that only Traefik uses."""
    if re.search(r"^\s*add_header\s", text, re.MULTILINE):
        return False
    return bool(OWN_WORDS.search(text) or (HTTP.search(text) and PARTS.search(text)))


def read(text: str, file: str) -> Document:
    """Every `headers` middleware that writes CORS headers, once for all routers alike. Never raises."""
    is_toml = file.lower().endswith(".toml") or TOML.search(text) is not None
    documents, unreadable = (toml_lines if is_toml else yaml_lines).load(text, file)
    configuration = collect(documents)
    subjects = [
        subject
        for middleware in configuration.middlewares
        if middleware.kind == "headers"
        for use in uses(middleware, configuration)
        for subject in _subjects(middleware, use)
    ]
    return Document(tuple(joined(subjects)), tuple(unreadable))


def _subjects(middleware: Middleware, use: Use) -> list[Subject]:
    settings = middleware.settings
    found = [_cors(middleware, use)] if _decides(settings) else []
    written = tuple(
        (name, value.said)
        for name, value in settings.loosely("customResponseHeaders").fields().items()
        if value.said
    )
    rule = HeaderRule(
        name=_name(middleware, use),
        format="traefik",
        place=settings.loosely("customResponseHeaders").place,
        written=tuple((name, said) for name, said in written if said),
    )
    by_rule = read_rule(rule, route(use))
    if by_rule:
        found.append(
            msgspec.structs.replace(
                by_rule,
                backend_cors="replaced",
                is_development=_is_development(middleware, use),
                is_internal=is_internal(use),
                order=order(use),
            )
        )
    return found


def _decides(settings: Piece) -> bool:
    return any(name.lower().startswith("accesscontrolallow") for name in settings.fields())


def _cors(middleware: Middleware, use: Use) -> Subject:
    """What the accessControl* settings say.

    Traefik answers preflights itself with 200, overwrites what the backend says, sends `Vary: Origin` on request
    only and never on preflights, and a max age of 0 when none is set.
    """
    settings = middleware.settings
    credentials = settings.loosely("accessControlAllowCredentials")
    return Subject(
        name=_name(middleware, use),
        format="traefik",
        place=settings.place,
        origins=_origins(settings),
        credentials=credentials.place if credentials.flag else None,
        methods=settings.loosely("accessControlAllowMethods").words() or None,
        headers=settings.loosely("accessControlAllowHeaders").words() or None,
        expose=settings.loosely("accessControlExposeHeaders").words() or None,
        max_age=settings.loosely("accessControlMaxAge").said,
        vary="always" if settings.loosely("addVaryHeader").flag else "never",
        backend_cors="replaced",
        on_errors=on_errors(use),
        is_development=_is_development(middleware, use),
        is_internal=is_internal(use),
        route=route(use),
        order=order(use),
    )


def _origins(settings: Piece) -> tuple[OriginMatch, ...]:
    """Listed origins are compared as a whole; a regular expression matches anywhere in the origin."""
    listed = settings.loosely("accessControlAllowOriginList").words()
    listed += settings.loosely("accessControlAllowOrigin").words()
    patterns = settings.loosely("accessControlAllowOriginListRegex")
    found = [
        OriginMatch(kind="any" if said.text == "*" else "exact", text=said.text, place=said.place)
        for said in listed
    ]
    found += [OriginMatch(kind="regex", text=said.text, place=said.place) for said in _patterns(patterns)]
    return tuple(found)


def _patterns(piece: Piece) -> tuple[Said, ...]:
    """Regular expressions of a list; of a text, only commas between expressions part them."""
    if piece.is_list:
        return piece.words()
    return tuple(Said(text, piece.place) for text in re.split(r",(?![^{(\[]*[})\]])", piece.text) if text)


def _name(middleware: Middleware, use: Use) -> str:
    return f"{use.router.name} {middleware.name}" if use.router else middleware.name


def _is_development(middleware: Middleware, use: Use) -> bool:
    settings = middleware.settings
    names = [middleware.name, settings.file, use.router.rule.text if use.router else ""]
    return bool(settings.loosely("isDevelopment").flag) or says_development(*names)
