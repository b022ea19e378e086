"""What is measured: decisions of the engine, and two middlewares around the least application there can be.

Every contender is handed new bytes for each call, as a server is by its socket: nothing has been hashed before.
"""

import warnings
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from time import process_time_ns
from typing import Any

from starlette.middleware.cors import CORSMiddleware as StarletteMiddleware

from crossgate.asgi import CORSMiddleware, PolicyWarning
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.server import merge
from crossgate.cors.table import CorsTable, compile_policy

Contender = Callable[[int], int]
"""Does its work so many times and says how much CPU time that took, in nanoseconds."""

Application = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PAGE = b"https://app.example"
BELOW = b"https://app.team.example"
FOREIGN = b"https://evil.example"
# The policy of the comparison, in both spellings.
LISTED = ("https://app.example", "https://admin.example")
REGEX = r"https://([a-z0-9_-]+\.)+team\.example"
POLICY = CorsPolicy(
    origins=(*LISTED, "https://*.team.example"),
    credentials=True,
    methods=("GET", "POST", "PUT", "DELETE"),
    headers=("content-type", "x-req-id", "authorization"),
    expose=("x-total",),
    max_age=600,
)
_FIELDS_OF_A_PAGE: Headers = [
    (b"host", b"api.example"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0"),
    (b"accept", b"*/*"),
    (b"accept-language", b"en-GB,en;q=0.5"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"referer", b"https://app.example/"),
    (b"sec-fetch-dest", b"empty"),
    (b"sec-fetch-mode", b"cors"),
    (b"sec-fetch-site", b"cross-site"),
]
_RESPONSE: Headers = [(b"content-type", b"application/json"), (b"content-length", b"2"), (b"etag", b'"1"')]
_BACKEND_SPEAKS: Headers = [*_RESPONSE, (b"vary", b"Accept-Encoding"), (b"access-control-allow-origin", b"*")]


def compiled(**fields: Any) -> CorsTable:
    """The table of a policy."""
    table = compile_policy(CorsPolicy(**fields))
    assert isinstance(table, CorsTable), table
    return table


def grants(table: CorsTable, origin: bytes) -> Contender:
    """What an actual response carries: the grant and its lines, as the gateway writes them."""

    def work(times: int) -> int:
        origins = _copies(origin, times)
        start = process_time_ns()
        for each in origins:
            table.grant(each).block  # noqa: B018
        return process_time_ns() - start

    return work


def merges(table: CorsTable, origin: bytes) -> Contender:
    """The same where the backend speaks of CORS itself, so that its fields and ours are joined."""

    def work(times: int) -> int:
        origins = _copies(origin, times)
        start = process_time_ns()
        for each in origins:
            merge(table.grant(each), _BACKEND_SPEAKS)
        return process_time_ns() - start

    return work


def every_listed(table: CorsTable, origins: Sequence[bytes]) -> Contender:
    """Grants for one listed origin after the other."""

    def work(times: int) -> int:
        copies = [bytes(bytearray(origins[index % len(origins)])) for index in range(times)]
        start = process_time_ns()
        for each in copies:
            table.grant(each).block  # noqa: B018
        return process_time_ns() - start

    return work


def preflights(table: CorsTable, origin: bytes, requested: bytes | None) -> Contender:
    """The whole answer to a preflight for PUT."""

    def work(times: int) -> int:
        asked = [
            (bytes(bytearray(origin)), bytes(bytearray(b"PUT")), requested and bytes(bytearray(requested)))
            for _ in range(times)
        ]
        start = process_time_ns()
        for each, method, names in asked:
            table.preflight(each, method, names).block  # noqa: B018
        return process_time_ns() - start

    return work


def starlette(asked: MutableMapping[str, Any], response: Headers) -> Contender:
    """Starlette's middleware and the application behind it."""
    middleware = StarletteMiddleware(
        _answering(response),
        allow_origins=LISTED,
        allow_origin_regex=REGEX,
        allow_credentials=POLICY.credentials,
        allow_methods=POLICY.methods,
        allow_headers=POLICY.headers,
        expose_headers=POLICY.expose,
        max_age=POLICY.max_age or 0,
    )
    return _calls(middleware, asked)


def crossgate(asked: MutableMapping[str, Any], response: Headers) -> Contender:
    """Our middleware and the application behind it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PolicyWarning)
        return _calls(CORSMiddleware(_answering(response), policy=POLICY), asked)


def alone(asked: MutableMapping[str, Any], response: Headers) -> Contender:
    """The application without a middleware."""
    return _calls(_answering(response), asked)


def get(origin: bytes) -> dict[str, Any]:
    """A page's GET as an ASGI server describes it."""
    return _scope("GET", [*_FIELDS_OF_A_PAGE, (b"origin", origin)])


def options(origin: bytes, requested: bytes) -> dict[str, Any]:
    """A browser's preflight for PUT as an ASGI server describes it."""
    asked = [(b"access-control-request-method", b"PUT"), (b"access-control-request-headers", requested)]
    return _scope("OPTIONS", [*_FIELDS_OF_A_PAGE, (b"origin", origin), *asked])


PLAIN, SPEAKING = _RESPONSE, _BACKEND_SPEAKS


def _scope(method: str, headers: Headers) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": "/x", "query_string": b"", "headers": headers}


def _copies(value: bytes, times: int) -> list[bytes]:
    return [bytes(bytearray(value)) for _ in range(times)]


def _answering(headers: Headers) -> Application:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        # New ones for each response: Starlette's middleware writes into the list that it is given.
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"{}"})

    return application


async def _receive() -> dict[str, Any]:
    return {"type": "http.request"}


async def _send(message: MutableMapping[str, Any]) -> None:
    del message


def _calls(application: Application, asked: MutableMapping[str, Any]) -> Contender:
    """Nothing in here ever waits, so the coroutine runs to its end without a loop whose cost would be measured."""

    def work(times: int) -> int:
        requests = [
            {**asked, "headers": [(name, bytes(bytearray(value))) for name, value in asked["headers"]]}
            for _ in range(times)
        ]
        start = process_time_ns()
        for request in requests:
            with suppress(StopIteration):
                application(request, _receive, _send).send(None)  # type: ignore[attr-defined]
        return process_time_ns() - start

    return work
