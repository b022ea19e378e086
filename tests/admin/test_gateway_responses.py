"""Gateway responses, through the cloud's SDK."""

import httpx2
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
