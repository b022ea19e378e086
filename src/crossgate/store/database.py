"""The database file: opening, creating and migrating it, and its transactions."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

FILE_NAME = "crossgate.db"
SCHEMA = "0002"
_PRAGMAS = ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


class DatabaseUnusable(Exception):
    """The database cannot be used; the message is one sentence for the operator."""


class DatabaseNewer(DatabaseUnusable):
    """A newer program has changed the database."""


class DatabaseBroken(DatabaseUnusable):
    """The database cannot be read."""


class ConflictError(Exception):
    """Two changes met: the database refused the second one."""


class Database:
    """One database with many readers and one writer at a time."""

    def __init__(self, engine: AsyncEngine, file: Path) -> None:
        self.file = file
        self._engine = engine
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, directory: Path) -> "Database":
        """The database in `directory`, created or migrated when needed.

        Raises DatabaseNewer or DatabaseBroken, each with a sentence that says what to do.
        """
        file = directory / FILE_NAME
        database = cls(_engine(file), file)
        try:
            await database._prepare()
        except DatabaseError as error:
            await database.close()
            raise database._unreadable(error) from error
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """One consistent view of everything committed so far; raises DatabaseBroken."""
        async with AsyncSession(self._engine, expire_on_commit=False, autoflush=False) as session:
            try:
                yield session
            except DatabaseError as error:
                raise self._unreadable(error) from error

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """The one writing transaction: committed at the end, rolled back when anything is raised.

        Raises ConflictError when the database itself refuses the change, DatabaseBroken when it cannot take any.
        """
        engine = self._engine.execution_options(writing=True)
        async with self._writing, AsyncSession(engine, expire_on_commit=False) as session:
            try:
                yield session
                await session.commit()
            except IntegrityError as error:
                raise ConflictError(str(error.orig)) from error
            except DatabaseError as error:
                raise self._unreadable(error) from error

    async def _prepare(self) -> None:
        async with self._engine.execution_options(writing=True).begin() as connection:
            schema = await connection.run_sync(_schema)
            if schema == SCHEMA:
                await self._check(connection)
            elif schema is None or schema < SCHEMA:
                await connection.run_sync(_migrate)
            else:
                raise DatabaseNewer(
                    f"{self.file} was written by a newer Crossgate (its schema is {schema}, this program knows "
                    f"{SCHEMA}): upgrade this program, or restore the backup made before that upgrade."
                )

    async def _check(self, connection: AsyncConnection) -> None:
        if connection.dialect.name != "sqlite":
            return
        verdict = (await connection.execute(text("PRAGMA quick_check(1)"))).scalar()
        if verdict != "ok":
            raise self._unusable(str(verdict))

    def _unreadable(self, error: DatabaseError) -> DatabaseBroken:
        return self._unusable(str(error.orig))

    def _unusable(self, reason: str) -> DatabaseBroken:
        return DatabaseBroken(
            f"{self.file} cannot be used as the database ({reason}): free space or fix its permissions if that "
            "is the cause, else restore it from a backup or move it away to start with an empty one."
        )


def _schema(connection: Connection) -> str | None:
    """The revision the schema is at; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _migrate(connection: Connection) -> None:
    # Imported here: a start that has nothing to migrate, which is nearly every start, does not wait for it.
    from crossgate.store.migrations.upgrade import upgrade  # noqa: PLC0415

    upgrade(connection)


def _engine(file: Path) -> AsyncEngine:
    if not file.parent.is_dir():
        raise DatabaseBroken(f"The database cannot be opened: {file.parent} is not a directory; create it.")
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    # SQLAlchemy's BEGIN below decides when a transaction starts, not the driver.
    connection.isolation_level = None
    try:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except sqlite3.DatabaseError:
        # The pool never sees a connection that fails here, so nobody else would close it.
        connection.close()
        raise


def _on_begin(connection: Connection) -> None:
    # A writer takes the lock at once: a read that later turns into a write could fail half-way.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
