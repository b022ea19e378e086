"""A server on a loopback port that answers each request with bytes as they are, and remembers what it was sent."""

import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Answer = bytes | Callable[[bytes], bytes]


class RawServer:
    """`answers` are by `METHOD /path`, `*` for the rest; an empty one closes the connection without a word."""

    def __init__(
        self, answers: dict[str, Answer], tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, 0), family=family)
        self._tls = tls
        self.port = self._listening.getsockname()[1]
        scheme, place = ("https" if tls else "http"), (f"[{host}]" if ":" in host else host)
        self.url = f"{scheme}://{place}:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()

    @property
    def lines(self) -> list[str]:
        """The request lines, without version."""
        return [_line(request) for request in self.requests]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with connection, self._wrapped(connection) as peer:
                request = _whole(peer)
                self.requests.append(request)
                answer = self.answers.get(_line(request), self.answers.get("*", b""))
                peer.sendall(answer(request) if callable(answer) else answer)
        except OSError:
            # The other side has gone away, which some tests want.
            return

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        return connection if self._tls is None else self._tls.wrap_socket(connection, server_side=True)


def _line(request: bytes) -> str:
    return request.split(b" HTTP/")[0].decode("latin-1")


def _whole(peer: socket.socket) -> bytes:
    """A request with its body. What begins like TLS, or ends early, is taken as it is."""
    data = peer.recv(65536)
    while b"\r\n\r\n" not in data and not data.startswith(b"\x16") and (piece := peer.recv(65536)):
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.partition(b":")[2]):
                body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(status: int = 200, *fields: str, body: str = "") -> bytes:
    """A usual response."""
    lines = [f"HTTP/1.1 {status} X", *fields, f"Content-Length: {len(body)}", "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")
