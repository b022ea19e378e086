"""Publishing an API in an environment, and its versions (gateway.md 1.4)."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from crossgate.core.model.advice import Advice
from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import ObjectId, Remark
from crossgate.core.model.paging import Page

Action = Literal["online", "offline"]


class ApiActionInfo(Request):
    """Publish one API, or take it offline."""

    action: Action
    env_id: ObjectId
    api_id: ObjectId
    remark: Remark = ""


class ApiBatchPublish(Request):
    """Publish APIs, or take them offline: those named, or all of a group when none is named."""

    env_id: ObjectId
    apis: list[ObjectId] = Field(default_factory=list, max_length=1000)
    group_id: str | None = None
    remark: Remark = ""


class ApiVersion(Request):
    """The version to put into effect."""

    version_id: ObjectId


class VersionQuery(Page):
    """The filters of an API's version list."""

    env_id: str | None = None
    env_name: str | None = None


class PublishResp(Response):
    """What one publish, or offline, came to, and what to reconsider in it."""

    publish_id: str | None = None
    api_id: str
    api_name: str
    env_id: str
    remark: str = ""
    publish_time: datetime | None = None
    version_id: str | None = None
    warnings: list[Advice] | None = None


class BatchFailure(Response):
    """Why one API of a batch was refused."""

    api_id: str
    api_name: str | None = None
    error_code: str
    error_msg: str


class BatchPublishResp(Response):
    """What a batch came to, API by API."""

    success: list[PublishResp]
    failure: list[BatchFailure]


class ApiVersionResp(Response):
    """One version: `status` 1 is in effect, 2 is not."""

    version_id: str
    version_no: str
    api_id: str
    env_id: str
    env_name: str
    remark: str = ""
    publish_time: datetime
    status: int


class VersionList(Response):
    """A page of versions, newest first."""

    total: int
    size: int
    api_versions: list[ApiVersionResp]
