"""The server half of CORS: what a request is, what its answer carries, and how that joins the backend's own.

Everything here is bytes as on the wire, values built once and handed out many times.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Protocol

import msgspec

from crossgate.cors.policy import NEVER_EXPOSED, BackendHeaders
from crossgate.cors.tokens import elements, is_token

Fields = tuple[tuple[bytes, bytes], ...]

ALLOW_ORIGIN = b"Access-Control-Allow-Origin"
ALLOW_CREDENTIALS = b"Access-Control-Allow-Credentials"
ALLOW_METHODS = b"Access-Control-Allow-Methods"
ALLOW_HEADERS = b"Access-Control-Allow-Headers"
EXPOSE_HEADERS = b"Access-Control-Expose-Headers"
MAX_AGE = b"Access-Control-Max-Age"
VARY = b"Vary"

ANSWER_FIELDS = frozenset(
    name.lower()
    for name in (ALLOW_ORIGIN, ALLOW_CREDENTIALS, ALLOW_METHODS, ALLOW_HEADERS, EXPOSE_HEADERS, MAX_AGE)
)
# A response with none of these needs no merge(): a grant's `block` can be written behind it as it is.
MERGE_SENSITIVE = ANSWER_FIELDS | {VARY.lower()}

_NEVER_EXPOSED = frozenset(name.encode() for name in NEVER_EXPOSED)


def block(fields: Fields) -> bytes:
    r"""`fields` as ready `Name: value\r\n` lines."""
    return b"".join(b"%s: %s\r\n" % field for field in fields)


class Grant(msgspec.Struct, frozen=True):
    """What an actual response carries.

    `headers` are ours to add, at least one, and `Vary` is the last of them if it is there; `block` is the same as
    lines. `backend_headers` says whose word counts when the backend speaks too. `exposes_all_names`: the names to
    expose are those of the response, so merge() is needed. `rejects`: the policy asks for a 403 instead of the
    backend's answer. `reason` is a stable code for logs.
    """

    allowed: bool
    headers: Fields
    block: bytes
    backend_headers: BackendHeaders
    exposes_all_names: bool
    rejects: bool
    reason: str


class PreflightAnswer(msgspec.Struct, frozen=True):
    r"""The whole answer to a preflight: its fields as `Name: value\r\n` lines in `block`, and no body.

    `reason` is a stable code for logs.
    """

    status: int
    block: bytes
    granted: bool
    reason: str

    @property
    def headers(self) -> Fields:
        """The fields of `block` as pairs."""
        cut = (line.partition(b": ") for line in self.block.split(b"\r\n")[:-1])
        return tuple((name, value) for name, _, value in cut)


class CrossOrigin(Protocol):
    """Whatever decides what responses carry for an origin: a compiled policy, or the contract's switch."""

    def grant(self, origin: bytes | None, /) -> Grant:
        """What a response carries for this `Origin` field value; None when the request has no such field."""


def is_preflight(method: bytes, origin: bytes | None, requested_method: bytes | None) -> bool:
    """Whether the request is a preflight (Fetch, "CORS-preflight request").

    An empty or malformed `Access-Control-Request-Method` is still one, and will be refused. Methods are
    case-sensitive: `options` is another method.
    """
    return requested_method is not None and origin is not None and method == b"OPTIONS"


_REFUSAL_FIELDS: Fields = ((VARY, b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),)
_REFUSAL_BLOCK = block(_REFUSAL_FIELDS)
PREFLIGHT_VARY = _REFUSAL_FIELDS[0]


@cache
def refusal(reason: str) -> PreflightAnswer:
    """A refused preflight: 403, which no browser takes for a yes, and not a word about the policy."""
    return PreflightAnswer(status=403, block=_REFUSAL_BLOCK, granted=False, reason=reason)


def merge(grant: Grant, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """A response's own `headers` with `grant` applied.

    override: the backend's Access-Control-* fields go, ours are written. strip-foreign: so for origins that are
    not allowed; an allowed one keeps the backend's and ours fill the gaps. keep: ours only ever fill gaps.
    `Vary` is merged, never replaced.
    """
    keeps = grant.backend_headers == "keep" or (grant.backend_headers == "strip-foreign" and grant.allowed)
    ours = grant.headers
    varies = ours[-1][0] == VARY
    merged, their_vary = [], []
    for field in headers:
        name = field[0].lower()
        if name == b"vary" and varies:
            their_vary.append(field[1])
        elif keeps or name not in ANSWER_FIELDS:
            merged.append(field)
    if keeps:
        merged, ours = _fill_gaps(merged, ours)
    merged += ours
    if their_vary:
        merged[-1] = (VARY, _joint_vary((*their_vary, merged[-1][1])))
    return _with_all_names_exposed(merged) if grant.exposes_all_names else merged


def _fill_gaps(theirs: list[tuple[bytes, bytes]], ours: Fields) -> tuple[list[tuple[bytes, bytes]], Fields]:
    sent = {name.lower(): value for name, value in theirs}
    allowed, missing = dict(ours).get(ALLOW_ORIGIN), {name for name, _ in ours if name.lower() not in sent}
    # Who names the origin answers for credentials as well: their `*` must not meet our `true`, nor ours theirs.
    credentials = ALLOW_CREDENTIALS.lower()
    if ALLOW_ORIGIN in missing:
        theirs = [field for field in theirs if field[0].lower() != credentials]
        missing.add(ALLOW_CREDENTIALS)
    elif sent.get(ALLOW_ORIGIN.lower()) != allowed:
        missing.discard(ALLOW_CREDENTIALS)
    return theirs, tuple(field for field in ours if field[0] in missing)


# A backend says the same again and again.
@lru_cache(64)
def _joint_vary(values: tuple[bytes, ...]) -> bytes:
    tokens: dict[bytes, bytes] = {}
    for token in elements(b",".join(values)):
        tokens.setdefault(token.lower(), token)
    return b"*" if b"*" in tokens else b", ".join(tokens.values())


def _with_all_names_exposed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """`headers` with their own names exposed one by one: with credentials, `*` would be a name like any other."""
    names = dict.fromkeys(name.lower() for name, _ in headers)
    if EXPOSE_HEADERS.lower() in names:
        return headers
    hidden = ANSWER_FIELDS | _NEVER_EXPOSED
    # One element that is no token would make browsers drop the whole list (Fetch, "extract header list values").
    exposed = b", ".join(name for name in names if name not in hidden and is_token(name))
    return [*headers, (EXPOSE_HEADERS, exposed)] if exposed else headers
