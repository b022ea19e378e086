"""Finding rows by what their columns equal."""

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession as Session
from sqlalchemy.orm import InstrumentedAttribute

from crossgate.store.tables import Row

__all__ = ["Session", "count", "every", "find", "named", "of_each"]

AnyRow = TypeVar("AnyRow", bound=Row)


async def find(session: Session, table: type[AnyRow], **equal: Any) -> AnyRow | None:
    """The row of `table` whose columns equal `equal`, which must single it out."""
    return (await session.execute(select(table).filter_by(**equal))).scalar_one_or_none()


async def every(session: Session, table: type[AnyRow], **equal: Any) -> list[AnyRow]:
    """Every row of `table` whose columns equal `equal`."""
    return list((await session.execute(select(table).filter_by(**equal))).scalars())


async def named(session: Session, table: type[AnyRow], ids: Iterable[str]) -> list[AnyRow]:
    """The rows of `table` with one of `ids`."""
    column = inspect(table).primary_key[0]
    return list((await session.execute(select(table).where(column.in_(list(ids))))).scalars())


async def count(session: Session, table: type[AnyRow], **equal: Any) -> int:
    """How many rows of `table` have columns that equal `equal`."""
    statement = select(func.count()).select_from(table).filter_by(**equal)
    return int((await session.execute(statement)).scalar_one())


async def of_each(
    session: Session, table: type[AnyRow], column: InstrumentedAttribute[str], owners: Iterable[str]
) -> dict[str, list[AnyRow]]:
    """The rows of `table` whose `column` names one of `owners`, by owner; every owner is there."""
    wanted = list(owners)
    found: dict[str, list[AnyRow]] = {owner: [] for owner in wanted}
    for row in (await session.execute(select(table).where(column.in_(wanted)))).scalars():
        found[getattr(row, column.key)].append(row)
    return found
