"""Answers: how faults become the contract's error bodies (gateway.md 0)."""

from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from crossgate.core.errors import Fault, FaultKind
from crossgate.core.model.document import refused

# The contract's own gateway answers a path it does not know so, in front of its admin API.
NO_SUCH_ROUTE = FaultKind("APIG.0101", 404, "The API does not exist: {} {}")
WRONG_METHOD = FaultKind("APIG.1005", 405, "No permissions to request this method: {} {}")


def fault_answer(fault: Fault) -> JSONResponse:
    """`fault` as the contract writes it, and its findings, when it has any, as `details`."""
    body: dict[str, Any] = {"error_code": fault.kind.code, "error_msg": fault.message}
    if fault.findings:
        body["details"] = msgspec.to_builtins(fault.findings)
    return JSONResponse(body, status_code=fault.kind.status)


def answer_faults(app: FastAPI) -> None:
    """Let every error that a route of `app` can meet be answered in the contract's form."""

    @app.exception_handler(Fault)
    async def answer_fault(_: Request, fault: Fault) -> JSONResponse:
        return fault_answer(fault)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return fault_answer(refused(list(error.errors())))

    @app.exception_handler(HTTPException)
    async def answer_http_error(request: Request, error: HTTPException) -> JSONResponse:
        answer = fault_answer(_http_error(request, error))
        if error.status_code == 405:
            answer.headers["Allow"] = ", ".join(_methods_of(request))
        return answer


def _methods_of(request: Request) -> list[str]:
    """The methods the path has; Starlette names those of the first route it met, not of all."""
    return [
        method
        for method in ("GET", "POST", "PUT", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def _http_error(request: Request, error: HTTPException) -> Fault:
    """What Starlette itself refuses: a path nobody has, or a method a path does not have."""
    kind = WRONG_METHOD if error.status_code == 405 else NO_SUCH_ROUTE
    return kind.naming(request.method, request.url.path)
