"""Listening sockets: bound once by the supervisor, before anything else is started."""

import errno
import socket
import time
from typing import NamedTuple

from crossgate.supervisor import StartError

BACKLOG = 4096
"""Connections that may wait for a process to accept them; the kernel lowers it to net.core.somaxconn."""


class Place(NamedTuple):
    """Where to listen, the option that says so, and how long to wait for others to leave the port."""

    host: str
    port: int
    option: str
    patience_s: float = 0.0


def bind_shared(place: Place, count: int) -> list[socket.socket]:
    """`count` sockets on one port, among which the kernel spreads connections. Raises StartError.

    Port 0 takes a free port.
    """
    # SO_REUSEPORT lets a second program of the same user join in unseen; a plain socket does not.
    probe = _bind(place)
    place = place._replace(port=port_of(probe))
    probe.close()
    return [_listen(_bind(place, shared=True)) for _ in range(count)]


def bind_alone(place: Place) -> socket.socket:
    """One socket that nobody shares. Raises StartError."""
    return _listen(_bind(place))


def port_of(listening: socket.socket) -> int:
    """The port a socket is bound to."""
    return int(listening.getsockname()[1])


def url_of(listening: socket.socket) -> str:
    """How a client on this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _bind(place: Place, *, shared: bool = False) -> socket.socket:
    family, address = _resolve(place)
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        # `::` means every address of the machine, those of IPv4 too.
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        _bind_in_time(bound, address, time.monotonic() + place.patience_s)
    except OSError as error:
        bound.close()
        raise StartError(_why_not(place, error)) from error
    return bound


def _bind_in_time(bound: socket.socket, address: tuple[str, int], deadline: float) -> None:
    while True:
        try:
            return bound.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                raise
            time.sleep(0.05)


def _listen(bound: socket.socket) -> socket.socket:
    bound.setblocking(False)
    bound.listen(BACKLOG)
    return bound


def _resolve(place: Place) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """The first IPv4 address of the host, or else its first IPv6 address."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise StartError(f"--host {place.host} is neither an address nor a name this machine knows.") from error
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, (str(address[0]), int(address[1]))


def _why_not(place: Place, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {place.port} on {place.host} is taken; choose another with {place.option}."
        case errno.EACCES:
            return f"Port {place.port} may not be used by this user; choose another with {place.option}."
        case errno.EADDRNOTAVAIL:
            return f"--host {place.host} is not an address of this machine."
        case _:
            return f"Cannot listen on {place.host} port {place.port} ({place.option}): {error.strerror}."
