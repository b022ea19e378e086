"""An API as the gateway shows it (gateway.md appendix B), built from its definition.

The ids of an API's parts are derived from the API's id and the part's place in the definition: they stay the
same as long as the part does, and nothing has to be stored for them.
"""

from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid5

import msgspec
from pydantic import BaseModel, Field

from crossgate.core.model.api import ApiCreate, ApiFields, ReqParamBase
from crossgate.core.model.api_backend import (
    ApiConditionBase,
    ApiFuncCreate,
    ApiMockCreate,
    BackendApiCreate,
    BackendParamBase,
    FunctionFields,
    HttpBackendFields,
    MockContent,
    PolicyFields,
)
from crossgate.core.model.document import Response
from crossgate.core.model.group import ApiGroupCommonInfo


class ReqParam(ReqParamBase):
    """A request parameter with its id."""

    id: str


class BackendParam(BackendParamBase):
    """A backend parameter with its id, and that of the request parameter it carries."""

    id: str
    req_param_id: str | None = None


class BackendApi(BackendApiCreate):
    """An HTTP backend as shown."""

    id: str
    status: int = 1
    register_time: datetime
    update_time: datetime


class ApiFunc(ApiFuncCreate):
    """A function backend as shown."""

    id: str
    status: int = 1
    register_time: datetime
    update_time: datetime


class ApiMock(ApiMockCreate):
    """A mock backend as shown."""

    id: str
    status: int = 1
    register_time: datetime
    update_time: datetime


class CoditionResp(ApiConditionBase):
    """A condition with its ids (the contract spells the name so)."""

    id: str
    req_param_id: str | None = None
    req_param_location: str | None = None


class PolicyShown(Response):
    """What a policy backend shows beyond what was written."""

    id: str
    name: str
    effect_mode: str
    conditions: list[CoditionResp]
    backend_params: list[BackendParam]


class ApiPolicyHttpResp(PolicyShown, HttpBackendFields):
    """An HTTP policy backend as shown."""

    timeout: int


class ApiPolicyFunctionResp(PolicyShown, FunctionFields):
    """A function policy backend as shown."""


class ApiPolicyMockResp(PolicyShown):
    """A mock policy backend as shown."""

    result_content: MockContent
    authorizer_id: str | None = None


class RunEnvFields(ApiFields):
    """An API and where it runs; several environments are joined by `|`."""

    id: str
    group_name: str
    run_env_id: str | None = None
    run_env_name: str | None = None
    publish_id: str | None = None
    req_params: list[ReqParam] = Field(default_factory=list)


class ApiInfoPerPage(RunEnvFields):
    """An API in a list: `arrange_necessary` is 1 when it was changed after it was published, else 2."""

    status: int = 1
    arrange_necessary: int
    register_time: datetime
    update_time: datetime
    group_version: str = "V1"
    publish_time: str | None = None
    backend_api: BackendApi | None = None
    api_group_info: ApiGroupCommonInfo | None = None


class ApiInfo(ApiInfoPerPage):
    """An API in full."""

    func_info: ApiFunc | None = None
    mock_info: ApiMock | None = None
    backend_params: list[BackendParam] = Field(default_factory=list)
    policy_https: list[ApiPolicyHttpResp] = Field(default_factory=list)
    policy_functions: list[ApiPolicyFunctionResp] = Field(default_factory=list)
    policy_mocks: list[ApiPolicyMockResp] = Field(default_factory=list)


class ApiVersionDetail(ApiInfo):
    """One published version in full."""

    version_id: str
    sl_domain: str
    sl_domains: list[str]


class ApiRuntime(RunEnvFields):
    """What is in effect in one environment."""

    sl_domain: str
    sl_domains: list[str]


class ApiList(Response):
    """A page of APIs."""

    total: int
    size: int
    apis: list[ApiInfoPerPage]


class ApiFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about an API beside its definition."""

    id: str
    group: ApiGroupCommonInfo
    register_time: datetime
    update_time: datetime
    arrange_necessary: int = 2
    run_env_id: str | None = None
    run_env_name: str | None = None
    publish_id: str | None = None
    publish_time: str | None = None


AnyInfo = TypeVar("AnyInfo", bound=RunEnvFields)


def full(definition: ApiCreate, facts: ApiFacts) -> ApiInfo:
    """The whole API."""
    return _shown(ApiInfo, definition, facts)


def per_page(definition: ApiCreate, facts: ApiFacts, *, group: bool, backend: bool) -> ApiInfoPerPage:
    """The API as a list shows it, with its group or its backend when asked for."""
    hidden = {name for name, wanted in (("api_group_info", group), ("backend_api", backend)) if not wanted}
    return _shown(ApiInfoPerPage, definition, facts, hidden=hidden)


def version_detail(definition: ApiCreate, facts: ApiFacts, version_id: str) -> ApiVersionDetail:
    """The API as one version holds it."""
    return _shown(ApiVersionDetail, definition, facts, version_id=version_id)


def runtime(definition: ApiCreate, facts: ApiFacts) -> ApiRuntime:
    """The API as it is in effect."""
    return _shown(ApiRuntime, definition, facts)


def _shown(
    model: type[AnyInfo],
    definition: ApiCreate,
    facts: ApiFacts,
    *,
    hidden: set[str] | None = None,
    **more: object,
) -> AnyInfo:
    """`definition` as a `model`; fields the model does not have are dropped by it."""
    shown = definition.model_dump() | msgspec.structs.asdict(facts) | more
    shown |= _parts(definition, facts)
    shown["group_name"] = facts.group.name
    shown["api_group_info"] = facts.group.model_dump()
    shown["sl_domain"] = facts.group.sl_domain
    shown["sl_domains"] = [facts.group.sl_domain]
    return model.model_validate({name: value for name, value in shown.items() if name not in (hidden or ())})


def _parts(definition: ApiCreate, facts: ApiFacts) -> dict[str, object]:
    """The nested parts with their ids and times."""
    params = {param.name.lower(): param for param in definition.req_params}
    parts: dict[str, object] = {
        "req_params": [_with_id(param, _param_id(facts.id, param)) for param in definition.req_params],
        "backend_params": _backend_params(facts.id, "", definition.backend_params, params),
    }
    for name in ("backend_api", "func_info", "mock_info"):
        backend = getattr(definition, name)
        if backend is not None:
            times = {"register_time": facts.register_time, "update_time": facts.update_time}
            parts[name] = _with_id(backend, _id(facts.id, name)) | times
    for name in ("policy_https", "policy_functions", "policy_mocks"):
        parts[name] = [_policy(facts.id, policy, params) for policy in getattr(definition, name)]
    return parts


def _policy(api_id: str, policy: PolicyFields, params: dict[str, ReqParamBase]) -> dict[str, object]:
    place = f"policy/{policy.name}"
    conditions = []
    for number, condition in enumerate(policy.conditions):
        shown = _with_id(condition, _id(api_id, f"{place}/condition/{number}"))
        param = params.get((condition.req_param_name or "").lower())
        if param is not None:
            shown |= {"req_param_id": _param_id(api_id, param), "req_param_location": param.location}
        conditions.append(shown)
    return _with_id(policy, _id(api_id, place)) | {
        "conditions": conditions,
        "backend_params": _backend_params(api_id, place, policy.backend_params, params),
    }


def _backend_params(
    api_id: str, place: str, backend_params: list[BackendParamBase], params: dict[str, ReqParamBase]
) -> list[dict[str, object]]:
    shown = []
    for param in backend_params:
        own = _with_id(param, _id(api_id, f"{place}/backend/{param.location}/{param.name}"))
        carried = params.get(param.value.lower()) if param.origin == "REQUEST" else None
        if carried is not None:
            own["req_param_id"] = _param_id(api_id, carried)
        shown.append(own)
    return shown


def _param_id(api_id: str, param: ReqParamBase) -> str:
    return _id(api_id, f"request/{param.location}/{param.name}")


def _with_id(part: BaseModel, part_id: str) -> dict[str, object]:
    return part.model_dump() | {"id": part_id}


def _id(api_id: str, place: str) -> str:
    return uuid5(UUID(hex=api_id), place).hex
