"""Alembic's revisions, shipped with the wheel and applied when a workspace is opened."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from curate.views import VIEWS

HERE = Path(__file__).parent


def configuration() -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def scripts() -> ScriptDirectory:
    """All revisions of this version."""
    return ScriptDirectory.from_config(configuration())


def head() -> str:
    """The newest revision."""
    revision = scripts().get_current_head()
    assert revision is not None
    return revision


def known() -> set[str]:
    """Every revision that this version knows."""
    return {script.revision for script in scripts().walk_revisions()}


def run_upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Apply all missing revisions in one transaction: a revision that raises leaves nothing behind.

    Foreign keys are off meanwhile (a rebuilt table is dropped and renamed) and are checked before the commit.
    """
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        _foreign_keys(connection, on=False)
    try:
        with connection.begin():
            config = configuration()
            config.attributes["connection"] = connection
            _drop_views(connection)  # a table that a view names cannot be rebuilt
            command.upgrade(config, to)
            _create_views(connection)
            if sqlite:
                _check_foreign_keys(connection)
    finally:
        if sqlite:
            _foreign_keys(connection, on=True)


def _foreign_keys(connection: sa.Connection, *, on: bool) -> None:
    # the pragma does nothing inside a transaction, so it goes to the driver, outside of SQLAlchemy's
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(f"pragma foreign_keys = {'on' if on else 'off'}")


def _check_foreign_keys(connection: sa.Connection) -> None:
    broken = connection.exec_driver_sql("pragma foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the upgrade would leave rows that point nowhere: {broken[:3]}")


def _drop_views(connection: sa.Connection) -> None:
    for name in reversed(VIEWS):
        connection.exec_driver_sql(f"drop view if exists {name}")


def _create_views(connection: sa.Connection) -> None:
    for name, query in VIEWS.items():
        connection.exec_driver_sql(f"create view {name} as {query}")
