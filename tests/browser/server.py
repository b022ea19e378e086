"""The server: writes, byte for byte, what a case's script says, and keeps the head of every request."""

import asyncio
import base64
import hashlib
import json
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crossgate.cors.server import Fields
from tests.browser.bodies import BODIES, INTEGRITY
from tests.browser.cases import Answer, Case, PageKind, Script, number_of
from tests.browser.world import HOSTS, World

COOKIE: Final = "mark=1"
_PAGE: Final = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>cases</title>
<script type="application/json" id="batch">{batch}</script><script>{script}</script>"""
_TLS: Final = b"\x16\x03"
_WEBSOCKET_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Request(msgspec.Struct, frozen=True):
    """A request as it came."""

    method: str
    url: str
    fields: Fields

    def get(self, name: str) -> str:
        """The first value of a field; empty without one."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for field, value in self.fields if field.lower() == wanted), "")

    @property
    def path(self) -> str:
        """The path without the query."""
        return "/" + self.url.partition("://")[2].partition("/")[2].partition("?")[0]

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks for permission."""
        return self.method == "OPTIONS" and self.get("Access-Control-Request-Method") != ""


class Server:
    """Serves one page with a batch of cases at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests: dict[int, list[Request]] = {}
        self._scripts: dict[int, Script] = {}
        self._page = b""
        self._result: asyncio.Future[Any] | None = None

    def load(self, kind: PageKind, cases: list[Case]) -> asyncio.Future[Any]:
        """Make `/` the page of these cases; the future has what the page saw."""
        self.requests = {}
        self._scripts = {case.number: Script(case) for case in cases}
        batch = {
            "integrity": INTEGRITY,
            "familiar": list(self.world.origins.values()) if any(len(case.calls) > 1 for case in cases) else [],
            "cookies": [origin + "/cookie" for origin in self.world.with_cookies],
            "cases": [{"number": case.number, "calls": [_call(call) for call in case.calls]} for case in cases],
        }
        text = json.dumps(batch).replace("<", "\\u003c")
        script = Path(__file__).with_name("page.js").read_text("utf-8")
        head = f"Content-Type: text/html\r\nReferrer-Policy: {kind.policy}\r\nCache-Control: no-store\r\n"
        if kind.is_opaque:
            head += "Content-Security-Policy: sandbox allow-scripts allow-forms allow-popups\r\n"
        self._page = _message(200, head, _PAGE.format(batch=text, script=script).encode())
        self._result = asyncio.get_running_loop().create_future()
        return self._result

    def answer(self, request: Request, body: bytes) -> bytes:
        """What is written for a request; nothing where the connection is only closed."""
        number = number_of(request.path)
        if number is not None:
            self.requests.setdefault(number, []).append(request)
            script = self._scripts.get(number)
            if script is None:
                return _message(404, "", b"")
            origin = request.get("Origin")
            found = script.answer(request.path, is_preflight=request.is_preflight, origin=origin)
            return written(request, found)
        if request.path == "/result" and self._result is not None:
            if not self._result.done():
                self._result.set_result(json.loads(body))
            return _message(200, "Access-Control-Allow-Origin: *\r\n", b"")
        if request.path == "/cookie":
            return _message(200, f"Set-Cookie: {COOKIE}; Path=/; SameSite=None; Secure\r\n", b"")
        if request.path == "/familiar":
            grant = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: PUT\r\n"
            return _message(
                204 if request.method == "OPTIONS" else 200, grant + "Cache-Control: no-store\r\n", b""
            )
        return self._page if request.path == "/" else _message(404, "", b"")


def written(request: Request, answer: Answer) -> bytes:
    """An answer in bytes."""
    if answer.broken:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"
    lines = [f"HTTP/1.1 {answer.status} Whatever"]
    lines += [f"{name}: {value}" for name, value in answer.fields]
    if answer.status == 101:
        digest = hashlib.sha1(request.get("Sec-WebSocket-Key").encode() + _WEBSOCKET_GUID, usedforsecurity=False)
        lines += [f"Sec-WebSocket-Accept: {base64.b64encode(digest.digest()).decode()}"]
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head if request.method == "HEAD" else head + BODIES[answer.body]


def _message(status: int, head: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} Own\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _call(call: Any) -> dict[str, Any]:
    ask = call.ask
    told: dict[str, Any] = {"type": type(ask).__name__, "wait": call.wait_s}
    told |= {name: getattr(ask, name) for name in ask.__struct_fields__ if name != "body"}
    upload = ask.body
    told["body"] = upload and {"kind": upload.kind, "content": upload.content.decode(), "type": upload.type}
    return told


class _Connection(asyncio.Protocol):
    def __init__(self, server: Server, *, is_secure: bool) -> None:
        self._server, self._scheme = server, "https" if is_secure else "http"
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        if self._held.startswith(_TLS) and self._scheme == "http":
            # A browser that takes http for https is told at once that it is not.
            self._transport.close()
            return
        while b"\r\n\r\n" in self._held:
            head, _, rest = self._held.partition(b"\r\n\r\n")
            request = _read_head(head, self._scheme)
            body = _read_body(request, rest)
            if body is None:
                return
            content, self._held = body
            answered = self._server.answer(request, content)
            self._transport.write(answered)
            if b"Content-Length: 1\r\nContent-Length: 2" in answered:
                self._transport.close()
                return


def _read_head(head: bytes, scheme: str) -> Request:
    line, *rest = head.split(b"\r\n")
    method, target, _ = line.decode("latin-1").split(" ", 2)
    fields = tuple((name, value.strip(b" \t")) for name, _, value in (each.partition(b":") for each in rest))
    host = next((value.decode() for name, value in fields if name.lower() == b"host"), "")
    return Request(method, f"{scheme}://{host}{target}", fields)


def _read_body(request: Request, rest: bytes) -> tuple[bytes, bytes] | None:
    """The body, and what comes after it; None while it is not complete."""
    if request.get("Transfer-Encoding"):
        body, end, after = rest.partition(b"0\r\n\r\n")
        return (body, after) if end else None
    length = int(request.get("Content-Length") or 0)
    return None if len(rest) < length else (rest[:length], rest[length:])


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    """A server on free ports of this machine."""
    loop = asyncio.get_running_loop()
    # Held and never listened on, so that nobody answers there.
    refused = socket.socket()
    refused.bind(("127.0.0.1", 0))
    sockets = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(3)]
    port, other, tls, nobody = (each.getsockname()[1] for each in (*sockets, refused))
    server = Server(World(port=port, other=other, tls=tls, refused=nobody))
    context = _tls()
    servers = [
        await loop.create_server(lambda: _Connection(server, is_secure=False), sock=sockets[0]),
        await loop.create_server(lambda: _Connection(server, is_secure=False), sock=sockets[1]),
        await loop.create_server(lambda: _Connection(server, is_secure=True), sock=sockets[2], ssl=context),
    ]
    try:
        yield server
    finally:
        for each in servers:
            each.close()
        refused.close()


def _tls() -> ssl.SSLContext:
    """A certificate that nobody knows, for the hosts of this machine; browsers are told not to mind."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOSTS[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        context.load_cert_chain(file.name)
    return context
