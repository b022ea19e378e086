"""Debug headers: what a caller is told of its limits (gateway.md 4); and by which address it is limited."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from crossgate.core.policies import access_token
from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.client_address import ClientAddressRule
from crossgate.core.policies.iam_authentication import OperatorConfig
from crossgate.core.policies.spending import Period
from crossgate.core.policies.throttle import Throttle
from crossgate.core.snapshot.config import Config, Features, MockBackend, Plugin

from .callers import CODE, FOR_THE_APP, HOST, Fields, guarded, written
from .conftest import api, http
from .peers import Response, RunningGateway, ScriptedBackend

StartBackend = Callable[..., ScriptedBackend]
StartGateway = Callable[[Config], RunningGateway]

TOKEN_KEY = b"0123456789abcdef0123456789abcdef"
THROTTLE = Throttle(
    id="t", is_shared=False, period=Period(10, "MINUTE"), api_limit=3, user_limit=3, app_limit=2, ip_limit=3
)
DEBUG = (b"X-Apig-Mode", b"debug")


def told(answer: Response) -> dict[str, str]:
    """The debug headers of an answer but for how long it took."""
    return {name: value for name, value in answer.fields if name.startswith("X-Apig-RateLimit-")}


def ask(gateway: RunningGateway, path: str, *fields: tuple[bytes, bytes]) -> Response:
    """The answer to a GET."""
    return gateway.ask(written("GET", path, [(b"Host", HOST), *fields]))


def limited(port: int) -> Config:
    """`/app` for the app and `/iam` for an operator, with a throttle; `/free` and `/mock` without."""
    by_app = {**FOR_THE_APP, "app_code": True, "throttle_id": "t"}
    return guarded(
        api("/app", http(port), **by_app),
        api("/iam", http(port), auth_type="IAM", throttle_id="t"),
        api("/free", http(port)),
        api("/mock", MockBackend(result_content="{}"), throttle_id="t"),
        throttles=(THROTTLE,),
        operators=(OperatorConfig(id="o", name="operator", access_key="AK", secret=b"sk"),),
        token_key=TOKEN_KEY,
        features=Features(calls_per_second=200),
    )


def test_an_app_is_told_what_is_left(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """Of each of its limits, in the contract's form, while it passes and when it is refused; nobody else's."""
    gateway = start_gateway(limited(start_backend().port))
    code = (b"X-Apig-AppCode", CODE.encode())

    answers = [ask(gateway, "/app", code, DEBUG) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert told(answers[0]) == {
        "X-Apig-RateLimit-api-allenv": "remain:199,limit:200,time:1 second",
        "X-Apig-RateLimit-api": "remain:2,limit:3,time:10 minute",
        "X-Apig-RateLimit-app": "remain:1,limit:2,time:10 minute",
        "X-Apig-RateLimit-ip": "remain:2,limit:3,time:10 minute",
    }
    assert told(answers[2])["X-Apig-RateLimit-app"] == "remain:0,limit:2,time:10 minute"
    assert told(answers[2])["X-Apig-RateLimit-api"] == "remain:1,limit:3,time:10 minute"
    assert all(re.fullmatch("[0-9]+", answer.field("X-Apig-Latency") or "") for answer in answers)
    assert [answer.field("X-Apig-Upstream-Latency") is None for answer in answers] == [False, False, True]


def test_an_operator_is_told_what_is_left(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """As the user it is."""
    gateway = start_gateway(limited(start_backend().port))
    token = access_token.write(access_token.issue("operator", datetime.now(UTC)), TOKEN_KEY)
    answer = ask(gateway, "/iam", (b"X-Auth-Token", token.encode()), DEBUG)
    assert answer.status == 200
    assert set(told(answer)) == {f"X-Apig-RateLimit-{kind}" for kind in ("api", "user", "ip", "api-allenv")}
    assert told(answer)["X-Apig-RateLimit-user"] == "remain:2,limit:3,time:10 minute"


def test_who_has_no_limit_is_told_the_gateways_own(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """And nothing is told without debug mode; a Mock backend takes no time."""
    gateway = start_gateway(limited(start_backend().port))
    assert set(told(ask(gateway, "/free", DEBUG))) == {"X-Apig-RateLimit-api-allenv"}
    assert told(ask(gateway, "/free")) == {}
    assert ask(gateway, "/free").field("X-Apig-Latency") is None
    mock = ask(gateway, "/mock", DEBUG)
    assert set(told(mock)) == {f"X-Apig-RateLimit-{kind}" for kind in ("api", "ip", "api-allenv")}
    assert mock.field("X-Apig-Upstream-Latency") is None
    assert int(mock.field("X-Apig-Latency") or "-1") >= 0


def test_who_is_refused_before_counts_for_nothing(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """A wrong AppCode spends nothing of anybody's."""
    gateway = start_gateway(limited(start_backend().port))
    for _ in range(5):
        assert ask(gateway, "/app", (b"X-Apig-AppCode", b"wrong"), DEBUG).status == 401
    answer = ask(gateway, "/app", (b"X-Apig-AppCode", CODE.encode()), DEBUG)
    assert told(answer)["X-Apig-RateLimit-ip"] == "remain:2,limit:3,time:10 minute"


def test_the_plugin_tells_as_the_policy_does(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """A `rate_limit` plugin, which takes the policy's place; a page may read it where its policy says so."""
    limit = {
        "scope": "basic",
        "default_interval": 2,
        "default_time_unit": "hour",
        "api_limit": 5,
        "ip_limit": 1,
    }
    cors = json.dumps(
        {
            "allow_origin": "https://app.example",
            "allow_methods": "GET",
            "expose_headers": "X-Apig-RateLimit-Api,X-Apig-RateLimit-Ip",
        }
    )
    plugin = Plugin(id="r", type="rate_limit", content=json.dumps(limit))
    door = api("/", http(start_backend().port), plugin_ids=("r", "p"), throttle_id="t")
    gateway = start_gateway(guarded(door, cors=cors, plugins=(plugin,), throttles=(THROTTLE,)))
    page = (b"Origin", b"https://app.example")

    answers = [ask(gateway, "/", DEBUG, page) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 429]
    assert [told(answer)["X-Apig-RateLimit-ip"] for answer in answers] == ["remain:0,limit:1,time:2 hour"] * 2
    assert [told(answer)["X-Apig-RateLimit-api"] for answer in answers] == ["remain:4,limit:5,time:2 hour"] * 2
    assert {answer.field("Access-Control-Allow-Origin") for answer in answers} == {"https://app.example"}
    assert {answer.field("Access-Control-Expose-Headers") for answer in answers} == {
        "X-Apig-RateLimit-Api, X-Apig-RateLimit-Ip"
    }


def test_a_preflight_counts_for_nothing(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """It is told nothing of limits either."""
    cors = '{"allow_origin":"https://app.example","allow_methods":"GET"}'
    door = api("/", http(start_backend().port), plugin_ids=("p",), throttle_id="t")
    gateway = start_gateway(guarded(door, cors=cors, throttles=(THROTTLE,)))
    asks = [
        (b"Host", HOST),
        (b"Origin", b"https://app.example"),
        (b"Access-Control-Request-Method", b"GET"),
        DEBUG,
    ]
    client = gateway.connect()
    for _ in range(10):
        answer = client.ask(written("OPTIONS", "/", asks))
        assert (answer.status, told(answer)) == (204, {})
    assert told(ask(gateway, "/", DEBUG))["X-Apig-RateLimit-api"] == "remain:2,limit:3,time:10 minute"


XFF = b"X-Forwarded-For"
LAST, FIRST = ClientAddressRule(xff_index=-1), ClientAddressRule(xff_index=0)
BY_HEADER = ClientAddressRule(header="x-real-client")
WHENCE: dict[str, tuple[ClientAddressRule, Fields, int]] = {
    "nothing is believed": (ClientAddressRule(), [(XFF, b"192.0.2.1")], 403),
    "nor another header": (
        ClientAddressRule(),
        [(b"X-Real-IP", b"192.0.2.1"), (b"Forwarded", b"for=192.0.2.1")],
        403,
    ),
    "the last address": (LAST, [(XFF, b"198.51.100.1, 192.0.2.1")], 200),
    "not an earlier one": (LAST, [(XFF, b"192.0.2.1, 198.51.100.1")], 403),
    "of the last line": (LAST, [(XFF, b"198.51.100.1"), (XFF, b"192.0.2.1")], 200),
    "not of an earlier one": (LAST, [(XFF, b"192.0.2.1"), (XFF, b"198.51.100.1")], 403),
    "the first address": (FIRST, [(XFF, b"192.0.2.1, 198.51.100.1")], 200),
    "a word": (LAST, [(XFF, b"192.0.2.1, unknown")], 403),
    "in its IPv6 form": (LAST, [(XFF, b"::ffff:192.0.2.1")], 200),
    "a header": (BY_HEADER, [(b"X-Real-Client", b"192.0.2.1")], 200),
    "a header and nothing else": (BY_HEADER, [(XFF, b"192.0.2.1")], 403),
    "a header that is there twice": (
        BY_HEADER,
        [(b"X-Real-Client", b"192.0.2.1"), (b"x-real-client", b"192.0.2.1")],
        403,
    ),
    "a header with underscores": (BY_HEADER, [(b"X_Real_Client", b"192.0.2.1")], 403),
}


@pytest.mark.parametrize(("rule", "fields", "status"), WHENCE.values(), ids=WHENCE)
def test_where_a_call_comes_from(
    start_backend: StartBackend,
    start_gateway: StartGateway,
    rule: ClientAddressRule,
    fields: list[tuple[bytes, bytes]],
    status: int,
) -> None:
    """What a client writes about its address counts only where the operator says so."""
    only = AccessControl(id="only", acl_type="PERMIT", entity_type="IP", values=("192.0.2.1",))
    settings: dict[str, Any] = {"access_controls": (only,), "features": Features(client_address=rule)}
    backend = start_backend()
    gateway = start_gateway(guarded(api("/", http(backend.port), access_control_ids=("only",)), **settings))
    assert ask(gateway, "/", *fields).status == status
    assert len(backend.requests) == (status == 200)
