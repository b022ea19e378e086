"""The admin API's server: uvicorn on an inherited socket, with an answer even while the store is away."""

import contextlib
import json
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from crossgate.core.errors.admin import INTERNAL


class Front:
    """The ASGI application uvicorn sees: the admin API, or a 503 that says why there is none yet."""

    def __init__(self) -> None:
        self.api: ASGIApp | None = None
        self.reason = "the admin API is starting"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self.api:
            await self.api(scope, receive, send)
        elif scope["type"] == "http":
            await self._excuse(send)

    async def _excuse(self, send: Send) -> None:
        message = INTERNAL.because(f"the admin API is unavailable, {self.reason}").message
        body = json.dumps({"error_code": INTERNAL.code, "error_msg": message}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"retry-after", b"2"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class AdminServer(uvicorn.Server):
    """uvicorn without its own idea of signals: the process decides when it ends."""

    def __init__(self, front: Front, drain_s: float) -> None:
        super().__init__(
            uvicorn.Config(
                front,
                http="httptools",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                backlog=4096,
                timeout_graceful_shutdown=max(1, round(drain_s)),
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield
