"""What every document of the contract has in common, and how its errors become findings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from crossgate.core.errors import Fault, Finding
from crossgate.core.errors.admin import INVALID_PARAMETER, refusal

# `defer_build`: a model is built when it is first used. Building all of them would take a third of a start.


class Request(BaseModel):
    """A body somebody sends: the contract's own field names and exact JSON types.

    A field that is null counts as absent, as the contract's clients write it. An unknown field is ignored:
    newer clients send fields this gateway has no use for.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data


class Response(BaseModel):
    """A body the gateway sends: absent fields are left out (`exclude_none`), times are RFC3339 in UTC."""

    model_config = ConfigDict(frozen=True, defer_build=True)


def rfc3339(time: datetime) -> str:
    """`time`, which is in UTC, as the contract writes it inside a text."""
    return time.isoformat().replace("+00:00", "Z")


AnyRequest = TypeVar("AnyRequest", bound=BaseModel)


def read(model: type[AnyRequest], data: object) -> AnyRequest:
    """`data` as a `model`; raises the Fault that names every bad field."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise refusal([_finding(each, each["loc"]) for each in found]) from None


def refused(errors: list[ErrorDetails]) -> Fault:
    """The Fault for what pydantic found wrong; values are never repeated, they may be secrets.

    The places begin with the part of the request they are in: `("query", "limit")`.
    """
    return refusal([_finding(error, error["loc"][1:]) for error in errors])


def _finding(error: ErrorDetails, location: tuple[int | str, ...]) -> Finding:
    context = error.get("ctx") or {}
    return Finding(
        code=str(context.get("code", INVALID_PARAMETER.code)),
        at=_place(location),
        message=error["msg"],
        fix=_fix(error["type"], error["msg"], context),
    )


def _place(location: tuple[int | str, ...]) -> str:
    """`("req_params", 0, "name")` as `req_params[0].name`."""
    place = ""
    for part in location:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            place += f".{part}" if place else part
    return place or "body"


def _fix(kind: str, message: str, context: Mapping[str, Any]) -> str:
    match kind:
        case "rule":
            return str(context["fix"])
        case "missing":
            return "Give this field a value."
        case "literal_error":
            return f"Use one of {context['expected']}."
        case _:
            return f"{message}."
