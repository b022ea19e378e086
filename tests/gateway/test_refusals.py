"""Every refusal, as its caller, a page in a browser and the operator's log see it (refusals.toml)."""

import hashlib
import json
import socket
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossgate.core.policies import access_token
from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.app_token import AppTokenIssuer, AppTokens
from crossgate.core.policies.authorizer import Authorizer, Identity
from crossgate.core.policies.credentials import AppConfig, AppQuota, Credentials
from crossgate.core.policies.gateway_response import Template
from crossgate.core.policies.iam_authentication import OperatorConfig
from crossgate.core.policies.signature_key import SignatureKey
from crossgate.core.policies.spending import Period
from crossgate.core.policies.throttle import Throttle
from crossgate.core.snapshot.config import Config, Features, Plugin, PublishedApi

from .callers import APP, CODE, HOST, SECRET, guarded, written
from .conftest import api, http
from .peers import Request, Response, RunningGateway, ScriptedBackend, open_as_it_is

CASES = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text())
PAGE = "https://app.example"
POLICY = (
    '{"allow_origin":"https://app.example","allow_methods":"GET,POST","allow_headers":"*",'
    '"expose_headers":"X-Request-Id","allow_credentials":true}'
)
TYPES = sorted({case["type"] for case in CASES["case"]})
OWN_BODY = (
    '{"code":"$context.error.code","type":"$context.error.type","message":"$context.error.message",'
    '"id":"$context.requestId","api":"$context.apiName","from":"$context.sourceIp"}'
)
OWN_STATUS = 471
DAY = Period(1, "DAY")
TOKEN_KEY = b"0123456789abcdef0123456789abcdef"


def answer_by_path(connection: socket.socket, request: Request) -> None:
    """A service that is asked: what it answers is in its path."""
    path = request.target.partition("?")[0]
    if path == "/slow":
        time.sleep(1)
    body = {"/deny": b'{"status":"deny"}', "/allow": b'{"status":"allow"}'}.get(path, b"?")
    status = {"/refuse": b"401 No", "/fail": b"500 No"}.get(path, b"200 OK")
    connection.sendall(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))


def third_auth(port: int, path: str, **more: Any) -> str:
    """The content of a plugin that asks the service on `port`."""
    request = {"method": "GET", "protocol": "HTTP", "url_domain": f"127.0.0.1:{port}", "path": path}
    return json.dumps({"auth_request": request, "simple_auth_mode_enabled": True, **more})


def plugins(service: int, nobody: int) -> dict[str, tuple[str, str]]:
    """Type and content of every plugin, by the door it is at."""
    channel = {
        "auth_request": {
            "method": "GET",
            "protocol": "HTTP",
            "path": "/",
            "vpc_channel_enabled": True,
            "vpc_channel_info": {"vpc_id": "c"},
        },
        "simple_auth_mode_enabled": True,
    }
    who = {"identities": {"headers": [{"name": "X-Who"}]}}
    limit = {"scope": "basic", "default_interval": 1, "default_time_unit": "day", "api_limit": 1}
    keys = {"jwks_service": {"uri": f"http://127.0.0.1:{nobody}/keys"}}
    return {
        "third-refused": ("third_auth", third_auth(service, "/refuse")),
        "third-identified": ("third_auth", third_auth(service, "/allow", **who)),
        "third-blocked": ("third_auth", third_auth(service, "/refuse", custom_forbid_limit=2)),
        "third-channel": ("third_auth", json.dumps(channel)),
        "third-gone": ("third_auth", third_auth(nobody, "/allow")),
        "third-failing": ("third_auth", third_auth(service, "/fail")),
        "jwt": ("jwt_auth", json.dumps(keys)),
        "jwt-without-keys": ("jwt_auth", json.dumps(keys)),
        "rate-limited": ("rate_limit", json.dumps(limit)),
    }


def authorizers(service: int, nobody: int) -> dict[str, Authorizer]:
    """Every authorizer, by the door it is at."""
    at = f"http://127.0.0.1:{service}"
    who = (Identity(name="X-Who", location="HEADER", validation="[0-9]+"),)
    named: dict[str, dict[str, Any]] = {
        "denied": {"endpoint": f"{at}/deny"},
        "identified": {"endpoint": f"{at}/allow", "identities": who},
        "nonsense": {"endpoint": f"{at}/nonsense"},
        "unknown": {"endpoint": None},
        "gone": {"endpoint": f"http://127.0.0.1:{nobody}/"},
        "slow": {"endpoint": f"{at}/slow", "timeout_ms": 100},
    }
    return {name: Authorizer(id=name, type="FRONTEND", **each) for name, each in named.items()}


def app(name: str, **changes: Any) -> AppConfig:
    """Another app, whose AppCode begins with its name."""
    return AppConfig(id=name, name=name, key=name, secret=b"secret", codes=(_digest(name),), **changes)


def _digest(name: str) -> bytes:
    return hashlib.sha256(f"{name}{'x' * 48}".encode()).digest()


APPS = (
    APP,
    app("elsewhere", acl_type="PERMIT", acl_values=("192.0.2.0/24",)),
    app("with-quota", quota=AppQuota(id="q", limit=2, period=DAY)),
)
OPERATOR = OperatorConfig(id="o", name="operator", access_key="AK", secret=b"sk")
TOKENS = AppTokens()


def doors(backend: int, service: int, nobody: int, **all_of_them: Any) -> list[PublishedApi]:
    """One API for each way to be refused."""
    takes_codes = {"auth_type": "APP", "app_code": True}
    kinds: dict[str, dict[str, Any]] = {
        "iam": {"auth_type": "IAM"},
        "iam-denied": {"auth_type": "IAM", "access_control_ids": ("not-the-operator",)},
        "app": {**takes_codes, "app_ids": ("app",)},
        "app-of-others": {**takes_codes, "app_ids": ("elsewhere",)},
        "app-elsewhere": {**takes_codes, "app_ids": ("elsewhere",)},
        "app-with-quota": {**takes_codes, "app_ids": ("with-quota",)},
        "address": {**takes_codes, "access_control_ids": ("elsewhere",)},
        "throttled": {"throttle_id": "once"},
        "unsignable": {"signature_key_id": "broken"},
        "denied-for-backend": {"backend_authorizer_id": "denied"},
    }
    kinds |= {name: {"auth_type": "AUTHORIZER", "authorizer_id": name} for name in authorizers(0, 0)}
    kinds |= {name: {"plugin_ids": (name,)} for name in plugins(0, 0)}
    page_policy = all_of_them.pop("plugin_ids", ())
    return [
        api(
            f"/{name}",
            http(backend),
            **(all_of_them | changes | {"plugin_ids": (*changes.get("plugin_ids", ()), *page_policy)}),
        )
        for name, changes in kinds.items()
    ]


def house(backend: int, service: int, nobody: int, **all_of_them: Any) -> Config:
    """The Config with all doors."""
    return guarded(
        *doors(backend, service, nobody, **all_of_them),
        cors=POLICY,
        apps=APPS,
        operators=(OPERATOR,),
        token_key=TOKEN_KEY,
        features=Features(app_tokens=TOKENS),
        throttles=(Throttle(id="once", is_shared=False, period=DAY, api_limit=1),),
        access_controls=(
            AccessControl(id="elsewhere", acl_type="PERMIT", entity_type="IP", values=("192.0.2.1",)),
            AccessControl(id="not-the-operator", acl_type="DENY", entity_type="DOMAIN", values=("operator",)),
        ),
        signature_keys=(SignatureKey(id="broken", type="hmac", key="key-01234", secret=b"\xff"),),
        authorizers=tuple(authorizers(service, nobody).values()),
        plugins=tuple(
            Plugin(id=name, type=kind, content=content)
            for name, (kind, content) in plugins(service, nobody).items()
        ),
    )


def in_own_words(config: Config) -> Config:
    """The Config whose group has gateway responses of its own, for every type."""
    template = Template(status=OWN_STATUS, body=OWN_BODY, headers=(("X-Refused", "$context.error.code"),))
    first, *others = config.groups
    group = msgspec.structs.replace(
        first, responses={"r": dict.fromkeys(TYPES, template)}, default_response_id="r"
    )
    return msgspec.structs.replace(config, groups=(group, *others))


def issuer(*apps: AppConfig) -> AppTokenIssuer:
    """Who gives tokens to `apps`."""
    return AppTokenIssuer(TOKENS, Credentials(apps, open_as_it_is), open_as_it_is)


def words() -> dict[str, str]:
    """What stands for `{…}` in the table."""
    now, others = time.time(), app("gone")
    ours = issuer(*APPS)
    known = ours.credentials.by_key
    of_operator = access_token.issue("operator", datetime.now(UTC))
    old = access_token.issue("operator", datetime.now(UTC) - timedelta(days=2))
    me, another = known(APP.key), known("elsewhere")
    gone = issuer(others).credentials.by_key("gone")
    assert me is not None
    assert another is not None
    assert gone is not None
    return {
        "code": CODE,
        "secret": SECRET,
        "301": "x" * 301,
        "code of the app elsewhere": "elsewhere" + "x" * 48,
        "code of the app with a quota": "with-quota" + "x" * 48,
        "token": access_token.write(of_operator, TOKEN_KEY),
        "old token": access_token.write(old, TOKEN_KEY),
        "refresh token": ours.issued(me, "refresh", now),
        "old access token": ours.issued(me, "access", now - 90_000),
        "old refresh token": ours.issued(me, "refresh", now - 90_000),
        "refresh token of another": ours.issued(another, "refresh", now),
        "access token of nobody": issuer(others).issued(gone, "access", now),
    }


class Stage:
    """The house in each of its settings, before one backend and beside one service."""

    def __init__(self) -> None:
        self.backend = ScriptedBackend()
        self.service = ScriptedBackend(answer_by_path)
        with socket.create_server(("127.0.0.1", 0)) as unused:
            nobody = unused.getsockname()[1]
        ports = (self.backend.port, self.service.port, nobody)
        self.words = words()
        self.gateways = {
            "plain": RunningGateway(house(*ports)),
            "switch, own words": RunningGateway(in_own_words(house(*ports, cors=True))),
            "plugin": RunningGateway(house(*ports, plugin_ids=("p",))),
            "plugin, own words": RunningGateway(in_own_words(house(*ports, plugin_ids=("p",)))),
        }

    def call(self, setting: str, case: dict[str, Any], origin: str = PAGE) -> Response:
        """A page of `origin` goes through the door of a case."""
        lines = [b"Origin: " + origin.encode(), *(self.filled(line).encode() for line in case.get("lines", ()))]
        fields = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        data = written("GET", f"/{case['door']}?q=1", [(b"Host", HOST), *fields])
        return self.gateways[setting].ask(data)

    def filled(self, text: str) -> str:
        """`text` with its `{…}` filled."""
        for name, value in self.words.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The stage of this module."""
    stage = Stage()
    yield stage
    for gateway in stage.gateways.values():
        gateway.stop()
    stage.backend.stop()
    stage.service.stop()


SETTINGS = ("plain", "switch, own words", "plugin", "plugin, own words")


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("case", CASES["case"], ids=lambda case: case["name"])
def test_a_refusal(stage: Stage, case: dict[str, Any], setting: str) -> None:
    """Its status and words, the group's own or the contract's; what a page may read of it; its line in the log."""
    refused = OWN_STATUS if "own words" in setting else case["status"] if "before" not in case else 401
    for before in case.get("before", ()):
        assert stage.call(setting, case).status == (before if before != "refused" else refused)
    seen = len(stage.backend.requests)

    answer = stage.call(setting, case)

    request_id = answer.field("X-Request-Id")
    said = json.loads(answer.body)
    assert answer.field("Content-Type") == "application/json"
    if "own words" in setting:
        assert (answer.status, answer.field("X-Refused")) == (OWN_STATUS, case["code"])
        assert said["type"] == case["type"]
        assert (said["code"], said["id"], said["from"]) == (case["code"], request_id, "127.0.0.1")
        assert said["api"] == (f"/{case['door']}" if case.get("has_policy", True) else "")
        message = said["message"]
    else:
        assert answer.status == case["status"]
        assert list(said) == ["error_code", "error_msg", "request_id"]
        assert (said["error_code"], said["request_id"]) == (case["code"], request_id)
        message = said["error_msg"]
    start, is_open, _ = case["message"].partition("…")
    assert message.startswith(start) if is_open else message == start
    assert_page_may_read(answer, setting, has_policy=case.get("has_policy", True))
    line = json.loads(stage.gateways[setting].line_of(answer))
    assert (line["apig_err_code"], line["apig_err_type"], line["status"]) == (
        case["code"],
        case["type"],
        answer.status,
    )
    assert len(stage.backend.requests) == seen


def assert_page_may_read(answer: Response, setting: str, *, has_policy: bool) -> None:
    """The CORS fields of the API's policy, each once; none where nothing gives the page leave."""
    allowed = answer.field("Access-Control-Allow-Origin")
    if not has_policy or setting == "plain":
        assert allowed is None
    elif setting.startswith("switch"):
        assert allowed == "*"
    else:
        assert allowed == PAGE
        assert answer.field("Access-Control-Allow-Credentials") == "true"
        assert answer.field("Access-Control-Expose-Headers") == "X-Request-Id"
        assert "Origin" in answer.all("Vary")


def test_a_page_of_another_origin_reads_nothing(stage: Stage) -> None:
    """A refusal says nothing to a page that the plugin does not know."""
    for case in CASES["case"]:
        if "before" not in case:
            answer = stage.call("plugin", case, origin="https://evil.example")
            assert answer.field("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("case", CASES["token"], ids=lambda case: case["name"])
def test_a_refusal_of_the_endpoint_for_tokens(stage: Stage, case: dict[str, Any]) -> None:
    """The contract's codes, whatever a group says; nothing of the form in the log or the answer."""
    lines = case.get("lines", [])
    if not any(line.startswith("Content-Type") for line in lines):
        lines = [*lines, "Content-Type: application/x-www-form-urlencoded"]
    fields = [tuple(part.encode() for part in line.split(": ", 1)) for line in lines]
    form = stage.filled(case["form"]).encode()
    gateway = stage.gateways["switch, own words"]

    answer = gateway.ask(written(case.get("method", "POST"), TOKENS.uri, [(b"Host", HOST), *fields], form or None))

    said = json.loads(answer.body)
    assert (answer.status, said["error_code"], said["request_id"]) == (
        case["status"],
        case["code"],
        answer.field("X-Request-Id"),
    )
    line = gateway.line_of(answer).decode()
    assert f'"apig_err_code":"{case["code"]}"' in line
    assert SECRET not in line + answer.body.decode()


def test_a_token_lets_in_and_goes_no_further(stage: Stage) -> None:
    """From the endpoint to the backend: the token lets its app call, and the backend does not see it."""
    form = f"grant_type=client_credentials&client_id={APP.key}&client_secret={SECRET}".encode()
    kind = (b"Content-Type", b"application/x-www-form-urlencoded")
    gateway = stage.gateways["plain"]
    given = json.loads(gateway.ask(written("POST", TOKENS.uri, [(b"Host", HOST), kind], form)).body)
    shown = (b"Authorization", b"Bearer " + given["access_token"].encode())

    answer = gateway.ask(written("GET", "/app", [(b"Host", HOST), shown]))

    assert answer.status == 200
    assert stage.backend.requests[-1].field("Authorization") is None
    line = gateway.line_of(answer).decode()
    assert given["access_token"] not in line
    assert '"app_id":"app"' in line


def test_a_refusal_of_the_service_in_its_own_words() -> None:
    """With `return_resp_body_enabled` a page reads what the service has said, and its status."""

    def refuse(connection: socket.socket, request: Request) -> None:
        connection.sendall(
            b"HTTP/1.1 402 Pay\r\nContent-Type: text/plain\r\nSet-Cookie: a=b\r\nContent-Length: 3\r\n\r\npay"
        )

    backend, service = ScriptedBackend(), ScriptedBackend(refuse)
    plugin = Plugin(
        id="t", type="third_auth", content=third_auth(service.port, "/", return_resp_body_enabled=True)
    )
    door = api("/", http(backend.port), plugin_ids=("t", "p"))
    gateway = RunningGateway(in_own_words(guarded(door, cors=POLICY, plugins=(plugin,))))
    answer = gateway.ask(written("GET", "/", [(b"Host", HOST), (b"Origin", PAGE.encode())]))
    line = gateway.line_of(answer)
    gateway.stop()
    assert (answer.status, answer.body, answer.field("Content-Type")) == (402, b"pay", "text/plain")
    assert answer.field("Set-Cookie") is None
    assert answer.field("Access-Control-Allow-Origin") == PAGE
    assert b'"apig_err_code":"APIG.0312"' in line
    assert backend.bytes_received == 0


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_refusal_that_an_operator_gave_no_body(status: int) -> None:
    """Whatever the template says, nothing follows the head that the next answer could be mistaken for."""
    template = Template(status=status, body="not to be sent")
    config = guarded(api("/", http(1), auth_type="APP"))
    first, *others = config.groups
    group = msgspec.structs.replace(
        first, responses={"r": {"AUTH_HEADER_MISSING": template}}, default_response_id="r"
    )
    gateway = RunningGateway(msgspec.structs.replace(config, groups=(group, *others)))
    client = gateway.connect()
    answers = [client.ask(written("GET", path, [(b"Host", HOST)])) for path in ("/", "/nowhere", "/")]
    gateway.stop()
    assert [answer.status for answer in answers] == [status, 404, status]
    assert answers[0].field("Content-Length") == ("0" if status == 205 else None)


def test_a_debugged_call_is_refused_like_any_other(stage: Stage) -> None:
    """`X-Apig-Mode: debug` opens no door."""
    for case in CASES["case"]:
        if "before" not in case:
            debugged = case | {"lines": [*case.get("lines", ()), "X-Apig-Mode: debug"]}
            assert stage.call("plain", debugged).status == case["status"], case["name"]
