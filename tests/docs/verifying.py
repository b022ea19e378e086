"""A server that lets in what is signed, and answers the rest as the gateway does; any page may ask it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from crossgate.core.signing import APP_WORDING, Message, Refusal, parse_authorization, payload_sha256, verify

KEY, SECRET = "0123456789abcdef0123456789abcdef", "s3cr3t_Key-For!Tests@2024"


def refusal(method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Refusal | None:
    """Why the request is not let in."""
    fields = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    message = Message(method, target.encode("latin-1"), fields, payload_sha256(body))
    claimed = parse_authorization(b"".join(message.values("authorization")))
    return claimed if isinstance(claimed, Refusal) else verify(message, claimed, SECRET, datetime.now(UTC))


class _Verifier(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = refusal(self.command, self.path, list(self.headers.items()), body)
        if found is None:
            self._send(200, {"target": self.path, "method": self.command, "body": body.decode("utf-8", "replace")})
        else:
            self._send(401, {"error_code": "APIG.0303", "error_msg": APP_WORDING.message(found)})

    def _send(self, status: int, content: dict[str, Any]) -> None:
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "*")
        self.send_header("Access-Control-Allow-Headers", self.headers.get("Access-Control-Request-Headers", ""))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def do_OPTIONS(self) -> None:
        self._send(200, {})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


@contextmanager
def verifying() -> Iterator[str]:
    """A running server; the beginning of its URLs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Verifier) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
