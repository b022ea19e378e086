"""An API as an operator writes it (gateway.md 1.3); `api_rules` holds what concerns several fields at once."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from crossgate.core.model.api_backend import (
    ApiFuncCreate,
    ApiMockCreate,
    ApiPolicyFunctionCreate,
    ApiPolicyHttpCreate,
    ApiPolicyMockCreate,
    BackendApiCreate,
    BackendParamBase,
    Location,
    Method,
    OnOff,
)
from crossgate.core.model.document import Request
from crossgate.core.model.names import (
    WHOLE_NUMBER,
    LongRemark,
    ObjectId,
    ParameterName,
    Remark,
    Sample,
    Tag,
    Title,
    rule,
)
from crossgate.core.model.paging import Page, Tags

Protocol = Literal["HTTP", "HTTPS", "BOTH", "GRPCS"]
MatchMode = Literal["NORMAL", "SWA"]
AuthType = Literal["NONE", "APP", "IAM", "AUTHORIZER"]
BackendType = Literal["HTTP", "FUNCTION", "MOCK", "GRPC"]
RequestPath = Annotated[str, StringConstraints(min_length=1, max_length=512)]
ParamText = Annotated[str, StringConstraints(max_length=255)]
SamplingParam = Annotated[str, rule(r"[0-9]|[1-9][0-9]|100", 'Write a percentage from "0" to "100".')]

Bound = Annotated[int, Field(ge=-(2**63), lt=2**63)]

DEFAULT_VERSION = "V0.0.1"


class ReqParamBase(Request):
    """A declared request parameter; 1 means yes and 2 no wherever a number says so."""

    name: ParameterName
    type: Literal["STRING", "NUMBER"]
    location: Location
    default_value: ParamText | None = None
    sample_value: ParamText | None = None
    required: OnOff = 2
    valid_enable: OnOff = 2
    remark: Remark = ""
    enumerations: str | None = None
    min_num: Bound | None = None
    max_num: Bound | None = None
    min_size: Bound | None = None
    max_size: Bound | None = None
    regular: str | None = None
    json_schema: str | None = None
    pass_through: OnOff = 1
    orchestrations: list[str] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _path_is_always_there(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("location") == "PATH":
            return data | {"required": 1}
        return data


class AuthOpt(Request):
    """Whether an AppCode in a header is accepted."""

    app_code_auth_type: Literal["DISABLE", "HEADER"] = "DISABLE"


class ApiFields(Request):
    """What a request and an answer about an API share."""

    name: Title
    type: Annotated[Literal[1, 2], WHOLE_NUMBER]
    version: Annotated[str, StringConstraints(max_length=16)] = DEFAULT_VERSION
    req_protocol: Protocol = "HTTPS"
    req_method: Method
    req_uri: RequestPath
    auth_type: AuthType
    auth_opt: AuthOpt = AuthOpt()
    cors: bool = False
    match_mode: MatchMode = "NORMAL"
    backend_type: BackendType
    remark: LongRemark = ""
    group_id: ObjectId
    body_remark: Sample = ""
    result_normal_sample: Sample = ""
    result_failure_sample: Sample = ""
    authorizer_id: str | None = None
    tags: list[Tag] = Field(default_factory=list)
    response_id: str | None = None
    roma_app_id: str | None = None
    domain_name: str | None = None
    tag: str | None = None
    content_type: Literal["application/json", "application/xml", "multipart/form-data", "text/plain"] | None = None
    is_send_fg_body_base64: bool = True
    trace_enabled: bool = False
    sampling_strategy: Literal["RATE"] | None = None
    sampling_param: SamplingParam | None = None

    @field_validator(
        "authorizer_id", "response_id", "content_type", "sampling_strategy", "sampling_param", mode="before"
    )
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        return None if value == "" else value


class ApiCreate(ApiFields):
    """An API, new or changed; also the definition that is stored and published."""

    req_params: list[ReqParamBase] = Field(default_factory=list)
    backend_params: list[BackendParamBase] = Field(default_factory=list)
    backend_api: BackendApiCreate | None = None
    func_info: ApiFuncCreate | None = None
    mock_info: ApiMockCreate | None = None
    policy_https: list[ApiPolicyHttpCreate] = Field(default_factory=list)
    policy_functions: list[ApiPolicyFunctionCreate] = Field(default_factory=list)
    policy_mocks: list[ApiPolicyMockCreate] = Field(default_factory=list)

    @property
    def policies(self) -> list[ApiPolicyHttpCreate | ApiPolicyFunctionCreate | ApiPolicyMockCreate]:
        """The policy backends of whatever type."""
        return [*self.policy_https, *self.policy_functions, *self.policy_mocks]


class ApiCheckInfoV2(Request):
    """Is this name, or this path, free? `api_id` is the API that may keep its own."""

    type: Literal["path", "name"]
    name: Title | None = None
    req_method: Method | None = None
    req_uri: RequestPath | None = None
    match_mode: MatchMode = "NORMAL"
    group_id: str | None = None
    api_id: str | None = None
    roma_app_id: str | None = None


class ApiQuery(Page):
    """The filters of the API list; `tags` are alternatives, `#no_tags#` means none at all.

    `return_data_mode` adds the group (`include_group`) or the backend too (`include_group_backend`).
    """

    id: str | None = None
    name: str | None = None
    group_id: str | None = None
    req_protocol: str | None = None
    req_method: str | None = None
    req_uri: str | None = None
    auth_type: str | None = None
    env_id: str | None = None
    type: Annotated[int, Field(ge=1, le=2)] | None = None
    vpc_channel_name: str | None = None
    return_data_mode: str = ""
    tags: Tags = Field(default_factory=list)
