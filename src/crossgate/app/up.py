"""`crossgate up`: claims the data directory, binds the ports, and hands everything to the supervisor."""

import asyncio
import os
import resource
import socket
from pathlib import Path

from crossgate import __version__
from crossgate.app import functions_file, listening, log
from crossgate.app.directory import claim
from crossgate.app.listening import Place
from crossgate.app.operator_file import NAME as OPERATOR_FILE
from crossgate.app.orders import ControlOrders, WorkerOrders, argv
from crossgate.settings import Settings
from crossgate.supervisor import Child, StartError, Supervisor

LEFTOVERS_END_S = 10.0
"""Children of a killed supervisor see its end when their imports are done; until then they hold the ports."""


def up(settings: Settings) -> bool:
    """Run until a signal ends it; whether everything in flight was finished. Raises StartError."""
    log.configure()
    _allow_many_connections()
    with claim(settings.data) as last_was_killed:
        access_log = _access_log(settings)
        functions = _functions(settings)
        patience_s = LEFTOVERS_END_S if last_was_killed else 0.0
        gateway = listening.bind_shared(Place(settings.host, settings.http_port, "--http-port"), settings.workers)
        admin = listening.bind_alone(Place(settings.host, settings.admin_port, "--admin-port", patience_s))
        words = _where(settings, listening.url_of(gateway[0]), listening.url_of(admin))
        supervisor = Supervisor(
            _control(settings, admin, functions),
            [_worker(settings, number, bound, access_log, functions) for number, bound in enumerate(gateway, 1)],
            drain_s=settings.drain,
            started=lambda: print(words, flush=True),
        )
        return asyncio.run(supervisor.run())


def _allow_many_connections() -> None:
    """Lift the limit of open files, which the children inherit, as far as this user may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _access_log(settings: Settings) -> str:
    """Where the workers write it, found writable. Raises StartError."""
    if settings.access_log in ("-", "off"):
        return settings.access_log
    path = Path(settings.access_log or settings.data / "access.log").absolute()
    try:
        # Without waiting: it may be a pipe whose reader comes later.
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, mode=0o600))
    except OSError as error:
        raise StartError(
            f"The access log {path} cannot be written ({error.strerror}); choose another with --access-log, "
            "or switch it off with --access-log off."
        ) from error
    return str(path)


def _functions(settings: Settings) -> str:
    """The functions file, found right, or nothing where there is none. Raises StartError."""
    usual = settings.data / functions_file.NAME
    file = settings.functions or (usual if usual.exists() else None)
    if file is None:
        return ""
    try:
        functions_file.read(str(file.absolute()))
    except functions_file.FunctionsUnusable as error:
        raise StartError(str(error)) from error
    return str(file.absolute())


def _control(settings: Settings, admin: socket.socket, functions: str) -> Child:
    orders = ControlOrders(
        name="control",
        directory=str(settings.data.absolute()),
        listening=admin.fileno(),
        drain_s=settings.drain,
        admin_url=listening.url_of(admin),
        quotas=settings.quotas(),
        functions=functions,
    )
    return Child(orders.name, argv("control", orders), (admin,), with_spare=True)


def _worker(settings: Settings, number: int, bound: socket.socket, access_log: str, functions: str) -> Child:
    orders = WorkerOrders(
        name=f"worker-{number}",
        directory=str(settings.data.absolute()),
        listening=bound.fileno(),
        drain_s=settings.drain,
        access_log=access_log,
        functions=functions,
        preflights=settings.preflights,
    )
    return Child(orders.name, argv("worker", orders), (bound,))


def _where(settings: Settings, gateway_url: str, admin_url: str) -> str:
    """What an operator reads when everything serves."""
    workers = f"{settings.workers} worker{'s' if settings.workers > 1 else ''}"
    operator = settings.data / OPERATOR_FILE
    return (
        f"Crossgate {__version__} is up.\n"
        f"  gateway    {gateway_url}  ({workers})\n"
        f"  admin API  {admin_url}\n"
        f"  operator   {operator}  (its keys and password; readable by you alone)\n"
        f"  next       POST {admin_url}/v3/auth/tokens with that password or sign with those keys,\n"
        f"             create a group and an API, publish it, call it\n"
        f"  Listening on {settings.host}; --host 0.0.0.0 listens on every address. Ctrl-C drains and ends."
    )
