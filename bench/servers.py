"""The three servers of the bench: a backend, nginx and one Crossgate worker, each pinned to a core."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from demo.admin import RELEASE, Admin

POLICY = (
    '{"allow_origin":"https://app.example,https://admin.example:8443,https://*.example.com",'
    '"allow_methods":"GET,POST,PUT,DELETE","allow_headers":"content-type,x-req-id,authorization",'
    '"expose_headers":"x-total,etag","max_age":600,"allow_credentials":true}'
)
_HERE = Path(__file__).parent
_STARTS_WITHIN_S = 30


class Contestant:
    """A server under load: where it listens, under which Host, and the process whose CPU time counts."""

    def __init__(self, name: str, port: int, host: str, worker: psutil.Process) -> None:
        self.name = name
        self.port = port
        self.host = host
        self.worker = worker

    def cpu_s(self) -> float:
        """User and system time of the worker, in seconds."""
        times = self.worker.cpu_times()
        return float(times.user + times.system)


def provide(program: str) -> None:
    """Installs Debian's `program` where it is missing; ends with a sentence where that cannot be done."""
    if shutil.which(program):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"make bench needs {program}: install it (`apt-get install {program}`) and run again.")
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", program], check=True, stdout=subprocess.DEVNULL)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port: int = unused.getsockname()[1]
    return port


@contextlib.contextmanager
def nginx(folder: Path, name: str, template: str, core: int, **places: object) -> Iterator[Contestant]:
    """An nginx with one worker on `core`."""
    port = free_port()
    text = (_HERE / template).read_text().format(folder=folder, name=name, port=port, **places)
    configuration = folder / f"{name}.conf"
    configuration.write_text(text)
    command = ["nginx", "-e", str(folder / f"{name}.log"), "-c", str(configuration)]
    with _running(command, port, core) as master:
        nginx_master = psutil.Process(master.pid)
        _until(lambda: bool(nginx_master.children()))
        yield Contestant("nginx", port, "bench.example", nginx_master.children()[0])


@contextlib.contextmanager
def crossgate(folder: Path, core: int, backend_port: int) -> Iterator[Contestant]:
    """A Crossgate with one worker on `core` and one API with a `cors` plugin."""
    port, admin_port = free_port(), free_port()
    data = folder / "crossgate"
    command = [str(Path(sys.executable).with_name("crossgate")), "up", "--data", str(data), "--workers", "1"]
    command += ["--http-port", str(port), "--admin-port", str(admin_port)]
    # Like the nginx beside it.
    command += ["--access-log", "off"]
    # All of the load comes from one address.
    environment = os.environ | {"CROSSGATE_PREFLIGHTS": "1000000"}
    with _running(command, admin_port, core, environment) as supervisor:
        _until((data / "operator.json").exists)
        with Admin(data) as admin:
            host = _publish(admin, backend_port)
        children = psutil.Process(supervisor.pid).children()
        (worker,) = [child for child in children if _is_worker(child)]
        yield Contestant("crossgate", port, host, worker)


def _publish(admin: Admin, backend_port: int) -> str:
    group = admin.post("/api-groups", {"name": "bench"})
    backend = {"url_domain": f"127.0.0.1:{backend_port}", "req_protocol": "HTTP", "req_method": "ANY"}
    definition = {
        "group_id": group["id"],
        "name": "json",
        "type": 1,
        "req_protocol": "BOTH",
        "req_method": "ANY",
        "req_uri": "/json",
        "auth_type": "NONE",
        "backend_type": "HTTP",
        "backend_api": backend | {"req_uri": "/json", "timeout": 5000},
    }
    api = admin.post("/apis", definition)
    admin.post("/apis/action", {"action": "online", "env_id": RELEASE, "api_id": api["id"]})
    plugin = {"plugin_name": "bench", "plugin_type": "cors", "plugin_scope": "global", "plugin_content": POLICY}
    plugin_id = admin.post("/plugins", plugin)["plugin_id"]
    admin.post(f"/plugins/{plugin_id}/attach", {"env_id": RELEASE, "api_ids": [api["id"]]})
    host: str = group["sl_domain"]
    return host


def _is_worker(process: psutil.Process) -> bool:
    return "worker" in " ".join(process.cmdline())


@contextlib.contextmanager
def _running(
    command: list[str], port: int, core: int, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    pinned = ["taskset", "-c", str(core), *command]
    process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        _until(lambda: _answers(port))
        yield process
    finally:
        process.terminate()
        process.wait(_STARTS_WITHIN_S)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"make bench: a server did not start within {_STARTS_WITHIN_S} s.")
        time.sleep(0.05)
