"""Advice in the answers of the admin API: there for those who look, and no obstacle to the cloud's SDK."""

import json
from typing import Any

import httpx2
from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud
from tests.admin.documents import RELEASE, cors_plugin, http_api, online

ADMIN_ROUTE = {"req_uri": "/admin/users"}


def as_sent(body: Any) -> dict[str, Any]:
    """The SDK's document as the JSON object that it sends."""
    return {name: value for name, value in body.to_dict().items() if value is not None}


def test_a_write_says_what_to_reconsider(http: httpx2.Client) -> None:
    """Each warning has its code, how bad it is, its place and what to do; a read has none."""
    body = as_sent(cors_plugin("advised", allow_origin="http://shop.example.com"))
    created = http.post("/plugins", json=body)
    path = f"/plugins/{created.json()['plugin_id']}"
    updated = http.put(path, json=body)

    assert (created.status_code, updated.status_code) == (201, 200)
    assert created.json()["warnings"] == updated.json()["warnings"]
    (warning,) = created.json()["warnings"]
    assert set(warning) >= {"code", "severity", "at", "message", "fix"}
    assert (warning["code"], warning["severity"], warning["at"]) == (
        "cors.insecure-origin",
        "medium",
        "allow_origin[0]",
    )
    assert "warnings" not in http.get(path).json()
    body["plugin_content"] = json.dumps({"allow_origin": "https://shop.example.com"})
    assert "warnings" not in http.put(path, json=body).json()


def test_a_write_that_is_refused_names_everything(http: httpx2.Client) -> None:
    """The contract's error body, with every finding beside it."""
    body = as_sent(cors_plugin("refused", allow_origin="*,null", allow_credentials=True, max_age=-1))
    answer = http.post("/plugins", json=body)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "APIG.2011"
    assert {(each["code"], each["at"]) for each in answer.json()["details"]} == {
        ("cors.any-origin-with-credentials", "allow_origin[0]"),
        ("cors.null-origin-with-credentials", "allow_origin[1]"),
        ("cors.max-age-out-of-range", "max_age"),
    }


def test_publishing_says_what_the_route_makes_of_the_policy(
    http: httpx2.Client, cloud: Cloud, group: sdk.ApiGroupInfo
) -> None:
    """Attaching, publishing, publishing in a batch and switching versions each say it."""
    api_id = cloud.create_api_v2(body=http_api("users", group.id, **ADMIN_ROUTE)).id
    first = http.post("/apis/action", json=as_sent(online(api_id))).json()
    plugin_id = cloud.create_plugin(body=cors_plugin("everyone", allow_origin="*")).plugin_id
    attached = http.post(f"/plugins/{plugin_id}/attach", json={"env_id": RELEASE, "api_ids": [api_id]}).json()
    again = http.post("/apis/action", json=as_sent(online(api_id))).json()
    batch = http.post("/apis/publish?action=online", json={"env_id": RELEASE, "apis": [api_id]}).json()
    switched = http.put(f"/apis/publish/{api_id}", json={"version_id": first["version_id"]}).json()

    assert "warnings" not in first
    for answer in (attached, again, batch["success"][0], switched):
        assert [(each["code"], each["plugin_id"]) for each in answer["warnings"]] == [
            ("cors.any-origin-on-internal-route", plugin_id)
        ]


def test_the_clouds_sdk_reads_answers_with_advice(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """To it the answers are what they always were."""
    created = cloud.create_plugin(body=cors_plugin("sdk-advised", allow_origin="http://shop.example.com"))
    updated = cloud.update_plugin(
        plugin_id=created.plugin_id, body=cors_plugin("sdk-advised", allow_origin="*", max_age=100_000)
    )
    api_id = cloud.create_api_v2(body=http_api("sdk-users", group.id, **ADMIN_ROUTE)).id
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id))
    operation = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[api_id])
    attached = cloud.attach_api_to_plugin(plugin_id=created.plugin_id, body=operation)
    published = cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id))

    assert (created.status_code, updated.status_code) == (201, 200)
    assert updated.plugin_id == created.plugin_id
    assert [each.api_id for each in attached.attached_plugins] == [api_id]
    assert (published.status_code, published.api_id) == (201, api_id)
    assert published.version_id
