"""Groups, through the cloud's SDK."""

from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal


def test_a_group_lives_from_creation_to_deletion(cloud: Cloud) -> None:
    """A group is created, shown, changed, listed and deleted, and every answer is the contract's model."""
    created = cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name="orders-1", remark="first"))
    assert created.status_code == 201
    assert (created.name, created.remark, created.status, created.on_sell_status) == ("orders-1", "first", 1, 2)
    assert (created.is_default, created.call_limits, created.time_unit) == (2, 1000, "DAY")
    assert created.sl_domain.startswith(created.id)
    assert created.sl_domains == [created.sl_domain]

    changed = cloud.update_api_group_v2(group_id=created.id, body=sdk.ApiGroupBase(name="orders-2"))
    assert (changed.status_code, changed.id, changed.name) == (200, created.id, "orders-2")
    assert cloud.show_details_of_api_group_v2(group_id=created.id).name == "orders-2"
    assert [group.id for group in cloud.list_api_groups_v2(name="orders-2").groups] == [created.id]

    assert cloud.delete_api_group_v2(group_id=created.id).status_code == 204
    assert refusal(cloud.show_details_of_api_group_v2, group_id=created.id) == (404, "APIG.3001")


def test_a_group_name_is_checked_before_it_is_used(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """The name check says 204 for a free name and the contract's error for a taken one."""
    assert cloud.check_api_groups_v2(body=sdk.ApiGroupCheck(group_name="nobody-has-this")).status_code == 204
    taken = sdk.ApiGroupCheck(group_name=group.name)
    assert refusal(cloud.check_api_groups_v2, body=taken) == (400, "APIG.3201")


def test_the_debug_domain_can_be_switched_off(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """The switch answers 204 and shows in the group."""
    setting = sdk.SlDomainAccessSetting(sl_domain_access_enabled=False)
    assert cloud.update_sl_domain_setting_v2(group_id=group.id, body=setting).status_code == 204
    assert cloud.show_details_of_api_group_v2(group_id=group.id).sl_domain_access_enabled is False


def test_a_list_comes_in_pages(cloud: Cloud) -> None:
    """Offset and limit cut the list; limits and offsets out of range are moved into range."""
    names = [f"paged-{number}" for number in range(5)]
    for name in names:
        cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name=name))

    def page(**query: int) -> tuple[int, int, int]:
        answer = cloud.list_api_groups_v2(name="paged-", **query)
        assert answer.size == len(answer.groups)
        return answer.total, answer.size, len({group.id for group in answer.groups})

    assert page() == (5, 5, 5)
    assert page(limit=2) == (5, 2, 2)
    assert page(limit=2, offset=4) == (5, 1, 1)
    assert page(offset=5) == (5, 0, 0)
    assert page(limit=0) == page(limit=-1) == page(limit=100_000) == page(offset=-3) == (5, 5, 5)
    walked = [cloud.list_api_groups_v2(name="paged-", limit=1, offset=at).groups[0].name for at in range(5)]
    assert sorted(walked) == names


def test_a_search_is_exact_only_when_asked(cloud: Cloud) -> None:
    """A name matches as a part in any case, or exactly with precise_search."""
    cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name="Needle"))
    cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name="Needlework"))

    def found(**query: str) -> list[str]:
        return sorted(group.name for group in cloud.list_api_groups_v2(**query).groups)

    assert found(name="needle") == ["Needle", "Needlework"]
    assert found(name="Needle", precise_search="name") == ["Needle"]
    assert found(name="Needle", precise_search="id,name") == ["Needle"]
    assert found(name="%") == found(name="_eedle_") == []


def test_the_built_in_group_is_there(cloud: Cloud) -> None:
    """Every gateway has the group DEFAULT, and nobody can delete it."""
    (default,) = cloud.list_api_groups_v2(name="DEFAULT", precise_search="name").groups
    assert default.is_default == 1
    status, _ = refusal(cloud.delete_api_group_v2, group_id=default.id)
    assert status in {400, 403, 409}
