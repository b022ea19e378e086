"""APIs, through the cloud's SDK."""

from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal
from tests.admin.documents import http_api


def test_an_api_lives_from_creation_to_deletion(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """An API is created, shown, changed, listed and deleted, and every answer is the contract's model."""
    created = cloud.create_api_v2(body=http_api("orders", group.id, cors=True, remark="v1"))
    assert (created.status_code, created.name, created.group_id) == (201, "orders", group.id)
    assert (created.req_method, created.req_uri, created.match_mode) == ("GET", "/orders", "NORMAL")
    assert (created.cors, created.status, created.group_name) == (True, 1, group.name)
    assert (created.backend_api.url_domain, created.backend_api.timeout) == ("127.0.0.1:9000", 5000)

    changed = cloud.update_api_v2(api_id=created.id, body=http_api("orders", group.id, req_uri="/v2/orders"))
    assert (changed.status_code, changed.id, changed.req_uri) == (200, created.id, "/v2/orders")
    assert cloud.show_details_of_api_v2(api_id=created.id).req_uri == "/v2/orders"
    (listed,) = cloud.list_apis_v2(group_id=group.id).apis
    assert (listed.id, listed.name, listed.group_name) == (created.id, "orders", group.name)

    assert cloud.delete_api_v2(api_id=created.id).status_code == 204
    assert refusal(cloud.show_details_of_api_v2, api_id=created.id) == (404, "APIG.3002")


def test_parameters_come_back_as_they_were_written(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Request and backend parameters survive the round trip, each with an id of its own."""
    body = http_api(
        "item",
        group.id,
        req_uri="/items/{id}",
        req_params=[
            sdk.ReqParamBase(name="id", type="STRING", location="PATH", required=1),
            sdk.ReqParamBase(name="page", type="NUMBER", location="QUERY", default_value="1", max_num=9),
        ],
        backend_params=[
            sdk.BackendParamBase(origin="REQUEST", name="key", location="PATH", value="id"),
            sdk.BackendParamBase(origin="SYSTEM", name="X-Ip", location="HEADER", value="$context.sourceIp"),
        ],
        backend_api=sdk.BackendApiCreate(
            url_domain="127.0.0.1:9000", req_protocol="HTTP", req_method="GET", req_uri="/{key}", timeout=50
        ),
    )
    created = cloud.create_api_v2(body=body)
    shown = cloud.show_details_of_api_v2(api_id=created.id)
    assert [(p.name, p.location, p.required) for p in shown.req_params] == [
        ("id", "PATH", 1),
        ("page", "QUERY", 2),
    ]
    assert (shown.req_params[1].default_value, shown.req_params[1].max_num) == ("1", 9)
    assert [(p.origin, p.name, p.value) for p in shown.backend_params] == [
        ("REQUEST", "key", "id"),
        ("SYSTEM", "X-Ip", "$context.sourceIp"),
    ]
    assert len({p.id for p in [*shown.req_params, *shown.backend_params]}) == 4
    assert shown.backend_params[0].req_param_id == shown.req_params[0].id


def test_a_mock_needs_no_backend(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """An API may answer by itself."""
    mock = sdk.ApiMockCreate(result_content="hello")
    body = http_api("mocked", group.id, backend_type="MOCK", backend_api=None, mock_info=mock)
    created = cloud.create_api_v2(body=body)
    assert cloud.show_details_of_api_v2(api_id=created.id).mock_info.result_content == "hello"


def test_names_and_paths_are_checked_before_they_are_used(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """The check answers 204 for what is free and the contract's error for what is taken."""
    cloud.create_api_v2(body=http_api("orders", group.id))

    def check(**fields: str) -> sdk.ApiCheckInfoV2:
        return sdk.ApiCheckInfoV2(group_id=group.id, **fields)

    assert cloud.check_apis_v2(body=check(type="name", name="others")).status_code == 204
    assert refusal(cloud.check_apis_v2, body=check(type="name", name="orders")) == (400, "APIG.3202")
    free = check(type="path", req_method="POST", req_uri="/orders", match_mode="NORMAL")
    assert cloud.check_apis_v2(body=free).status_code == 204
    taken = check(type="path", req_method="GET", req_uri="/orders", match_mode="NORMAL")
    assert refusal(cloud.check_apis_v2, body=taken) == (400, "APIG.3301")


def test_a_list_is_filtered_by_every_field_the_contract_names(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Each filter alone finds the one API that has the value."""
    cloud.create_api_v2(body=http_api("plain", group.id))
    special = cloud.create_api_v2(
        body=http_api(
            "special",
            group.id,
            type=2,
            req_protocol="HTTPS",
            req_method="POST",
            req_uri="/other",
            auth_type="APP",
            tags=["red", "blue"],
        )
    )
    filters = [
        {"id": special.id},
        {"name": "spec"},
        {"name": "special", "precise_search": "name"},
        {"req_protocol": "HTTPS"},
        {"req_method": "POST"},
        {"req_uri": "/other"},
        {"auth_type": "APP"},
        {"type": 2},
        {"tags": "blue"},
    ]
    for query in filters:
        found = cloud.list_apis_v2(group_id=group.id, **query)
        assert (found.total, [api.id for api in found.apis]) == (1, [special.id]), query
    assert cloud.list_apis_v2(group_id=group.id, name="spec", precise_search="name").total == 0
    assert cloud.list_apis_v2(group_id=group.id).total == 2
