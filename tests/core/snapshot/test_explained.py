"""Which published API is meant, how it is reached, and what the gateway would answer."""

from typing import Any

import msgspec
import pytest

from crossgate.core.errors import Finding
from crossgate.core.snapshot import explained
from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import Config, Group, HttpBackend, MockBackend, Plugin, PublishedApi
from crossgate.cors.browser import FetchCall, HttpResponse, Page, fetch

PAGE = Page("https://app.example")
BACKEND = HttpBackend(scheme="HTTP", address="127.0.0.1:9", method="ANY", path="/", timeout_ms=1000)


def api(name: str = "orders", **fields: object) -> PublishedApi:
    """An API on GET /orders in RELEASE; `fields` replace what it says."""
    usual = PublishedApi(
        api_id=f"id-{name}", publish_id="p", name=name, group_id="g1", env_id="e1", req_protocol="BOTH",
        req_method="GET", req_uri="/orders", match_mode="NORMAL", auth_type="NONE", cors=False, backend=BACKEND,
    )  # fmt: skip
    return msgspec.structs.replace(usual, **fields)


def config(*apis: PublishedApi, content: str = "", **group: Any) -> Config:
    """A configuration of these APIs, in a group that has a domain of its own."""
    usual = {"id": "g1", "debug_domain": "g1.apic.localhost", "domains": ("*.shop.example", "api.example")}
    return Config(
        revision=3,
        environments={"e1": "RELEASE", "e2": "TEST"},
        groups=(msgspec.convert({**usual, **group}, Group),),
        apis=apis,
        plugins=(Plugin(id="c", type="cors", content=content),) if content else (),
    )


def hint(made: Config, method: str = "GET", page: Page = PAGE, **call: object) -> str:
    """What the explanation of a call names as the gateway's reason."""
    asked = FetchCall(url="https://api.example/orders", method=method, **call)  # type: ignore[arg-type]
    return "".join(explained.explanation_of(page, asked, ["chromium"], made, made.apis[0]).hints)


def answer(made: Config, method: str = "GET", **call: object) -> tuple[list[int], bool]:
    """The statuses of the gateway's answers to a call of the page, and whether the page gets a response."""
    asked = FetchCall(url="https://api.example/orders", method=method, **call)  # type: ignore[arg-type]
    story = fetch(PAGE, asked, explained.answers(compile_config(made)))
    answers = [exchange.answer for exchange in story.exchanges]
    return [found.status for found in answers if isinstance(found, HttpResponse)], story.is_allowed


@pytest.mark.parametrize("name", ["orders", "id-orders"])
@pytest.mark.parametrize("env", ["RELEASE", "e1"])
def test_an_api_is_found_by_name_or_id_in_an_environment_by_name_or_id(name: str, env: str) -> None:
    """Whichever of the two somebody has at hand."""
    made = config(api("others"), api(), api(env_id="e2"))

    assert explained.published(made, name, env) == made.apis[1]


@pytest.mark.parametrize(
    ("apis", "env", "code", "fix"),
    [
        ([api()], "PROD", "explain.environment-unknown", "Environments: RELEASE, TEST."),
        ([api("others")], "RELEASE", "explain.api-unknown", "Published are: others."),
        ([], "RELEASE", "explain.api-unknown", "Nothing is published yet."),
        ([api()], "TEST", "explain.api-not-published", "It is published in: RELEASE."),
        ([api(), api(api_id="id-2")], "RELEASE", "explain.api-ambiguous", "Give the id: id-2, id-orders."),
    ],
)
def test_what_is_not_found_is_told_with_the_choices(
    apis: list[PublishedApi], env: str, code: str, fix: str
) -> None:
    """A finding says what there is instead."""
    found = explained.published(config(*apis), "orders", env)

    assert isinstance(found, Finding)
    assert (found.code, found.fix) == (code, fix)


@pytest.mark.parametrize(
    ("group", "host"),
    [
        ({}, "api.example"),
        ({"domains": ("*.shop.example",)}, "g1.apic.localhost"),
        ({"domains": ("*.shop.example",), "debug_domain_enabled": False}, "www.shop.example"),
    ],
    ids=["its own domain", "the debugging domain", "below a wildcard"],
)
def test_an_api_has_a_url_by_which_it_is_reached(group: dict[str, Any], host: str) -> None:
    """A path parameter stands for itself."""
    made = config(api(req_uri="/orders/{id}/{rest+}"), **group)

    assert explained.url_of(made, made.apis[0], "https") == f"https://{host}/orders/id/rest"


def test_a_group_without_any_domain_is_told() -> None:
    """Nobody can reach its APIs."""
    made = config(api(), domains=(), debug_domain_enabled=False)
    found = explained.url_of(made, made.apis[0], "https")

    assert isinstance(found, Finding)
    assert found.code == "explain.group-without-domain"


def test_only_release_needs_no_field() -> None:
    """The page reaches other environments by X-Stage, and the notes say that it was added."""
    made = config(api(), api(env_id="e2", backend=MockBackend()))

    assert explained.stage_fields(made, made.apis[0]) == ()
    assert explained.stage_fields(made, made.apis[1]) == (("X-Stage", "TEST"),)
    assert [note.split(",")[0] for note in explained.notes(made, made.apis[0])] == [
        "Answered by the published configuration",
        "The backend was not asked. One that sends CORS headers of its own can change the outcome.",
    ]
    assert explained.notes(made, made.apis[1])[1].startswith("The page has to send X-Stage: TEST")


def test_the_gateway_answers_as_it_would() -> None:
    """By the plugin, the switch or neither; with its own faults, and a Mock's own status."""
    policy = '{"allow_origin":"https://app.example","allow_methods":"GET,PUT"}'

    assert answer(config(api(plugin_ids=("c",)), content=policy)) == ([200], True)
    assert answer(config(api(plugin_ids=("c",), req_method="PUT"), content=policy), "PUT") == ([204, 200], True)
    assert answer(config(api(plugin_ids=("c",), req_method="ANY"), content=policy), "DELETE") == ([403], False)
    assert answer(config(api(cors=True))) == ([200], True)
    assert answer(config(api())) == ([200], False)
    assert answer(config(api(cors=True, backend=MockBackend(status_code=418)))) == ([418], True)
    assert answer(config(api(cors=True, req_protocol="HTTPS"))) == ([400], True)
    assert answer(config(api(req_uri="/else"))) == ([404], False)
    assert answer(config(api(cors=True, req_method="ANY")), "PUT") == ([200], False)
    assert answer(config(api(cors=True, req_method="ANY", auth_type="APP", app_ids=("a",))), "PUT") == (
        [401],
        False,
    )


def test_where_the_gateway_refuses_its_own_reason_is_the_hint() -> None:
    """A refused preflight says nothing of the policy: a browser only sees a missing header."""
    policy = '{"allow_origin":"https://app.example","allow_methods":"GET,PUT","allow_headers":"X-Id"}'
    plugin = config(api(plugin_ids=("c",), req_method="ANY"), content=policy)
    other = Page("https://else.example")

    assert hint(plugin) == ""
    assert hint(plugin, page=other) == "allow_origin of the cors plugin does not have https://else.example."
    assert hint(plugin, "PUT", other) == "allow_origin of the cors plugin does not have https://else.example."
    assert hint(plugin, "DELETE") == "allow_methods of the cors plugin does not have DELETE."
    assert hint(plugin, "Patch") == "allow_methods of the cors plugin does not have Patch."
    assert (
        hint(plugin, headers=(("X-Id", "1"), ("X-Other", "1")))
        == "allow_headers of the cors plugin does not have all of x-id,x-other."
    )
    assert hint(plugin, credentials="include") == "allow_credentials of the cors plugin is not true."
    anyone = config(api(plugin_ids=("c",)), content='{"allow_origin":"*"}')
    assert hint(anyone, credentials="include").startswith("allow_origin of the cors plugin is *")
    assert hint(anyone, "PUT") == "The path has an API with a cors plugin, and none for PUT."
    assert "attach a plugin" in hint(config(api()))
    assert "No API that allows cross-origin access is published here for PUT" in hint(config(api()), "PUT")
    assert "credentials: attach a cors plugin" in hint(config(api(cors=True)), credentials="include")
    assert hint(plugin, mode="same-origin") == ""
    closed = config(api(cors=True, req_method="ANY", auth_type="APP"))
    assert hint(closed, "PUT").startswith("The preflight reaches an API that asks for credentials")


def test_the_fix_of_a_plugin_keeps_what_it_allows() -> None:
    """What is to be written can be copied over what is there."""
    policy = '{"allow_origin":"https://a.example","allow_methods":"GET, PUT","allow_headers":"*"}'
    made = config(api(plugin_ids=("c",), req_method="ANY"), content=policy)
    call = FetchCall(url="https://api.example/orders", method="DELETE", headers=(("X-Id", "1"),))
    plain = explained.explanation_of(PAGE, call, ["chromium"], made, made.apis[0]).remedy
    include = msgspec.structs.replace(call, credentials="include")
    credited = explained.explanation_of(PAGE, include, ["chromium"], made, made.apis[0]).remedy

    assert plain is not None
    assert plain.plugin == {
        "allow_origin": "https://a.example, https://app.example",
        "allow_methods": "GET, PUT, DELETE",
        "allow_headers": "*, x-id",
    }
    assert credited is not None
    assert credited.plugin == {**plain.plugin, "allow_headers": "x-id", "allow_credentials": True}


def test_any_origin_is_the_whole_list() -> None:
    """A page without an origin of its own needs `*`, beside which no other entry counts."""
    made = config(api(plugin_ids=("c",)), content='{"allow_origin":"https://a.example"}')
    call = FetchCall(url="https://api.example/orders")
    remedy = explained.explanation_of(Page("null"), call, ["chromium"], made, made.apis[0]).remedy

    assert remedy is not None
    assert remedy.plugin == {"allow_origin": "*"}
