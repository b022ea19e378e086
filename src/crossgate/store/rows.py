"""Finding rows by what their columns equal."""

from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession as Session

from crossgate.store.tables import Row

__all__ = ["Session", "count", "every", "find"]

AnyRow = TypeVar("AnyRow", bound=Row)


async def find(session: Session, table: type[AnyRow], **equal: Any) -> AnyRow | None:
    """The row of `table` whose columns equal `equal`, which must single it out."""
    return (await session.execute(select(table).filter_by(**equal))).scalar_one_or_none()


async def every(session: Session, table: type[AnyRow], **equal: Any) -> list[AnyRow]:
    """Every row of `table` whose columns equal `equal`."""
    return list((await session.execute(select(table).filter_by(**equal))).scalars())


async def count(session: Session, table: type[AnyRow], **equal: Any) -> int:
    """How many rows of `table` have columns that equal `equal`."""
    statement = select(func.count()).select_from(table).filter_by(**equal)
    return int((await session.execute(statement)).scalar_one())
