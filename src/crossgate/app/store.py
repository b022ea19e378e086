"""The store as a start finds it: opened or made, its operator known, its newest revision published."""

import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from crossgate.app import functions_file, operator_file
from crossgate.app.functions_file import FunctionsUnusable
from crossgate.app.orders import ControlOrders
from crossgate.cluster import snapshot_file
from crossgate.control import instances, operators
from crossgate.control.control import Control, Quotas
from crossgate.control.operators import bootstrap
from crossgate.control.ports import Publisher
from crossgate.core.errors import Fault
from crossgate.core.snapshot.config import Config
from crossgate.store.database import FILE_NAME, Database, DatabaseBroken, DatabaseUnusable
from crossgate.store.sealing import KeyUnusable, Seal, find_key

UNUSABLE = (DatabaseUnusable, KeyUnusable, FunctionsUnusable, Fault, OSError)
"""What `open_store` raises when there is no store to work with; each message says all of it."""


class Store(NamedTuple):
    """An open database and the control plane over it."""

    database: Database
    control: Control


class _Nobody:
    """A publisher before there is anything to publish."""

    async def publish(self, config: Config) -> None:
        """Tell nobody."""


async def open_store(orders: ControlOrders, publisher: Publisher) -> Store:
    """Open the store in the data directory, made on the first start, and publish what is in effect.

    Raises one of UNUSABLE, and then nothing stays open.
    """
    directory = Path(orders.directory)
    _require_known_database(directory)
    functions = functions_file.read(orders.functions)
    database = await Database.open(directory)
    try:
        seal = Seal(find_key(directory, os.environ.get("CROSSGATE_SECRET_KEY")))
        await _know_operator(Control(database, _Nobody(), seal), directory, orders.admin_url)
        control = Control(database, publisher, seal, msgspec.convert(orders.quotas, Quotas), functions=functions)
        await control.put_in_effect()
    except BaseException:
        await database.close()
        raise
    return Store(database, control)


async def _know_operator(control: Control, directory: Path, admin_url: str) -> None:
    """Make the operator on the first start; the file has the secrets before anything else can go wrong.

    Raises KeyUnusable on a later start with another key: it could neither know an operator nor verify a signature.
    """
    made = await bootstrap(control)
    if made:
        instance = await instances.current(control)
        place = {"admin_url": admin_url, "project_id": instance.project_id, "instance_id": instance.id}
        operator_file.write_first(directory, made, place)
    else:
        await operators.token_key(control)
        operator_file.refresh(directory, admin_url)


def _require_known_database(directory: Path) -> None:
    """Refuse to make an empty database where one was: it would take offline what the snapshot still serves."""
    file = directory / FILE_NAME
    left = [name for name in (snapshot_file.NAME, operator_file.NAME) if (directory / name).exists()]
    if left and not (file.exists() and file.stat().st_size):
        raise DatabaseBroken(
            f"{file} is missing or empty, but {' and '.join(left)} beside it shows that there was one: restore it "
            "from a backup, or move the whole directory away to start anew."
        )
