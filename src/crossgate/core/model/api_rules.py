"""What must hold between the fields of an API (gateway.md 1.3), each rule with the contract's own code.

A rule returns findings and never stops another one, so a caller learns of everything at once.
"""

from collections.abc import Callable, Iterator

from crossgate.core.errors import Finding
from crossgate.core.errors.admin import (
    PARAMETER_NAME_TAKEN,
    PATH_PARAMETERS_UNDEFINED,
    TAG_TAKEN,
    TOO_MANY_PARAMETERS,
    TOO_MANY_TAGS,
)
from crossgate.core.model.api import ApiCheckInfoV2, ApiCreate, ReqParamBase
from crossgate.core.model.backend_rules import backend_findings, policy_findings
from crossgate.core.model.findings import CONTROL_CHARACTERS, finding, invalid, missing, repeated
from crossgate.core.model.paths import params_of, request_path_problem

MAX_PARAMS = 50
MAX_TAGS = 10

_ASKED_WITH = {"name": ("name",), "path": ("req_uri", "req_method", "group_id")}


def findings(api: ApiCreate) -> list[Finding]:
    """Everything that is wrong with `api` as a whole; empty when it may be stored."""
    return [found for check in _CHECKS for found in check(api)]


def check_findings(asked: ApiCheckInfoV2) -> list[Finding]:
    """Everything that keeps the question from being answered; empty when it can be."""
    found = [
        invalid(field, "The field is required", f"Give {field} a value.")
        for field in _ASKED_WITH[asked.type]
        if not getattr(asked, field)
    ]
    if asked.type == "path" and asked.req_uri:
        found += _request_path(asked.req_uri, asked.match_mode)
    return found


def _request(api: ApiCreate) -> Iterator[Finding]:
    yield from _request_path(api.req_uri, api.match_mode)
    if api.req_protocol == "GRPCS" and api.req_method != "POST":
        yield invalid("req_method", "An API of protocol GRPCS is called with POST only", "Use POST.")
    if api.auth_type == "AUTHORIZER" and not api.authorizer_id:
        yield invalid(
            "authorizer_id", "auth_type AUTHORIZER needs an authorizer", "Give the id of a custom authorizer."
        )
    if api.trace_enabled and api.sampling_strategy is None:
        yield invalid("sampling_strategy", "Tracing needs a sampling strategy", "Use RATE.")


def _request_path(path: str, match_mode: str) -> Iterator[Finding]:
    problem = request_path_problem(path, match_mode)
    if problem is not None:
        yield invalid("req_uri", f"{path} is not a request path", problem)


def _tags(api: ApiCreate) -> Iterator[Finding]:
    if len(api.tags) > MAX_TAGS:
        yield finding(TOO_MANY_TAGS, "tags", f"{len(api.tags)} tags", f"Keep at most {MAX_TAGS}.")
    for place, tag in repeated("tags", api.tags):
        yield finding(TAG_TAKEN, place, f"{tag} is there twice", "Write each tag once.")


def _request_params(api: ApiCreate) -> Iterator[Finding]:
    if len(api.req_params) > MAX_PARAMS:
        count = len(api.req_params)
        yield finding(TOO_MANY_PARAMETERS, "req_params", f"{count} parameters", f"Keep at most {MAX_PARAMS}.")
    names = [param.name.lower() for param in api.req_params]
    for place, name in repeated("req_params", names):
        yield finding(
            PARAMETER_NAME_TAKEN,
            f"{place}.name",
            f"{name} is declared twice",
            "Give each request parameter a name of its own; case makes no difference.",
        )
    for number, param in enumerate(api.req_params):
        yield from _request_param(f"req_params[{number}]", param)


def _request_param(at: str, param: ReqParamBase) -> Iterator[Finding]:
    name = param.name.lower()
    if name.startswith(("x-apig-", "x-sdk-")) or name == "x-stage":
        yield invalid(
            f"{at}.name",
            f"{param.name} is reserved for the gateway",
            "Use a name that is not X-Stage and does not start with x-apig- or x-sdk-.",
        )
    if param.location == "HEADER" and name in {"authorization", "x-auth-token"}:
        yield invalid(f"{at}.name", f"{param.name} carries credentials", "Use another header.")
    if param.location == "HEADER" and "_" in name:
        yield invalid(f"{at}.name", "A header's name has no underscore", "Use hyphens.")
    if param.default_value is not None and CONTROL_CHARACTERS.search(param.default_value):
        yield invalid(f"{at}.default_value", "A control character is in the value", "Remove it.")
    yield from _bounds(at, param)


def _bounds(at: str, param: ReqParamBase) -> Iterator[Finding]:
    for low, high in (("min_num", "max_num"), ("min_size", "max_size")):
        smallest, largest = getattr(param, low), getattr(param, high)
        # Clients send 0 and 0 for "no bounds".
        if smallest is not None and largest is not None and smallest > largest:
            yield invalid(f"{at}.{low}", f"{low} is above {high}", f"Make {low} at most {high}.")
    for field in ("min_size", "max_size"):
        if (getattr(param, field) or 0) < 0:
            yield invalid(f"{at}.{field}", "A length is below zero", "Use 0 or more.")


def _path_params(api: ApiCreate) -> Iterator[Finding]:
    in_path = params_of(api.req_uri)
    declared = [param.name for param in api.req_params if param.location == "PATH"]
    for name in missing(in_path, declared):
        yield finding(
            PATH_PARAMETERS_UNDEFINED,
            "req_params",
            f"{{{name}}} in req_uri is not declared",
            f"Add {name} to req_params with location PATH.",
        )
    for name in missing(declared, in_path):
        yield finding(
            PATH_PARAMETERS_UNDEFINED,
            "req_uri",
            f"{name} has location PATH but is not in req_uri",
            f"Put {{{name}}} into req_uri, or give {name} another location.",
        )


_CHECKS: tuple[Callable[[ApiCreate], Iterator[Finding]], ...] = (
    _request,
    _tags,
    _request_params,
    _path_params,
    backend_findings,
    policy_findings,
)
