"""Getting in: who does, who does not, and what of their credentials goes further (authentication.toml)."""

import socket
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossgate.core.policies import access_token
from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.app_authentication import AppModes
from crossgate.core.policies.iam_authentication import OperatorConfig
from crossgate.core.snapshot.config import BackendParam, Config, Features, RequestParam

from .callers import APP, CODE, CREDENTIALS, FOR_THE_APP, HOST, SECRET, guarded, signed, written
from .conftest import api, http
from .peers import Request, Response, RunningGateway, ScriptedBackend

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("authentication.toml").read_text())["case"]
OPERATOR = OperatorConfig(id="o", name="Ada", access_key="AK", secret=b"sk-of-the-operator")
TOKEN_KEY = b"0123456789abcdef0123456789abcdef"
NOBODY = AccessControl(id="nobody", acl_type="PERMIT", entity_type="IP", values=("192.0.2.1",))


class Stage:
    """Gateways with and without further modes, before one backend."""

    def __init__(self) -> None:
        self.backend = ScriptedBackend()
        to = http(self.backend.port)
        apis = (
            api("/signed", to, **FOR_THE_APP),
            api("/code", to, app_code=True, **FOR_THE_APP),
            api("/open", to, match_mode="SWA"),
            api("/options", to, req_method="OPTIONS", auth_type="APP"),
            api("/below", to, req_method="OPTIONS", match_mode="SWA"),
            api("/below/any", to, **FOR_THE_APP),
            api("/closed", to, req_method="OPTIONS", auth_type="APP", access_control_ids=("nobody",)),
        )
        all_modes = Features(app_modes=AppModes(app_secret=True, app_basic=True))
        self.gateways = {
            False: RunningGateway(guarded(*apis, access_controls=(NOBODY,))),
            True: RunningGateway(guarded(*apis, access_controls=(NOBODY,), features=all_modes)),
        }


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The gateways and the backend of this module."""
    stage = Stage()
    yield stage
    for gateway in stage.gateways.values():
        gateway.stop()
    stage.backend.stop()


def data_of(case: dict[str, Any]) -> bytes:
    """What the client of a case sends."""
    method, target = case.get("method", "GET"), case["target"].replace("{code}", CODE)
    shown = [field for name in case.get("shows", ()) for field in CREDENTIALS[name](method, target)]
    lines = "".join(line + "\r\n" for line in case.get("lines", ())).replace("{code}", CODE)
    host = case.get("host", HOST.decode()).encode()
    head = written(method, case.get("sends_target", target), [(b"Host", host), *shown])
    ends: str = case.get("ends", "")
    return head[:-2] + lines.encode() + b"\r\n" + ends.replace("{code}", CODE).encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_who_gets_in(stage: Stage, case: dict[str, Any]) -> None:
    """The status, the code and its type; not one byte to the backend of those who do not; no secret in the log."""
    stage.backend.bytes_received = 0
    gateway = stage.gateways[case.get("modes", False)]

    answer = gateway.ask(data_of(case))

    line = gateway.line_of(answer).decode()
    assert (answer.status, stage.backend.bytes_received > 0) == (case["status"], case["status"] == 200), (
        answer.body
    )
    assert CODE not in line
    assert SECRET not in line
    if answer.status != 200:
        assert f'"apig_err_code":"{case["code"]}","apig_err_type":"{case["type"]}"' in line
        assert case.get("method") == "HEAD" or f'"error_code":"{case["code"]}"'.encode() in answer.body
        assert CODE.encode() not in answer.body
        assert SECRET.encode() not in answer.body


def last(stage: Stage, data: bytes, *, modes: bool = False) -> Request:
    """The request as the backend gets what a client sends."""
    answer = stage.gateways[modes].ask(data)
    assert answer.status == 200, answer.body
    return stage.backend.requests[-1]


@pytest.mark.parametrize("name", ["code", "basic", "secret"])
def test_a_secret_is_not_for_the_backend(stage: Stage, name: str) -> None:
    """Neither an AppCode, nor key and secret, nor basic authentication."""
    shown = CREDENTIALS[name]("GET", "/code")

    seen = last(stage, written("GET", "/code", [(b"Host", HOST), *shown]), modes=True)

    sent = dict(seen.fields)
    assert not {"X-Apig-AppCode", "Authorization", "X-HW-AppKey"} & sent.keys()
    assert not any(value.decode() in sent.values() for field, value in shown if field != b"X-HW-ID")


@pytest.mark.parametrize("field", ["Authorization", "X-Apig-AppCode", "X-HW-AppKey"])
def test_a_secret_cannot_be_mapped_to_the_backend(
    start_gateway: Callable[[Config], RunningGateway], start_backend: Callable[..., ScriptedBackend], field: str
) -> None:
    """A parameter that takes the header of a credential finds nothing there."""
    backend = start_backend()
    copy = BackendParam(origin="REQUEST", name="copy", location="QUERY", value=field)
    to = http(backend.port, params=(copy,))
    declared = RequestParam(name=field, location="HEADER")
    modes = Features(app_modes=AppModes(app_secret=True, app_basic=True))
    gateway = start_gateway(
        guarded(api("/", to, req_params=(declared,), app_code=True, **FOR_THE_APP), features=modes)
    )
    for name in ("code", "basic", "secret"):
        shown = CREDENTIALS[name]("GET", "/")
        assert gateway.ask(written("GET", "/", [(b"Host", HOST), *shown])).status == 200
        assert backend.requests[-1].target == "/"


def test_a_signature_in_its_own_header_leaves_authorization_alone(
    start_gateway: Callable[[Config], RunningGateway], start_backend: Callable[..., ScriptedBackend]
) -> None:
    """With `app_auth_header` the client's Authorization is its backend's."""
    backend = start_backend()
    features = Features(app_modes=AppModes(header="x-my-signature"))
    gateway = start_gateway(guarded(api("/", http(backend.port), **FOR_THE_APP), features=features))
    fields = signed("GET", "/", [(b"X-A", b"1")])
    moved = [(b"X-My-Signature" if name == b"Authorization" else name, value) for name, value in fields]

    answer = gateway.ask(written("GET", "/", [*moved, (b"Authorization", b"Bearer for-the-backend")]))
    unmoved = gateway.ask(written("GET", "/", fields))

    assert (answer.status, unmoved.status) == (200, 401)
    assert [request.field("Authorization") for request in backend.requests] == ["Bearer for-the-backend"]


@pytest.mark.parametrize(("refuses", "second"), [(True, 401), (False, 200)])
def test_a_signature_is_replayed(
    start_gateway: Callable[[Config], RunningGateway],
    start_backend: Callable[..., ScriptedBackend],
    refuses: bool,
    second: int,
) -> None:
    """The same bytes once more, over another connection: refused where the setting asks for it, and only then."""
    backend = start_backend()
    features = Features(app_modes=AppModes(refuses_replays=refuses))
    gateway = start_gateway(guarded(api("/", http(backend.port), **FOR_THE_APP), features=features))
    data = written("POST", "/?n=1", signed("POST", "/?n=1", body=b"once"), b"once")
    forged = written("POST", "/?n=1", signed("POST", "/?n=1", body=b"once"), b"Once")

    # What is not let in uses nothing up.
    statuses = [gateway.ask(sent).status for sent in (forged, data, data)]

    assert statuses == [401, 200, second]
    assert len(backend.requests) == (1 if refuses else 2)
    other = written("POST", "/?n=2", signed("POST", "/?n=2", body=b"once"), b"once")
    assert gateway.ask(other).status == 200


def test_a_refused_request_and_the_next_on_one_connection(stage: Stage) -> None:
    """Sent at once: the first one's body is not the second request, and the second is judged by itself."""
    inner = written("GET", "/signed/inner", signed("GET", "/signed/inner"))
    first = written("POST", "/signed", [(b"Host", HOST)], inner)
    second = written("GET", "/signed/second", signed("GET", "/signed/second"))
    client = stage.gateways[False].connect()
    stage.backend.requests.clear()

    client.send(first + second + first)

    assert [client.read().status for _ in range(3)] == [401, 200, 401]
    assert [request.target for request in stage.backend.requests] == ["/second"]


def test_a_let_in_request_lets_nobody_else_in(stage: Stage) -> None:
    """The next one on the same connection has to show something, too."""
    client = stage.gateways[False].connect()
    good = written("GET", "/code", [(b"Host", HOST), *CREDENTIALS["code"]("GET", "/code")])
    bare = written("GET", "/code", [(b"Host", HOST)])
    assert [client.ask(data).status for data in (good, bare, good, bare)] == [200, 401, 200, 401]


def test_a_reset_secret_ends_the_old_one_at_once(stage: Stage) -> None:
    """On a connection that stays open."""
    gateway = RunningGateway(guarded(api("/", http(stage.backend.port), **FOR_THE_APP)))
    client = gateway.connect()
    old = [client.ask(written("GET", "/", signed("GET", "/"))).status]
    reset = (msgspec.structs.replace(APP, secret=b"another-secret"),)
    gateway.swap(guarded(api("/", http(stage.backend.port), **FOR_THE_APP), apps=reset, revision=2))
    gateway.run(_nothing())
    old.append(client.ask(written("GET", "/", signed("GET", "/"))).status)
    new = client.ask(written("GET", "/", signed("GET", "/", secret="another-secret"))).status
    gateway.stop()
    assert (old, new) == ([200, 401], 200)


async def _nothing() -> None:
    """Runs on the gateway's loop behind what was asked of it before."""


def test_a_client_that_leaves_early_leaves_no_trace(stage: Stage) -> None:
    """Half a head with credentials."""
    stage.backend.bytes_received = 0
    client = stage.gateways[False].connect()
    client.send(written("GET", "/signed", signed("GET", "/signed"))[:-2])
    client.socket.shutdown(socket.SHUT_WR)
    assert client.is_closed()
    assert stage.backend.bytes_received == 0


def of_operators(backend: ScriptedBackend, **features: Any) -> Config:
    """A Config with everything for operators."""
    return guarded(
        api("/", http(backend.port), auth_type="IAM", match_mode="SWA"),
        operators=(OPERATOR,),
        token_key=TOKEN_KEY,
        features=Features(**features),
    )


@pytest.mark.parametrize(("patterns", "is_passed_on"), [((), False), (("Bob",), False), (("A.a",), True)])
def test_an_operators_token(
    start_gateway: Callable[[Config], RunningGateway],
    start_backend: Callable[..., ScriptedBackend],
    patterns: tuple[str, ...],
    is_passed_on: bool,
) -> None:
    """It lets in, and reaches the backend only where the feature lets its account's pass."""
    backend = start_backend()
    gateway = start_gateway(of_operators(backend, backend_token_users=patterns))
    token = access_token.write(access_token.issue("Ada", datetime.now(UTC)), TOKEN_KEY)
    answer = gateway.ask(written("GET", "/", [(b"Host", HOST), (b"X-Auth-Token", token.encode())]))
    assert answer.status == 200
    assert backend.requests[0].field("X-Auth-Token") == (token if is_passed_on else None)
    line = gateway.line_of(answer).decode()
    assert token not in line
    assert '"user_id":"o"' in line


def test_an_access_key_is_locked_after_five_wrong_signatures(
    start_gateway: Callable[[Config], RunningGateway], start_backend: Callable[..., ScriptedBackend]
) -> None:
    """From then on even the right one is refused, with the contract's words."""
    backend = start_backend()
    client = start_gateway(of_operators(backend)).connect()

    def ask(secret: str) -> Response:
        return client.ask(written("POST", "/", signed("POST", "/", (), b"b", key="AK", secret=secret), b"b"))

    assert ask("sk-of-the-operator").status == 200
    assert [ask("wrong").status for _ in range(5)] == [401] * 5
    locked = ask("sk-of-the-operator")
    assert locked.status == 401
    assert b"AK access failed to reach the limit,forbidden." in locked.body
    assert len(backend.requests) == 1
