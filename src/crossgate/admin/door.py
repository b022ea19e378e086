"""The door: what happens to every request before a route sees it, and to every answer after.

A request gets an id, its body is read whole within a limit, and it must say who sends it. The door is
closed by default: a route is open to anybody only when it is listed here.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossgate.admin.answers import fault_answer
from crossgate.core.errors import Fault, FaultKind
from crossgate.core.errors import admin as errors

MAX_BODY_BYTES: Final = 1024 * 1024
# A call to debug carries a body of 2 MiB in a JSON text, where a letter beyond ASCII takes three times its bytes.
MAX_DEBUG_BYTES: Final = 7 * 1024 * 1024
OPEN_ROUTES: Final = frozenset({("GET", "/health"), ("GET", "/metrics"), ("POST", "/v3/auth/tokens")})
BODY_TOO_LARGE: Final = FaultKind("APIG.2006", 413, "The request body is longer than {} bytes.")

Authenticate = Callable[[Scope, bytes], Awaitable[str]]

logger = logging.getLogger(__name__)


class Door:
    """ASGI middleware around the whole admin application."""

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            scope.setdefault("state", {})["request_id"] = request_id
            await self._let_in(scope, receive, send_with_id)
        except Fault as fault:
            await fault_answer(fault)(scope, receive, send_with_id)
        except Exception:
            place = {"request_id": request_id, "method": scope["method"], "path": scope["path"]}
            logger.exception("a request met an error nobody foresaw", extra=place)
            if not started:
                await fault_answer(Fault(errors.INTERNAL))(scope, receive, send_with_id)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive, MAX_DEBUG_BYTES if "/apis/debug/" in scope["path"] else MAX_BODY_BYTES)
        if body is None:
            return
        if (scope["method"], scope["path"]) not in OPEN_ROUTES:
            scope["state"]["operator"] = await self._authenticate(scope, body)
        await self._app(scope, _replay(body, receive), send)


async def _read_body(receive: Receive, longest: int) -> bytes | None:
    """The whole body, or None when the client went away; raises BODY_TOO_LARGE."""
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > longest:
            raise BODY_TOO_LARGE.naming(str(longest))
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out `body` once, and then whatever comes next on the connection."""
    unread = [body]

    async def receive_body() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return receive_body
