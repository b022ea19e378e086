"""The faults a caller of a published API can meet (gateway.md section 5.1)."""

from crossgate.core.errors import FaultKind

NOT_PUBLISHED = FaultKind(
    "APIG.0101", 404, "The API does not exist or has not been published in the environment.", "NOT_FOUND"
)
NO_SUCH_API = FaultKind("APIG.0101", 404, "The API does not exist.", "NOT_FOUND")
METHOD_UNSUPPORTED = FaultKind("APIG.0201", 405, "API request error.", "REQUEST_PARAMETERS_FAILURE")
ENTITY_TOO_LARGE = FaultKind("APIG.0201", 413, "Request entity too large.", "DEFAULT_4XX")
URI_TOO_LARGE = FaultKind("APIG.0201", 414, "Request URI too large.", "DEFAULT_4XX")
HEADERS_TOO_LARGE = FaultKind("APIG.0201", 494, "Request headers too large.", "DEFAULT_4XX")
REQUEST_TIMEOUT = FaultKind("APIG.0201", 408, "Request timeout.", "DEFAULT_4XX")
BACKEND_FAILED = FaultKind("APIG.0201", 502, "Backend unavailable.", "BACKEND_UNAVAILABLE")
BACKEND_UNREACHABLE = FaultKind("APIG.0202", 502, "Backend unavailable", "BACKEND_UNAVAILABLE")
BACKEND_TIMEOUT = FaultKind("APIG.0203", 504, "Backend timeout", "BACKEND_TIMEOUT")
BACKEND_NAME_UNRESOLVED = FaultKind("APIG.0605", 500, "Domain name resolution failed.", "DEFAULT_5XX")
ORIGIN_REFUSED = FaultKind("APIG.0306", 403, "API access denied.", "ACCESS_DENIED")
INTERNAL = FaultKind("APIG.0601", 500, "Internal server error.", "DEFAULT_5XX")
BAD_REQUEST = FaultKind("APIG.0602", 400, "Bad request.", "DEFAULT_4XX")
WRONG_PROTOCOL = FaultKind("APIG.0607", 400, "The following protocol is supported: {}", "DEFAULT_4XX")
CALLS_ITSELF = FaultKind("APIG.0612", 500, "An API cannot call itself.", "DEFAULT_5XX")
IAM_AUTH_FAILED = FaultKind("APIG.0301", 401, "Incorrect IAM authentication information", "AUTH_FAILURE")
IAM_AUTH_MISSING = FaultKind("APIG.0301", 401, "Incorrect IAM authentication information", "AUTH_HEADER_MISSING")
ACCOUNT_DENIED = FaultKind("APIG.0302", 403, "The IAM user is not authorized to access the API.", "ACCESS_DENIED")
APP_AUTH_FAILED = FaultKind("APIG.0303", 401, "Incorrect app authentication information", "AUTH_FAILURE")
APP_AUTH_MISSING = FaultKind("APIG.0303", 401, "Incorrect app authentication information", "AUTH_HEADER_MISSING")
APP_UNAUTHORIZED = FaultKind("APIG.0304", 403, "The app is not authorized to access the API.", "UNAUTHORIZED")
# Of the contract's two statuses for a refusal by a custom authorizer, 401 is what its error codes say; 500 is what
# its table of gateway responses says, and what a page would take for a broken gateway.
AUTHORIZER_DENIED = FaultKind("APIG.0305", 401, "Incorrect authentication information", "AUTHORIZER_FAILURE")
AUTHORIZER_IDENTITIES_WRONG = FaultKind(
    "APIG.0305", 401, "Incorrect authentication information", "AUTHORIZER_IDENTITIES_FAILURE"
)
# The contract has a type of response for a custom authorizer that fails, but no code.
AUTHORIZER_FAILED = FaultKind("APIG.0601", 500, "Internal server error", "AUTHORIZER_CONF_FAILURE")
# Nor has it one for tokens.
JWT_REFUSED = FaultKind("APIG.0305", 401, "Incorrect authentication information", "JWT_AUTH_FAILURE")
JWT_KEYS_UNAVAILABLE = FaultKind("APIG.0601", 500, "Internal server error", "DEFAULT_5XX")
THIRD_AUTH_REFUSED = FaultKind(
    "APIG.0312", 401, "Incorrect third-party authentication information,auth fail", "THIRD_AUTH_FAILURE"
)
THIRD_AUTH_IDENTITIES_WRONG = FaultKind(
    "APIG.0313",
    401,
    "Incorrect third-party authentication information,identities error",
    "THIRD_AUTH_IDENTITIES_FAILURE",
)
THIRD_AUTH_BLOCKED = FaultKind(
    "APIG.0314", 403, "Incorrect third-party authentication information,access deny", "THIRD_AUTH_FAILURE"
)
THIRD_AUTH_CHANNEL_WRONG = FaultKind(
    "APIG.0615", 500, "Incorrect third-party authentication VPC information", "THIRD_AUTH_CONF_FAILURE"
)
THIRD_AUTH_UNREACHABLE = FaultKind(
    "APIG.0616", 500, "Incorrect third-party authentication request information", "THIRD_AUTH_CONF_FAILURE"
)
THIRD_AUTH_ANSWER_WRONG = FaultKind(
    "APIG.0617", 500, "Incorrect third-party authentication response information", "THIRD_AUTH_CONF_FAILURE"
)
THROTTLED = FaultKind("APIG.0308", 429, "The throttling threshold has been reached.", "THROTTLED")
ADDRESS_UNKNOWN = FaultKind("APIG.0401", 403, "Unknown client IP address.", "ACCESS_DENIED")
ADDRESS_DENIED = FaultKind(
    "APIG.0402", 403, "The IP address is not authorized to access the API.", "ACCESS_DENIED"
)

APP_ADDRESS_DENIED = FaultKind(
    "APIG.0405", 403, "The app is not accessed from a trusted IP address.", "ACCESS_DENIED"
)
QUOTA_USED_UP = FaultKind("APIG.0501", 405, "The app quota has been used up.", "DEFAULT_4XX")
BACKEND_SIGNATURE_FAILED = FaultKind("APIG.0705", 500, "Backend signature calculation failed.", "DEFAULT_5XX")
# An operator's token that was good once; a call is told to get another.
IAM_TOKEN_EXPIRED = FaultKind("APIG.0307", 401, "The token must be updated.", "AUTH_FAILURE")
ACCESS_TOKEN_EXPIRED = FaultKind("APIG.1002", 401, "Access token is expired", "AUTH_FAILURE")
ACCESS_TOKEN_INVALID = FaultKind("APIG.2203", 400, "Access token is invalid", "AUTH_FAILURE")
APP_NOT_FOUND = FaultKind("APIG.1004", 401, "App not exist", "AUTH_FAILURE")
# What the endpoint for tokens of apps says. It belongs to no group, so it answers by the contract's own responses.
REFRESH_TOKEN_EXPIRED = FaultKind("APIG.1001", 401, "Refresh token is expired", "DEFAULT_4XX")
REFRESH_TOKEN_OF_ANOTHER = FaultKind("APIG.1003", 401, "App not match refresh token", "DEFAULT_4XX")
CLIENT_INVALID = FaultKind("APIG.2201", 400, "Appkey or SecretKey is invalid", "DEFAULT_4XX")
REFRESH_TOKEN_INVALID = FaultKind("APIG.2202", 400, "Refresh token is invalid", "DEFAULT_4XX")
CONTENT_TYPE_INVALID = FaultKind("APIG.2204", 400, "ContentType invalid", "DEFAULT_4XX")
AUTH_PARAMETER_INVALID = FaultKind("APIG.2205", 400, "Auth parameter invalid", "DEFAULT_4XX")
AUTH_METHOD_INVALID = FaultKind("APIG.2206", 400, "Auth method invalid", "DEFAULT_4XX")
THROUGH_DATA_TOO_LONG = FaultKind("APIG.2208", 400, "The length of through_data is out of range", "DEFAULT_4XX")
GRANT_TYPE_UNKNOWN = FaultKind("APIG.2209", 400, "The value of grant_type is not in enum List", "DEFAULT_4XX")
GRANT_TYPE_MISSING = FaultKind("APIG.2210", 400, "Lack of grant_type", "DEFAULT_4XX")
CLIENT_ID_MISSING = FaultKind("APIG.2211", 400, "Lack of client_id", "DEFAULT_4XX")
CLIENT_SECRET_MISSING = FaultKind("APIG.2212", 400, "Lack of client_secret", "DEFAULT_4XX")
REFRESH_TOKEN_MISSING = FaultKind("APIG.2213", 400, "Lack of refresh_token", "DEFAULT_4XX")
