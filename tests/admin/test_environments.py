"""Environments and their variables, through the cloud's SDK."""

from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal

RELEASE = "DEFAULT_ENVIRONMENT_RELEASE_ID"


def test_an_environment_lives_from_creation_to_deletion(cloud: Cloud) -> None:
    """An environment is created, changed, listed and deleted."""
    created = cloud.create_environment_v2(body=sdk.EnvCreate(name="DEVELOP", remark="for us"))
    assert (created.status_code, created.name, created.remark) == (201, "DEVELOP", "for us")
    changed = cloud.update_environment_v2(env_id=created.id, body=sdk.EnvCreate(name="STAGING"))
    assert (changed.status_code, changed.id, changed.name) == (200, created.id, "STAGING")
    assert [env.id for env in cloud.list_environments_v2(name="STAGING").envs] == [created.id]
    assert cloud.delete_environment_v2(env_id=created.id).status_code == 204
    assert refusal(cloud.delete_environment_v2, env_id=created.id) == (404, "APIG.3003")


def test_release_is_there_and_stays(cloud: Cloud) -> None:
    """RELEASE exists from the start under its fixed id and cannot be deleted or renamed."""
    assert RELEASE in [env.id for env in cloud.list_environments_v2(name="RELEASE").envs]
    for status, _ in (
        refusal(cloud.delete_environment_v2, env_id=RELEASE),
        refusal(cloud.update_environment_v2, env_id=RELEASE, body=sdk.EnvCreate(name="OTHER")),
    ):
        assert 400 <= status < 500


def test_a_variable_lives_from_creation_to_deletion(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """A variable is created for one group and environment, shown, changed, listed and deleted."""
    body = sdk.EnvVariableCreate("backend.example.com:8080", RELEASE, group.id, "Address")
    created = cloud.create_environment_variable_v2(body=body)
    assert created.status_code == 201
    assert (created.variable_name, created.variable_value) == ("Address", "backend.example.com:8080")
    assert (created.env_id, created.group_id) == (RELEASE, group.id)

    value = sdk.EnvVariableBase("10.0.0.1")
    changed = cloud.update_environment_variable_v2(env_variable_id=created.id, body=value)
    assert (changed.status_code, changed.variable_value) == (200, "10.0.0.1")
    shown = cloud.show_details_of_environment_variable_v2(env_variable_id=created.id)
    assert shown.variable_value == "10.0.0.1"
    assert [v.id for v in cloud.list_environment_variables_v2(group_id=group.id).variables] == [created.id]

    assert refusal(cloud.create_environment_variable_v2, body=body) == (400, "APIG.3303")
    assert cloud.delete_environment_variable_v2(env_variable_id=created.id).status_code == 204
    gone = refusal(cloud.show_details_of_environment_variable_v2, env_variable_id=created.id)
    assert gone == (404, "APIG.3011")
