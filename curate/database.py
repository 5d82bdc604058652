"""Opening a workspace's database: made if absent, upgraded all or nothing, safe for several processes."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session, sessionmaker

from curate.errors import UserError

BUSY_MILLISECONDS = 20_000  # how long one process waits for another's transaction

log = logging.getLogger("swipegan.database")


class BrokenDatabase(UserError):
    """The database cannot be used as it is."""


class NewerDatabase(UserError):
    """The database was written by a newer swipegan."""


def open_database(where: str | Path) -> sessionmaker[Session]:
    """Sessions on the database at `where` (a file, or an SQLAlchemy URL), upgraded to this version.

    Raises:
        BrokenDatabase: not a database, cut short, or in a folder that cannot be written.
        NewerDatabase: its revision is unknown to this version; nothing was changed.
    """
    url = _url(where)
    _check_place(url)
    _check_not_cut(url)
    engine = make_engine(url)
    try:
        upgrade(engine)
    except sa.exc.DatabaseError as error:
        engine.dispose()
        raise BrokenDatabase(_explain(url, error)) from error
    except BaseException:
        engine.dispose()
        raise
    return sessionmaker(engine, expire_on_commit=False)


def make_engine(url: URL) -> sa.Engine:
    """An engine whose transactions are real ones: pysqlite's own begin and commit are switched off."""
    engine = sa.create_engine(url)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        event.listen(engine, "handle_error", _say_what_people_can_mend)
    return engine


def upgrade(engine: sa.Engine) -> None:
    """Bring the schema to this version's head in one transaction, after a copy of what was there."""
    from migrations import head, run_upgrade

    with engine.connect() as connection:
        current = _revision(connection)
        if current == head():
            return
        _refuse_strangers(connection, engine.url, current)  # in the same transaction: another process may be upgrading
        connection.rollback()
        if current is not None:
            _copy_before_upgrade(connection, engine.url, current)
        run_upgrade(connection)


def _url(where: str | Path) -> URL:
    text = str(where)
    return make_url(text) if "://" in text else make_url(f"sqlite:///{Path(text).absolute()}")


def _check_place(url: URL) -> None:
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BrokenDatabase(
            f"cannot make the folder {path.parent}: {error.strerror}; choose another --workspace"
        ) from error


def _check_not_cut(url: URL) -> None:
    """SQLite notices a cut file only when it needs a page that is gone; its header says how many there are."""
    path = Path(url.database or "")
    log_file = Path(f"{path}-wal")
    if url.get_backend_name() != "sqlite" or not path.is_file() or (log_file.exists() and log_file.stat().st_size):
        return
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) == 100 and header.startswith(b"SQLite format 3\0"):
        page = int.from_bytes(header[16:18], "big")
        pages = int.from_bytes(header[28:32], "big")
        if path.stat().st_size < pages * (65536 if page == 1 else page):
            raise BrokenDatabase(
                f"{path} was cut short; restore a copy (`swipegan backup` makes them). Nothing was changed."
            )


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would commit before DDL and begin late
    cursor = connection.cursor()
    cursor.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("pragma journal_mode = wal")
    cursor.execute("pragma synchronous = full")  # a verdict that was acknowledged survives a power cut
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _say_what_people_can_mend(context: sa.engine.ExceptionContext) -> None:
    """A full disk, a folder that takes nothing and the like are no bugs: they become a message that names the file."""
    error = context.original_exception
    if isinstance(error, sqlite3.DatabaseError) and context.engine is not None:
        text = _explained(_name(context.engine.url), str(error).lower())
        if text is not None:
            raise BrokenDatabase(text) from error


def _begin_immediate(connection: sa.Connection) -> None:
    # taking the write lock at once: a deferred transaction that later wants to write can fail without waiting
    deferred = connection.get_execution_options().get("swipegan_read_only")
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("select version_num from alembic_version")).scalar()


def _refuse_strangers(connection: sa.Connection, url: URL, current: str | None) -> None:
    from migrations import known

    if current is not None and current not in known():
        raise NewerDatabase(
            f"{_name(url)} was written by a newer swipegan (revision {current}); "
            "update swipegan, or take another --workspace. Nothing was changed."
        )
    tables = sa.inspect(connection).get_table_names()
    if current is None and tables:
        raise BrokenDatabase(
            f"{_name(url)} is a database of something else (tables: {', '.join(sorted(tables)[:5])}); "
            "take another --workspace. Nothing was changed."
        )


def _copy_before_upgrade(connection: sa.Connection, url: URL, current: str) -> None:
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    copy = Path(f"{url.database}.before-{current}")
    if copy.exists():
        return
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute("vacuum into ?", (str(copy),))
    log.info("a copy of the database as it was lies in %s", copy)


def _name(url: URL) -> str:
    return url.database if url.get_backend_name() == "sqlite" and url.database else url.render_as_string()


def _explain(url: URL, error: sa.exc.DatabaseError) -> str:
    name = _name(url)
    return _explained(name, str(error.orig).lower()) or f"the database {name} cannot be used: {error.orig}"


def _explained(name: str, text: str) -> str | None:
    if "not a database" in text:
        return f"{name} is not a database; move it away, or take another --workspace. Nothing was changed."
    if "malformed" in text:
        return f"{name} is damaged; restore a copy (`swipegan backup` makes them). Nothing was changed."
    if "full" in text:
        return f"no room left to write {name}; make room there, then go on. What was stored before is kept."
    if "readonly" in text or "unable to open" in text:
        return f"{name} cannot be written; mend the folder's rights, or take another --workspace. Nothing was changed."
    if "i/o error" in text:
        return f"{name} cannot be read or written: look after its disk, and for room on it; then go on."
    if "locked" in text:
        return f"{name} is in use by another program for too long; close it and try again."
    return None
