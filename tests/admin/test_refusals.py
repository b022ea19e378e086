"""Every refusal of the routes here: its status, its code, and the words that name what is wrong."""

import json
import tomllib
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huaweicloudsdkapig import v2 as sdk

from crossgate.control.control import Quotas
from tests.admin.cloud import Cloud
from tests.admin.documents import cors_plugin, http_api, online

Case = dict[str, Any]
CASES: list[Case] = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text("utf-8"))["refused"]


@pytest.fixture(scope="module")
def quotas() -> Quotas:
    """Exactly what the world below uses up: two groups beside DEFAULT, two APIs, one more environment."""
    return Quotas(groups=3, apis=2, environments=2)


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> dict[str, str]:
    """One object of each kind; the name is what refusals.toml calls it."""
    group, other = (
        cloud.create_api_group_v2(body=sdk.ApiGroupCreate(name=name)).id for name in ("group-one", "group-two")
    )
    domains = [
        cloud.associate_domain_v2(group_id=owner, body=sdk.UrlDomainCreate(url_domain=name)).id
        for owner, name in [(other, "other.example.com"), *((group, f"d{n}.example.com") for n in range(5))]
    ]
    env = cloud.create_environment_v2(body=sdk.EnvCreate(name="STAGING")).id
    variable = sdk.EnvVariableCreate("127.0.0.1", env, group, "Address")
    api, draft = (cloud.create_api_v2(body=http_api(name, group)).id for name in ("orders", "draft"))
    old, _ = (cloud.create_or_delete_publish_record_for_api_v2(body=online(api, env)) for _ in range(2))
    plugin = cloud.create_plugin(body=cors_plugin("policy-one")).plugin_id
    cloud.attach_api_to_plugin(plugin_id=plugin, body=sdk.PluginOperApiInfo(env_id=env, api_ids=[api]))
    return {
        "group": group,
        "other": other,
        "other_domain": domains[0],
        "env": env,
        "variable": cloud.create_environment_variable_v2(body=variable).id,
        "api": api,
        "draft": draft,
        "old_version": old.version_id,
        "plugin": plugin,
        "nobody": "0123456789abcdef" * 2,
    }


def named(text: str, world: dict[str, str]) -> str:
    """`text` with every `<name>` replaced by the id it stands for."""
    for name, object_id in world.items():
        text = text.replace(f"<{name}>", object_id)
    return text


def body_of(case: Case, world: dict[str, str]) -> str | None:
    if "body_json" in case:
        return str(case["body_json"])
    if "change" in case:
        good = http_api("fresh", "<group>").to_dict()
        return named(json.dumps({**good, **case["change"]}), world)
    return named(json.dumps(case["body"]), world) if "body" in case else None


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_request_is_refused(case: Case, world: dict[str, str], http: httpx2.Client) -> None:
    """The answer has the contract's status and code, and says what was wrong."""
    method, path = named(case["request"], world).split(" ")
    answer = http.request(method, path, content=body_of(case, world), headers={"Content-Type": "application/json"})
    error = answer.json()
    assert (answer.status_code, error["error_code"]) == (case["status"], case["code"]), error
    assert named(case.get("says", ""), world) in error["error_msg"]
    assert "{}" not in error["error_msg"]


def test_nothing_refused_was_written(world: dict[str, str], cloud: Cloud) -> None:
    """After all those refusals the world is as it was."""
    assert sorted(g.name for g in cloud.list_api_groups_v2().groups) == ["DEFAULT", "group-one", "group-two"]
    assert sorted(a.name for a in cloud.list_apis_v2().apis) == ["draft", "orders"]
    assert sorted(e.name for e in cloud.list_environments_v2().envs) == ["RELEASE", "STAGING"]
    assert [p.plugin_name for p in cloud.list_plugins().plugins] == ["policy-one"]
    assert cloud.list_environment_variables_v2(group_id=world["group"]).total == 1
