"""The wire: a request out, every byte of the answer back, with nothing in between to tidy it."""

import socket

TIMEOUT_S = 10.0


def send(port: int, request: bytes) -> bytes:
    """The raw answer of whoever listens on `port` of this machine; raises OSError when none comes in time."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
        connection.sendall(request)
        raw = b""
        while b"\r\n\r\n" not in raw:
            raw += _more(connection)
        head, _, body = raw.partition(b"\r\n\r\n")
        missing = _body_length(head) - len(body)
        while missing > 0:
            data = _more(connection)
            raw += data
            missing -= len(data)
    return raw


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the connection was closed in the middle of the answer")
    return data


def _body_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
