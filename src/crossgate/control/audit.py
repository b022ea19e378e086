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
DEBUG_API = Trace("DebugApi", "Api", 200)
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

CREATE_RESPONSE = Trace("CreateGatewayResponse", "ApiGroup", 201, in_effect=True)
UPDATE_RESPONSE = Trace("UpdateGatewayResponse", "ApiGroup", 200, in_effect=True)
DELETE_RESPONSE = Trace("DeleteGatewayResponse", "ApiGroup", 204, in_effect=True)
UPDATE_RESPONSE_TYPE = Trace("UpdateGatewayResponseType", "ApiGroup", 200, in_effect=True)
DELETE_RESPONSE_TYPE = Trace("DeleteGatewayResponseType", "ApiGroup", 204, in_effect=True)
CREATE_APP = Trace("CreateAnApp", "App", 201, in_effect=True)
UPDATE_APP = Trace("UpdateApp", "App", 200, in_effect=True)
DELETE_APP = Trace("DeleteAppV2", "App", 204, in_effect=True)
RESET_APP_SECRET = Trace("ResettingAppSecret", "App", 200, in_effect=True)
CREATE_APP_CODE = Trace("CreateAppCode", "AppCode", 201, in_effect=True)
CREATE_APP_CODE_AUTO = Trace("CreateAppCodeAuto", "AppCode", 201, in_effect=True)
DELETE_APP_CODE = Trace("DeleteAppCode", "AppCode", 204, in_effect=True)
UPDATE_APP_ACL = Trace("UpdateAppAcl", "AppAcl", 201, in_effect=True)
DELETE_APP_ACL = Trace("DeleteAppAcl", "AppAcl", 204, in_effect=True)
CREATE_APP_QUOTA = Trace("CreateAppQuota", "AppQuota", 201)
UPDATE_APP_QUOTA = Trace("UpdateAppQuota", "AppQuota", 200, in_effect=True)
DELETE_APP_QUOTA = Trace("DeleteAppQuota", "AppQuota", 204, in_effect=True)
BIND_APP_QUOTA = Trace("AssociateAppsForAppQuota", "AppQuotaBinding", 201, in_effect=True)
UNBIND_APP_QUOTA = Trace("DisassociateAppQuotaWithApp", "AppQuotaBinding", 204, in_effect=True)
AUTHORIZE_APPS = Trace("CreateAuthorizingApps", "AppAuth", 201, in_effect=True)
CANCEL_AUTHORIZATION = Trace("CancelingAuthorization", "AppAuth", 204, in_effect=True)
CREATE_THROTTLE = Trace("CreateRequestThrottlingPolicy", "Throttle", 201)
UPDATE_THROTTLE = Trace("UpdateRequestThrottlingPolicy", "Throttle", 200, in_effect=True)
DELETE_THROTTLE = Trace("DeleteRequestThrottlingPolicy", "Throttle", 204)
BIND_THROTTLE = Trace("AssociateRequestThrottlingPolicy", "ThrottleBinding", 201, in_effect=True)
UNBIND_THROTTLE = Trace("DisassociateRequestThrottlingPolicy", "ThrottleBinding", 204, in_effect=True)
UNBIND_THROTTLES = Trace("BatchDisassociateThrottlingPolicy", "ThrottleBinding", 200, in_effect=True)
CREATE_SPECIAL_THROTTLE = Trace("CreateSpecialThrottlingConfiguration", "ThrottleSpecial", 201, in_effect=True)
UPDATE_SPECIAL_THROTTLE = Trace("UpdateSpecialThrottlingConfiguration", "ThrottleSpecial", 200, in_effect=True)
DELETE_SPECIAL_THROTTLE = Trace("DeleteSpecialThrottlingConfiguration", "ThrottleSpecial", 204, in_effect=True)
CREATE_ACL = Trace("CreateAclStrategy", "Acl", 201)
UPDATE_ACL = Trace("UpdateAclStrategy", "Acl", 200, in_effect=True)
DELETE_ACL = Trace("DeleteAcl", "Acl", 204)
DELETE_ACLS = Trace("BatchDeleteAclV2", "Acl", 200)
BIND_ACL = Trace("CreateApiAclBinding", "AclBinding", 201, in_effect=True)
UNBIND_ACL = Trace("DeleteApiAclBinding", "AclBinding", 204, in_effect=True)
UNBIND_ACLS = Trace("BatchDeleteApiAclBinding", "AclBinding", 200, in_effect=True)
CREATE_SIGNATURE_KEY = Trace("CreateSignatureKey", "Signature", 201)
UPDATE_SIGNATURE_KEY = Trace("UpdateSignatureKey", "Signature", 200, in_effect=True)
DELETE_SIGNATURE_KEY = Trace("DeleteSignatureKey", "Signature", 204)
BIND_SIGNATURE_KEY = Trace("AssociateSignatureKey", "SignatureBinding", 201, in_effect=True)
UNBIND_SIGNATURE_KEY = Trace("DisassociateSignatureKey", "SignatureBinding", 204, in_effect=True)
CREATE_AUTHORIZER = Trace("CreateCustomAuthorizer", "Authorizer", 201)
UPDATE_AUTHORIZER = Trace("UpdateCustomAuthorizer", "Authorizer", 200, in_effect=True)
DELETE_AUTHORIZER = Trace("DeleteCustomAuthorizer", "Authorizer", 204)

_HIDDEN = "***"
_SECRET_FIELDS = frozenset(
    {
        "app_code",
        "app_secret",
        "app_token_key",
        "client_secret",
        "password",
        "private_key",
        "sasl_password",
        "secret_key",
        "sign_secret",
    }
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
