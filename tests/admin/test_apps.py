"""Apps, their AppCodes, their access control and their quotas, through the cloud's SDK."""

from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal


def new_app(cloud: Cloud, name: str, **fields: str) -> sdk.CreateAnAppV2Response:
    return cloud.create_an_app_v2(body=sdk.AppCreate(name=name, **fields))


def test_an_app_lives_from_creation_to_deletion(cloud: Cloud) -> None:
    """An app is created with key and secret made for it, shown, changed, listed, checked and deleted."""
    created = new_app(cloud, "web_shop", remark="for us")
    assert (created.status_code, created.name, created.status) == (201, "web_shop", 1)
    assert len(created.app_key) == len(created.app_secret) == 32

    shown = cloud.show_details_of_app_v2(app_id=created.id)
    assert (shown.app_key, shown.app_secret) == (created.app_key, created.app_secret)
    changed = cloud.update_app_v2(app_id=created.id, body=sdk.AppCreate(name="web_shop_2"))
    assert (changed.name, changed.app_key, changed.remark) == ("web_shop_2", created.app_key, "")
    assert [app.id for app in cloud.list_apps_v2(name="shop_2").apps] == [created.id]
    assert cloud.list_apps_v2(app_key=created.app_key).apps[0].app_secret is None
    assert cloud.check_app_v2(app_id=created.id).name == "web_shop_2"

    assert cloud.delete_app_v2(app_id=created.id).status_code == 204
    assert refusal(cloud.show_details_of_app_v2, app_id=created.id) == (404, "APIG.3004")


def test_key_and_secret_can_be_chosen_and_the_secret_reset(cloud: Cloud) -> None:
    """What is given is taken; a reset gives another secret, chosen or made."""
    created = new_app(cloud, "chosen", app_key="my-own-key", app_secret="my-own-secret!")
    assert (created.app_key, created.app_secret) == ("my-own-key", "my-own-secret!")
    assert refusal(cloud.create_an_app_v2, body=sdk.AppCreate(name="other", app_key="my-own-key")) == (
        400,
        "APIG.3310",
    )
    assert refusal(cloud.create_an_app_v2, body=sdk.AppCreate(name="chosen")) == (400, "APIG.3203")
    made = cloud.resetting_app_secret_v2(app_id=created.id, body=sdk.AppResetCreate())
    assert made.app_secret not in ("", "my-own-secret!")
    given = cloud.resetting_app_secret_v2(app_id=created.id, body=sdk.AppResetCreate(app_secret="another-one#1"))
    assert given.app_secret == "another-one#1"
    assert cloud.show_details_of_app_v2(app_id=created.id).app_secret == "another-one#1"


def test_an_app_has_up_to_five_app_codes(cloud: Cloud) -> None:
    """AppCodes are chosen or made, listed, shown and deleted; nobody has two of the same."""
    app, other = new_app(cloud, "coded"), new_app(cloud, "coded_2")
    code = "c" * 64
    chosen = cloud.create_app_code_v2(app_id=app.id, body=sdk.AppCodeCreate(app_code=code))
    assert (chosen.status_code, chosen.app_code, chosen.app_id) == (201, code, app.id)
    assert refusal(cloud.create_app_code_v2, app_id=other.id, body=sdk.AppCodeCreate(app_code=code))[0] == 400
    made = [cloud.create_app_code_auto_v2(app_id=app.id) for _ in range(4)]
    assert {len(each.app_code) for each in made} == {64}
    assert refusal(cloud.create_app_code_auto_v2, app_id=app.id) == (403, "APIG.3131")

    listed = cloud.list_app_codes_v2(app_id=app.id)
    assert (listed.total, listed.app_codes[0].app_code) == (5, code)
    shown = cloud.show_details_of_app_code_v2(app_id=app.id, app_code_id=made[0].id)
    assert shown.app_code == made[0].app_code
    assert cloud.delete_app_code_v2(app_id=app.id, app_code_id=chosen.id).status_code == 204
    gone = refusal(cloud.show_details_of_app_code_v2, app_id=app.id, app_code_id=chosen.id)
    assert gone == (404, "APIG.3082")


def test_an_app_can_be_kept_to_addresses(cloud: Cloud) -> None:
    """The access control of an app is set, shown and removed; what is no address is refused."""
    app = new_app(cloud, "guarded")
    values = ["192.168.0.1", "192.168.0.5-192.168.0.10", "10.0.0.0/8", "2001:db8::/32"]
    body = sdk.AppAclCreate(app_acl_type="PERMIT", app_acl_values=values)
    assert cloud.update_app_acl(app_id=app.id, body=body).app_acl_values == values
    shown = cloud.show_details_of_app_acl(app_id=app.id)
    assert (shown.app_acl_type, shown.app_acl_values) == ("PERMIT", values)
    for wrong in ("192.168.0.300", "10.0.0.9-10.0.0.1", "somewhere", "10.0.0.0/33"):
        body = sdk.AppAclCreate(app_acl_type="DENY", app_acl_values=[wrong])
        assert refusal(cloud.update_app_acl, app_id=app.id, body=body) == (400, "APIG.2011"), wrong
    assert cloud.delete_app_acl(app_id=app.id).status_code == 204
    assert cloud.show_details_of_app_acl(app_id=app.id).app_acl_values is None


def test_a_quota_counts_the_apps_bound_to_it(cloud: Cloud) -> None:
    """A quota is created, bound, seen from its apps, unbound and deleted."""
    app = new_app(cloud, "counted")
    body = sdk.AppQuotaCreate(
        name="small-quota", call_limits=100, time_unit="DAY", time_interval=1, reset_time="2026-01-01 12:00:00"
    )
    quota = cloud.create_app_quota(body=body)
    assert (quota.status_code, quota.call_limits, quota.reset_time) == (201, 100, "2026-01-01 12:00:00")
    bindable = cloud.list_app_quota_bindable_apps(app_quota_id=quota.app_quota_id, app_name="counted")
    assert [each.app_id for each in bindable.apps] == [app.id]

    bind = sdk.CreateAppQuotaBindingApp(app_ids=[app.id])
    applied = cloud.associate_apps_for_app_quota(app_quota_id=quota.app_quota_id, body=bind)
    assert [each.app_id for each in applied.applies] == [app.id]
    bound = cloud.list_app_quota_bound_apps(app_quota_id=quota.app_quota_id)
    assert [each.app_quota_name for each in bound.apps] == ["small-quota"]
    assert cloud.show_app_bound_app_quota(app_id=app.id).app_quota_id == quota.app_quota_id
    assert cloud.show_app_quota(app_quota_id=quota.app_quota_id).bound_app_num == 1

    cloud.disassociate_app_quota_with_app(app_quota_id=quota.app_quota_id, app_id=app.id)
    assert refusal(cloud.show_app_bound_app_quota, app_id=app.id)[0] == 404
    assert cloud.delete_app_quota(app_quota_id=quota.app_quota_id).status_code == 204
    assert refusal(cloud.show_app_quota, app_quota_id=quota.app_quota_id)[0] == 404
