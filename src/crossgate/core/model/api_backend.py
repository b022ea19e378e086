"""The backends of an API as an operator writes them (gateway.md 1.3)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from crossgate.core.model.document import Request
from crossgate.core.model.names import WHOLE_NUMBER, ObjectId, ParameterName, PolicyName, Remark, rule

Method = Literal["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "ANY"]
BackendProtocol = Literal["HTTP", "HTTPS", "GRPC", "GRPCS"]
Location = Literal["PATH", "QUERY", "HEADER"]
OnOff = Annotated[Literal[1, 2], WHOLE_NUMBER]

TimeoutMs = Annotated[int, Field(ge=1, le=600_000)]
RetryCount = Annotated[str, rule(r"-1|[0-9]|10", 'Write "-1" (one automatic retry), or "0" to "10".')]
Address = Annotated[str, StringConstraints(max_length=255)]
BackendPath = Annotated[str, StringConstraints(max_length=512)]
MockContent = Annotated[str, StringConstraints(max_length=2048)]
Version = Annotated[str, StringConstraints(max_length=64)]


class BackendParamBase(Request):
    """One parameter sent to the backend: `value` is a request parameter's name, a literal or a variable."""

    origin: Literal["REQUEST", "CONSTANT", "SYSTEM"]
    name: ParameterName
    location: Location
    value: Annotated[str, StringConstraints(max_length=255)]
    remark: Remark = ""


class ApiBackendVpcReq(Request):
    """The load channel that reaches the backend; an empty id is none."""

    vpc_channel_id: Annotated[str, StringConstraints(max_length=65)]
    vpc_channel_proxy_host: Address | None = None


class MemberGroupUrlInfo(Request):
    """What one member group of a load channel is asked for."""

    member_group_id: ObjectId
    req_protocol: BackendProtocol
    req_method: Method
    req_uri: BackendPath


class HttpBackendFields(Request):
    """What an HTTP backend and an HTTP policy backend share.

    `timeout` is in milliseconds; `vpc_channel_status` is 1 load channel, 2 none, 4 member-group routing.
    """

    url_domain: Address | None = None
    req_protocol: BackendProtocol | None = None
    req_method: Method | None = None
    req_uri: BackendPath | None = None
    retry_count: RetryCount = "-1"
    enable_sm_channel: bool | None = None
    member_group_url_infos: list[MemberGroupUrlInfo] = Field(default_factory=list)
    authorizer_id: str | None = None
    vpc_channel_info: ApiBackendVpcReq | None = None
    vpc_channel_status: Annotated[Literal[1, 2, 4], WHOLE_NUMBER] = 2


class BackendApiCreate(HttpBackendFields):
    """A backend reached over HTTP or gRPC."""

    timeout: TimeoutMs
    remark: Remark = ""
    version: Version | None = None
    enable_client_ssl: bool = False


class FunctionFields(Request):
    """What a function backend and a function policy backend share."""

    function_urn: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    invocation_type: Literal["async", "sync"]
    network_type: Literal["V1", "V2"] = "V1"
    version: Version | None = None
    alias_urn: str | None = None
    timeout: TimeoutMs = 5000
    req_protocol: Literal["HTTPS", "GRPCS"] = "HTTPS"
    authorizer_id: str | None = None


class ApiFuncCreate(FunctionFields):
    """A function backend."""

    remark: Remark = ""


class ApiMockCreate(Request):
    """An answer the gateway gives itself."""

    result_content: MockContent = ""
    status_code: Annotated[int, Field(ge=200, le=599)] | None = None
    remark: Remark = ""
    version: Version | None = None
    authorizer_id: str | None = None


class ApiConditionBase(Request):
    """One condition of a policy backend."""

    condition_origin: Literal["param", "source", "system", "cookie", "frontend_authorizer", "orchestration"]
    condition_type: Literal["exact", "enum", "pattern"] | None = None
    condition_value: Annotated[str, StringConstraints(max_length=1024)]
    req_param_name: str | None = None
    sys_param_name: Literal["req_path", "req_method", "reqPath", "reqMethod"] | None = None
    cookie_param_name: Address | None = None
    frontend_authorizer_param_name: str | None = None
    mapped_param_name: str | None = None
    mapped_param_location: str | None = None


class PolicyFields(Request):
    """What every policy backend has: when it applies and what it sends."""

    name: PolicyName
    effect_mode: Literal["ALL", "ANY"]
    conditions: list[ApiConditionBase]
    backend_params: list[BackendParamBase] = Field(default_factory=list)


class ApiPolicyHttpCreate(PolicyFields, HttpBackendFields):
    """An HTTP policy backend."""

    timeout: TimeoutMs = 5000


class ApiPolicyFunctionCreate(PolicyFields, FunctionFields):
    """A function policy backend."""


class ApiPolicyMockCreate(PolicyFields):
    """A mock policy backend."""

    result_content: MockContent = ""
    authorizer_id: str | None = None
