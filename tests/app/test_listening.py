"""Ports are taken once, and what is wrong with one is said with the option that changes it."""

import socket
import threading

import pytest

from crossgate.app.listening import Place, bind_alone, bind_shared, url_of
from crossgate.supervisor import StartError


def close(*sockets: socket.socket) -> None:
    """Close what a test opened."""
    for each in sockets:
        each.close()


def test_workers_share_one_port() -> None:
    """Each worker gets a socket of its own on the same free port."""
    shared = bind_shared(Place("127.0.0.1", 0, "--http-port"), 3)

    assert len({each.fileno() for each in shared}) == 3
    assert len({each.getsockname() for each in shared}) == 1
    close(*shared)


@pytest.mark.parametrize("bind", [bind_alone, lambda place: bind_shared(place, 2)], ids=["alone", "shared"])
def test_a_taken_port_is_named_with_its_option(bind: object) -> None:
    """Another gateway of the same user may not join in unseen, although the kernel would let it."""
    assert callable(bind)
    first = bind_shared(Place("127.0.0.1", 0, "--http-port"), 2)
    port = first[0].getsockname()[1]

    with pytest.raises(StartError, match=f"Port {port} on 127.0.0.1 is taken; choose another with --http-port"):
        bind(Place("127.0.0.1", port, "--http-port"))
    close(*first)


def test_a_port_that_others_are_leaving_is_waited_for() -> None:
    """What a killed gateway left behind holds its port a little longer."""
    first = bind_alone(Place("127.0.0.1", 0, "--admin-port"))
    port = first.getsockname()[1]
    threading.Timer(0.2, first.close).start()
    second = bind_alone(Place("127.0.0.1", port, "--admin-port", patience_s=20))

    assert second.getsockname()[1] == port
    close(second)


@pytest.mark.parametrize("host", ["nowhere.invalid", "1.2.3.4.5", "a" * 300, "\x00"])
def test_a_host_that_is_none_is_named(host: str) -> None:
    """What cannot be resolved is refused in one sentence."""
    with pytest.raises(StartError, match="--host"):
        bind_alone(Place(host, 0, "--admin-port"))


def test_an_address_of_another_machine_is_named() -> None:
    """An address that is not ours cannot be listened on."""
    with pytest.raises(StartError, match=r"192\.0\.2\.1 is not an address of this machine"):
        bind_alone(Place("192.0.2.1", 0, "--admin-port"))


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", "127.0.0.1")]
)
def test_the_url_is_one_a_client_here_can_use(host: str, shown: str) -> None:
    """An address that means every address is shown as this machine's own."""
    bound = bind_alone(Place(host, 0, "--admin-port"))

    assert url_of(bound) == f"http://{shown}:{bound.getsockname()[1]}"
    close(bound)


@pytest.mark.parametrize("host", ["::1", "::"])
def test_ipv6_is_shown_in_brackets(host: str) -> None:
    """`::` also takes callers of IPv4."""
    bound = bind_alone(Place(host, 0, "--admin-port"))
    port = bound.getsockname()[1]

    assert url_of(bound) == f"http://[::1]:{port}"
    if host == "::":
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    close(bound)
