"""A function of custom authorizers, as a server of its own."""

import json
import socket
from typing import Any

from tests.gateway.peers import Request, ScriptedBackend

URN = "urn:fss:eu-de:70c4ee37:function:default:check"
ALLOWED, REFUSED = "a" * 32, "b" * 32


class Function(ScriptedBackend):
    """A function of custom authorizers: it knows one token, and whose it is."""

    def __init__(self) -> None:
        super().__init__(self._decide)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it was asked."""
        return [json.loads(request.body) for request in self.requests]

    def _decide(self, connection: socket.socket, request: Request) -> None:
        event = json.loads(request.body)
        # A call without a cache is told every field, by the name it was sent with.
        tokens = [value for name, value in event["headers"].items() if name.lower() == "token"]
        verdict: dict[str, Any] = {"status": "allow" if tokens == [ALLOWED] else "deny"}
        if verdict["status"] == "allow":
            verdict["context"] = {"user": "somebody", "admin": True}
        body = json.dumps({"statusCode": 200, "body": json.dumps(verdict)}).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
