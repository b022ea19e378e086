"""Services that are asked about a call: what they are told, what comes of it, and who waits for them."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from crossgate.core.policies.authorizer import Authorizer, Identity
from crossgate.core.policies.gateway_response import Template
from crossgate.core.policies.spending import Period
from crossgate.core.policies.throttle import Throttle
from crossgate.core.snapshot.config import BackendParam, Config, Plugin, PublishedApi

from .callers import FOR_THE_APP, HOST, Fields, guarded, signed, written
from .conftest import api, http
from .peers import Request, RunningGateway, ScriptedBackend

StartBackend = Callable[..., ScriptedBackend]
StartGateway = Callable[[Config], RunningGateway]

GET = written("GET", "/", [(b"Host", HOST)])


def saying(document: Any, status: str = "200 OK", fields: str = "") -> bytes:
    """An answer with a JSON document."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


def allowing(**context: Any) -> bytes:
    """The contract's answer that lets in, with a context."""
    return saying({"statusCode": 200, "body": json.dumps({"status": "allow", "context": context})})


def authorizer(port: int, **changes: Any) -> Authorizer:
    """An authorizer on `port`, called `a`."""
    settings: dict[str, Any] = {"id": "a", "type": "FRONTEND", "endpoint": f"http://127.0.0.1:{port}/ask"}
    return Authorizer(**(settings | changes))


def door(port: int, *params: BackendParam, **changes: Any) -> PublishedApi:
    """An API that the authorizer `a` decides about."""
    return api("/", http(port, params=params), **({"auth_type": "AUTHORIZER", "authorizer_id": "a"} | changes))


def context(name: str, to: str) -> BackendParam:
    """A parameter of the backend with a value of the context."""
    return BackendParam(origin="SYSTEM", name=to, location="HEADER", value=f"$context.{name}")


def test_what_an_authorizer_is_told_and_what_it_says_to_the_backend(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """The contract's event; its context as headers of the backend, a number and a truth as their text."""
    backend, service = start_backend(), start_backend(allowing(user="Ada", level=3, admin=True))
    params = [context(f"authorizer.frontend.{name}", f"X-{name}") for name in ("user", "level", "admin", "none")]
    asked = authorizer(service.port, user_data="from the operator", needs_body=True)
    gateway = start_gateway(guarded(door(backend.port, *params), authorizers=(asked,)))
    fields = [(b"Host", HOST), (b"X-A", b"1"), (b"X-A", b"2"), (b"X-user", b"forged")]

    answer = gateway.ask(written("POST", "/?q=1&e=%20", fields, b"the body"))

    assert answer.status == 200
    event = json.loads(service.requests[0].body)
    assert event["user_data"] == "from the operator"
    assert event["queryStringParameters"] == {"q": "1", "e": " "}
    assert event["headers"]["X-A"] == "1, 2"
    assert base64.b64decode(event["body"]) == b"the body"
    (request,) = backend.requests
    assert request.body == b"the body"
    assert [request.field(f"X-{name}") for name in ("user", "level", "admin")] == ["Ada", "3", "true"]
    assert not request.field("X-none")


def test_an_authorizer_for_the_backend(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """Asked last, about who is let in already; its context is there under its own name."""
    backend, service = start_backend(), start_backend(allowing(ticket="t-1"))
    asked = authorizer(service.port, type="BACKEND")
    params = context("authorizer.backend.ticket", "X-Ticket")
    its = {**FOR_THE_APP, "authorizer_id": None, "backend_authorizer_id": "a"}
    gateway = start_gateway(guarded(door(backend.port, params, **its), authorizers=(asked,)))

    refused = gateway.ask(GET)
    answer = gateway.ask(written("GET", "/", signed("GET", "/")))

    assert (refused.status, answer.status) == (401, 200)
    assert len(service.requests) == 1
    assert backend.requests[0].field("X-Ticket") == "t-1"


def test_two_factors(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """A signature and an authorizer: one of them alone lets nobody in, and a forged signature asks nobody."""
    backend, service = start_backend(), start_backend()
    said = [saying({"status": "deny"}), saying({"status": "allow"})]

    def in_turn(connection: socket.socket, request: Request) -> None:
        connection.sendall(said[len(service.requests) - 1])

    service = start_backend(in_turn)
    gateway = start_gateway(guarded(door(backend.port, **FOR_THE_APP), authorizers=(authorizer(service.port),)))
    calls = [
        gateway.connect()
        .ask(written("POST", "/", signed("POST", "/", (), b"body", secret=secret), b"body"))
        .status
        for secret in ("wrong", "s3cr3t-of-the-app!", "s3cr3t-of-the-app!")
    ]
    assert calls == [401, 401, 200]
    assert (len(service.requests), len(backend.requests)) == (2, 1)


def test_a_context_in_the_words_of_a_refusal(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """A later refusal can say what an authorizer has said."""
    backend, service = start_backend(), start_backend(allowing(user='A"da'))
    template = Template(
        body='{"who":"$context.authorizer.frontend.user"}',
        headers=(("X-Who", "$context.authorizer.frontend.user"),),
    )
    never = Throttle(id="t", is_shared=False, period=Period(1, "DAY"), api_limit=1)
    config = guarded(
        door(backend.port, throttle_id="t"), authorizers=(authorizer(service.port),), throttles=(never,)
    )
    first, *others = config.groups
    group = msgspec.structs.replace(first, responses={"r": {"THROTTLED": template}}, default_response_id="r")
    gateway = start_gateway(msgspec.structs.replace(config, groups=(group, *others)))
    client = gateway.connect()
    assert client.ask(GET).status == 200

    answer = client.ask(GET)

    assert (answer.status, json.loads(answer.body), answer.field("X-Who")) == (429, {"who": 'A"da'}, 'A"da')


def test_a_kept_answer_is_for_the_same_identity_alone(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """With a `ttl` an identity is asked about once; another is asked about by itself."""

    def judge(connection: socket.socket, request: Request) -> None:
        who = json.loads(request.body)["headers"]["X-Who"]
        connection.sendall(allowing(who=who) if who != "Eve" else saying({"status": "deny"}))

    backend, service = start_backend(), start_backend(judge)
    asked = authorizer(service.port, identities=(Identity(name="X-Who", location="HEADER"),), ttl_s=60)
    who = context("authorizer.frontend.who", "X-Known")
    gateway = start_gateway(guarded(door(backend.port, who), authorizers=(asked,)))
    client = gateway.connect()
    names = ["Ada", "Bob", "Ada", "Eve", "Ada", "Bob"]

    statuses = [client.ask(written("GET", "/", [(b"Host", HOST), (b"X-Who", n.encode())])).status for n in names]

    assert statuses == [200, 200, 200, 401, 200, 200]
    assert [request.field("X-Known") for request in backend.requests] == ["Ada", "Bob", "Ada", "Ada", "Bob"]
    assert len(service.requests) == 3


def test_an_authorizer_that_hangs_stalls_nobody_else(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """While many wait for it, an open API answers as fast as ever; and they are answered in the end."""

    def hang(connection: socket.socket, request: Request) -> None:
        time.sleep(5)

    backend, service = start_backend(), start_backend(hang)
    stuck = door(backend.port)
    free = api("/free", http(backend.port))
    gateway = start_gateway(guarded(stuck, free, authorizers=(authorizer(service.port, timeout_ms=1500),)))
    waiting = [gateway.connect().send(GET) for _ in range(40)]
    client, longest = gateway.connect(), 0.0
    for _ in range(50):
        began = time.monotonic()
        assert client.ask(written("GET", "/free", [(b"Host", HOST)])).status == 200
        longest = max(longest, time.monotonic() - began)
    assert longest < 1.0
    assert {each.read().status for each in waiting} == {500}
    assert len(backend.requests) == 50


def test_a_function_of_the_gateways_own(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """`python:` functions that are listed; one that sleeps stalls nobody, an unlisted one lets nobody in."""
    backend = start_backend()
    named = {
        name: Authorizer(
            id=name, type="FRONTEND", endpoint=f"python:tests.gateway.functions:{name}", user_data="u"
        )
        for name in ("allow", "sleep", "unlisted")
    }
    params = [context(f"authorizer.frontend.{name}", f"X-{name}") for name in ("who", "level", "told")]
    gateway = start_gateway(
        guarded(
            *(
                api(
                    f"/{name}",
                    http(backend.port, params=tuple(params)),
                    auth_type="AUTHORIZER",
                    authorizer_id=name,
                )
                for name in named
            ),
            authorizers=tuple(named.values()),
        )
    )

    def call(name: str, *fields: tuple[bytes, bytes]) -> int:
        return gateway.ask(written("GET", f"/{name}", [(b"Host", HOST), *fields])).status

    slept: list[int] = []
    sleeper = threading.Thread(target=lambda: slept.append(call("sleep")))
    sleeper.start()
    began = time.monotonic()
    statuses = [call("allow", (b"X-Who", b"Ada")), call("allow"), call("unlisted", (b"X-Who", b"Ada"))]
    took = time.monotonic() - began
    sleeper.join()

    assert (statuses, slept) == ([200, 401, 500], [200])
    assert took < 0.8
    assert [backend.requests[0].field(f"X-{name}") for name in ("who", "level", "told")] == ["Ada", "3", "u"]


def test_a_client_that_leaves_while_somebody_is_asked(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """The ask is given up with it, the backend hears of nothing, and the log says who left."""
    arrived, gone = threading.Event(), threading.Event()

    def wait(connection: socket.socket, request: Request) -> None:
        arrived.set()
        connection.settimeout(5)
        if connection.recv(1) == b"":
            gone.set()

    backend, service = start_backend(), start_backend(wait)
    gateway = start_gateway(
        guarded(door(backend.port), authorizers=(authorizer(service.port, timeout_ms=60_000),))
    )
    client = gateway.connect().send(GET)
    assert arrived.wait(5)
    client.socket.close()
    assert gone.wait(5)
    (line,) = gateway.logged(1)
    assert (line["status"], line["client_gone"], backend.bytes_received) == (0, True, 0)


def test_a_body_that_comes_while_somebody_is_asked(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """A long one waits for the answer, and reaches the backend as a whole, and nothing of it before."""
    asked, release = threading.Event(), threading.Event()

    def later(connection: socket.socket, request: Request) -> None:
        asked.set()
        release.wait(5)
        connection.sendall(allowing())

    body = bytes(range(256)) * 4000
    backend, service = start_backend(), start_backend(later)
    gateway = start_gateway(guarded(door(backend.port), authorizers=(authorizer(service.port),)))
    client = gateway.connect()
    sender = threading.Thread(target=client.send, args=(written("POST", "/", [(b"Host", HOST)], body),))
    sender.start()
    assert asked.wait(5)
    time.sleep(0.1)
    assert backend.bytes_received == 0
    release.set()
    sender.join()
    assert client.read().status == 200
    assert backend.requests[0].body == body


def test_third_auth_carries_what_the_service_says(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """Its headers to the backend, in place of what a client forges; it sees what identifies the caller."""
    named = "Connection: keep-alive, X-Hop,\r\nX-Hop: 1\r\n"
    backend = start_backend()
    service = start_backend(saying(b"", fields=f"X-Secret: no\r\n{named}X-User: Ada\r\n"))
    content = {
        "auth_request": {
            "method": "GET",
            "protocol": "HTTP",
            "url_domain": f"127.0.0.1:{service.port}",
            "path": "/check",
        },
        "simple_auth_mode_enabled": True,
        "carry_path_enabled": True,
        # What the answer's Connection field names was meant for the gateway alone.
        "carry_resp_headers": ["X-User", "X-Missing", "X-Hop"],
        "identities": {"headers": [{"name": "X-Session"}]},
    }
    plugin = Plugin(id="t", type="third_auth", content=json.dumps(content))
    gateway = start_gateway(guarded(api("/a", http(backend.port), plugin_ids=("t",)), plugins=(plugin,)))
    forged = [(name, b"forged") for name in (b"X-User", b"X-Missing", b"X-Hop")]
    fields: Fields = [(b"Host", HOST), (b"X-Session", b"s"), *forged]

    assert gateway.ask(written("GET", "/a?q=1", fields)).status == 200

    assert service.requests[0].target.startswith("/check/a")
    assert service.requests[0].field("X-Session") == "s"
    (request,) = backend.requests
    assert request.field("X-User") == "Ada"
    for name in ("X-Missing", "X-Secret", "X-Hop"):
        assert request.field(name) is None, name


@pytest.mark.parametrize("where", ["header", "query", "cookie"])
def test_a_jwt(start_backend: StartBackend, start_gateway: StartGateway, where: str) -> None:
    """It lets in, its claims reach the backend, it does not, and the log does not have it."""
    key = ECKey.generate_key("P-256", {"kid": "k"})
    token = jwt.encode({"alg": "ES256", "kid": "k"}, {"sub": "Ada", "exp": time.time() + 60}, key)
    content = {
        "jwks": json.dumps({"keys": [key.as_dict(private=False)]}),
        "token_location": where,
        "claims_to_headers": [{"claim": "sub", "header": "X-User"}],
    } | ({"token_name": "session"} if where == "cookie" else {})
    backend = start_backend()
    plugin = Plugin(id="j", type="jwt_auth", content=json.dumps(content))
    gateway = start_gateway(guarded(api("/", http(backend.port), plugin_ids=("j",)), plugins=(plugin,)))

    def ask(text: str) -> Any:
        shown: dict[str, tuple[str, Fields]] = {
            "header": ("/?q=1", [(b"Authorization", b"Bearer " + text.encode())]),
            "query": (f"/?access_token={text}&q=1", []),
            "cookie": ("/?q=1", [(b"Cookie", b"a=b; session=" + text.encode())]),
        }
        target, fields = shown[where]
        return gateway.ask(written("GET", target, [(b"Host", HOST), (b"X-User", b"forged"), *fields]))

    answer, refused = ask(token), ask(token[:-4] + "AAAA")

    assert (answer.status, refused.status) == (200, 401)
    (request,) = backend.requests
    assert (request.target, request.field("X-User")) == ("/?q=1", "Ada")
    assert not any(token in value for _, value in request.fields)
    assert request.field("Cookie") == ("a=b" if where == "cookie" else None)
    assert token.encode() not in gateway.line_of(answer) + gateway.line_of(refused)


@pytest.mark.parametrize("verdict", ["allow", "deny"])
def test_a_client_that_waits_for_100_while_somebody_is_asked(
    start_backend: StartBackend, start_gateway: StartGateway, verdict: str
) -> None:
    """It is asked for its body when it is let in, and not at all when it is not."""
    backend, service = start_backend(), start_backend(saying({"status": verdict}))
    gateway = start_gateway(guarded(door(backend.port), authorizers=(authorizer(service.port),)))
    data = written("POST", "/", [(b"Host", HOST), (b"Expect", b"100-continue")], b"body")
    client = gateway.connect().send(data[:-4])
    first = client.socket.recv(65536)
    if verdict == "deny":
        assert first.startswith(b"HTTP/1.1 401 ")
        assert b"\r\nConnection: close\r\n" in first
        return
    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert client.send(b"body").read().status == 200
    assert backend.requests[0].body == b"body"


def test_a_web_socket_behind_an_authorizer(start_backend: StartBackend, start_gateway: StartGateway) -> None:
    """What the client sends early waits for the answer, and then goes through."""

    def switch(connection: socket.socket, request: Request) -> None:
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        connection.sendall(connection.recv(100).upper())

    backend, service = start_backend(switch), start_backend(allowing())
    gateway = start_gateway(guarded(door(backend.port), authorizers=(authorizer(service.port),)))
    fields = [(b"Host", HOST), (b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
    client = gateway.connect().send(written("GET", "/", fields) + b"early")
    assert client.read().status == 101
    assert client.more() == b"EARLY"


def test_two_requests_at_once_are_asked_about_in_turn(
    start_backend: StartBackend, start_gateway: StartGateway
) -> None:
    """On one connection the second waits for the first one's answer, whoever is asked."""

    def judge(connection: socket.socket, request: Request) -> None:
        time.sleep(0.05)
        who = json.loads(request.body)["headers"]["X-Who"]
        connection.sendall(saying({"status": "allow" if who == "Ada" else "deny"}))

    backend, service = start_backend(), start_backend(judge)
    gateway = start_gateway(guarded(door(backend.port), authorizers=(authorizer(service.port),)))
    names = [b"Eve", b"Ada", b"Eve", b"Ada"]
    client = gateway.connect()
    client.send(b"".join(written("GET", "/", [(b"Host", HOST), (b"X-Who", name)]) for name in names))
    assert [client.read().status for _ in names] == [401, 200, 401, 200]
    assert [request.field("X-Who") for request in backend.requests] == ["Ada", "Ada"]
