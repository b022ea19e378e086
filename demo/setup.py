"""What the demonstration tells the gateway to serve: two groups, six APIs and two plugins."""

import json
from typing import NamedTuple

from demo.admin import JSON, RELEASE, Admin

FOO = "https://foo.example"


class Sites(NamedTuple):
    """The debug domains of the two groups: the hosts at which a browser reaches them."""

    guide: str
    mdn: str


class _Group(NamedTuple):
    """What the APIs of one group have in common."""

    id: str
    cors: bool
    backend: str


def set_up(admin: Admin, backend: str, listed_origin: str) -> Sites:
    """Configure everything through the admin API; `backend` is `host:port`."""
    guide = admin.post("/api-groups", {"name": "guide"})
    admin.post(f"/api-groups/{guide['id']}/domains", {"url_domain": "www.test.com"})
    mdn = admin.post("/api-groups", {"name": "mdn"})
    admin.post(f"/api-groups/{mdn['id']}/domains", {"url_domain": "bar.other"})

    _guide_apis(admin, _Group(guide["id"], True, backend))
    _mdn_apis(admin, _Group(mdn["id"], False, backend), f"{FOO},{listed_origin}")
    return Sites(guide["sl_domain"], mdn["sl_domain"])


def _guide_apis(admin: Admin, group: _Group) -> None:
    """The user guide's APIs: their `cors` switch is on, and one OPTIONS API answers the preflights of all."""
    _publish(admin, _api(group, "simple", "GET", "/simple"))
    _publish(admin, _api(group, "simple-put", "PUT", "/simple"))
    _publish(admin, _api(group, "own-header", "GET", "/own-header"))
    _publish(admin, _options_api(group))


def _mdn_apis(admin: Admin, group: _Group, origins: str) -> None:
    """MDN's two resources: their switch is off, a `cors` plugin each says who may read them."""
    document = _publish(admin, _api(group, "document", "POST", "/doc"))
    credentialed = _publish(admin, _api(group, "credentialed", "GET", "/resources/credentialed-content/"))
    document_policy = {
        "allow_origin": origins,
        "allow_methods": "POST, GET, OPTIONS",
        "allow_headers": "X-PINGOTHER, Content-Type",
        "max_age": 86400,
    }
    credentialed_policy = {"allow_origin": origins, "allow_methods": "GET", "allow_credentials": True}
    _attach(admin, "document-cors", document_policy, document)
    _attach(admin, "credentialed-cors", credentialed_policy, credentialed)


def _publish(admin: Admin, api: JSON) -> str:
    """Create an API and put it online; returns its id."""
    api_id: str = admin.post("/apis", api)["id"]
    admin.post("/apis/action", {"action": "online", "env_id": RELEASE, "api_id": api_id})
    return api_id


def _attach(admin: Admin, name: str, policy: JSON, api: str) -> None:
    plugin = {
        "plugin_name": name,
        "plugin_type": "cors",
        "plugin_scope": "global",
        "plugin_content": json.dumps(policy),
    }
    plugin_id = admin.post("/plugins", plugin)["plugin_id"]
    admin.post(f"/plugins/{plugin_id}/attach", {"env_id": RELEASE, "api_ids": [api]})


def _api(group: _Group, name: str, method: str, path: str) -> JSON:
    """An API that asks the backend for the same thing as its caller asks for."""
    return {
        "name": name,
        "group_id": group.id,
        "type": 1,
        "req_protocol": "HTTP",
        "req_method": method,
        "req_uri": path,
        "auth_type": "NONE",
        "cors": group.cors,
        "backend_type": "HTTP",
        "backend_api": {
            "url_domain": group.backend,
            "req_protocol": "HTTP",
            "req_method": method,
            "req_uri": path,
            "timeout": 5000,
        },
    }


def _options_api(group: _Group) -> JSON:
    """A Mock at `/` that matches by prefix: it answers the preflights of the whole group."""
    return {
        "name": "preflights",
        "group_id": group.id,
        "type": 1,
        "req_protocol": "HTTP",
        "req_method": "OPTIONS",
        "req_uri": "/",
        "match_mode": "SWA",
        "auth_type": "NONE",
        "cors": group.cors,
        "backend_type": "MOCK",
        "mock_info": {"result_content": ""},
    }
