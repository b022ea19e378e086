"""Environments (gateway.md 1.4)."""

from datetime import datetime

from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import EnvironmentName, Remark
from crossgate.core.model.paging import Page

RELEASE_ID = "DEFAULT_ENVIRONMENT_RELEASE_ID"
RELEASE_NAME = "RELEASE"


class EnvCreate(Request):
    """An environment's name and remark, new or changed; an update without a remark empties it."""

    name: EnvironmentName
    remark: Remark = ""


class EnvironmentQuery(Page):
    """The filters of the environment list."""

    name: str | None = None


class EnvInfo(Response):
    """An environment."""

    id: str
    name: str
    remark: str = ""
    create_time: datetime


class EnvironmentList(Response):
    """A page of environments."""

    total: int
    size: int
    envs: list[EnvInfo]
