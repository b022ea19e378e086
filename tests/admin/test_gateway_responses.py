"""Gateway responses, through the cloud's SDK."""

import httpx2
import pytest
from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal


def test_every_group_has_its_default_set(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """The set `default` is there from the start, and every type in it is the contract's."""
    (listed,) = cloud.list_gateway_responses_v2(group_id=group.id).responses
    assert (listed.name, listed.default) == ("default", True)
    shown = cloud.show_details_of_gateway_response_v2(group_id=group.id, response_id=listed.id)
    assert {"AUTH_FAILURE", "NOT_FOUND", "THROTTLED", "DEFAULT_4XX"} <= set(shown.responses)
    assert (shown.responses["THROTTLED"].status, shown.responses["THROTTLED"].default) == (429, True)
    assert shown.responses["DEFAULT_4XX"].status is None
    assert "$context.error.code" in shown.responses["NOT_FOUND"].body


def test_one_type_can_be_read_alone(cloud: Cloud, group: sdk.ApiGroupInfo, http: httpx2.Client) -> None:
    """The answer to one type of fault is an object with that type as its only name."""
    (listed,) = cloud.list_gateway_responses_v2(group_id=group.id).responses
    path = f"/api-groups/{group.id}/gateway-responses/{listed.id}"
    assert http.get(f"{path}/NOT_FOUND").json()["NOT_FOUND"]["status"] == 404
    assert http.get(f"{path}/NO_SUCH_TYPE").json()["error_code"] == "APIG.2011"


def test_a_set_is_found_in_its_own_group_only(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """A set of another group does not exist here."""
    other = cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name="with-its-own-set"))
    (listed,) = cloud.list_gateway_responses_v2(group_id=other.id).responses
    show = cloud.show_details_of_gateway_response_v2
    assert refusal(show, group_id=group.id, response_id=listed.id)[0] == 404


def test_a_set_lives(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """A set is made with answers of its own, changed, renamed and removed; the other types stay the contract's."""
    slow = sdk.ResponseInfo(
        status=420,
        body='{"slow":"$context.error.code"}',
        headers=[sdk.ResponseInfoHeader(key="Retry-After", value="5")],
    )
    made = cloud.create_gateway_response_v2(
        group_id=group.id, body=sdk.ResponsesCreate(name="ours", responses={"THROTTLED": slow})
    )
    assert (made.status_code, made.name, made.default) == (201, "ours", False)
    shown = cloud.show_details_of_gateway_response_v2(group_id=group.id, response_id=made.id).responses
    assert (shown["THROTTLED"].status, shown["THROTTLED"].default) == (420, False)
    assert [(each.key, each.value) for each in shown["THROTTLED"].headers] == [("Retry-After", "5")]
    assert (shown["NOT_FOUND"].status, shown["NOT_FOUND"].default) == (404, True)

    named = {"group_id": group.id, "response_id": made.id}
    renamed = cloud.update_gateway_response_v2(body=sdk.ResponsesCreate(name="theirs"), **named)
    assert (renamed.name, renamed.responses["THROTTLED"].status) == ("theirs", 420)
    only = {"NOT_FOUND": sdk.ResponseInfo(status=410)}
    changed = cloud.update_gateway_response_v2(body=sdk.ResponsesCreate(name="theirs", responses=only), **named)
    assert (changed.responses["THROTTLED"].status, changed.responses["NOT_FOUND"].status) == (429, 410)
    assert "$context.error.code" in changed.responses["NOT_FOUND"].body
    assert cloud.delete_gateway_response_v2(**named).status_code == 204
    assert refusal(cloud.show_details_of_gateway_response_v2, **named) == (404, "APIG.3007")


def test_one_type_can_be_changed_and_restored(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """In the built-in set too."""
    (listed,) = cloud.list_gateway_responses_v2(group_id=group.id).responses
    named = {"group_id": group.id, "response_id": listed.id, "response_type": "AUTH_FAILURE"}
    cloud.update_gateway_response_type_v2(body=sdk.ResponseInfo(status=499, body="no"), **named)
    one = {"group_id": group.id, "response_id": listed.id}
    shown = cloud.show_details_of_gateway_response_v2(**one).responses["AUTH_FAILURE"]
    assert (shown.status, shown.body, shown.default) == (499, "no", False)
    assert cloud.delete_gateway_response_type_v2(**named).status_code == 204
    restored = cloud.show_details_of_gateway_response_v2(**one).responses["AUTH_FAILURE"]
    assert (restored.status, restored.default) == (401, True)


def test_the_built_in_set_stays(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """It keeps its name, no other set takes it, and it cannot be removed; its answers can change."""
    (listed,) = cloud.list_gateway_responses_v2(group_id=group.id).responses
    named = {"group_id": group.id, "response_id": listed.id}
    body = sdk.ResponsesCreate(name="default", responses={"NOT_FOUND": sdk.ResponseInfo(status=410)})
    assert refusal(cloud.delete_gateway_response_v2, **named) == (409, "APIG.3491")
    renamed = sdk.ResponsesCreate(name="other")
    assert refusal(cloud.update_gateway_response_v2, body=renamed, **named) == (409, "APIG.3492")
    assert refusal(cloud.create_gateway_response_v2, group_id=group.id, body=body) == (400, "APIG.3216")
    assert cloud.update_gateway_response_v2(body=body, **named).responses["NOT_FOUND"].status == 410


def test_a_group_has_so_many_sets(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """Four beside the built-in one."""
    for number in range(4):
        cloud.create_gateway_response_v2(group_id=group.id, body=sdk.ResponsesCreate(name=f"set-{number}"))
    one_more = sdk.ResponsesCreate(name="set-4")
    assert refusal(cloud.create_gateway_response_v2, group_id=group.id, body=one_more) == (403, "APIG.3136")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 444},
        {"status": 199},
        {"status": 600},
        {"headers": [{"key": "a b", "value": "c"}]},
        {"headers": [{"key": "Content-Length", "value": "0"}]},
        {"headers": [{"key": "a", "value": "[[b]]"}]},
        {"headers": [{"key": "a", "value": "b\r\nc"}]},
        {"headers": [{"key": "a", "value": ""}]},
        {"headers": [{"key": f"a{number}", "value": "b"} for number in range(11)]},
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_sent_is_refused(
    cloud: Cloud, group: sdk.ApiGroupInfo, http: httpx2.Client, answer: dict[str, object]
) -> None:
    """Nothing is kept of it."""
    (listed,) = cloud.list_gateway_responses_v2(group_id=group.id).responses
    refused = http.put(f"/api-groups/{group.id}/gateway-responses/{listed.id}/NOT_FOUND", json=answer)
    assert (refused.status_code, refused.json()["error_code"]) == (400, "APIG.2011")
    kept = http.get(f"/api-groups/{group.id}/gateway-responses/{listed.id}/NOT_FOUND").json()
    assert kept["NOT_FOUND"]["default"] is True


def test_a_type_that_does_not_exist_is_refused(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """In a set as much as alone."""
    body = sdk.ResponsesCreate(name="odd", responses={"TEAPOT": sdk.ResponseInfo(status=418)})
    assert refusal(cloud.create_gateway_response_v2, group_id=group.id, body=body) == (400, "APIG.2011")
