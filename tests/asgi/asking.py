"""Asks an ASGI application without a server, and serves one with uvicorn."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterable, MutableMapping
from typing import Any

import uvicorn

from crossgate.asgi import Application
from tests.cors.rows import Answer
from tests.gateway.peers import Client

Message = MutableMapping[str, Any]
Headers = Iterable[tuple[bytes, bytes]]


def scope(
    method: str = "GET", path: str = "/x", headers: Headers = (), version: str = "1.1", **more: Any
) -> dict[str, Any]:
    """The scope of a request as a server makes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": version,
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [[name, value] for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
        "extensions": {},
    } | more


def messages(application: Application, asked: dict[str, Any], body: bytes = b"") -> list[Message]:
    """Every message that `application` sends for one request; what it raises is raised here, too."""
    sent: list[Message] = []
    asyncio.run(_drive(application, asked, body, sent))
    return sent


def messages_until_failure(application: Application, asked: dict[str, Any]) -> tuple[list[Message], Exception]:
    """What `application` sends before it raises, and what it raises."""
    sent: list[Message] = []
    try:
        asyncio.run(_drive(application, asked, b"", sent))
    except Exception as error:  # whatever it is, the caller compares it
        return sent, error
    raise AssertionError("nothing was raised")


async def _drive(application: Application, asked: dict[str, Any], body: bytes, sent: list[Message]) -> None:
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not unread:
            # The client stays, so there is nothing more to say.
            await asyncio.Event().wait()
        return unread.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    await application(asked, receive, send)


def answer(sent: list[Message], *, reached: bool) -> Answer:
    """The messages of one response as a client sees them; `reached`: the application made it."""
    (start,) = [message for message in sent if message["type"] == "http.response.start"]
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return Answer("backend" if reached else "gateway", start["status"], fields, body.decode("latin-1"))


def ask(application: Application, method: str = "GET", path: str = "/x", **fields: str) -> Answer:
    """The answer to a request with `fields`: `access_control_request_method` stands for that name."""
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    return answer(messages(application, scope(method, path, headers)), reached=True)


def values(answer: Answer, name: str) -> list[str]:
    """Every value of a response's field."""
    return [value for field, value in answer.fields if field.lower() == name.lower()]


class Served:
    """An application behind uvicorn on 127.0.0.1, in a thread of its own."""

    def __init__(self, application: Application, lifespan: Any = "off") -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        config = uvicorn.Config(
            application, lifespan=lifespan, log_config=None, ws="none", interface="asgi3", loop="uvloop"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],), daemon=True)
        self._thread.start()
        self._clients: list[Client] = []

    def connect(self) -> Client:
        """A new connection; it waits in the kernel's queue until the server serves."""
        client = Client(socket.create_connection(("127.0.0.1", self.port), timeout=10))
        self._clients.append(client)
        return client

    def stop(self) -> None:
        """Ends the server and every connection."""
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.socket.close()
        self._server.should_exit = True
        self._thread.join(10)
        self._listening.close()
