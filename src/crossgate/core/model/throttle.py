"""Request throttling policies and their exceptions (gateway.md 1.6)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from crossgate.core.model.binding import BoundApiQuery, BoundPolicyQuery
from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import WHOLE_NUMBER, ObjectId, PolicyName, Remark
from crossgate.core.model.paging import Page

MAX_SPECIALS = 30

Limit = Annotated[int, Field(ge=0, le=2147483647)]
Positive = Annotated[int, Field(ge=1, le=2147483647)]
# Who may not call more often than whom (section 1.6).
_AT_MOST = (
    ("user_call_limits", "api_call_limits"),
    ("app_call_limits", "user_call_limits"),
    ("app_call_limits", "api_call_limits"),
    ("ip_call_limits", "api_call_limits"),
)


class ThrottleCreate(Request):
    """A policy, new or changed; a limit of 0, or none, does not limit.

    `type` 1 counts every API it is bound to by itself, 2 counts all of them together.
    """

    name: PolicyName
    api_call_limits: Positive
    time_interval: Positive
    time_unit: Literal["SECOND", "MINUTE", "HOUR", "DAY"]
    type: Annotated[Literal[1, 2], WHOLE_NUMBER] = 1
    user_call_limits: Limit = 0
    app_call_limits: Limit = 0
    ip_call_limits: Limit = 0
    enable_adaptive_control: Literal["TRUE", "FALSE"] = "FALSE"
    remark: Remark = ""

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> "ThrottleCreate":
        for smaller, larger in _AT_MOST:
            most: int = getattr(self, larger)
            if most and getattr(self, smaller) > most:
                raise PydanticCustomError(
                    "rule",
                    f"{smaller} is above {larger}",
                    {"fix": f"Write at most {most} for {smaller}, the value of {larger}."},
                )
        return self


class ThrottleQuery(Page):
    """The filters of the policy list."""

    id: str | None = None
    name: str | None = None


class ThrottleApiQuery(BoundApiQuery):
    """The filters of the published APIs a policy is bound to."""

    throttle_id: str


class UnboundThrottleQuery(BoundApiQuery):
    """The filters of the published APIs a policy is not bound to; without one, that have none."""

    throttle_id: str | None = None


class BoundThrottleQuery(BoundPolicyQuery):
    """The filters of the policies bound to an API."""

    throttle_id: str | None = None
    throttle_name: str | None = None


class ThrottleInfo(Response):
    """A policy. `is_inclu_special_throttle`: 1 when it has exceptions, 2 when it has none."""

    id: str
    name: str
    api_call_limits: int
    user_call_limits: int
    app_call_limits: int
    ip_call_limits: int
    time_interval: int
    time_unit: str
    type: int
    enable_adaptive_control: str
    remark: str = ""
    bind_num: int
    is_inclu_special_throttle: int
    create_time: datetime


class ThrottleList(Response):
    """A page of policies."""

    total: int
    size: int
    throttles: list[ThrottleInfo]


class SpecialThrottleUpdate(Request):
    """The limit of one credential or account."""

    call_limits: Positive


class SpecialThrottleCreate(SpecialThrottleUpdate):
    """A new exception for an app (by id) or a user (an account, by id)."""

    object_type: Literal["APP", "USER"]
    object_id: ObjectId


class SpecialThrottleQuery(Page):
    """The filters of a policy's exceptions."""

    object_type: str | None = None
    app_name: str | None = None
    user: str | None = None


class SpecialThrottleInfo(Response):
    """An exception."""

    id: str
    throttle_id: str
    call_limits: int
    object_type: str
    object_id: str
    object_name: str
    app_id: str | None = None
    app_name: str | None = None
    apply_time: datetime


class SpecialThrottleList(Response):
    """A page of a policy's exceptions."""

    total: int
    size: int
    throttle_specials: list[SpecialThrottleInfo]


class ThrottleBindings(Request):
    """The publications a policy shall count."""

    strategy_id: ObjectId
    publish_ids: Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class ThrottleUnbindings(Request):
    """The bindings to undo."""

    throttle_bindings: Annotated[list[ObjectId], Field(min_length=1, max_length=1000)]


class ThrottleBinding(Response):
    """A policy bound to a publication; `scope` 1 is the API itself."""

    id: str
    publish_id: str
    strategy_id: str
    scope: int = 1
    apply_time: datetime


class ThrottleApplied(Response):
    """The bindings one call made."""

    throttle_applys: list[ThrottleBinding]


class ThrottleOfApi(ThrottleInfo):
    """A policy seen from an API it is bound to."""

    env_name: str
    bind_id: str
    bind_time: datetime


class ThrottleOfApiList(Response):
    """A page of the policies of one API."""

    total: int
    size: int
    throttles: list[ThrottleOfApi]


class ApiOfThrottle(Response):
    """A published API seen from a policy that is, or can be, bound to it."""

    id: str
    name: str
    auth_type: str
    type: int
    group_id: str
    group_name: str
    run_env_id: str
    run_env_name: str
    publish_id: str
    req_uri: str
    req_method: str
    remark: str = ""
    tags: list[str]
    throttle_apply_id: str | None = None
    throttle_name: str | None = None
    apply_time: datetime | None = None


class ApiOfThrottleList(Response):
    """A page of APIs seen from a policy."""

    total: int
    size: int
    apis: list[ApiOfThrottle]


def limits_of(body: ThrottleCreate) -> dict[str, Any]:
    """The limits of a policy as columns: what does not limit is None."""
    names = ("user_call_limits", "app_call_limits", "ip_call_limits")
    return {name: getattr(body, name) or None for name in names}
