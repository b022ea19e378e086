"""One connection: opened within a deadline, over TLS or not, used for one request, and closed."""

import socket
import ssl
import threading
import time
from typing import Final

from crossgate.cors.origin import Origin

_LOOPBACK: Final = "localhost"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Unreachable(OSError):
    """No connection, or none that holds; the message says why in plain words."""


class Distrusted(Unreachable):
    """The server shows a certificate that is not trusted."""


class Deadline:
    """A moment by which everything must be over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left; raises Unreachable when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreachable(f"no answer within {self.seconds:g} seconds")
        return left


def connect(origin: Origin, deadline: Deadline, *, verify: bool) -> socket.socket:
    """A connection to `origin`; raises Unreachable."""
    host, port = origin.host.strip("[]"), origin.port or _DEFAULT_PORTS[origin.scheme]
    connection = _open(host, port, deadline)
    if origin.scheme == "http":
        return connection
    try:
        connection.settimeout(deadline.left())
        return _context(verify).wrap_socket(connection, server_hostname=host.rstrip("."))
    except ssl.SSLCertVerificationError as error:
        connection.close()
        raise Distrusted(f"the certificate of {host} is not trusted ({error.verify_message})") from error
    except OSError as error:
        connection.close()
        raise Unreachable(_tls_words(error, host, deadline)) from error


def _open(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first address of `host` that accepts one."""
    failed: OSError = OSError("it has no address")
    for family, kind, protocol, _, address in _addresses(host, port, deadline):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(deadline.left())
            connection.connect(address)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    raise Unreachable(_words(failed, place, deadline)) from failed


def _addresses(host: str, port: int, deadline: Deadline) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """The addresses of `host`. The system's resolver knows no deadline, so it is left behind when one passes."""
    found: list[object] = []
    # Browsers take every name below localhost for this machine, whatever the resolver knows of it.
    name = _LOOPBACK if host.rstrip(".").endswith(f".{_LOOPBACK}") else host

    def resolve() -> None:
        try:
            found.append(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    resolving = threading.Thread(target=resolve, daemon=True)
    resolving.start()
    resolving.join(deadline.left())
    if not found:
        raise Unreachable(f"the name {host} was not resolved within {deadline.seconds:g} seconds")
    if isinstance(found[0], Exception):
        raise Unreachable(f"the name {host} cannot be resolved") from found[0]
    addresses: list[tuple[int, int, int, str, tuple[str, int]]] = found[0]  # type: ignore[assignment]
    return addresses


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _words(error: OSError, place: str, deadline: Deadline) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer from {place} within {deadline.seconds:g} seconds"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {place} (connection refused)"
    return f"{place} cannot be reached ({error.strerror or error})"


def _tls_words(error: OSError, host: str, deadline: Deadline) -> str:
    if isinstance(error, TimeoutError):
        return f"{host} did not finish the TLS handshake within {deadline.seconds:g} seconds"
    return f"{host} does not speak TLS that can be used ({getattr(error, 'reason', '') or error})"
