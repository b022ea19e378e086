"""Documents in the SDK's own models, complete enough to be accepted as they are."""

import json
from typing import Any

from huaweicloudsdkapig import v2 as sdk

RELEASE = "DEFAULT_ENVIRONMENT_RELEASE_ID"


def http_api(name: str, group_id: str, **fields: Any) -> sdk.ApiCreate:
    """A GET that goes to an HTTP backend; `fields` replace what it says."""
    return sdk.ApiCreate(
        **{
            "name": name,
            "type": 1,
            "req_protocol": "BOTH",
            "req_method": "GET",
            "req_uri": f"/{name}",
            "auth_type": "NONE",
            "backend_type": "HTTP",
            "group_id": group_id,
            "backend_api": sdk.BackendApiCreate(
                url_domain="127.0.0.1:9000", req_protocol="HTTP", req_method="GET", req_uri="/", timeout=5000
            ),
            **fields,
        }
    )


def cors_plugin(name: str, **content: Any) -> sdk.PluginCreate:
    """A CORS plugin for one origin; `content` replaces what its content says."""
    policy = {"allow_origin": "https://shop.example.com", "allow_methods": "GET,POST", "max_age": 600}
    return sdk.PluginCreate(
        plugin_name=name,
        plugin_type="cors",
        plugin_scope="global",
        plugin_content=json.dumps({**policy, **content}),
    )


def online(api_id: str, env_id: str = RELEASE) -> sdk.ApiActionInfo:
    """Publish the API."""
    return sdk.ApiActionInfo(action="online", env_id=env_id, api_id=api_id)


def offline(api_id: str, env_id: str = RELEASE) -> sdk.ApiActionInfo:
    """Take the API offline."""
    return sdk.ApiActionInfo(action="offline", env_id=env_id, api_id=api_id)
