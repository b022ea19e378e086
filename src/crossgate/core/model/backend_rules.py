"""What must hold for the backends of an API (gateway.md 1.3), each rule with the contract's own code."""

from collections.abc import Iterator

from crossgate.core.errors import Finding
from crossgate.core.errors.admin import (
    AUTHORIZER_PARAMETERS_NOT_ALLOWED,
    BACKEND_PATH_PARAMETERS_UNDEFINED,
    MAPPED_PARAMETERS_UNDEFINED,
    PARAMETER_NAME_TAKEN,
    POLICY_NAME_TAKEN,
    TOO_MANY_CONDITIONS,
    TOO_MANY_POLICIES,
)
from crossgate.core.model.api import ApiCreate
from crossgate.core.model.api_backend import (
    ApiConditionBase,
    ApiPolicyHttpCreate,
    BackendApiCreate,
    BackendParamBase,
    PolicyFields,
)
from crossgate.core.model.findings import CONTROL_CHARACTERS, finding, invalid, missing, repeated
from crossgate.core.model.paths import address_problem, backend_path_problem, params_of

MAX_POLICIES = 5
MAX_CONDITIONS = 5

_SYSTEM_PARAMS = frozenset(
    f"$context.{name}"
    for name in (
        "sourceIp",
        "stage",
        "apiId",
        "appId",
        "requestId",
        "serverAddr",
        "serverName",
        "handleTime",
        "providerAppId",
        "apiName",
        "appName",
    )
)
_FRONTEND_AUTHORIZER = "$context.authorizer.frontend."
_BACKEND_AUTHORIZER = "$context.authorizer.backend."
# The gateway frames every backend message itself; a parameter of these names would break it or smuggle one.
_FRAMING_HEADERS = frozenset(
    {"connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_BACKENDS = {
    "HTTP": "backend_api",
    "GRPC": "backend_api",
    "FUNCTION": "func_info",
    "MOCK": "mock_info",
}
_CONDITION_FIELDS = {
    "param": "req_param_name",
    "system": "sys_param_name",
    "cookie": "cookie_param_name",
    "frontend_authorizer": "frontend_authorizer_param_name",
    "orchestration": "mapped_param_name",
}


def backend_findings(api: ApiCreate) -> Iterator[Finding]:
    """What is wrong with the default backend and its parameters."""
    wanted = _BACKENDS[api.backend_type]
    if getattr(api, wanted) is None:
        yield invalid(wanted, f"backend_type {api.backend_type} needs {wanted}", f"Add {wanted}.")
    elif isinstance(backend := getattr(api, wanted), BackendApiCreate):
        yield from _http_backend(wanted, backend)
    path = api.backend_api.req_uri if wanted == "backend_api" and api.backend_api else None
    yield from _backend_params(api, "backend_params", api.backend_params, path)


def _http_backend(at: str, backend: BackendApiCreate | ApiPolicyHttpCreate) -> Iterator[Finding]:
    for field in _needed(backend):
        yield invalid(f"{at}.{field}", "The field is required", f"Give {field} a value.")
    if backend.vpc_channel_status == 2 and backend.url_domain:
        problem = address_problem(backend.url_domain)
        if problem is not None:
            yield invalid(f"{at}.url_domain", f"{backend.url_domain} is not an address", problem)
    if backend.req_uri:
        problem = backend_path_problem(backend.req_uri)
        if problem is not None:
            yield invalid(f"{at}.req_uri", f"{backend.req_uri} is not a backend path", problem)


def _needed(backend: BackendApiCreate | ApiPolicyHttpCreate) -> list[str]:
    """The fields that are missing, which depends on how the backend is reached."""
    match backend.vpc_channel_status:
        case 4:
            needed = ["vpc_channel_info", "member_group_url_infos"]
        case 1:
            needed = ["req_protocol", "req_method", "req_uri", "vpc_channel_info"]
        case _:
            needed = ["url_domain", "req_protocol", "req_method", "req_uri"]
    missing = [field for field in needed if not getattr(backend, field)]
    channel = backend.vpc_channel_info
    if "vpc_channel_info" in needed and channel is not None and not channel.vpc_channel_id:
        missing.append("vpc_channel_info.vpc_channel_id")
    return missing


def _backend_params(
    api: ApiCreate, at: str, params: list[BackendParamBase], path: str | None
) -> Iterator[Finding]:
    """`path` is the backend path the PATH parameters fill; None for a backend that has no path."""
    for place, name in repeated(at, [f"{param.location} {param.name.lower()}" for param in params]):
        yield finding(
            PARAMETER_NAME_TAKEN, f"{place}.name", f"{name} is set twice", "Set each backend parameter once."
        )
    declared = {param.name.lower() for param in api.req_params}
    for number, param in enumerate(params):
        yield from _backend_param(api, f"{at}[{number}]", param, declared)
    if path is None:
        return
    in_path = params_of(path)
    filled = [param.name for param in params if param.location == "PATH"]
    for name in missing(in_path, filled):
        yield finding(
            BACKEND_PATH_PARAMETERS_UNDEFINED,
            at,
            f"{{{name}}} in the backend path is not defined",
            f"Add {name} to {at} with location PATH.",
        )
    for name in missing(filled, in_path):
        yield finding(
            BACKEND_PATH_PARAMETERS_UNDEFINED,
            at,
            f"{name} has location PATH but is not in the backend path",
            f"Put {{{name}}} into the backend path, or give {name} another location.",
        )


def _backend_param(api: ApiCreate, at: str, param: BackendParamBase, declared: set[str]) -> Iterator[Finding]:
    if param.location == "HEADER" and param.name.lower() in _FRAMING_HEADERS:
        yield invalid(f"{at}.name", f"{param.name} belongs to the connection", "Use another header.")
    match param.origin:
        case "REQUEST" if param.value.lower() not in declared:
            yield finding(
                MAPPED_PARAMETERS_UNDEFINED,
                f"{at}.value",
                f"{param.value} is not a request parameter",
                f"Add {param.value} to req_params, or name one that is there.",
            )
        case "CONSTANT" if param.location == "HEADER" and CONTROL_CHARACTERS.search(param.value):
            yield invalid(f"{at}.value", "A control character is in the header's value", "Remove it.")
        case "SYSTEM":
            yield from _system_param(api, at, param.value)
        case _:
            pass


def _system_param(api: ApiCreate, at: str, value: str) -> Iterator[Finding]:
    if value.startswith(_FRONTEND_AUTHORIZER) and len(value) > len(_FRONTEND_AUTHORIZER):
        if not api.authorizer_id:
            yield finding(
                AUTHORIZER_PARAMETERS_NOT_ALLOWED,
                f"{at}.value",
                f"{value} needs a custom authorizer",
                "Set authorizer_id, or use another variable.",
            )
    elif value not in _SYSTEM_PARAMS and not (
        value.startswith(_BACKEND_AUTHORIZER) and len(value) > len(_BACKEND_AUTHORIZER)
    ):
        known = ", ".join(sorted(_SYSTEM_PARAMS))
        yield invalid(f"{at}.value", f"{value} is not a system parameter", f"Use one of {known}.")


def policy_findings(api: ApiCreate) -> Iterator[Finding]:
    """What is wrong with the policy backends."""
    if len(api.policies) > MAX_POLICIES:
        yield finding(
            TOO_MANY_POLICIES, "policies", f"{len(api.policies)} policies", f"Keep at most {MAX_POLICIES}."
        )
    for _, name in repeated("policies", [policy.name for policy in api.policies]):
        yield finding(
            POLICY_NAME_TAKEN, "policies", f"{name} is there twice", "Give each policy a name of its own."
        )
    fitting = {"HTTP": "policy_https", "FUNCTION": "policy_functions", "MOCK": "policy_mocks"}
    for field in ("policy_https", "policy_functions", "policy_mocks"):
        if getattr(api, field) and fitting.get(api.backend_type) != field:
            yield invalid(
                field,
                f"A backend of type {api.backend_type} has no {field}",
                "Use policies of the backend's own type.",
            )
        for number, policy in enumerate(getattr(api, field)):
            yield from _policy(api, f"{field}[{number}]", policy)


def _policy(api: ApiCreate, at: str, policy: PolicyFields) -> Iterator[Finding]:
    path = None
    if isinstance(policy, ApiPolicyHttpCreate):
        yield from _http_backend(at, policy)
        path = policy.req_uri
    yield from _backend_params(api, f"{at}.backend_params", policy.backend_params, path)
    if not policy.conditions:
        yield invalid(f"{at}.conditions", "A policy needs a condition", "Add at least one.")
    if len(policy.conditions) > MAX_CONDITIONS:
        yield finding(
            TOO_MANY_CONDITIONS,
            f"{at}.conditions",
            f"{len(policy.conditions)} conditions",
            f"Keep at most {MAX_CONDITIONS}.",
        )
    for number, condition in enumerate(policy.conditions):
        yield from _condition(f"{at}.conditions[{number}]", condition, api)


def _condition(at: str, condition: ApiConditionBase, api: ApiCreate) -> Iterator[Finding]:
    field = _CONDITION_FIELDS.get(condition.condition_origin)
    if field is not None and not getattr(condition, field):
        yield invalid(f"{at}.{field}", "The field is required", f"Give {field} a value.")
    if condition.condition_origin != "source" and condition.condition_type is None:
        yield invalid(f"{at}.condition_type", "The field is required", "Use exact, enum or pattern.")
    if condition.condition_type == "pattern" and condition.sys_param_name in {"req_method", "reqMethod"}:
        yield invalid(f"{at}.condition_type", "A method is not matched by a pattern", "Use exact or enum.")
    declared = {param.name.lower() for param in api.req_params}
    if condition.req_param_name and condition.req_param_name.lower() not in declared:
        yield finding(
            MAPPED_PARAMETERS_UNDEFINED,
            f"{at}.req_param_name",
            f"{condition.req_param_name} is not a request parameter",
            f"Add {condition.req_param_name} to req_params, or name one that is there.",
        )
