"""Authorizations: which app may call which API in which environment (gateway.md 1.5)."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import ObjectId
from crossgate.core.model.paging import Page, Tags

Ids = Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class ApiAuthCreate(Request):
    """Let every one of `app_ids` call every one of `api_ids` in one environment."""

    env_id: ObjectId
    app_ids: Ids
    api_ids: Ids


class AuthorizedApiQuery(Page):
    """The filters of the APIs an app may call."""

    app_id: str
    api_id: str | None = None
    api_name: str | None = None
    group_id: str | None = None
    group_name: str | None = None
    env_id: str | None = None
    tags: Tags = Field(default_factory=list)


class AuthorizedAppQuery(Page):
    """The filters of the apps that may call an API."""

    api_id: str
    app_id: str | None = None
    app_name: str | None = None
    env_id: str | None = None


class UnauthorizedApiQuery(Page):
    """The filters of the APIs an app may not call."""

    app_id: str
    env_id: str | None = None
    group_id: str | None = None
    api_id: str | None = None
    api_name: str | None = None
    tags: Tags = Field(default_factory=list)


class AuthResult(Response):
    """What became of one authorization that was asked for."""

    status: str
    error_code: str | None = None
    error_msg: str | None = None
    api_name: str | None = None
    app_name: str | None = None


class ApiAuthRelation(Response):
    """One authorization that was asked for; without an id it was not made."""

    api_id: str
    app_id: str
    auth_result: AuthResult
    id: str | None = None
    auth_time: datetime | None = None


class ApiAuthRelations(Response):
    """Everything one call asked for."""

    auths: list[ApiAuthRelation]


class ApiAuthInfo(Response):
    """One authorization, with names for what it joins."""

    id: str
    api_id: str
    api_name: str
    api_type: int
    api_remark: str = ""
    group_id: str
    group_name: str
    env_id: str
    env_name: str
    publish_id: str
    app_id: str
    app_name: str
    app_remark: str = ""
    app_type: str = "apig"
    app_creator: str
    auth_role: str = "PROVIDER"
    auth_tunnel: str = "NORMAL"
    auth_time: datetime
    tags: list[str]


class ApiAuthList(Response):
    """A page of authorizations."""

    total: int
    size: int
    auths: list[ApiAuthInfo]


class ApiOutline(Response):
    """A published API that an app may not call."""

    id: str
    name: str
    auth_type: str
    group_id: str
    group_name: str
    run_env_id: str
    run_env_name: str
    publish_id: str
    remark: str = ""
    req_uri: str
    tags: list[str]


class UnauthorizedApiList(Response):
    """A page of APIs that an app may not call."""

    total: int
    size: int
    apis: list[ApiOutline]
