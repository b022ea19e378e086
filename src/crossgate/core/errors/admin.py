"""The faults of the admin API (gateway.md appendix C); messages as the contract's own examples write them.

Where the contract's table and its examples differ, the example wins: clients have seen it on the wire.
"""

from crossgate.core.errors import Fault, FaultKind, Finding

TOKEN_MISSING = FaultKind("APIG.1000", 401, "Token missing. Log in again or try again later.")
SESSION_EXPIRED = FaultKind("APIG.1001", 401, "Session expired. Please try again later.")
INCORRECT_TOKEN = FaultKind("APIG.1002", 401, "Incorrect token or token resolution failed")
GROUP_IS_BUILT_IN = FaultKind("APIG.1101", 403, "No permissions to perform operations on this API group")
ENVIRONMENT_IS_BUILT_IN = FaultKind("APIG.1103", 403, "No permissions to perform operations on this environment")

# Also what this gateway cannot do, or will not because it would break or endanger a caller: the contract has
# no row for that, so its own "parameter error" carries the sentence.
PARAMETER_ERROR = FaultKind("APIG.2000", 400, "Parameter error")
INVALID_PARAMETER = FaultKind(
    "APIG.2011", 400, "Invalid parameter value,parameterName:{}. Please refer to the support documentation"
)
INVALID_DOMAIN = FaultKind("APIG.2024", 400, "Invalid URL domain name")
PATH_PARAMETERS_UNDEFINED = FaultKind("APIG.2026", 400, "The request path parameters are not defined")
BACKEND_PATH_PARAMETERS_UNDEFINED = FaultKind("APIG.2027", 400, "The backend path parameters are not defined")
MAPPED_PARAMETERS_UNDEFINED = FaultKind(
    "APIG.2028", 400, "The request parameters mapped to the backend parameters are not defined"
)
AUTHORIZER_PARAMETERS_NOT_ALLOWED = FaultKind(
    "APIG.2036", 400, "Only APIs that use custom authentication can have authorizer parameters"
)
CANNOT_BE_DEBUGGED = FaultKind("APIG.2030", 400, "Bad request for debugging the API")

GROUP_NOT_FOUND = FaultKind("APIG.3001", 404, "API group {} does not exist")
API_NOT_FOUND = FaultKind("APIG.3002", 404, "API {} does not exist")
ENVIRONMENT_NOT_FOUND = FaultKind("APIG.3003", 404, "Environment {} does not exist")
APP_NOT_FOUND = FaultKind("APIG.3004", 404, "App {} does not exist")
THROTTLE_NOT_FOUND = FaultKind("APIG.3005", 404, "Request throttling policy {} does not exist")
ACL_NOT_FOUND = FaultKind("APIG.3006", 404, "Access control policy {} does not exist")
AUTHORIZATION_NOT_FOUND = FaultKind("APIG.3009", 404, "The app authorization record does not exist,id:{}")
ACL_BINDING_NOT_FOUND = FaultKind(
    "APIG.3010", 404, "The access control policy binding record does not exist,id:{}"
)
VARIABLE_NOT_FOUND = FaultKind("APIG.3011", 404, "The environment variable does not exist, id: {}")
THROTTLE_BINDING_NOT_FOUND = FaultKind(
    "APIG.3012", 404, "The request throttling policy binding record does not exist,id:{}"
)
SPECIAL_THROTTLE_NOT_FOUND = FaultKind(
    "APIG.3013", 404, "The excluded request throttling configuration does not exist,id:{}"
)
PUBLICATION_NOT_FOUND = FaultKind("APIG.3015", 404, "The API publication record does not exist,id:{}")
SIGNATURE_KEY_NOT_FOUND = FaultKind("APIG.3017", 404, "The signature key does not exist,id:{}")
SIGNATURE_BINDING_NOT_FOUND = FaultKind("APIG.3018", 404, "The signature key binding record does not exist,id:{}")
DOMAIN_NOT_FOUND = FaultKind("APIG.3020", 404, "The URL domain does not exist")
VERSION_NOT_FOUND = FaultKind("APIG.3022", 404, "The API version does not exist,id:{}")
INSTANCE_NOT_FOUND = FaultKind("APIG.3030", 404, "The instance does not exist;id:{}")
AUTHORIZER_NOT_FOUND = FaultKind("APIG.3081", 404, "The authorizer does not exist,id:{}")
# The contract lists no codes for quotas; these rows say it most nearly.
APP_QUOTA_NOT_FOUND = FaultKind("APIG.3007", 404, "The app quota does not exist,id:{}")
APP_QUOTA_NAME_TAKEN = FaultKind("APIG.2011", 400, "The app quota name already exists")
APP_CODE_NOT_FOUND = FaultKind("APIG.3082", 404, "The AppCode does not exist,id:{}")
PLUGIN_NOT_FOUND = FaultKind("APIG.3068", 404, "Plugin {} does not exist")
# The contract lists no code for a missing gateway response; the nearest row names its group's configuration.
RESPONSE_NOT_FOUND = FaultKind("APIG.3007", 404, "Gateway response {} does not exist")

TOO_MANY_GROUPS = FaultKind("APIG.3101", 403, "The number of API groups exceeds the maximum allowed limit")
TOO_MANY_APIS = FaultKind("APIG.3102", 403, "The number of APIs exceeds the maximum allowed limit")
TOO_MANY_ENVIRONMENTS = FaultKind("APIG.3104", 403, "The number of environments exceeds the maximum allowed limit")
TOO_MANY_VARIABLES = FaultKind("APIG.3106", 403, "The number of variables exceeds the maximum allowed limit")
TOO_MANY_DOMAINS = FaultKind("APIG.3108", 403, "The number of domain names exceeds the maximum allowed limit")
TOO_MANY_PARAMETERS = FaultKind(
    "APIG.3111", 403, "The number of parameters in req_params exceeds the maximum allowed limit"
)
TOO_MANY_POLICIES = FaultKind(
    "APIG.3113", 403, "The number of API backend policies exceeds the maximum allowed limit"
)
TOO_MANY_CONDITIONS = FaultKind(
    "APIG.3114", 403, "The number of policy conditions exceeds the maximum allowed limit"
)
TOO_MANY_APIS_IN_GROUP = FaultKind(
    "APIG.3125", 403, "The number of APIs in the API group exceeds the maximum allowed limit"
)
TOO_MANY_TAGS = FaultKind("APIG.3133", 403, "The number of API tags exceeds the maximum allowed limit")
TOO_MANY_RESOURCES = FaultKind("APIG.3100", 403, "The number of resources exceeds the maximum allowed limit")

TOO_MANY_APPS = FaultKind("APIG.3103", 403, "The number of apps exceeds the maximum allowed limit")
TOO_MANY_IDENTITIES = FaultKind(
    "APIG.3117", 403, "The number of identity sources exceeds the maximum allowed limit"
)
TOO_MANY_APP_CODES = FaultKind("APIG.3131", 403, "The number of AppCodes exceeds the maximum allowed limit")
TOO_MANY_RESPONSES = FaultKind("APIG.3136", 403, "The number of responses exceeds the maximum allowed limit")

GROUP_NAME_TAKEN = FaultKind("APIG.3201", 400, "The API group name already exists")
API_NAME_TAKEN = FaultKind("APIG.3202", 400, "The API name already exists, api_name:{}")
APP_NAME_TAKEN = FaultKind("APIG.3203", 400, "The app name already exists")
THROTTLE_NAME_TAKEN = FaultKind("APIG.3204", 400, "The request throttling policy name already exists")
ENVIRONMENT_NAME_TAKEN = FaultKind("APIG.3205", 400, "The environment name already exists")
ACL_NAME_TAKEN = FaultKind("APIG.3206", 400, "The access control policy name already exists")
SIGNATURE_KEY_NAME_TAKEN = FaultKind("APIG.3207", 400, "The signature key name already exists")
PARAMETER_NAME_TAKEN = FaultKind("APIG.3209", 400, "The parameter name already exists")
POLICY_NAME_TAKEN = FaultKind("APIG.3210", 400, "The backend policy name already exists")
AUTHORIZER_NAME_TAKEN = FaultKind("APIG.3211", 400, "The authorizer name already exists")
IDENTITY_NAME_TAKEN = FaultKind("APIG.3212", 400, "The identity source name already exists")
TAG_TAKEN = FaultKind("APIG.3213", 400, "The tag name already exists")
RESPONSE_NAME_TAKEN = FaultKind("APIG.3216", 400, "The response name already exists")
API_TAKEN = FaultKind(
    "APIG.3301",
    400,
    "The API already exists, An API with the same combination of the method, path, and "
    "x-apigateway-match-mode fields already exists. API name: {}",
)
VARIABLE_TAKEN = FaultKind("APIG.3303", 400, "The environment variable already exists")
DOMAIN_TAKEN = FaultKind("APIG.3305", 400, "The URL domain name already exists")
SPECIAL_THROTTLE_TAKEN = FaultKind(
    "APIG.3308", 400, "The excluded request throttling configuration already exists"
)
APP_KEY_TAKEN = FaultKind("APIG.3310", 400, "The AppKey already exists")
AUTHORIZATION_TAKEN = FaultKind("APIG.3316", 400, "The API authorization record already exists")
PLUGIN_NAME_TAKEN = FaultKind("APIG.3326", 400, "The plugin name already exists")

GROUP_HAS_APIS = FaultKind("APIG.3415", 403, "The API group cannot be deleted because it contains APIs,id:{}")
API_IS_PUBLISHED = FaultKind("APIG.3416", 403, "The API cannot be deleted because it has been published")
ENVIRONMENT_HAS_APIS = FaultKind("APIG.3418", 403, "The environment contains published APIs")
ACL_IS_BOUND = FaultKind(
    "APIG.3447", 403, "The access control policy cannot be deleted because it has been bound to APIs"
)
THROTTLE_IS_BOUND = FaultKind(
    "APIG.3451", 403, "The request throttling policy cannot be deleted because it has been bound to APIs"
)
# The contract has no row for a key that is bound; this is the one of a throttling policy, said of a key.
SIGNATURE_KEY_IS_BOUND = FaultKind(
    "APIG.3451", 403, "The signature key cannot be deleted because it has been bound to APIs"
)
# Nor for an authorizer.
AUTHORIZER_IS_USED = FaultKind("APIG.3451", 403, "The authorizer cannot be changed so while APIs use it")
FEATURE_NOT_SUPPORTED = FaultKind("APIG.3458", 412, "The feature is not supported by the current instance")
PLUGIN_IS_ATTACHED = FaultKind(
    "APIG.3462", 409, "The plugin has been attached to the APIs and cannot perform the current operation"
)
DOMAIN_OF_ANOTHER_GROUP = FaultKind(
    "APIG.3474",
    403,
    "The API group ID in the URL does not match the API group to which the URL domain has been bound",
)
DEFAULT_RESPONSE_IS_BUILT_IN = FaultKind("APIG.3491", 409, "The default response cannot be deleted")
DEFAULT_RESPONSE_NAME_IS_BUILT_IN = FaultKind("APIG.3492", 409, "The default response name cannot be modified")
ONLY_PUBLISHED_APIS = FaultKind("APIG.3707", 409, "Only published APIs can be bound with plug-ins")

INTERNAL = FaultKind("APIG.9999", 500, "Internal Server Error")

_OF_A_DOCUMENT = (
    INVALID_PARAMETER,
    INVALID_DOMAIN,
    PATH_PARAMETERS_UNDEFINED,
    BACKEND_PATH_PARAMETERS_UNDEFINED,
    MAPPED_PARAMETERS_UNDEFINED,
    AUTHORIZER_PARAMETERS_NOT_ALLOWED,
    TOO_MANY_PARAMETERS,
    TOO_MANY_POLICIES,
    TOO_MANY_CONDITIONS,
    TOO_MANY_TAGS,
    TOO_MANY_IDENTITIES,
    PARAMETER_NAME_TAKEN,
    POLICY_NAME_TAKEN,
    IDENTITY_NAME_TAKEN,
    TAG_TAKEN,
)
_BY_CODE = {kind.code: kind for kind in _OF_A_DOCUMENT}


def refusal(findings: list[Finding]) -> Fault:
    """The fault that refuses a document with `findings`: the first one decides code and status (0, errors).

    A finding with a code of our own (`cors.…`) is an invalid parameter to the contract.
    """
    first = findings[0]
    kind = _BY_CODE.get(first.code, INVALID_PARAMETER)
    named = kind.naming(first.at) if kind is INVALID_PARAMETER else kind.because(first.message)
    return Fault(kind, named.message, tuple(findings))


def invalid(at: str, message: str, fix: str) -> Fault:
    """The refusal of one bad value, found where only the control plane could see it."""
    return refusal([Finding(code=INVALID_PARAMETER.code, at=at, message=message, fix=fix)])
