"""What this gateway can serve today: an API beyond it may be stored, but never published half-working or open.

This is the one place that says so; a line here goes when the data plane learns what it names.
"""

from crossgate.core.model.api import ApiCreate
from crossgate.core.model.api_backend import BackendApiCreate


def obstacles(api: ApiCreate) -> list[str]:
    """Why `api` cannot be published, each a sentence with the way out; empty when it can."""
    found = []
    if api.authorizer_id and api.auth_type == "NONE" and api.req_method != "OPTIONS":
        found.append(
            "authorizer_id has no effect with auth_type NONE, and the API would be open: set auth_type "
            "AUTHORIZER, or remove authorizer_id"
        )
    if api.backend_type in {"FUNCTION", "GRPC"} or api.req_protocol == "GRPCS":
        found.append("backends of type FUNCTION and GRPC cannot be called yet: use HTTP or MOCK")
    if api.policies:
        found.append("policy backends cannot be chosen between yet: remove policy_https and policy_mocks")
    if any(param.orchestrations for param in api.req_params):
        found.append("orchestration rules are not applied yet: remove them from req_params")
    if api.backend_api is not None and api.backend_type == "HTTP":
        found += _http_obstacles(api.backend_api)
    return found


def _http_obstacles(backend: BackendApiCreate) -> list[str]:
    found = []
    if backend.vpc_channel_status != 2:
        found.append("load channels cannot be used yet: set vpc_channel_status 2 and give url_domain")
    if backend.req_protocol in {"GRPC", "GRPCS"}:
        found.append("backend_api.req_protocol must be HTTP or HTTPS")
    if backend.enable_client_ssl:
        found.append("client certificates for backends are not sent yet: set enable_client_ssl false")
    return found
