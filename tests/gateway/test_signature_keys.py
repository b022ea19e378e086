"""Signature keys: a backend that verifies what it gets as the cloud's own SDK does lets every request in."""

import base64
import random
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from apigateway_sdk_python import signer as apig_signer

from crossgate.core.policies.signature_key import SignatureKey
from crossgate.core.snapshot.config import BackendParam, Config, Features, RequestParam

from .callers import FOR_THE_APP, HOST, UNSIGNED, Fields, guarded, signed, written
from .conftest import api, http
from .peers import Request, RunningGateway, ScriptedBackend

KEY, SECRET = "gateway-key", "secret-of-the-gateway"
KEYS = (
    SignatureKey(id="hmac", type="hmac", key=KEY, secret=SECRET.encode()),
    SignatureKey(id="basic", type="basic", key="user", secret=b"pass:word"),
)
LONG = random.Random(1).randbytes(200_000)  # noqa: S311 - the same bytes each time
_SIGNATURE = re.compile(r"SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})")


def is_verified(request: Request, header: str = "authorization") -> bool:
    """What the documented verifier says: it takes the headers that are named, and the body where it is signed."""
    found = _SIGNATURE.fullmatch(request.field(header) or "")
    assert found is not None, request.fields
    assert found[1] == KEY
    names = found[2].split(";")
    assert {"host", "x-sdk-date"} <= set(names)
    fields = {name: request.field(name) for name in names}
    received = apig_signer.HttpRequest(request.method, f"http://{request.field('Host')}{request.target}", fields)
    received.body = request.body
    # A digest that nobody has signed would be believed by other verifiers.
    assert request.field("x-sdk-content-sha256") == fields.get("x-sdk-content-sha256")
    verifier = apig_signer.Signer()
    verifier.Secret = SECRET
    return bool(verifier.Verify(received, found[3]))


def answer(connection: socket.socket, request: Request) -> None:
    """A backend that lets in what is signed."""
    status = b"200 OK" if is_verified(request) else b"401 Unauthorized"
    connection.sendall(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % status)


class Stage:
    """APIs that are signed for a backend, each mapped in another way."""

    def __init__(self) -> None:
        self.backend = ScriptedBackend(answer)
        port = self.backend.port
        params = (
            BackendParam(origin="REQUEST", name="q", location="QUERY", value="h"),
            BackendParam(origin="CONSTANT", name="Content-Type", location="HEADER", value="text/x-mapped"),
            BackendParam(origin="CONSTANT", name="Host", location="HEADER", value="mapped.example"),
            BackendParam(origin="SYSTEM", name="from", location="QUERY", value="$context.sourceIp"),
            BackendParam(origin="REQUEST", name="id", location="PATH", value="id"),
        )
        declared = (RequestParam(name="h", location="HEADER"), RequestParam(name="id", location="PATH"))
        key = {"signature_key_id": "hmac"}
        self.gateway = RunningGateway(
            guarded(
                api("/plain", http(port), **key),
                api("/prefix", http(port, "/below"), match_mode="SWA", **key),
                api("/mapped/{id}", http(port, "/to/{id}", params=params), req_params=declared, **key),
                api("/method", http(port, method="POST"), **key),
                api("/signed", http(port), **key, **FOR_THE_APP),
                signature_keys=KEYS,
            )
        )

    def call(
        self, method: str, target: str, fields: Fields = (), body: bytes | None = None, chunk: int = 0
    ) -> Request:
        """The request as the backend got it, which it has let in."""
        data = written(method, target, [(b"Host", HOST), *fields], body, chunk=chunk)
        assert self.gateway.ask(data).status == 200
        return self.backend.requests[-1]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The stage of this module."""
    stage = Stage()
    yield stage
    stage.gateway.stop()
    stage.backend.stop()


TARGETS = (
    "/plain",
    "/plain?b=2&a=1+1&a=%2B&a=&c&d=%E4%BD%A0",
    "/prefix/a%2Fb%20c/%E4%BD%A0;x=(1)/~?x=/?",
    "/prefix//x/",
    "/mapped/a%20%2B?z=1",
    "/method",
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_every_target_and_method(stage: Stage, method: str, target: str) -> None:
    """Signed as the backend gets it, its own path, parameters, host and method."""
    stage.call(method, target, [(b"h", b"v & 1")], None if method in ("GET", "HEAD") else b"body")


@pytest.mark.parametrize("chunk", [0, 1000])
@pytest.mark.parametrize("body", [b"", b"short", LONG], ids=["empty", "short", "long"])
@pytest.mark.parametrize(
    "fields", [(), (UNSIGNED,), ((b"Content-Type", b"text/plain"),)], ids=["plain", "unsigned", "typed"]
)
def test_every_body(stage: Stage, fields: Fields, body: bytes, chunk: int) -> None:
    """From memory, from the disk, in chunks; and not at all where the client does not sign it either."""
    request = stage.call("POST", "/plain", fields, body, chunk=chunk)
    assert request.body == body


def test_what_the_client_has_signed_is_replaced(stage: Stage) -> None:
    """Its Authorization, its date, its digest of the body: the backend sees the gateway's alone."""
    forged = [
        (b"Authorization", b"SDK-HMAC-SHA256 Access=gateway-key, SignedHeaders=host;x-sdk-date, Signature=0"),
        (b"X-Sdk-Date", b"20200101T000000Z"),
        (b"X-Sdk-Content-Sha256", b"0" * 64),
    ]
    stage.call("POST", "/plain", forged, b"body")
    stage.call("POST", "/plain", [*forged, forged[0]], b"body")


def test_two_content_types_are_not_signed(stage: Stage) -> None:
    """A backend may see either of them, or both."""
    types = [(b"Content-Type", b"text/plain"), (b"Content-Type", b"text/html")]
    assert "content-type" not in (stage.call("POST", "/plain", types, b"x").field("authorization") or "")


@pytest.mark.parametrize("fields", [(), (UNSIGNED,)], ids=["signed", "unsigned"])
def test_a_signed_call_is_signed_again(stage: Stage, fields: list[tuple[bytes, bytes]]) -> None:
    """Let in by the app's signature, let in at the backend by the gateway's."""
    theirs = signed("POST", "/signed", fields, b"" if fields else LONG)[1:]
    assert stage.call("POST", "/signed", theirs, LONG).body == LONG


def test_a_renamed_header(
    start_gateway: Callable[[Config], RunningGateway], start_backend: Callable[..., ScriptedBackend]
) -> None:
    """With `backend_sign_header` the client's Authorization is left alone, and nobody forges the other."""
    backend = start_backend()
    features = Features(backend_sign_header="x-gateway-signature")
    door = api("/", http(backend.port), signature_key_id="hmac")
    gateway = start_gateway(guarded(door, signature_keys=KEYS, features=features))
    fields = [(b"Host", HOST), (b"Authorization", b"Bearer mine"), (b"X-Gateway-Signature", b"forged")]

    assert gateway.ask(written("POST", "/", fields, b"body")).status == 200

    (request,) = backend.requests
    assert request.field("Authorization") == "Bearer mine"
    assert is_verified(request, "x-gateway-signature")


def test_a_key_of_type_basic(
    start_gateway: Callable[[Config], RunningGateway], start_backend: Callable[..., ScriptedBackend]
) -> None:
    """Key and secret in place of the client's Authorization; a body streams."""
    backend = start_backend()
    gateway = start_gateway(guarded(api("/", http(backend.port), signature_key_id="basic"), signature_keys=KEYS))
    fields = [(b"Host", HOST), (b"Authorization", b"Bearer mine"), (b"AUTHORIZATION", b"Bearer yours")]

    assert gateway.ask(written("POST", "/", fields, LONG)).status == 200

    (request,) = backend.requests
    expected = base64.b64encode(b"user:pass:word").decode()
    assert request.field("Authorization") == f"Basic {expected}"
    assert request.body == LONG


def test_a_repeated_request_is_signed_alike(
    start_gateway: Callable[[Config], RunningGateway], start_backend: Callable[..., ScriptedBackend]
) -> None:
    """What is sent again, because a backend hung up, is still what was signed."""
    tries: list[Any] = []

    def second_time(connection: socket.socket, request: Request) -> None:
        tries.append(request)
        if len(tries) == 1:
            connection.close()
        else:
            answer(connection, request)

    backend = start_backend(second_time)
    gateway = start_gateway(guarded(api("/", http(backend.port), signature_key_id="hmac"), signature_keys=KEYS))
    assert gateway.ask(written("PUT", "/", [(b"Host", HOST)], LONG)).status == 200
    assert [request.body for request in tries] == [LONG, LONG]
