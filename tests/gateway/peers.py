"""The two peers of a gateway under test: a scripted backend, and the gateway itself on a loop of its own."""

import asyncio
import contextlib
import json
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvloop

from crossgate.cluster.counters import Counters
from crossgate.core.snapshot.compile import compile_config
from crossgate.core.snapshot.config import Config
from crossgate.gateway.listener import Gateway

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


ALLOWED_PYTHON = frozenset(f"python:tests.gateway.functions:{name}" for name in ("allow", "sleep"))


def open_as_it_is(sealed: bytes, name: str) -> bytes:
    """Opens secrets that nobody has sealed."""
    return sealed


class Request:
    """One request as a backend received it."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.start, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = self.start.split(" ")
        self.lines = [line for line in lines if line]
        self.fields = [(line.partition(": ")[0], line.partition(": ")[2]) for line in self.lines]
        self.body = body

    def field(self, name: str) -> str | None:
        """The value of the field `name`; None when absent; fails when it came twice."""
        values = [value for field, value in self.fields if field.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


Script = Callable[[socket.socket, Request], None]


class ScriptedBackend:
    """A backend that answers by a script and remembers what it was asked."""

    def __init__(self, script: Script | bytes = OK) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.bytes_received = 0
        self.closed = threading.Event()
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            rest = b""

            def receive() -> bytes:
                data = connection.recv(65536)
                self.bytes_received += len(data)
                return data

            while True:
                request, rest = _read_request(receive, rest)
                if request is None:
                    break
                self.requests.append(request)
                if isinstance(self._script, bytes):
                    connection.sendall(self._script)
                else:
                    self._script(connection, request)
        self.closed.set()

    def stop(self) -> None:
        """Accepts no more connections."""
        self._listening.close()


def _read_request(receive: Callable[[], bytes], data: bytes) -> tuple[Request | None, bytes]:
    while b"\r\n\r\n" not in data:
        more = receive()
        if not more:
            return None, b""
        data += more
    head, _, data = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    if length:
        while len(data) < int(length[1]):
            data += _more(receive)
        return Request(head, data[: int(length[1])]), data[int(length[1]) :]
    body = b""
    if re.search(rb"(?i)\r\ntransfer-encoding: chunked", head):
        while True:
            while b"\r\n" not in data:
                data += _more(receive)
            size, _, data = data.partition(b"\r\n")
            while len(data) < int(size, 16) + 2:
                data += _more(receive)
            body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
            if int(size, 16) == 0:
                break
    return Request(head, body), data


def _more(receive: Callable[[], bytes]) -> bytes:
    more = receive()
    if not more:
        raise ConnectionError
    return more


class RunningGateway:
    """A gateway on 127.0.0.1, with its event loop in a thread of its own."""

    def __init__(self, config: Config) -> None:
        self._lines: list[bytes] = []
        self._files = tempfile.TemporaryDirectory()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._clients: list[Client] = []
        self.gateway = self.run(self._start(config))

    async def _start(self, config: Config) -> Gateway:
        counters = Counters(Path(self._files.name) / "counters")
        gateway = Gateway(
            compile_config(config, open_as_it_is), counters, self._lines.append, allowed_python=ALLOWED_PYTHON
        )
        await gateway.serve(self._socket)
        return gateway

    def run(self, coroutine: Any) -> Any:
        """The result of `coroutine`, run on the gateway's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def logged(self, count: int) -> list[dict[str, Any]]:
        """The access log, which has to have `count` lines soon and no more."""
        deadline = time.monotonic() + 10
        while len(self._lines) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(self._lines) == count, self._lines
        assert all(line.decode("ascii").isprintable() for line in self._lines)
        return [json.loads(line) for line in self._lines]

    def line_of(self, response: "Response") -> bytes:
        """The line of the access log, as it is written, about the request with this response."""
        request_id = (response.field("X-Request-Id") or "").encode()
        deadline = time.monotonic() + 10
        while not (found := [line for line in self._lines if request_id in line]):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert len(found) == 1
        return found[0]

    def swap(self, config: Config) -> None:
        """Serves `config` from now on."""
        self.loop.call_soon_threadsafe(self.gateway.swap, compile_config(config, open_as_it_is))

    def connect(self) -> "Client":
        """A new connection to the gateway."""
        client = Client(socket.create_connection(("127.0.0.1", self.port), timeout=10))
        self._clients.append(client)
        return client

    def ask(self, data: bytes) -> "Response":
        """The answer to one request, on a connection of its own that is closed behind it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            return Client(connection).ask(data)

    def stop(self) -> None:
        """Drains at once and ends the loop."""
        self.run(self.gateway.drain(0))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()
        self._socket.close()
        self._files.cleanup()
        for client in self._clients:
            client.socket.close()


class Response:
    """One response as a client received it."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        start, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(start.split(" ")[1])
        self.fields = [(line.partition(": ")[0], line.partition(": ")[2]) for line in lines if line]
        self.body = body

    def all(self, name: str) -> list[str]:
        """Every value of the field `name`."""
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def field(self, name: str) -> str | None:
        """The value of the field `name`; None when absent; fails when it came twice."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


class Client:
    """A raw HTTP/1.1 client."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._data = b""

    def send(self, data: bytes) -> "Client":
        """Sends bytes as they are."""
        self.socket.sendall(data)
        return self

    def ask(self, data: bytes) -> Response:
        """Sends one request and reads its answer."""
        return self.send(data).read(method=data.split(b" ", 1)[0])

    def read(self, *, method: bytes = b"GET") -> Response:
        """Reads one response to `method`; interim ones are skipped."""
        while True:
            while b"\r\n\r\n" not in self._data:
                self._data += self._receive()
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            response = Response(head, b"")
            if response.status >= 200 or response.status == 101:
                break
        if method != b"HEAD" and response.status not in (101, 204, 304):
            response.body = self._body(response)
        return response

    def _body(self, response: Response) -> bytes:
        if response.field("Transfer-Encoding") == "chunked":
            return b"".join(self._chunks())
        length = response.field("Content-Length")
        if length is None:
            return self.rest()
        while len(self._data) < int(length):
            self._data += self._receive()
        body, self._data = self._data[: int(length)], self._data[int(length) :]
        return body

    def _chunks(self) -> Iterator[bytes]:
        while True:
            while b"\r\n" not in self._data:
                self._data += self._receive()
            size, _, self._data = self._data.partition(b"\r\n")
            while len(self._data) < int(size, 16) + 2:
                self._data += self._receive()
            yield self._data[: int(size, 16)]
            self._data = self._data[int(size, 16) + 2 :]
            if int(size, 16) == 0:
                return

    def _receive(self) -> bytes:
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the gateway closed the connection")
        return data

    def more(self) -> bytes:
        """What comes next, at least a byte."""
        data, self._data = self._data or self._receive(), b""
        return data

    def rest(self) -> bytes:
        """Everything until the gateway closes the connection."""
        data, self._data = self._data, b""
        with contextlib.suppress(ConnectionError):
            while True:
                data += self._receive()
        return data

    def is_closed(self) -> bool:
        """Whether the gateway closes the connection within the socket's timeout, having sent nothing more."""
        try:
            return self._data == b"" and self.socket.recv(1) == b""
        except ConnectionError:
            return True
