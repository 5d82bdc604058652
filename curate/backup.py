"""`swipegan backup`: a copy of the database taken while it is in use, checked; and the way back."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from curate.config import BackupOptions
from curate.database import open_database
from curate.errors import UserError
from curate.workspace import Workspace


class BackupFailed(UserError):
    """A copy could not be made, or is not what it should be; nothing was replaced."""


@dataclass(frozen=True)
class BackupSummary:
    """A copy that was made and checked, or put back."""

    file: Path
    database: Path
    bytes: int
    seconds: float
    images: int
    labels: int
    selections: int
    restored: bool
    replaced: Path | None

    def text(self) -> str:
        """What is in the copy."""
        counts = {"image": self.images, "label": self.labels, "selection": self.selections}
        holds = ", ".join(f"{count:,} {what}{'' if count == 1 else 's'}" for what, count in counts.items())
        if not self.restored:
            size = f"{self.bytes / 1e6:,.1f} MB, {self.seconds:.1f} s"
            return f"Backed up to {self.file}: {holds} ({size}; checked, whole)."
        line = f"Restored {self.database} from {self.file}: {holds}."
        return line + (f"\nWhat it held before lies in {self.replaced}." if self.replaced else "")


def run(workspace: Workspace, options: BackupOptions) -> BackupSummary:
    """Copy the workspace's database to a file, or a file to the workspace's database."""
    database = database_file(workspace)
    if options.restore:
        return restore(options.file, database)
    if not database.is_file():
        raise BackupFailed(f"there is no database {database} to back up; name the folder by --workspace")
    file = options.file
    if file.is_dir():
        file = file / f"swipegan-{dt.datetime.now():%Y-%m-%d-%H%M%S}.db"
    if file.exists() and not options.replace:
        raise BackupFailed(f"{file} is there already; take another name, or --replace it")
    return back_up(database, file)


def back_up(database: Path, file: Path) -> BackupSummary:
    """Copy the database as it is at this moment; the file is whole and checked, or as it was before."""
    if file.resolve() == database.resolve():
        raise BackupFailed(f"{file} is the database itself; take another file")
    start = time.monotonic()
    with checked_copy(database, file.parent) as copy:
        counts = _counts(copy)
        os.replace(copy, file)
    seconds = time.monotonic() - start
    return BackupSummary(file, database, file.stat().st_size, seconds, *counts, restored=False, replaced=None)


def restore(file: Path, database: Path) -> BackupSummary:
    """Put a copy in the database's place; what was there is kept beside it.

    Raises:
        BackupFailed: the file is no whole copy of a workspace's database, or the database is in use.
        NewerDatabase: the copy comes from a newer version.
    """
    if not file.is_file():
        raise BackupFailed(f"there is no file {file}")
    start = time.monotonic()
    with checked_copy(file, database.parent) as copy:
        counts = _counts(copy)
        open_database(copy).kw["bind"].dispose()  # refuses a newer one, upgrades an older one, before anything moves
        _fold(copy)
        replaced = _move_away(database)
        os.replace(copy, database)
    seconds = time.monotonic() - start
    return BackupSummary(file, database, database.stat().st_size, seconds, *counts, restored=True, replaced=replaced)


def database_file(workspace: Workspace) -> Path:
    """The file that holds the database.

    Raises:
        BackupFailed: it is on a server, which has tools of its own for this.
    """
    url = make_url(workspace.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise BackupFailed(f"{url.render_as_string()} is no file; back it up with its server's tools, such as pg_dump")
    return Path(url.database)


@contextmanager
def checked_copy(source: Path, folder: Path) -> Iterator[Path]:
    """A copy of a database in `folder`, found whole; gone afterwards unless it was moved."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".swipegan-", suffix=".db")
    except OSError as error:
        raise BackupFailed(f"cannot write in {folder}: {error.strerror}; take another folder") from error
    os.close(handle)
    copy = Path(name)
    try:
        _copy(source, copy)
        _check(copy, source)
        _sync(copy)
        yield copy
    finally:
        for part in (copy, *_side_files(copy)):
            part.unlink(missing_ok=True)


def _copy(source: Path, copy: Path) -> None:
    copy.unlink()
    try:
        with closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=20)) as connection:
            connection.execute("vacuum into ?", (str(copy),))  # one snapshot; what was deleted does not come along
    except sqlite3.Error as error:
        raise BackupFailed(
            f"{source} cannot be copied to {copy.parent} ({error}): look for room and rights there. "
            "Nothing was changed."
        ) from error
    os.chmod(copy, 0o600)  # labels and faces are nobody else's business


def _check(copy: Path, source: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        found = [row[0] for row in connection.execute("pragma integrity_check(3)")]
        broken = connection.execute("pragma foreign_key_check").fetchone()
        tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    if found != ["ok"] or broken:
        raise BackupFailed(f"{source} is damaged ({found[0] if found != ['ok'] else broken}); the copy was thrown away")
    if not {"images", "labels", "selections", "alembic_version"} <= tables:
        raise BackupFailed(f"{source} is not a workspace's database. Nothing was changed.")


def _counts(copy: Path) -> tuple[int, int, int]:
    with closing(sqlite3.connect(copy)) as connection:
        images = connection.execute("select count(*) from images").fetchone()[0]
        labels = connection.execute("select count(*) from labels").fetchone()[0]
        selections = connection.execute("select count(distinct name) from selections").fetchone()[0]
    return images, labels, selections


def _fold(database: Path) -> None:
    """Bring everything into the one file: no write-ahead log beside it. Fails while another program has it open."""
    with closing(sqlite3.connect(database, timeout=2)) as connection:
        connection.execute("pragma journal_mode = delete").fetchone()


def _move_away(database: Path) -> Path | None:
    """Take the present database out of the way, unless somebody uses it."""
    if not database.exists():
        return None
    try:
        _fold(database)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupFailed(f"{database} is in use: stop `swipe` and `scan`, then try again") from error
    except sqlite3.DatabaseError:
        pass  # damaged: all the more reason to restore
    aside = database.with_name(f"{database.name}.replaced-{dt.datetime.now():%Y%m%d-%H%M%S}")
    for part, ending in ((database, ""), *zip(_side_files(database), ("-wal", "-shm"), strict=True)):
        if part.exists():
            os.replace(part, f"{aside}{ending}")
    return aside


def _side_files(database: Path) -> tuple[Path, Path]:
    return Path(f"{database}-wal"), Path(f"{database}-shm")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
