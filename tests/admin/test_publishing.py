"""Publishing, versions and going offline, through the cloud's SDK."""

from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal
from tests.admin.documents import RELEASE, http_api, offline, online


def test_publishing_makes_a_version_that_can_be_read(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Publishing answers with the record; the live definition is then readable, and stays after an edit."""
    api = cloud.create_api_v2(body=http_api("orders", group.id))
    published = cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    assert (published.status_code, published.api_id, published.api_name) == (201, api.id, "orders")
    assert published.env_id == RELEASE
    assert published.publish_id
    assert published.version_id

    cloud.update_api_v2(api_id=api.id, body=http_api("orders", group.id, req_uri="/edited"))
    live = cloud.list_api_runtime_definition_v2(api_id=api.id, env_id=RELEASE)
    assert (live.req_uri, live.run_env_name, live.publish_id) == ("/orders", "RELEASE", published.publish_id)
    version = cloud.list_api_version_detail_v2(version_id=published.version_id)
    assert (version.req_uri, version.version_id) == ("/orders", published.version_id)
    assert cloud.show_details_of_api_v2(api_id=api.id).arrange_necessary == 1


def test_an_older_version_can_be_put_into_effect(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Versions are listed newest first; switching to the first one brings its definition back."""
    api = cloud.create_api_v2(body=http_api("orders", group.id))
    first = cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    cloud.update_api_v2(api_id=api.id, body=http_api("orders", group.id, req_uri="/second"))
    second = cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))

    def versions() -> list[tuple[str, int]]:
        listed = cloud.list_api_versions_v2(api_id=api.id, env_id=RELEASE)
        return [(version.version_id, version.status) for version in listed.api_versions]

    assert versions() == [(second.version_id, 1), (first.version_id, 2)]
    switched = cloud.change_api_version_v2(api_id=api.id, body=sdk.ApiVersion(version_id=first.version_id))
    assert (switched.status_code, switched.version_id) == (200, first.version_id)
    assert sorted(versions()) == sorted([(second.version_id, 2), (first.version_id, 1)])
    assert cloud.list_api_runtime_definition_v2(api_id=api.id, env_id=RELEASE).req_uri == "/orders"

    assert cloud.delete_api_by_version_id_v2(version_id=first.version_id).status_code == 204
    assert 1 not in [status for _, status in versions()]


def test_what_is_published_cannot_be_deleted(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """A published API, its group and its environment stay until it is offline."""
    env = cloud.create_environment_v2(body=sdk.EnvCreate(name="CANARY"))
    api = cloud.create_api_v2(body=http_api("orders", group.id))
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id, env.id))
    assert refusal(cloud.delete_api_v2, api_id=api.id) == (403, "APIG.3416")
    assert refusal(cloud.delete_environment_v2, env_id=env.id) == (403, "APIG.3418")
    assert refusal(cloud.delete_api_group_v2, group_id=group.id) == (403, "APIG.3415")
    cloud.create_or_delete_publish_record_for_api_v2(body=offline(api.id, env.id))
    assert cloud.delete_api_v2(api_id=api.id).status_code == 204
    assert cloud.delete_environment_v2(env_id=env.id).status_code == 204
    assert cloud.delete_api_group_v2(group_id=group.id).status_code == 204


def test_a_batch_says_for_each_api_what_it_came_to(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """What can be published is; what cannot is listed with its error."""
    apis = [cloud.create_api_v2(body=http_api(name, group.id)).id for name in ("orders", "bills")]
    batch = sdk.ApiBatchPublish(apis=[*apis, "f" * 32], env_id=RELEASE)
    answer = cloud.batch_publish_or_offline_api_v2(action="online", body=batch)
    assert answer.status_code == 200
    assert sorted(done.api_id for done in answer.success) == sorted(apis)
    assert [(failed.api_id, failed.error_code) for failed in answer.failure] == [("f" * 32, "APIG.3002")]
    answer = cloud.batch_publish_or_offline_api_v2(action="offline", body=batch)
    assert len(answer.success) == 2


def test_a_variable_must_have_a_value_to_publish(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """An address with a variable is published once the variable exists."""
    backend = sdk.BackendApiCreate(
        url_domain="#Address#", req_protocol="HTTP", req_method="GET", req_uri="/", timeout=5000
    )
    api = cloud.create_api_v2(body=http_api("orders", group.id, backend_api=backend))
    status, _ = refusal(cloud.create_or_delete_publish_record_for_api_v2, body=online(api.id))
    assert 400 <= status < 500
    variable = sdk.EnvVariableCreate("127.0.0.1:9000", RELEASE, group.id, "Address")
    cloud.create_environment_variable_v2(body=variable)
    published = cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    assert published.status_code == 201
