"""Alembic's entry: the connection is handed in by `migrations.run_upgrade`, which owns the transaction."""

from alembic import context

from curate.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # Alembic believes that SQLite has none
    transaction_per_migration=False,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
