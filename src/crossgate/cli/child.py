"""The entry of a child process: `python -m crossgate.cli.child ROLE ORDERS`, started by the supervisor alone.

Each role imports what it needs when it is chosen: a worker must not pay for the admin API.
"""

import sys

import msgspec

from crossgate.app.orders import ControlOrders, WorkerOrders


def main(role: str, orders: str) -> None:
    """Become a `worker` or the `control` process, as `orders` has it."""
    if role == "worker":
        from crossgate.app.worker import run as run_worker  # noqa: PLC0415

        run_worker(msgspec.json.decode(orders, type=WorkerOrders))
    else:
        from crossgate.app.control import run as run_control  # noqa: PLC0415

        run_control(msgspec.json.decode(orders, type=ControlOrders))


if __name__ == "__main__":
    main(*sys.argv[1:])
