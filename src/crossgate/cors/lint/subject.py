"""What a configuration says about CORS, whoever's configuration it is: the one thing that lint rules look at.

A reader of some format makes a Subject of every place that decides about CORS. None always means that the
document does not say, and no rule fires on what is not said.
"""

from typing import Literal

import msgspec

MatchKind = Literal[
    "any",  # the literal `*` is sent to everyone
    "reflect",  # whatever origin came is sent back
    "exact",  # one origin, compared as a whole
    "host-pattern",  # ours: `https://*.example.com` stands for whole labels, `:*` for any port
    "glob",  # `*` stands for any characters at all, dots and slashes included
    "prefix",
    "suffix",
    "contains",
    "regex",
    "template",  # filled in somewhere else: `${ORIGIN}`, `{{host}}`
    "dns",  # decided by a name or address lookup
    "referer",  # decided by the Referer header
]
Anchoring = Literal["search", "start", "full"]
Auth = Literal["none", "cookie", "basic", "bearer", "key", "signature", "mtls", "ip", "other"]
PathMatching = Literal["exact", "prefix", "regex", "regex-ignoring-case"]


class Place(msgspec.Struct, frozen=True):
    """Where something is written: a path in the document's own terms, and the line counted from 1."""

    at: str
    line: int | None = None
    file: str = ""


class Said(msgspec.Struct, frozen=True):
    """One word that was written, and where: a method, a header name, a max age."""

    text: str
    place: Place


class OriginMatch(msgspec.Struct, frozen=True, kw_only=True):
    """One way to be allowed.

    `text` is what was written; where that had to be completed, `written` is. A regex is matched as `anchoring`
    says: anywhere in the origin, from its start, or as a whole; `ignore_case` for any kind. `sent` is what the
    answer then carries when it is not the origin that came (some answer one fixed origin whoever asks).
    """

    kind: MatchKind
    text: str
    place: Place
    anchoring: Anchoring = "search"
    ignore_case: bool = False
    sent: str | None = None
    written: str | None = None


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the requests that a policy is for."""

    name: str = ""
    paths: tuple[str, ...] = ()
    path_matching: PathMatching | None = None
    methods: tuple[str, ...] | None = None
    auth: frozenset[Auth] | None = None
    is_https: bool | None = None
    upstreams: tuple[str, ...] = ()
    accepts_any_content_type: bool | None = None
    checks_csrf: bool | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What runs before CORS does, each with the place that says so; None when nothing does or nobody says."""

    cache: Place | None = None
    redirect: Place | None = None
    auth: Place | None = None
    method_filter: Place | None = None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one policy says.

    `credentials` is where Access-Control-Allow-Credentials: true is switched on. In `methods`, `headers` and
    `expose`, `*` stands for all; `reflects_methods` and `reflects_headers` say that whatever a preflight asks for
    is allowed, `reflects_expose` that every header of the answer is named. `max_age` and `preflight_status` hold a
    number in words. `vary` says when Vary: Origin is sent. `backend_cors`: whether the backend's own CORS headers
    are passed on beside these. `on_errors`: whether the gateway's own error answers carry the headers, too.
    `is_header_rule`: the headers are written by a rule for any header, not by something that knows CORS.
    `rejects`: foreign origins are answered 403. `trusted_headers` are request headers that the gateway or backend
    believes. `timing_allow_origin` and `resource_policy` are the values sent. `is_development`: marked as not for
    production. `debug`: refused preflights tell why. `is_internal`: an admin or metrics endpoint.
    `preflight_without` is where preflights are answered without the Access-Control-Allow-Origin that other answers
    carry; `lost` names the blocks further in that drop these headers by writing headers of their own.
    """

    name: str
    format: str
    place: Place
    origins: tuple[OriginMatch, ...] = ()
    credentials: Place | None = None
    methods: tuple[Said, ...] | None = None
    headers: tuple[Said, ...] | None = None
    expose: tuple[Said, ...] | None = None
    reflects_methods: Place | None = None
    reflects_headers: Place | None = None
    reflects_expose: Place | None = None
    max_age: Said | None = None
    preflight_status: Said | None = None
    vary: Literal["always", "with-origin", "never"] | None = None
    backend_cors: Literal["replaced", "passed"] | None = None
    private_network: Place | None = None
    on_errors: bool | None = None
    is_header_rule: bool = False
    rejects: Place | None = None
    trusted_headers: tuple[str, ...] = ()
    timing_allow_origin: tuple[Said, ...] = ()
    resource_policy: Said | None = None
    is_development: bool = False
    debug: Place | None = None
    is_internal: Place | None = None
    preflight_without: Place | None = None
    lost: tuple[Place, ...] = ()
    route: Route = Route()
    order: Order = Order()


class Unreadable(msgspec.Struct, frozen=True):
    """A document, or a part of it, that could not be read, and what to do about it."""

    place: Place
    message: str
    fix: str


class Document(msgspec.Struct, frozen=True):
    """What a reader made of one file."""

    subjects: tuple[Subject, ...]
    unreadable: tuple[Unreadable, ...] = ()
