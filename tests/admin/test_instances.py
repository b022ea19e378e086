"""The gateway itself and its features, through the cloud's SDK."""

import json

import httpx2
from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal
from tests.admin.conftest import AdminServer


def test_there_is_one_gateway(cloud: Cloud, admin: AdminServer) -> None:
    """It is listed, unless a filter leaves it out, and shown in full."""
    (listed,) = cloud.list_instances_v2().instances
    assert (listed.id, listed.project_id, listed.status) == (admin.instance_id, admin.project_id, "Running")
    assert cloud.list_instances_v2(instance_id="f" * 32).total == 0
    assert cloud.list_instances_v2(instance_name=listed.instance_name).total == 1
    shown = cloud.show_details_of_instance_v2()
    assert (shown.id, shown.instance_status) == (admin.instance_id, 6)
    assert "cors" in shown.supported_features


def test_another_gateway_or_project_is_not_here(admin: AdminServer, token: str) -> None:
    """A path that names another gateway, or another project, is answered with the contract's 404."""
    headers = {"X-Auth-Token": token}
    for path in (
        f"/v2/{admin.project_id}/apigw/instances/{'f' * 32}",
        f"/v2/{admin.project_id}/apigw/instances/{'f' * 32}/api-groups",
        f"/v2/{'f' * 32}/apigw/instances/{admin.instance_id}/api-groups",
        f"/v2/{'f' * 32}/apigw/instances",
    ):
        answer = httpx2.get(admin.url + path, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "APIG.3030"), path


def test_a_feature_is_set_and_listed(cloud: Cloud, admin: AdminServer) -> None:
    """What was set is listed, and reaches the data plane at once."""
    config = json.dumps({"max_timeout": 1500})
    created = cloud.create_feature_v2(body=sdk.FeatureToggle(name="backend_timeout", enable=True, config=config))
    assert (created.status_code, created.name, created.enable) == (201, "backend_timeout", True)
    assert created.instance_id == admin.instance_id
    (listed,) = cloud.list_features_v2().features
    assert (listed.name, json.loads(listed.config)) == ("backend_timeout", {"max_timeout": 1500})
    assert admin.data_plane.config is not None
    assert admin.data_plane.config.limits.backend_timeout_ms == 1500


def test_the_key_of_tokens_is_taken_and_never_given(cloud: Cloud, admin: AdminServer) -> None:
    """Neither when it is set nor when features are listed; a mistake is told without it."""
    config = {"enable": "on", "app_token_expire_time": 3600, "app_token_key": "swordfish-1234567890"}
    toggle = sdk.FeatureToggle(name="app_token", enable=True, config=json.dumps(config))
    created = cloud.create_feature_v2(body=toggle)
    listed = next(feature for feature in cloud.list_features_v2().features if feature.name == "app_token")
    assert (
        json.loads(created.config) == json.loads(listed.config) == {"enable": "on", "app_token_expire_time": 3600}
    )
    assert admin.data_plane.config is not None
    assert admin.data_plane.config.features.app_tokens is not None
    assert admin.data_plane.config.features.app_tokens.access_seconds == 3600

    wrong = sdk.FeatureToggle(name="app_token", enable=True, config='{"app_token_key":"swordfish","at":1}')
    assert refusal(cloud.create_feature_v2, body=wrong) == (400, "APIG.2011")


def test_supported_features_are_names(cloud: Cloud) -> None:
    """The list of what this gateway can do holds names, in pages."""
    everything = cloud.list_instance_features(limit=500)
    assert {"backend_timeout", "app_token", "ratelimit", "signature_replay", "app_acl"} <= set(everything.features)
    assert cloud.list_instance_features(limit=1).size == 1


def test_a_feature_of_another_build_is_refused(cloud: Cloud) -> None:
    """A feature of the contract that this gateway does not have is a 412; one nobody has is a 400."""

    def switching_on(name: str) -> tuple[int, str]:
        return refusal(cloud.create_feature_v2, body=sdk.FeatureToggle(name=name, enable=True))

    assert switching_on("gzip") == (412, "APIG.3458")
    assert switching_on("no_such_feature")[0] == 400
