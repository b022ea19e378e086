"""Orders: what the supervisor's parent process tells a child on its command line, as JSON without secrets."""

import sys

import msgspec


class WorkerOrders(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway worker needs to know.

    `listening` is the number of its inherited socket. `access_log` is a path, `-` for standard output, or `off`.
    `functions` is the path of the functions file, empty without one. `preflights` is how many of one address are
    answered within a second.
    """

    name: str
    directory: str
    listening: int
    drain_s: float
    access_log: str
    functions: str
    preflights: int


class ControlOrders(msgspec.Struct, frozen=True, kw_only=True):
    """What the control process needs to know.

    `quotas` are control's, by name; None is no limit. `functions` is the path of the functions file, empty without
    one.
    """

    name: str
    directory: str
    listening: int
    drain_s: float
    admin_url: str
    quotas: dict[str, int | None]
    functions: str = ""


def argv(role: str, orders: WorkerOrders | ControlOrders) -> tuple[str, ...]:
    """The command that starts a child in `role`. `-P` keeps the current directory out of its imports."""
    return (sys.executable, "-P", "-m", "crossgate.cli.child", role, msgspec.json.encode(orders).decode())
