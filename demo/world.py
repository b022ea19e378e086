"""The demonstration's world: a gateway, the backend behind it, and two web origins with a page each."""

import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from demo.admin import Admin
from demo.page import Role, write_page
from demo.processes import Processes
from demo.setup import set_up

# Names below apic.localhost, as the gateway's debug domains are: to a browser, pages and APIs are then different
# origins of one site, and no rule about third-party cookies hides what CORS does with a cookie.
HOSTS: dict[Role, str] = {"listed": "app.apic.localhost", "foreign": "other.apic.localhost"}

SERVES = r"serves (http://\S+)\s"
IS_UP = r"gateway +(http://\S+)\s[\s\S]*Ctrl-C"


class World(NamedTuple):
    """Where everything is: the gateway's port, and the address of the page of each role."""

    gateway_port: int
    pages: dict[Role, str]


def start_world(processes: Processes, directory: Path) -> World:
    """Start every process and configure the gateway. Raises NotReadyError, RefusedError."""
    data = directory / "data"
    backend = processes.start("backend", _python("demo.backend"), SERVES)
    pages: dict[Role, str] = {}
    for role, host in HOSTS.items():
        (directory / role).mkdir()
        origin = processes.start(role, _python("demo.origin", directory / role), SERVES)
        pages[role] = f"http://{host}:{_port(origin)}/"
    up = _python("crossgate", "up", "--data", data, "--http-port", 0, "--admin-port", 0, "--workers", 2)
    gateway_port = _port(processes.start("gateway", up, IS_UP))

    with Admin(data) as admin:
        sites = set_up(admin, urlsplit(backend).netloc, listed_origin=pages["listed"].rstrip("/"))
    write_page(directory / "listed", "listed", gateway_port, sites, pages["foreign"])
    write_page(directory / "foreign", "foreign", gateway_port, sites, pages["listed"])
    return World(gateway_port, pages)


def _python(module: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
