"""Gateway responses: the answers the gateway gives itself (gateway.md 1.12)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from crossgate.core.model.document import Request, Response
from crossgate.core.model.findings import CONTROL_CHARACTERS
from crossgate.core.model.names import between, rule
from crossgate.core.model.paging import Page
from crossgate.core.policies.gateway_response import DEFAULT_BODY

DEFAULT_NAME = "default"
MAX_SETS = 4
"""Sets a group can have beside the one it is made with."""

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
    "OIDC_AUTH_TOKEN_VERIFY_FAIL",
    "OIDC_AUTH_GET_DISCOVERY_ERROR",
    "OIDC_AUTH_CODE_FLOW_FAIL",
    "JWT_AUTH_FAILURE",
    "ORCHESTRATION_PARAMETER_NOT_FOUND",
    "ORCHESTRATION_FAILURE",
]

# None: the answer keeps the status of the fault. The contract gives the two orchestration types and those about
# tokens no status; a failed mapping is APIG.0106, which is a 400.
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
    "OIDC_AUTH_TOKEN_VERIFY_FAIL": 401,
    "OIDC_AUTH_GET_DISCOVERY_ERROR": 500,
    "OIDC_AUTH_CODE_FLOW_FAIL": 401,
    "JWT_AUTH_FAILURE": 401,
    "ORCHESTRATION_PARAMETER_NOT_FOUND": 400,
    "ORCHESTRATION_FAILURE": 400,
}


def _can_be_sent(status: int) -> int:
    if status == 444:
        raise PydanticCustomError("rule", "444 is no status that can be sent", {"fix": "Write another status."})
    return status


def _is_not_ours(name: str) -> str:
    if name.lower() in {"connection", "content-length", "transfer-encoding"}:
        message = "The gateway writes this header itself"
        raise PydanticCustomError("rule", message, {"fix": f"Remove the header {name}."})
    return name


def _is_one_line(value: str) -> str:
    if "[[" in value or "]]" in value or CONTROL_CHARACTERS.search(value):
        message = "The value holds [[ or ]], or a control character"
        raise PydanticCustomError("rule", message, {"fix": "Write one line without double brackets."})
    return value


class ResponseHeaderCreate(Request):
    """One header of an answer; the contract's two rules for its name differ in `_`, which is allowed."""

    key: Annotated[
        str,
        rule(r"[A-Za-z0-9_-]{1,128}", "Write 1 to 128 letters, digits, hyphens or underscores."),
        AfterValidator(_is_not_ours),
    ]
    value: Annotated[str, between(1, 1024), AfterValidator(_is_one_line)]


class ResponseInfoCreate(Request):
    """The answer to one type of fault; what is left out is as the contract ships it."""

    status: Annotated[int, Field(ge=200, le=599), AfterValidator(_can_be_sent)] | None = None
    body: Annotated[str, StringConstraints(max_length=65535)] | None = None
    headers: Annotated[list[ResponseHeaderCreate], Field(max_length=10)] = Field(default_factory=list)


class ResponsesCreate(Request):
    """A set, new or changed. Types it does not name are as the contract ships them.

    A change without `responses` leaves the answers alone and gives the set another name.
    """

    name: Annotated[str, rule(r"[A-Za-z0-9_-]{1,64}", "Write 1 to 64 letters, digits, hyphens or underscores.")]
    responses: dict[ResponseType, ResponseInfoCreate] | None = None


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


def changed(answer: ResponseInfoCreate, kind: ResponseType) -> dict[str, Any]:
    """The answer to `kind` as it is stored."""
    return {
        "status": answer.status if answer.status is not None else DEFAULT_STATUS[kind],
        "body": answer.body if answer.body is not None else DEFAULT_BODY,
        "headers": [header.model_dump() for header in answer.headers],
    }


def all_responses(stored: Mapping[str, Any]) -> dict[ResponseType, ResponseInfo]:
    """Every type: those that are stored, and the others as the contract ships them."""
    return {
        kind: ResponseInfo(**stored[kind], default=False) if kind in stored else ResponseInfo(status=status)
        for kind, status in DEFAULT_STATUS.items()
    }
