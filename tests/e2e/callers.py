"""APIs that ask who calls, made with the cloud's SDK, and calls of them over a connection to every worker."""

import base64
import json
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2
from apigateway_sdk_python import signer
from huaweicloudsdkapig import v2 as sdk
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer as CloudSigner

from tests.admin.documents import RELEASE, http_api, online
from tests.e2e.running import Crossgate, wait_until
from tests.gateway.peers import Client, Response

Fields = Mapping[str, str]


class Published(NamedTuple):
    """The ids of an API and of its publication."""

    api_id: str
    publish_id: str


class App(NamedTuple):
    """A credential."""

    id: str
    key: str
    secret: str


class Site:
    """A group with a host name of its own, and what an operator does in it."""

    def __init__(self, crossgate: Crossgate, name: str) -> None:
        self.cloud = crossgate.cloud()
        self.name = name
        self.host = f"{name}.example"
        self.group_id = str(self.cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name=name)).id)
        self._features: set[str] = set()
        self.cloud.associate_domain_v2(group_id=self.group_id, body=sdk.UrlDomainCreate(url_domain=self.host))

    def publish(self, path: str, auth_type: str = "NONE", backend: int | None = None, **fields: Any) -> Published:
        """An API that is published: a Mock that answers `ok`, or one that goes to a port of this machine."""
        to: dict[str, Any] = {
            "backend_type": "MOCK",
            "backend_api": None,
            "mock_info": sdk.ApiMockCreate(result_content="ok"),
        }
        if backend is not None:
            to = {
                "backend_api": sdk.BackendApiCreate(
                    url_domain=f"127.0.0.1:{backend}",
                    req_protocol="HTTP",
                    req_method="ANY",
                    req_uri=path,
                    timeout=5000,
                )
            }
        name = re.sub(r"\W", "_", f"{self.name}_{path}_{fields.get('req_method', '')}")
        known: dict[str, Any] = {"req_uri": path, "req_method": "ANY", "auth_type": auth_type}
        if auth_type == "APP":
            known["auth_opt"] = sdk.AuthOpt(app_code_auth_type="HEADER")
        api = self.cloud.create_api_v2(body=http_api(name, self.group_id, **{**known, **to, **fields}))
        record = self.cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
        return Published(str(api.id), str(record.publish_id))

    def app(self, name: str, *apis: Published) -> App:
        """A credential that is authorized for `apis`."""
        made = self.cloud.create_an_app_v2(body=sdk.AppCreate(name=f"{self.name}_{name}"))
        if apis:
            self.authorize(made.id, *apis)
        return App(str(made.id), made.app_key, made.app_secret)

    def authorize(self, app_id: str, *apis: Published) -> str:
        """Let an app call `apis`; the id of the first authorization."""
        body = sdk.ApiAuthCreate(env_id=RELEASE, app_ids=[app_id], api_ids=[api.api_id for api in apis])
        auths = self.cloud.create_authorizing_apps_v2(body=body).auths
        assert {auth.auth_result.status for auth in auths} == {"SUCCESS"}
        return str(auths[0].id)

    def app_code(self, app: App) -> str:
        """An AppCode made for it."""
        return str(self.cloud.create_app_code_auto_v2(app_id=app.id).app_code)

    def throttle(self, *apis: Published, **fields: Any) -> tuple[str, list[str]]:
        """A throttling policy of `fields` bound to `apis`: its id, and those of the bindings."""
        known = {"name": f"{self.name}_limit", "time_interval": 1, "time_unit": "HOUR"}
        policy = self.cloud.create_request_throttling_policy_v2(body=sdk.ThrottleBaseInfo(**{**known, **fields}))
        body = sdk.ThrottleApiBindingCreate(strategy_id=policy.id, publish_ids=[api.publish_id for api in apis])
        applied = self.cloud.associate_request_throttling_policy_v2(body=body).throttle_applys
        return str(policy.id), [str(each.id) for each in applied]

    def plugin(self, kind: str, content: Mapping[str, Any], *apis: Published) -> str:
        """A plugin attached to `apis`."""
        body = sdk.PluginCreate(
            plugin_name=f"{self.name}_{kind}",
            plugin_type=kind,
            plugin_scope="global",
            plugin_content=json.dumps(content),
        )
        plugin = self.cloud.create_plugin(body=body)
        attached = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[api.api_id for api in apis])
        self.cloud.attach_api_to_plugin(plugin_id=plugin.plugin_id, body=attached)
        return str(plugin.plugin_id)

    def feature(self, name: str, config: Any = "on", *, enable: bool = True) -> None:
        """Switch a feature of the whole gateway."""
        self._features.add(name)
        text = config if isinstance(config, str) else json.dumps(config)
        self.cloud.create_feature_v2(body=sdk.FeatureToggle(name=name, enable=enable, config=text))

    def restore(self) -> None:
        """Switch off what was switched for all sites."""
        for name in self._features:
            self.cloud.create_feature_v2(body=sdk.FeatureToggle(name=name, enable=False, config=""))

    def request(self, path: str, fields: Fields | None = None, *, method: str = "GET", body: bytes = b"") -> bytes:
        """A request to this host."""
        lines = [f"{method} {path} HTTP/1.1"]
        given = {"Host": self.host} | dict(fields or {})
        if body and not any(name.lower() == "content-length" for name in given):
            given["Content-Length"] = str(len(body))
        # Clients that sign write the Host themselves.
        if any(name == "host" for name in given):
            del given["Host"]
        lines += [f"{name}: {value}" for name, value in given.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def signed(
        self,
        app: App | tuple[str, str, str],
        path: str,
        fields: Fields | None = None,
        *,
        method: str = "GET",
        body: str = "",
    ) -> bytes:
        """A request to this host that the SDK for callers has signed."""
        _, key, secret = app
        request = signer.HttpRequest(method, f"http://{self.host}{path}", dict(fields or {}), body)
        client = signer.Signer()
        client.Key, client.Secret = key, secret
        client.Sign(request)
        return self.request(request.uri, request.headers, method=method, body=request.body)


class Workers:
    """A connection to each worker: what one of them says, and what all do."""

    def __init__(self, crossgate: Crossgate, count: int) -> None:
        self._address = urlsplit(crossgate.url)
        self._count = count
        self._clients: dict[str, Client] = {}

    def ask(self, request: bytes) -> list[Response]:
        """The answer of every worker to the same request, over connections that are kept."""
        self._reach_all()
        return [client.ask(request) for client in self._clients.values()]

    def outcomes(self, request: bytes) -> set[tuple[int, str]]:
        """What the workers say: statuses and error codes, of which there should be one."""
        return {outcome(response) for response in self.ask(request)}

    def one(self, request: bytes) -> Response:
        """The answer of some worker, over a connection of its own."""
        client = self._connect()
        try:
            return client.ask(request)
        finally:
            client.socket.close()

    def leave(self) -> None:
        """Close all connections; whoever asks next gets new ones, to the workers there are then."""
        for client in self._clients.values():
            client.socket.close()
        self._clients.clear()

    def _reach_all(self) -> None:
        # The kernel chooses the worker of a connection; half of a request's id tells which one it was.
        spare: list[Client] = []

        def all_reached() -> bool:
            client = self._connect()
            found = client.ask(b"GET /nowhere HTTP/1.1\r\nHost: nobody.example\r\n\r\n").field("X-Request-Id")
            assert found is not None
            if found[:16] in self._clients:
                spare.append(client)
            else:
                self._clients[found[:16]] = client
            return len(self._clients) == self._count

        if len(self._clients) < self._count:
            wait_until(all_reached)
        for client in spare:
            client.socket.close()

    def _connect(self) -> Client:
        return Client(socket.create_connection((self._address.hostname, self._address.port or 80), timeout=20))


def outcome(response: Response) -> tuple[int, str]:
    """Status and error code of an answer; without one the code is empty."""
    with suppress(ValueError):
        document = json.loads(response.body)
        if isinstance(document, dict):
            return response.status, str(document.get("error_code", ""))
    return response.status, ""


def basic(app: App) -> dict[str, str]:
    """Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{app.key}:{app.secret}".encode()).decode()}


def refusals(crossgate: Crossgate) -> dict[str, int]:
    """How often the gateway has refused, by error code, as its metrics say."""
    text = httpx2.get(crossgate.admin_url + "/metrics").text
    counted: dict[str, int] = {}
    for code, number in re.findall(r'^crossgate_refusals_total\{code="([^"]+)".*\} (\d+)$', text, re.MULTILINE):
        counted[code] = counted.get(code, 0) + int(number)
    return counted


def by_cloud_signer(site: Site, path: str, key: str, secret: str) -> bytes:
    """A request that the cloud's SDK for operators has signed."""
    fields = {"Content-Type": "application/json"}
    request = SdkRequest(
        method="POST",
        schema="http",
        host=site.host,
        resource_path=path,
        query_params=[("page", "2")],
        header_params=fields,
        body='{"a":1}',
    )
    signed = CloudSigner(BasicCredentials(key, secret, "project")).sign(request)
    return site.request(signed.uri, signed.header_params, method="POST", body=b'{"a":1}')


def log_in(crossgate: Crossgate) -> str:
    """An access token of the operator."""
    user = {
        "name": crossgate.operator["user"],
        "password": crossgate.operator["password"],
        "domain": {"name": "x"},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    document = {"auth": {"identity": identity}}
    answer = httpx2.post(crossgate.admin_url + "/v3/auth/tokens", json=document)
    return str(answer.headers["X-Subject-Token"])
