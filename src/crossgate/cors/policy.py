"""A CORS policy as plain data: who may read what."""

from typing import Literal

import msgspec

BackendHeaders = Literal["override", "strip-foreign", "keep"]

WILDCARD = "*"
# No browser keeps a preflight for longer (cors.md 5.1), so no more is ever sent.
MAX_AGE_S = 86_400
# No page can read these, whatever is listed (Fetch, "forbidden response-header name").
NEVER_EXPOSED = frozenset(("set-cookie", "set-cookie2"))


class CorsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which origins may do what. Nothing in here is checked until `check` or `compile_policy` has seen it.

    `origins` holds serialised origins, host patterns, `*` and `null`. `methods`, `headers` and `expose` may hold
    `*`, which together with `credentials` is answered name by name, because browsers then take `*` literally.
    `max_age` is in seconds, None leaves it to the browser (5 s); what is above a day is sent as a day.
    `backend_headers` says whose word counts when the backend sends CORS headers of its own; `reject_foreign`
    answers 403 to origins that are not allowed instead of leaving the refusal to their browsers. `debug` tells in
    a header of a refused preflight why it is refused: for development, because it tells it to everyone.
    """

    origins: tuple[str, ...]
    credentials: bool = False
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: int | None = None
    backend_headers: BackendHeaders = "override"
    preflight_status: int = 204
    reject_foreign: bool = False
    debug: bool = False
