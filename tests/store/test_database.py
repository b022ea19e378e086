"""Opening the database: new, known, newer, damaged."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from crossgate.store.database import (
    FILE_NAME,
    SCHEMA,
    ConflictError,
    Database,
    DatabaseBroken,
    DatabaseNewer,
)
from crossgate.store.migrations.upgrade import configuration
from crossgate.store.rows import count, find
from crossgate.store.tables import Environment, Row

NOW = datetime(2026, 8, 3, 1, 36, tzinfo=UTC)


async def _write(directory: Path, *names: str) -> None:
    database = await Database.open(directory)
    try:
        async with database.writing() as session:
            session.add_all([Environment(id=name, name=name, remark="", create_time=NOW) for name in names])
    finally:
        await database.close()


async def _names(directory: Path) -> set[str]:
    database = await Database.open(directory)
    try:
        async with database.reading() as session:
            found = [await find(session, Environment, id=name) for name in ("one", "two")]
    finally:
        await database.close()
    return {environment.name for environment in found if environment is not None}


def test_what_was_written_is_there_after_the_next_start(tmp_path: Path) -> None:
    """Opening an existing database changes nothing in it."""
    asyncio.run(_write(tmp_path, "one", "two"))

    assert asyncio.run(_names(tmp_path)) == {"one", "two"}


def test_a_time_comes_back_as_it_went_in(tmp_path: Path) -> None:
    """SQLite has no time zones; UTC survives."""

    async def read_back() -> datetime:
        await _write(tmp_path, "one")
        database = await Database.open(tmp_path)
        async with database.reading() as session:
            environment = await find(session, Environment, id="one")
        await database.close()
        assert environment is not None
        return environment.create_time

    assert asyncio.run(read_back()) == NOW


def test_a_refused_change_leaves_nothing(tmp_path: Path) -> None:
    """The second of two equal names takes its whole transaction down."""
    with pytest.raises(ConflictError):
        asyncio.run(_write(tmp_path, "one", "two", "two"))

    assert asyncio.run(_names(tmp_path)) == set()


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    """Each sees what the one before it has done: counting before adding never counts short."""

    async def add_unless_there(database: Database, number: int) -> None:
        async with database.writing() as session:
            if not await count(session, Environment):
                await asyncio.sleep(0)
                session.add(Environment(id=str(number), name=str(number), remark="", create_time=NOW))

    async def run() -> int:
        database = await Database.open(tmp_path)
        await asyncio.gather(*(add_unless_there(database, number) for number in range(8)))
        async with database.reading() as session:
            total = await count(session, Environment)
        await database.close()
        return total

    assert asyncio.run(run()) == 1


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    """A program that does not know a schema must not touch it."""
    asyncio.run(_write(tmp_path, "one"))
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = (tmp_path / FILE_NAME).read_bytes()

    with pytest.raises(DatabaseNewer, match=r"crossgate\.db was written by a newer Crossgate .* upgrade"):
        asyncio.run(Database.open(tmp_path))

    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("damage", ["not a database", "torn in half"])
def test_a_damaged_database_is_named(tmp_path: Path, damage: str) -> None:
    """The operator learns which file it is and what to do."""
    asyncio.run(_write(tmp_path, "one"))
    file = tmp_path / FILE_NAME
    whole = file.read_bytes()
    file.write_bytes(b"these are not pages\n" * 500 if damage == "not a database" else whole[: len(whole) // 2])

    with pytest.raises(DatabaseBroken, match=r"crossgate\.db cannot be used .* restore it from a backup"):
        asyncio.run(Database.open(tmp_path))


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing directory is a sentence, not a traceback of the driver."""
    with pytest.raises(DatabaseBroken, match="missing is not a directory; create it"):
        asyncio.run(Database.open(tmp_path / "missing"))


def test_the_migrations_make_the_tables_the_code_expects(tmp_path: Path) -> None:
    """A table changed without a migration would only be seen on somebody's existing database."""
    asyncio.run(_write(tmp_path))
    engine = create_engine(f"sqlite:///{tmp_path / FILE_NAME}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Row.metadata)
        newest = ScriptDirectory.from_config(configuration(connection)).get_current_head()
    engine.dispose()

    assert differences == []
    assert newest == SCHEMA


def test_the_database_is_set_up_to_last(tmp_path: Path) -> None:
    """Readers do not wait for writers, and a row cannot refer to nothing."""

    async def pragmas() -> list[object]:
        database = await Database.open(tmp_path)
        async with database.reading() as session:
            connection = await session.connection()
            found = [
                (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "foreign_keys", "busy_timeout")
            ]
        await database.close()
        return found

    assert asyncio.run(pragmas()) == ["wal", 1, 5000]
