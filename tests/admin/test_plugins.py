"""Plugins and their bindings, through the cloud's SDK."""

import json

from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal
from tests.admin.documents import RELEASE, cors_plugin, http_api, online


def published_api(cloud: Cloud, group: sdk.ApiGroupInfo, name: str) -> str:
    api = cloud.create_api_v2(body=http_api(name, group.id))
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    return str(api.id)


def test_a_cors_plugin_lives_from_creation_to_deletion(cloud: Cloud) -> None:
    """A plugin is created, shown, changed, listed and deleted; its content comes back as it was written."""
    body = cors_plugin("shop-cors")
    created = cloud.create_plugin(body=body)
    assert (created.status_code, created.plugin_name, created.plugin_type) == (201, "shop-cors", "cors")
    shown = cloud.show_plugin(plugin_id=created.plugin_id)
    assert json.loads(shown.plugin_content) == json.loads(body.plugin_content)

    changed = cloud.update_plugin(plugin_id=created.plugin_id, body=cors_plugin("shop-cors", max_age=60))
    assert (changed.status_code, json.loads(changed.plugin_content)["max_age"]) == (200, 60)
    assert [p.plugin_id for p in cloud.list_plugins(plugin_name="shop-c").plugins] == [created.plugin_id]
    assert cloud.list_plugins(plugin_name="shop-c", precise_search="plugin_name").plugins == []
    assert created.plugin_id in [p.plugin_id for p in cloud.list_plugins(plugin_type="cors").plugins]

    assert cloud.delete_plugin(plugin_id=created.plugin_id).status_code == 204
    assert refusal(cloud.show_plugin, plugin_id=created.plugin_id)[0] == 404


def test_a_plugin_is_attached_to_apis(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Seen from the plugin: attachable before, attached after, and again after detaching."""
    api_id = published_api(cloud, group, "orders")
    plugin_id = cloud.create_plugin(body=cors_plugin("attach-1")).plugin_id
    operation = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[api_id])

    def listed() -> tuple[list[str], list[str]]:
        query = {"plugin_id": plugin_id, "env_id": RELEASE, "group_id": group.id}
        attachable = cloud.list_plugin_attachable_apis(**query).apis
        return [a.api_id for a in attachable], [a.api_id for a in cloud.list_plugin_attached_apis(**query).apis]

    assert listed() == ([api_id], [])
    attached = cloud.attach_api_to_plugin(plugin_id=plugin_id, body=operation)
    assert attached.status_code == 201
    (binding,) = attached.attached_plugins
    assert (binding.plugin_id, binding.api_id, binding.env_name) == (plugin_id, api_id, "RELEASE")
    assert listed() == ([], [api_id])
    assert refusal(cloud.delete_plugin, plugin_id=plugin_id)[0] in {403, 409}
    assert cloud.detach_api_from_plugin(plugin_id=plugin_id, body=operation).status_code == 204
    assert listed() == ([api_id], [])


def test_plugins_are_attached_to_an_api(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Seen from the API: a second plugin of one type takes the place of the first."""
    api_id = published_api(cloud, group, "orders")
    first, second = (cloud.create_plugin(body=cors_plugin(f"swap-{n}")).plugin_id for n in (1, 2))

    def attach(plugin_id: str) -> list[str]:
        operation = sdk.ApiOperPluginInfo(env_id=RELEASE, plugin_ids=[plugin_id])
        assert cloud.attach_plugin_to_api(api_id=api_id, body=operation).status_code == 201
        return [plugin.plugin_id for plugin in cloud.list_api_attached_plugins(api_id=api_id).plugins]

    attachable = cloud.list_api_attachable_plugins(api_id=api_id, env_id=RELEASE, plugin_type="cors")
    assert {first, second} <= {plugin.plugin_id for plugin in attachable.plugins}
    assert attach(first) == [first]
    assert attach(second) == [second]
    operation = sdk.ApiOperPluginInfo(env_id=RELEASE, plugin_ids=[second])
    assert cloud.detach_plugin_from_api(api_id=api_id, body=operation).status_code == 204
    assert cloud.list_api_attached_plugins(api_id=api_id).total == 0


def test_only_a_published_api_takes_a_plugin(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """An API that is not published in the environment is refused with the contract's code."""
    api = cloud.create_api_v2(body=http_api("orders", group.id))
    plugin = cloud.create_plugin(body=cors_plugin("unpublished"))
    operation = sdk.PluginOperApiInfo(env_id=RELEASE, api_ids=[api.id])
    refused = refusal(cloud.attach_api_to_plugin, plugin_id=plugin.plugin_id, body=operation)
    assert refused == (409, "APIG.3707")
