"""Gateway responses: the answers the gateway gives itself (gateway.md 1.12)."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from crossgate.core.model.document import Response
from crossgate.core.model.paging import Page

DEFAULT_NAME = "default"
DEFAULT_BODY = (
    '{"error_code":"$context.error.code","error_msg":"$context.error.message","request_id":"$context.requestId"}'
)

ResponseType = Literal[
    "AUTH_FAILURE",
    "AUTH_HEADER_MISSING",
    "AUTHORIZER_FAILURE",
    "AUTHORIZER_CONF_FAILURE",
    "AUTHORIZER_IDENTITIES_FAILURE",
    "BACKEND_UNAVAILABLE",
    "BACKEND_TIMEOUT",
    "THROTTLED",
    "UNAUTHORIZED",
    "ACCESS_DENIED",
    "NOT_FOUND",
    "REQUEST_PARAMETERS_FAILURE",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "THIRD_AUTH_FAILURE",
    "THIRD_AUTH_IDENTITIES_FAILURE",
    "THIRD_AUTH_CONF_FAILURE",
    "ORCHESTRATION_PARAMETER_NOT_FOUND",
    "ORCHESTRATION_FAILURE",
]

# None: the answer keeps the status of the fault. The contract gives the two orchestration types no status;
# a failed mapping is APIG.0106, which is a 400.
DEFAULT_STATUS: dict[ResponseType, int | None] = {
    "AUTH_FAILURE": 401,
    "AUTH_HEADER_MISSING": 401,
    "AUTHORIZER_FAILURE": 500,
    "AUTHORIZER_CONF_FAILURE": 500,
    "AUTHORIZER_IDENTITIES_FAILURE": 401,
    "BACKEND_UNAVAILABLE": 502,
    "BACKEND_TIMEOUT": 504,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "ACCESS_DENIED": 403,
    "NOT_FOUND": 404,
    "REQUEST_PARAMETERS_FAILURE": 400,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "THIRD_AUTH_FAILURE": 401,
    "THIRD_AUTH_IDENTITIES_FAILURE": 401,
    "THIRD_AUTH_CONF_FAILURE": 500,
    "ORCHESTRATION_PARAMETER_NOT_FOUND": 400,
    "ORCHESTRATION_FAILURE": 400,
}


class ResponseHeader(Response):
    """One header of an answer."""

    key: str
    value: str


class ResponseInfo(Response):
    """The answer to one type of fault: `default` is true while nobody has changed it."""

    status: int | None = None
    body: str = DEFAULT_BODY
    headers: list[ResponseHeader] | None = None
    default: bool = True


class ResponsesInfo(Response):
    """A set of answers of one group."""

    id: str
    name: str
    default: bool
    responses: dict[ResponseType, ResponseInfo] | None = None
    create_time: datetime
    update_time: datetime


class ResponseQuery(Page):
    """The page of the list of sets."""


class ResponsesList(Response):
    """A page of sets, without their answers."""

    total: int
    size: int
    responses: list[ResponsesInfo] = Field(default_factory=list)


def default_responses() -> dict[ResponseType, ResponseInfo]:
    """Every type as the contract ships it."""
    return {kind: ResponseInfo(status=status) for kind, status in DEFAULT_STATUS.items()}
