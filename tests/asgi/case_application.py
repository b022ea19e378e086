"""The application that a row of the 145 cases describes, and which rows mean nothing behind a middleware."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

from crossgate.asgi import CORSMiddleware
from crossgate.core.policies.cors import Parsed, parse_content
from tests.cors.rows import Row, policies, rows

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ROWS = rows()
REQUESTS = [row for row in ROWS if not row.config]
CONFIGS = [row for row in ROWS if row.config]


class BrokenError(Exception):
    """The application failed."""


class CaseApplication:
    """Answers what the row says its backend answers; `reached` tells whether it was asked."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.reached = False

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Send) -> None:
        row, self.reached = self.row, True
        extensions = scope.get("extensions") or {}
        if row.situation == "gateway-error":
            raise BrokenError
        while (await receive()).get("more_body"):
            pass
        if row.situation == "early-hints" and "http.response.early_hint" in extensions:
            await send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]})
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in row.backend.headers]
        length = len(row.backend.body.encode())
        if row.situation != "trailers" and row.backend.status not in (204, 304):
            headers.append((b"Content-Length", b"%d" % length))
        start = {"type": "http.response.start", "status": row.backend.status, "headers": headers}
        has_trailers = row.situation == "trailers" and "http.response.trailers" in extensions
        await send({**start, "trailers": True} if has_trailers else start)
        body = b"" if scope["method"] == "HEAD" or row.backend.status in (204, 304) else row.backend.body.encode()
        await send({"type": "http.response.body", "body": body})
        if has_trailers:
            fields = [(b"access-control-allow-origin", b"*")]
            await send({"type": "http.response.trailers", "headers": fields, "more_trailers": False})


@cache
def _policy(name: str) -> Parsed:
    parsed = parse_content(policies()[name])
    assert isinstance(parsed, Parsed), parsed
    return parsed


def middleware(application: CaseApplication) -> CORSMiddleware:
    """The row's policy before its application."""
    return CORSMiddleware(application, policy=_policy(application.row.policy).policy)


def why_not(row: Row) -> str | None:
    """Why the row can mean nothing behind a middleware, if so."""
    if row.policy == "OFF":
        return "without a policy there is no middleware"
    if row.situation in ("no-route", "method-without-route"):
        return "the policy is the whole application's, whatever its routes"
    if row.situation == "backend-timeout" or (row.situation == "gateway-error" and row.expected.status != 500):
        return "a middleware fails only when its application does, and that is a 500"
    if row.situation == "before-routing":
        return "the server refuses it before it calls anything"
    if row.id == "K12":
        return "`OPTIONS *` passes, and what answers it is not the middleware"
    if row.id == "K30":
        return "which methods there are is the application's to say"
    return None


RUN = [row for row in REQUESTS if why_not(row) is None]
LEFT_OUT = [row for row in REQUESTS if why_not(row) is not None]


def fields_of(row: Row) -> dict[str, Any]:
    """A config row's `plugin_content` as the keywords of the middleware."""
    names = {"allow_origin": "origins", "expose_headers": "expose"}
    content = json.loads(json.dumps(row.config))
    return {
        names.get(key, key): [part.strip() for part in value.split(",")] if key in names else value
        for key, value in content.items()
    }
