"""The demonstration's whole configuration by the cloud's own SDK, then every exchange on the wire."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from demo import exchange, wire
from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud
from tests.admin.documents import RELEASE, cors_plugin, http_api, online
from tests.e2e.running import Crossgate

FOO = "https://foo.example"


@pytest.fixture
def backend() -> Iterator[str]:
    """`host:port` of the demonstration's backend, a process of its own."""
    command = [sys.executable, "-m", "demo.backend"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("serves http://").strip()
        process.terminate()


def group(cloud: Cloud, name: str, domain: str) -> str:
    """A group with a domain of its own."""
    made = cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name=name))
    cloud.associate_domain_v2(group_id=made.id, body=sdk.UrlDomainCreate(url_domain=domain))
    return str(made.id)


def publish(cloud: Cloud, group_id: str, name: str, method: str, path: str, **fields: Any) -> str:
    """Makes an API and publishes it in RELEASE."""
    definition = http_api(name, group_id, req_method=method, req_uri=path, **fields)
    api = cloud.create_api_v2(body=definition)
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    return str(api.id)


def to(backend: str, method: str, path: str) -> sdk.BackendApiCreate:
    """A backend that is asked for the same thing."""
    return sdk.BackendApiCreate(
        url_domain=backend, req_protocol="HTTP", req_method=method, req_uri=path, timeout=5000
    )


def test_the_cloud_sdk_sets_up_what_the_documents_show(crossgate: Crossgate, backend: str) -> None:
    """Groups, domains, APIs, publishing, plugins and bindings by the SDK alone; the wire is as the seeds say."""
    cloud = crossgate.cloud()
    guide, mdn = group(cloud, "guide", "www.test.com"), group(cloud, "mdn", "bar.other")
    for name, method, path in (
        ("simple", "GET", "/simple"),
        ("simple-put", "PUT", "/simple"),
        ("own-header", "GET", "/own-header"),
    ):
        publish(cloud, guide, name, method, path, cors=True, backend_api=to(backend, method, path))
    mock = {"backend_type": "MOCK", "backend_api": None, "mock_info": sdk.ApiMockCreate(result_content="")}
    publish(cloud, guide, "preflights", "OPTIONS", "/", match_mode="SWA", cors=True, **mock)
    policies: dict[str, tuple[str, dict[str, Any]]] = {
        "/doc": ("POST", {"allow_methods": "POST, GET, OPTIONS", "allow_headers": "X-PINGOTHER, Content-Type"}),
        "/resources/credentialed-content/": ("GET", {"allow_methods": "GET", "allow_credentials": True}),
    }
    for path, (method, policy) in policies.items():
        api_id = publish(cloud, mdn, f"mdn-{method}", method, path, backend_api=to(backend, method, path))
        plugin = cloud.create_plugin(body=cors_plugin(f"cors-{method}", allow_origin=FOO, max_age=86400, **policy))
        binding = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[api_id])
        cloud.attach_api_to_plugin(plugin_id=plugin.plugin_id, body=binding)

    port = int(crossgate.url.rpartition(":")[2])
    exchanges = exchange.load()
    differences = {
        each.name: exchange.check(each.answer, exchange.parse(wire.send(port, each.request_bytes())))
        for each in exchanges
    }

    assert len(exchanges) == 8
    assert differences == {each.name: [] for each in exchanges}
