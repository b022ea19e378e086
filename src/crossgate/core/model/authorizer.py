"""Custom authorizers (gateway.md 1.10)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from crossgate.core.errors import FaultKind
from crossgate.core.errors.admin import IDENTITY_NAME_TAKEN, INVALID_PARAMETER, TOO_MANY_IDENTITIES
from crossgate.core.model.api import ApiCreate
from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import PolicyName, rule
from crossgate.core.model.paging import Page
from crossgate.core.policies.functions import claims_to_be_endpoint, is_endpoint
from crossgate.core.policies.pattern import Pattern, PatternError

MAX_IDENTITIES = 10

AuthorizerType = Literal["FRONTEND", "BACKEND"]
Text = Annotated[str, StringConstraints(max_length=255)]


def _wrong(message: str, fix: str, kind: FaultKind = INVALID_PARAMETER) -> PydanticCustomError:
    return PydanticCustomError("rule", message, {"fix": fix, "code": kind.code})


def _function(uri: str) -> str:
    if claims_to_be_endpoint(uri) and not is_endpoint(uri):
        fix = "Write http(s)://host/path without a password, python:module:callable, or the URN of a function."
        raise _wrong("It begins as an endpoint and is none", fix)
    return uri


def _pattern(text: str) -> str:
    try:
        Pattern(text, is_whole=True)
    except PatternError as error:
        raise _wrong(
            f"It is not a regular expression the gateway can use: {error}", "Write another one."
        ) from None
    return text


class Identity(Request):
    """Something of a request that says who calls; without a validation any value will do."""

    name: Annotated[
        str, rule(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}", "Write 1 to 128 characters that a header's name can have.")
    ]
    location: Literal["HEADER", "QUERY"]
    validation: Annotated[str, AfterValidator(_pattern)] | None = None


class AuthorizerCreate(Request):
    """An authorizer, new or changed.

    `authorizer_uri` is the URN of a function, or itself the endpoint where the function is. The last three fields
    are those of the contract's import (section 6.3); without them a function has one try of 5000 ms.
    """

    name: PolicyName
    type: AuthorizerType
    authorizer_type: Literal["FUNC"]
    authorizer_uri: Annotated[
        str,
        rule(r"[!-~]{1,1024}", "Write 1 to 1024 printable ASCII characters without a space."),
        AfterValidator(_function),
    ]
    network_type: Literal["V1", "V2"] | None = None
    authorizer_version: Text = ""
    authorizer_alias_uri: Text = ""
    identities: list[Identity] = Field(default_factory=list)
    ttl: Annotated[int, Field(ge=0, le=3600)] = 0
    user_data: Annotated[str, StringConstraints(max_length=2048)] = ""
    need_body: bool = False
    timeout: Annotated[int, Field(ge=1, le=60000)] | None = None
    retry_attempts: Annotated[int, Field(ge=0, le=10)] | None = None
    auth_downgrade_enabled: bool | None = None

    @model_validator(mode="after")
    def _identities_single_out_a_caller(self) -> "AuthorizerCreate":
        if len(self.identities) > MAX_IDENTITIES:
            fix = f"Keep at most {MAX_IDENTITIES}."
            raise _wrong(f"There are {len(self.identities)} identity sources", fix, TOO_MANY_IDENTITIES)
        seen = set()
        for identity in self.identities:
            is_header = identity.location == "HEADER"
            key = identity.location, identity.name.lower() if is_header else identity.name
            if key in seen:
                message = f"There are two identity sources {identity.name} in one place"
                raise _wrong(message, "Keep one of them.", IDENTITY_NAME_TAKEN)
            seen.add(key)
        if self.type == "FRONTEND" and self.ttl and not self.identities:
            message = "A frontend authorizer that keeps answers (ttl) needs identities to keep them by"
            raise _wrong(message, "Add an entry to identities, or set ttl 0.")
        return self


def named_by(api: ApiCreate) -> Iterator[tuple[str, str, AuthorizerType]]:
    """The authorizers `api` names: where, the id, and the type it must have there."""
    places: list[tuple[str, str | None, AuthorizerType]] = [("authorizer_id", api.authorizer_id, "FRONTEND")]
    backends = {"backend_api": api.backend_api, "func_info": api.func_info, "mock_info": api.mock_info}
    backends |= {
        f"{policies}[{number}]": policy
        for policies in ("policy_https", "policy_functions", "policy_mocks")
        for number, policy in enumerate(getattr(api, policies))
    }
    for at, backend in backends.items():
        if backend is not None:
            places.append((f"{at}.authorizer_id", backend.authorizer_id, "BACKEND"))
    yield from ((at, authorizer_id, kind) for at, authorizer_id, kind in places if authorizer_id)


class AuthorizerQuery(Page):
    """The filters of the list of authorizers."""

    id: str | None = None
    name: str | None = None
    type: str | None = None


class AuthorizerInfo(Response):
    """An authorizer. What only the contract's import has is shown where it has been set."""

    id: str
    name: str
    type: str
    authorizer_type: str
    authorizer_uri: str
    network_type: str | None = None
    authorizer_version: str = ""
    authorizer_alias_uri: str = ""
    identities: list[Identity]
    ttl: int
    user_data: str
    need_body: bool
    timeout: int | None = None
    retry_attempts: int | None = None
    auth_downgrade_enabled: bool | None = None
    create_time: datetime


class AuthorizerList(Response):
    """A page of authorizers."""

    total: int
    size: int
    authorizer_list: list[AuthorizerInfo]
