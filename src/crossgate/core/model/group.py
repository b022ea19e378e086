"""API groups (gateway.md 1.1)."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from crossgate.core.model.document import Request, Response
from crossgate.core.model.domain import UrlDomain
from crossgate.core.model.names import LongRemark, Title
from crossgate.core.model.paging import Page


class ApiGroupBase(Request):
    """What can be changed about a group; an update replaces all of it, so a remark left out is emptied."""

    name: Title
    remark: LongRemark = ""


class ApiGroupCreate(ApiGroupBase):
    """A new group; only version V1 exists."""

    version: Literal["V1"] = "V1"
    roma_app_id: str | None = None


class ApiGroupCheck(Request):
    """Is this name free?"""

    group_name: Title


class SlDomainAccessSetting(Request):
    """May the debug domain be called?"""

    sl_domain_access_enabled: bool


class GroupQuery(Page):
    """The filters of the group list."""

    id: str | None = None
    name: str | None = None


class ApiGroupCommonInfo(Response):
    """A group as shown inside its APIs."""

    id: str
    name: str
    status: int = 1
    sl_domain: str
    register_time: datetime
    update_time: datetime
    on_sell_status: int = 2
    url_domains: list[UrlDomain] = Field(default_factory=list)
    sl_domain_access_enabled: bool = True


class ApiGroupInfo(ApiGroupCommonInfo):
    """A group in full: `is_default` is 1 for the built-in group DEFAULT and 2 for every other."""

    sl_domains: list[str]
    remark: str = ""
    call_limits: int = 1000
    time_interval: int = 1
    time_unit: str = "DAY"
    is_default: int = 2
    version: str = "V1"


class GroupList(Response):
    """A page of groups."""

    total: int
    size: int
    groups: list[ApiGroupInfo]
