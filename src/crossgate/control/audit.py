"""The audit trail: the contract's trace names, and what may be written down about a request (gateway.md 7.1)."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """Who asks, from where, in which request."""

    user: str
    source_ip: str
    request_id: str


class Trace(msgspec.Struct, frozen=True):
    """One kind of change: `code` is its HTTP status, `in_effect` whether the data plane sees it."""

    name: str
    resource_type: str
    code: int
    in_effect: bool = False


CREATE_GROUP = Trace("createApiGroup", "ApiGroup", 201, in_effect=True)
UPDATE_GROUP = Trace("updateApiGroup", "ApiGroup", 200)
UPDATE_GROUP_ACCESS = Trace("updateApiGroup", "ApiGroup", 204, in_effect=True)
DELETE_GROUP = Trace("deleteApiGroup", "ApiGroup", 204, in_effect=True)
ATTACH_DOMAIN = Trace("AssociateDomain", "ApiGroup", 201, in_effect=True)
UPDATE_DOMAIN = Trace("UpdateDomain", "ApiGroup", 201)
DETACH_DOMAIN = Trace("DisassociateDomain", "ApiGroup", 204, in_effect=True)
CREATE_ENVIRONMENT = Trace("createEnvironment", "Environment", 201, in_effect=True)
UPDATE_ENVIRONMENT = Trace("updateEnvironment", "Environment", 200, in_effect=True)
DELETE_ENVIRONMENT = Trace("deleteEnvironment", "Environment", 204, in_effect=True)
CREATE_VARIABLE = Trace("CreateEnvironmentVariable", "EnvVariable", 201)
UPDATE_VARIABLE = Trace("UpdateEnvironmentVariable", "EnvVariable", 200)
DELETE_VARIABLE = Trace("DeleteEnvironmentVariable", "EnvVariable", 204)
CREATE_API = Trace("CreateApi", "Api", 201)
UPDATE_API = Trace("UpdateApi", "Api", 200)
DELETE_API = Trace("DeleteApi", "Api", 204)
PUBLISH_API = Trace("CreateOrDeletePublishRecordForApi", "Api", 201, in_effect=True)
PUBLISH_APIS = Trace("BatchPublishOrOfflineApi", "Api", 200, in_effect=True)
SWITCH_VERSION = Trace("ChangeApiVersion", "Api", 200, in_effect=True)
DELETE_VERSION = Trace("DeleteApiByVersionId", "Api", 204, in_effect=True)
CREATE_PLUGIN = Trace("CreatePlugin", "Plugin", 201)
UPDATE_PLUGIN = Trace("UpdatePlugin", "Plugin", 200, in_effect=True)
DELETE_PLUGIN = Trace("DeletePlugin", "Plugin", 204)
ATTACH_APIS_TO_PLUGIN = Trace("AttachApiToPlugin", "Plugin", 201, in_effect=True)
ATTACH_PLUGINS_TO_API = Trace("AttachPluginToApi", "Plugin", 201, in_effect=True)
DETACH_APIS_FROM_PLUGIN = Trace("DetachApiFromPlugin", "Plugin", 204, in_effect=True)
DETACH_PLUGINS_FROM_API = Trace("DetachPluginFromApi", "Plugin", 204, in_effect=True)
SET_FEATURE = Trace("CreateFeatureV2", "Feature", 201, in_effect=True)

_HIDDEN = "***"
_SECRET_FIELDS = frozenset(
    {"password", "sasl_password", "app_secret", "sign_secret", "client_secret", "private_key", "secret_key"}
)


def without_secrets(value: Any) -> Any:
    """`value` with every secret hidden; a constant sent to a backend counts as one, it is often a password."""
    if isinstance(value, Mapping):
        is_constant = value.get("origin") == "CONSTANT"
        return {
            name: _HIDDEN
            if name in _SECRET_FIELDS or (is_constant and name == "value")
            else without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return value
