"""The middleware in real applications: FastAPI, Starlette, Litestar and Django, three lines each."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from crossgate.asgi import Application, CORSMiddleware
from tests.asgi.asking import Served, ask, messages_until_failure, scope, values

PAGE = "https://app.example"
ORIGINS = [PAGE]


class BrokenError(Exception):
    """The handler failed."""


def fastapi() -> Application:
    """FastAPI, with the middleware in its own stack."""
    from fastapi import FastAPI

    app = FastAPI()
    app.add_middleware(CORSMiddleware, origins=ORIGINS, methods=["PUT"], credentials=True)

    @app.get("/x")
    async def read() -> dict[str, int]:
        return {"total": 3}

    @app.get("/broken")
    async def break_down() -> None:
        raise BrokenError

    return app


def starlette() -> Application:
    """Starlette, with the middleware in its own stack."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def read(request: Request) -> JSONResponse:
        return JSONResponse({"total": 3})

    async def break_down(request: Request) -> JSONResponse:
        raise BrokenError

    return Starlette(
        routes=[Route("/x", read), Route("/broken", break_down)],
        middleware=[Middleware(CORSMiddleware, origins=ORIGINS, methods=["PUT"], credentials=True)],
    )


def litestar() -> Application:
    """Litestar, wrapped: its own middleware stands behind its router, which answers OPTIONS and 404 itself."""
    from litestar import Litestar, get

    @get("/x")
    async def read() -> dict[str, int]:
        return {"total": 3}

    @get("/broken")
    async def break_down() -> None:
        raise BrokenError

    app = Litestar([read, break_down], openapi_config=None)
    return CORSMiddleware(app, origins=ORIGINS, methods=["PUT"], credentials=True)


_URLS: list[Any] = []


def django() -> Application:
    """Django, wrapped."""
    from django.conf import settings  # type: ignore[import-untyped]
    from django.core.asgi import get_asgi_application  # type: ignore[import-untyped]
    from django.http import HttpRequest, JsonResponse  # type: ignore[import-untyped]
    from django.urls import path  # type: ignore[import-untyped]

    async def read(request: HttpRequest) -> JsonResponse:
        return JsonResponse({"total": 3})

    async def break_down(request: HttpRequest) -> JsonResponse:
        raise BrokenError

    if not settings.configured:
        _URLS.extend([path("x", read), path("broken", break_down)])
        settings.configure(ROOT_URLCONF=tuple(_URLS), ALLOWED_HOSTS=["*"], MIDDLEWARE=[], LOGGING_CONFIG=None)
    return CORSMiddleware(get_asgi_application(), origins=ORIGINS, methods=["PUT"], credentials=True)


FRAMEWORKS = [fastapi, starlette, litestar, django]


@pytest.fixture(params=FRAMEWORKS, ids=lambda build: build.__name__)
def application(request: pytest.FixtureRequest) -> Application:
    """An application of each framework."""
    built: Application = request.param()
    return built


def test_a_page_reads_what_its_policy_allows(application: Application) -> None:
    """The answer names the page's origin."""
    answer = ask(application, origin=PAGE)

    assert (answer.status, answer.body.replace(" ", "")) == (200, '{"total":3}')
    assert values(answer, "access-control-allow-origin") == [PAGE]
    assert values(answer, "access-control-allow-credentials") == ["true"]
    assert values(answer, "vary") == ["Origin"]


def test_a_foreign_page_gets_no_permission(application: Application) -> None:
    """The answer comes, and says nothing but that it varies."""
    answer = ask(application, origin="https://evil.example")

    assert answer.status == 200
    assert [name for name, _ in answer.fields if name.lower().startswith("access-control-")] == []
    assert values(answer, "vary") == ["Origin"]


def test_a_preflight_reaches_no_route(application: Application) -> None:
    """PUT has no route here, and the preflight is granted all the same: the policy is the application's."""
    answer = ask(application, "OPTIONS", origin=PAGE, access_control_request_method="PUT")

    assert (answer.status, answer.body) == (204, "")
    assert values(answer, "access-control-allow-methods") == ["PUT"]


def test_a_refused_preflight_says_no(application: Application) -> None:
    """DELETE is not allowed."""
    answer = ask(application, "OPTIONS", origin=PAGE, access_control_request_method="DELETE")

    assert answer.status == 403
    assert values(answer, "access-control-allow-origin") == []


def test_a_page_reads_the_frameworks_own_errors(application: Application) -> None:
    """404 names the page's origin."""
    answer = ask(application, "POST", "/nowhere", origin=PAGE)

    assert (answer.status, values(answer, "access-control-allow-origin")) == (404, [PAGE])


def test_a_page_reads_a_500(application: Application) -> None:
    """An exception in a handler is a 500 that the page may read, not a CORS error."""
    try:
        answer = ask(application, path="/broken", origin=PAGE)
    except BrokenError:
        # Starlette's error handler raises it again for the server, after the answer.
        sent, _ = messages_until_failure(application, scope(path="/broken", headers=[(b"origin", PAGE.encode())]))
        headers = dict(sent[0]["headers"])
        assert (sent[0]["status"], headers[b"access-control-allow-origin"]) == (500, PAGE.encode())
        assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    else:
        assert (answer.status, values(answer, "access-control-allow-origin")) == (500, [PAGE])


def test_a_handler_for_exceptions_runs_and_answers_where_the_whole_application_is_wrapped() -> None:
    """Inside FastAPI's stack the handler's answer comes too late, outside it is the answer."""
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    app, handled = FastAPI(), []

    @app.exception_handler(Exception)
    async def apologise(request: Request, error: Exception) -> JSONResponse:
        handled.append(type(error))
        return JSONResponse({"detail": "sorry"}, 500)

    @app.get("/broken")
    async def break_down() -> None:
        raise BrokenError

    asked = scope(path="/broken", headers=[(b"origin", PAGE.encode())])
    outside, _ = messages_until_failure(CORSMiddleware(app, origins=ORIGINS), asked)
    app.middleware_stack = None
    app.add_middleware(CORSMiddleware, origins=ORIGINS)
    inside, _ = messages_until_failure(app, asked)

    assert handled == [BrokenError, BrokenError]
    assert [sent[1]["body"] for sent in (outside, inside)] == [b'{"detail":"sorry"}', b"Internal Server Error"]
    assert all((b"access-control-allow-origin", PAGE.encode()) in sent[0]["headers"] for sent in (outside, inside))


@pytest.fixture
def served() -> Iterator[tuple[Served, list[str]]]:
    """A FastAPI application with a lifespan and a stream, behind uvicorn."""
    from contextlib import asynccontextmanager

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        seen.append("began")
        yield
        seen.append("ended")

    app = FastAPI(lifespan=lifespan)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for part in (b"data: 1\n\n", b"data: 2\n\n"):
                yield part

        return StreamingResponse(parts(), media_type="text/event-stream", headers={"X-Total": "2"})

    served = Served(CORSMiddleware(app, origins=ORIGINS, expose=["*"]), lifespan="on")
    yield served, seen
    served.stop()
    assert seen == ["began", "ended"]


def test_a_stream_is_served_over_sockets(served: tuple[Served, list[str]]) -> None:
    """The lifespan runs, and a page reads an event stream."""
    server, seen = served
    response = server.connect().ask(b"GET /stream HTTP/1.1\r\nHost: h\r\nOrigin: https://app.example\r\n\r\n")

    assert response.body == b"data: 1\n\ndata: 2\n\n"
    assert response.field("Access-Control-Allow-Origin") == PAGE
    assert response.field("Access-Control-Expose-Headers") == "*"
    assert seen == ["began"]
