"""`cors-explain`, which is ours: what browsers make of an API as it is published."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from huaweicloudsdkapig import v2 as sdk

from tests.admin.cloud import Cloud
from tests.admin.documents import cors_plugin, http_api, online

PAGE = "https://shop.example.com"
Ask = Callable[..., httpx2.Response]


@pytest.fixture
def api_id(cloud: Cloud, group: sdk.ApiGroupInfo) -> str:
    """A published API with a plugin that allows the page GET and POST."""
    api_id: str = cloud.create_api_v2(body=http_api("explained", group.id, req_method="ANY")).id
    plugin = cloud.create_plugin(body=cors_plugin(f"for-{group.name}", allow_headers="X-Id"))
    cloud.create_or_delete_publish_record_for_api_v2(body=online(api_id))
    cloud.attach_api_to_plugin(
        plugin_id=plugin.plugin_id,
        body=sdk.PluginOperApiInfo(env_id="DEFAULT_ENVIRONMENT_RELEASE_ID", api_ids=[api_id]),
    )
    return api_id


def explained(http: httpx2.Client, api_id: str, **query: str) -> dict[str, Any]:
    """The document."""
    answer = http.get(f"/apis/{api_id}/cors-explain", params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_the_published_state_is_explained(http: httpx2.Client, api_id: str) -> None:
    """The same document that the command prints, for all browsers."""
    found = explained(http, api_id, origin=PAGE)

    assert (found["version"], found["verdict"]) == (1, "readable")
    assert found["request"]["page"] == PAGE
    assert list(found["browsers"]) == ["chromium", "firefox", "webkit"]
    assert found["code"] is None
    assert found["notes"][0].startswith("Answered by the published configuration, revision ")


@pytest.mark.parametrize(
    ("query", "verdict", "code"),
    [
        ({"origin": "https://else.example"}, "blocked", "origin-missing"),
        ({"method": "POST", "headers": "X-Id"}, "readable", None),
        ({"method": "DELETE"}, "blocked", "origin-missing"),
        ({"headers": "X-Id, X-Other"}, "blocked", "origin-missing"),
        ({"credentials": "include"}, "blocked", "credentials-not-allowed"),
        ({"env": "RELEASE"}, "readable", None),
        ({"env_id": "DEFAULT_ENVIRONMENT_RELEASE_ID", "browser": "webkit"}, "readable", None),
        ({"origin": "null"}, "blocked", "origin-missing"),
    ],
)
def test_the_query_says_what_the_page_would_ask(
    http: httpx2.Client, api_id: str, query: dict[str, str], verdict: str, code: str | None
) -> None:
    """Origin, method, header names, credentials, environment and browser."""
    found = explained(http, api_id, **{"origin": PAGE, **query})

    assert (found["verdict"], found["code"]) == (verdict, code)
    assert list(found["browsers"]) == ([query["browser"]] if "browser" in query else list(found["browsers"]))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({}, "origin"),
        ({"origin": "shop.example.com"}, "origin"),
        ({"origin": f"{PAGE}/"}, "origin"),
        ({"origin": PAGE, "credentials": "yes"}, "credentials"),
        ({"origin": PAGE, "browser": "opera"}, "browser"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(
    http: httpx2.Client, api_id: str, query: dict[str, str], name: str
) -> None:
    """In the contract's own words, with what to write instead."""
    answer = http.get(f"/apis/{api_id}/cors-explain", params=query)

    assert (answer.status_code, answer.json()["error_code"]) == (400, "APIG.2011")
    assert f"parameterName:{name}." in answer.json()["error_msg"]
    assert answer.json()["details"][0]["at"] == name


def test_what_does_not_exist_is_answered_as_elsewhere(http: httpx2.Client, api_id: str) -> None:
    """An unknown API, an unknown environment, and one in which the API is not published."""
    environment = http.post("/envs", json={"name": "TEST"}).json()
    answers = [
        http.get("/apis/nothing/cors-explain", params={"origin": PAGE}),
        http.get(f"/apis/{api_id}/cors-explain", params={"origin": PAGE, "env": "PROD"}),
        http.get(f"/apis/{api_id}/cors-explain", params={"origin": PAGE, "env_id": environment["id"]}),
    ]

    assert [(answer.status_code, answer.json()["error_code"]) for answer in answers] == [
        (404, "APIG.3002"),
        (404, "APIG.3003"),
        (404, "APIG.3015"),
    ]
    (finding,) = answers[2].json()["details"]
    assert finding["code"] == "explain.api-not-published"
    assert finding["fix"] == "It is published in: RELEASE."


def test_an_api_of_a_group_without_a_domain_has_no_url(
    cloud: Cloud, http: httpx2.Client, group: sdk.ApiGroupInfo, api_id: str
) -> None:
    """With the debugging domain switched off nobody can call it."""
    off = http.put(f"/api-groups/{group.id}/sl-domain-access-settings", json={"sl_domain_access_enabled": False})
    assert off.status_code == 204, off.text
    answer = http.get(f"/apis/{api_id}/cors-explain", params={"origin": PAGE})

    assert answer.status_code == 400
    assert answer.json()["details"][0]["message"].endswith("has no domain, so its APIs have no URL.")
