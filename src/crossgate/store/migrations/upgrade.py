"""Bring a database to the newest schema, inside the transaction it is given."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Run every step `connection`'s database has not seen yet."""
    command.upgrade(configuration(connection), "head")


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for the steps in this package."""
    config = Config()
    config.set_main_option("script_location", "crossgate:store/migrations")
    config.attributes["connection"] = connection
    return config
