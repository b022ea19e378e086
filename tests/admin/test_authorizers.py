"""Custom authorizers, through the cloud's SDK."""

from typing import Any

import httpx2
import pytest
from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud, refusal
from tests.admin.documents import http_api

URN = "urn:fss:eu-de:70c4ee37:function:default:check"


def authorizer(name: str, **fields: Any) -> sdk.AuthorizerCreate:
    return sdk.AuthorizerCreate(
        **{"name": name, "type": "FRONTEND", "authorizer_type": "FUNC", "authorizer_uri": URN, **fields}
    )


def test_an_authorizer_lives(cloud: Cloud) -> None:
    """It is made, found, changed and removed."""
    identity = sdk.Identity(name="Token", location="HEADER", validation="^[a-z]+$")
    made = cloud.create_custom_authorizer_v2(
        body=authorizer("check_token", identities=[identity], ttl=60, user_data="mine", authorizer_version="v2")
    )
    assert (made.status_code, made.authorizer_uri, made.ttl, made.need_body) == (201, URN, 60, False)
    assert [each.to_dict() for each in made.identities] == [identity.to_dict()]
    for found in (
        cloud.list_custom_authorizers_v2(id=made.id),
        cloud.list_custom_authorizers_v2(name="CHECK_t"),
    ):
        assert [each.id for each in found.authorizer_list] == [made.id]
    assert cloud.list_custom_authorizers_v2(name="check_token", type="BACKEND").total == 0

    changed = cloud.update_custom_authorizer_v2(
        authorizer_id=made.id,
        body=authorizer("check_all", type="BACKEND", authorizer_uri="http://127.0.0.1:9000/check", need_body=True),
    )
    assert (changed.id, changed.type, changed.ttl, changed.need_body) == (made.id, "BACKEND", 0, True)
    shown = cloud.show_details_of_custom_authorizers_v2(authorizer_id=made.id)
    assert (shown.name, shown.authorizer_uri, shown.identities) == ("check_all", "http://127.0.0.1:9000/check", [])
    assert cloud.delete_custom_authorizer_v2(authorizer_id=made.id).status_code == 204
    assert refusal(cloud.show_details_of_custom_authorizers_v2, authorizer_id=made.id) == (404, "APIG.3081")


def test_a_name_is_taken_once(cloud: Cloud) -> None:
    """By a new authorizer or by a changed one."""
    cloud.create_custom_authorizer_v2(body=authorizer("first"))
    second = cloud.create_custom_authorizer_v2(body=authorizer("second"))
    assert refusal(cloud.create_custom_authorizer_v2, body=authorizer("first")) == (400, "APIG.3211")
    taken = {"authorizer_id": second.id, "body": authorizer("first")}
    assert refusal(cloud.update_custom_authorizer_v2, **taken) == (400, "APIG.3211")


def test_one_that_an_api_names_stays_what_it_is(cloud: Cloud, group: sdk.ApiGroupInfo) -> None:
    """It can be changed, but neither removed nor given another type."""
    made = cloud.create_custom_authorizer_v2(body=authorizer("in_use"))
    api = cloud.create_api_v2(body=http_api("named", group.id, auth_type="AUTHORIZER", authorizer_id=made.id))
    assert refusal(cloud.delete_custom_authorizer_v2, authorizer_id=made.id)[0] == 403
    other = {"authorizer_id": made.id, "body": authorizer("in_use", type="BACKEND")}
    assert refusal(cloud.update_custom_authorizer_v2, **other)[0] == 403
    cloud.update_custom_authorizer_v2(authorizer_id=made.id, body=authorizer("in_use", user_data="new"))
    cloud.delete_api_v2(api_id=api.id)
    assert cloud.delete_custom_authorizer_v2(authorizer_id=made.id).status_code == 204


ONE = {"name": "a", "location": "QUERY"}


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"name": "1st"}, "APIG.2011", "name"),
        ({"type": "BOTH"}, "APIG.2011", "type"),
        ({"authorizer_type": "URL"}, "APIG.2011", "authorizer_type"),
        ({"authorizer_uri": "http://"}, "APIG.2011", "authorizer_uri"),
        ({"authorizer_uri": "http://{}@host/".format("me:secret")}, "APIG.2011", "authorizer_uri"),
        ({"authorizer_uri": "python:os"}, "APIG.2011", "authorizer_uri"),
        ({"authorizer_uri": "a b"}, "APIG.2011", "authorizer_uri"),
        ({"ttl": 3601}, "APIG.2011", "ttl"),
        ({"ttl": 1}, "APIG.2011", "identities"),
        ({"user_data": "a" * 2049}, "APIG.2011", "user_data"),
        ({"identities": [{**ONE, "validation": "(a"}]}, "APIG.2011", "validation"),
        ({"identities": [{**ONE, "location": "COOKIE"}]}, "APIG.2011", "location"),
        ({"identities": [ONE, ONE]}, "APIG.3212", "two identity sources"),
        ({"identities": [{**ONE, "name": f"a{n}"} for n in range(11)]}, "APIG.3117", "11 identity sources"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else str(value),
)
def test_what_could_not_work_is_refused(http: httpx2.Client, fields: dict[str, Any], code: str, says: str) -> None:
    """The answer names the field, and no secret that is in it."""
    body = {"name": "refused", "type": "FRONTEND", "authorizer_type": "FUNC", "authorizer_uri": URN, **fields}
    answer = http.post("/authorizers", json=body)
    assert answer.status_code in {400, 403}
    assert answer.json()["error_code"] == code, answer.text
    assert says in answer.text
    assert "secret" not in answer.text
