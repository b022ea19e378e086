"""What is the same for every policy that is bound to publications (gateway.md appendix A)."""

from pydantic import Field

from crossgate.core.model.document import Response
from crossgate.core.model.paging import Page, Tags


class BoundApiQuery(Page):
    """The filters of the published APIs a policy is, or can be, bound to."""

    env_id: str | None = None
    group_id: str | None = None
    api_id: str | None = None
    api_name: str | None = None
    tags: Tags = Field(default_factory=list)


class BoundPolicyQuery(Page):
    """The filters of the policies bound to an API."""

    api_id: str
    env_id: str | None = None
    env_name: str | None = None


class UnbindingFailure(Response):
    """A binding that could not be undone."""

    bind_id: str
    error_code: str
    error_msg: str
    api_id: str | None = None
    api_name: str | None = None


class Unbound(Response):
    """What became of undoing several bindings."""

    success_count: int
    failure: list[UnbindingFailure]
