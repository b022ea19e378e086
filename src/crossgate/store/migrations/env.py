"""What Alembic runs: the steps, on the connection it was handed."""

from alembic import context

from crossgate.store import caller_tables  # noqa: F401  (its tables belong to the metadata)
from crossgate.store.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    # SQLite keeps table changes inside a transaction: a step that fails leaves nothing.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
