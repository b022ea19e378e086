"""Quotas: how often an app may call at all (gateway.md 1.5)."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import ObjectId, Remark, rule
from crossgate.core.model.paging import Page

Positive = Annotated[int, Field(ge=1, le=2147483647)]
_RESET_TIME = "%Y-%m-%d %H:%M:%S"


def read_reset_time(text: str) -> datetime:
    """When the first period begins, in UTC; raises ValueError."""
    return datetime.strptime(text, _RESET_TIME).replace(tzinfo=UTC)


def write_reset_time(time: datetime) -> str:
    """`time` as the contract writes it."""
    return time.strftime(_RESET_TIME)


def _reset_time(text: str) -> str:
    try:
        read_reset_time(text)
    except ValueError:
        raise PydanticCustomError(
            "rule", "The text is no time", {"fix": "Write UTC as in 2020-09-20 12:00:00."}
        ) from None
    return text


class AppQuotaCreate(Request):
    """A quota, new or changed: `call_limits` calls in each period of `time_interval` units.

    The first period begins at `reset_time`; without one, with the first call, and so does every later one.
    """

    name: Annotated[
        str,
        rule(
            r"[A-Za-z\u3400-\u4dbf\u4e00-\u9fff][A-Za-z0-9_\u3400-\u4dbf\u4e00-\u9fff-]{2,254}",
            "Write 3 to 255 letters, digits, Chinese characters, hyphens or underscores; "
            "start with a letter or a Chinese character.",
        ),
    ]
    call_limits: Positive
    time_unit: Literal["SECOND", "MINUTE", "HOUR", "DAY"]
    time_interval: Positive
    reset_time: Annotated[str, AfterValidator(_reset_time)] | None = None
    remark: Remark = ""


class AppQuotaBindings(Request):
    """The apps a quota shall count."""

    app_ids: Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class AppQuotaQuery(Page):
    """The filter of the quota list."""

    name: str | None = None


class QuotaAppQuery(Page):
    """The filter of a quota's apps."""

    app_name: str | None = None


class AppQuotaInfo(Response):
    """A quota."""

    app_quota_id: str
    name: str
    call_limits: int
    time_unit: str
    time_interval: int
    remark: str = ""
    reset_time: str | None = None
    create_time: datetime
    bound_app_num: int = 0


class AppQuotaList(Response):
    """A page of quotas."""

    total: int
    size: int
    quotas: list[AppQuotaInfo]


class AppQuotaBinding(Response):
    """An app just bound to a quota."""

    app_quota_id: str
    app_id: str
    bound_time: datetime


class AppQuotaApplied(Response):
    """The apps just bound to a quota."""

    applies: list[AppQuotaBinding]


class QuotaAppInfo(Response):
    """An app seen from a quota."""

    app_id: str
    name: str
    status: int = 1
    app_key: str
    remark: str = ""
    register_time: datetime
    update_time: datetime
    related_domain_id: str | None = None
    related_project_id: str | None = None
    app_quota_id: str | None = None
    app_quota_name: str | None = None
    bound_time: datetime | None = None


class QuotaAppList(Response):
    """A page of a quota's apps."""

    total: int
    size: int
    apps: list[QuotaAppInfo]
