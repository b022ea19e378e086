"""Throttling, access control and signature keys, and what they are bound to, through the cloud's SDK."""

import pytest
from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal
from tests.admin.documents import RELEASE, http_api, online


@pytest.fixture
def published(cloud: Cloud, group: sdk.ApiGroupInfo) -> tuple[str, str]:
    """The ids of a published API and of its publication."""
    api = cloud.create_api_v2(body=http_api("guarded", group.id))
    record = cloud.create_or_delete_publish_record_for_api_v2(body=online(api.id))
    return str(api.id), str(record.publish_id)


def throttle(name: str, **fields: object) -> sdk.ThrottleBaseInfo:
    return sdk.ThrottleBaseInfo(
        **{"name": name, "api_call_limits": 10, "time_interval": 1, "time_unit": "MINUTE", **fields}
    )


def test_a_throttling_policy_lives_and_is_bound(cloud: Cloud, published: tuple[str, str]) -> None:
    """A policy is created, bound to a publication, seen from both ends, unbound and deleted."""
    api_id, publish_id = published
    policy = cloud.create_request_throttling_policy_v2(body=throttle("ten_a_minute", app_call_limits=5))
    assert (policy.status_code, policy.app_call_limits, policy.user_call_limits, policy.type) == (201, 5, 0, 1)
    unbound = cloud.list_apis_unbinded_to_request_throttling_policy_v2(throttle_id=policy.id, api_id=api_id)
    assert [api.publish_id for api in unbound.apis] == [publish_id]

    body = sdk.ThrottleApiBindingCreate(strategy_id=policy.id, publish_ids=[publish_id])
    (applied,) = cloud.associate_request_throttling_policy_v2(body=body).throttle_applys
    assert (applied.publish_id, applied.strategy_id) == (publish_id, policy.id)
    (bound,) = cloud.list_apis_binded_to_request_throttling_policy_v2(throttle_id=policy.id).apis
    assert (bound.id, bound.throttle_apply_id, bound.throttle_name) == (api_id, applied.id, "ten_a_minute")
    (seen,) = cloud.list_request_throttling_policies_binded_to_api_v2(api_id=api_id).throttles
    assert (seen.id, seen.bind_id, seen.env_name) == (policy.id, applied.id, "RELEASE")
    assert refusal(cloud.delete_request_throttling_policy_v2, throttle_id=policy.id) == (403, "APIG.3451")

    undone = cloud.batch_disassociate_throttling_policy_v2(
        action="delete", body=sdk.ThrottleBindingBatchDelete(throttle_bindings=[applied.id, "nothing"])
    )
    assert (undone.success_count, [each.bind_id for each in undone.failure]) == (1, ["nothing"])
    assert cloud.delete_request_throttling_policy_v2(throttle_id=policy.id).status_code == 204


@pytest.mark.parametrize(
    "fields",
    [{"user_call_limits": 11}, {"user_call_limits": 5, "app_call_limits": 6}, {"ip_call_limits": 11}],
    ids=lambda fields: next(iter(fields)),
)
def test_limits_out_of_order_are_refused(cloud: Cloud, fields: dict[str, int]) -> None:
    """Nobody may call more often than all together."""
    status, _ = refusal(cloud.create_request_throttling_policy_v2, body=throttle("too_wide", **fields))
    assert status == 400


def test_an_exception_of_a_throttling_policy(cloud: Cloud) -> None:
    """An app gets a limit of its own, which cannot be above the API's, and only once."""
    app = cloud.create_an_app_v2(body=sdk.AppCreate(name="special"))
    policy = cloud.create_request_throttling_policy_v2(body=throttle("with_specials"))
    body = sdk.ThrottleSpecialCreate(call_limits=9, object_id=app.id, object_type="APP")
    made = cloud.create_special_throttling_configuration_v2(throttle_id=policy.id, body=body)
    assert (made.status_code, made.app_name, made.call_limits) == (201, "special", 9)
    again = refusal(cloud.create_special_throttling_configuration_v2, throttle_id=policy.id, body=body)
    assert again == (400, "APIG.3308")
    too_many = sdk.ThrottleSpecialUpdate(call_limits=11)
    named = {"throttle_id": policy.id, "strategy_id": made.id}
    assert refusal(cloud.update_special_throttling_configuration_v2, body=too_many, **named)[0] == 400
    fewer = cloud.update_special_throttling_configuration_v2(
        body=sdk.ThrottleSpecialUpdate(call_limits=2), **named
    )
    assert fewer.call_limits == 2
    listed = cloud.list_special_throttling_configurations_v2(throttle_id=policy.id, object_type="APP")
    assert [each.id for each in listed.throttle_specials] == [made.id]
    assert cloud.show_details_of_request_throttling_policy_v2(throttle_id=policy.id).is_inclu_special_throttle == 1
    assert cloud.delete_special_throttling_configuration_v2(**named).status_code == 204


def acl(name: str, **fields: str) -> sdk.ApiAclCreate:
    return sdk.ApiAclCreate(
        **{"acl_name": name, "acl_type": "PERMIT", "entity_type": "IP", "acl_value": "10.0.0.0/8", **fields}
    )


def test_an_access_control_policy_lives_and_is_bound(cloud: Cloud, published: tuple[str, str]) -> None:
    """One policy of each entity type guards a publication; it is seen from both ends."""
    api_id, publish_id = published
    first = cloud.create_acl_strategy_v2(body=acl("ours_only"))
    other = cloud.create_acl_strategy_v2(body=acl("named_only", entity_type="DOMAIN", acl_value="a_user,b_user"))
    for policy in (first, other):
        body = sdk.AclApiBindingCreate(acl_id=policy.id, publish_ids=[publish_id])
        (binding,) = cloud.create_api_acl_binding_v2(body=body).acl_bindings
        assert (binding.api_id, binding.env_id, binding.acl_id) == (api_id, RELEASE, policy.id)
    seen = cloud.list_acl_policy_binded_to_api_v2(api_id=api_id).acls
    assert {each.acl_name for each in seen} == {"ours_only", "named_only"}

    second = cloud.create_acl_strategy_v2(body=acl("others", acl_type="DENY", acl_value="1.2.3.4,5.6.7.8-5.6.7.9"))
    (free,) = cloud.list_apis_unbinded_to_acl_policy_v2(acl_id=second.id, api_id=api_id).apis
    assert free.acl_name == "ours_only"
    body = sdk.AclApiBindingCreate(acl_id=second.id, publish_ids=[publish_id])
    cloud.create_api_acl_binding_v2(body=body)
    assert cloud.list_apis_binded_to_acl_policy_v2(acl_id=first.id).apis == []
    (bound,) = cloud.list_apis_binded_to_acl_policy_v2(acl_id=second.id).apis
    result = cloud.batch_delete_acl_v2(action="delete", body=sdk.AclBatchDelete(acls=[first.id, second.id]))
    assert (result.success_count, [each.error_code for each in result.failure]) == (1, ["APIG.3447"])
    assert cloud.delete_api_acl_binding_v2(acl_bindings_id=bound.bind_id).status_code == 204
    assert cloud.delete_acl_v2(acl_id=second.id).status_code == 204


@pytest.mark.parametrize(
    "fields",
    [
        {"acl_value": "10.0.0.300"},
        {"acl_value": "10.0.0.1,,10.0.0.2"},
        {"acl_value": ",".join(f"10.0.0.{n}" for n in range(101))},
        {"entity_type": "DOMAIN", "acl_value": "12345"},
        {"entity_type": "DOMAIN_ID", "acl_value": "short"},
    ],
    ids=["no address", "empty", "too many", "all digits", "no id"],
)
def test_values_that_are_not_of_their_type_are_refused(cloud: Cloud, fields: dict[str, str]) -> None:
    """Every value must be what the entity type says."""
    assert refusal(cloud.create_acl_strategy_v2, body=acl("wrong", **fields)) == (400, "APIG.2011")


def test_a_signature_key_lives_and_is_bound(cloud: Cloud, published: tuple[str, str]) -> None:
    """A key is made or chosen, bound, seen from both ends, changed and deleted."""
    api_id, publish_id = published
    made = cloud.create_signature_key_v2(body=sdk.BaseSignature(name="to_backend", sign_type="hmac"))
    assert (made.status_code, len(made.sign_key), len(made.sign_secret)) == (201, 32, 64)
    body = sdk.SignApiBinding(sign_id=made.id, publish_ids=[publish_id])
    (binding,) = cloud.associate_signature_key_v2(body=body).bindings
    assert (binding.api_id, binding.publish_id, binding.sign_name) == (api_id, publish_id, "to_backend")
    (seen,) = cloud.list_signature_keys_binded_to_api_v2(api_id=api_id).bindings
    assert (seen.sign_key, seen.sign_secret) == (made.sign_key, made.sign_secret)
    assert [b.id for b in cloud.list_apis_binded_to_signature_key_v2(sign_id=made.id).bindings] == [binding.id]
    assert cloud.list_apis_not_bound_with_signature_key_v2(sign_id=made.id, api_id=api_id).apis == []

    changed = cloud.update_signature_key_v2(
        sign_id=made.id, body=sdk.BaseSignature(name="renamed", sign_type="hmac", sign_secret="s" * 20)
    )
    assert (changed.sign_key, changed.sign_secret) == (made.sign_key, "s" * 20)
    assert refusal(cloud.delete_signature_key_v2, sign_id=made.id)[0] == 403
    assert cloud.disassociate_signature_key_v2(sign_bindings_id=binding.id).status_code == 204
    assert cloud.delete_signature_key_v2(sign_id=made.id).status_code == 204


@pytest.mark.parametrize("kind", ["aes", "public_key"])
def test_signatures_whose_form_nobody_knows_are_refused(cloud: Cloud, kind: str) -> None:
    """What a backend could not check is not sent."""
    assert refusal(cloud.create_signature_key_v2, body=sdk.BaseSignature(name="odd", sign_type=kind))[0] == 400
