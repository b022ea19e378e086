"""The gateway itself, which the contract calls an instance (gateway.md appendix B)."""

from crossgate.core.model.document import Response
from crossgate.core.model.paging import Page

RUNNING = 6


class InstanceQuery(Page):
    """The filters of the instance list."""

    instance_id: str | None = None
    instance_name: str | None = None
    status: str | None = None


class RespInstanceBase(Response):
    """A gateway in a list; `create_time` is Unix milliseconds."""

    id: str
    project_id: str
    instance_name: str
    status: str = "Running"
    instance_status: int = RUNNING
    type: str = "apig"
    spec: str = "PLATINUM"
    create_time: int
    enterprise_project_id: str = "0"
    charging_mode: int = 0


class InstanceInfo(RespInstanceBase):
    """A gateway in full, without what only a cloud has."""

    description: str = ""
    instance_version: str
    supported_features: list[str]
    is_releasable: bool = False


class InstanceList(Response):
    """A page of gateways."""

    total: int
    size: int
    instances: list[RespInstanceBase]
