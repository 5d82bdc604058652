"""The doctor's look at the database and the disk that it lies on; changes nothing and makes nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from curate.workspace import Workspace

# SQLite's write-ahead log is shared memory between processes of one machine; these may be mounted by several.
NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "ncpfs", "davfs", "fuse.")
LOCAL_FUSE = ("fuse.ext2", "fuse.ntfs", "fuse.exfat", "fuse.encfs", "fuse.gocryptfs", "fuse.cryfs", "fuseblk")
ORDER = ("ok", "note", "warning", "problem")
RESTORE = "restore a copy by `swipegan backup FILE --restore`, or take another --workspace"
LITTLE = 2e9  # bytes free below which a scan may fill the disk


def file_system(path: Path, mounts: str) -> tuple[str, str]:
    """Where the disk of `path` is mounted, and its type, by the text of /proc/mounts; ("", "") if it does not say."""
    best = ("", "")
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        place = fields[1].encode("latin-1", "replace").decode("unicode_escape")  # a space is written \040
        if (path == Path(place) or Path(place) in path.parents) and len(place) >= len(best[0]):
            best = (place, fields[2])
    return best


def is_network(kind: str) -> bool:
    """Whether a file system of this type may be shared with other machines."""
    return kind.startswith(NETWORK) and not kind.startswith(LOCAL_FUSE)


def look_at_place(workspace: Workspace) -> tuple[str, str]:
    """State and finding about the disk of the workspace: its type, and what is free."""
    root = _existing(workspace.root.absolute().resolve())
    if not os.access(root, os.W_OK):
        return "problem", f"{root} cannot be written; mend its rights, or name another folder by --workspace"
    free = shutil.disk_usage(root).free
    place, kind = file_system(root, _mounts())
    text = f"{free / 1e9:,.1f} GB free at {root}" + (f" ({kind})" if kind else "")
    if free < LITTLE:
        return "warning", f"{text}: little for renditions, sets and checkpoints"
    if workspace.database is None and is_network(kind):
        return "warning", (
            f"{text}: {place} is a network folder. SQLite is safe there for one machine at a time only, and slow; "
            "take a local folder, or --database with PostgreSQL"
        )
    return "ok", text


def look_at_database(workspace: Workspace) -> tuple[str, str]:
    """State and finding about the database: reachable, whole, of this version."""
    if not workspace.has_database():
        return "note", f"none in {workspace.root.absolute()} yet; `swipegan scan FOLDER` makes one"
    url = make_url(workspace.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return _look_at_file(Path(url.database))
    return _look_at_server(url)


def _look_at_file(path: Path) -> tuple[str, str]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5)) as connection:
            whole = connection.execute("pragma quick_check(1)").fetchone()[0]
            mode = connection.execute("pragma journal_mode").fetchone()[0]
            if not connection.execute("select 1 from sqlite_master where name = 'alembic_version'").fetchone():
                return "problem", f"{path} is a database of something else; take another --workspace"
            revision = connection.execute("select version_num from alembic_version").fetchone()
            images = connection.execute("select count(*) from images").fetchone()[0]
            labels = connection.execute("select count(*) from labels").fetchone()[0]
    except sqlite3.Error as error:
        return "problem", f"{path}: {error}; {RESTORE}"
    if whole != "ok":
        return "problem", f"{path} is damaged ({whole}); {RESTORE}"
    state, version = _revision(revision[0] if revision else None)
    size = path.stat().st_size / 1e6
    text = f"{path}: {images:,} images, {labels:,} labels, {size:,.1f} MB, whole, {version}"
    if mode != "wal":
        return max(state, "note", key=ORDER.index), f"{text}; journal mode {mode}, becomes wal when it is opened"
    return state, text


def _look_at_server(url: sa.URL) -> tuple[str, str]:
    name = url.render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            revision = None
            if "alembic_version" in tables:
                revision = connection.execute(sa.text("select version_num from alembic_version")).scalar()
        engine.dispose()
    except ModuleNotFoundError as error:
        return "problem", f"{name} needs the package {error.name}; for PostgreSQL: pip install 'swipegan[postgres]'"
    except sa.exc.SQLAlchemyError as error:
        return "problem", f"{name} cannot be reached: {str(error).splitlines()[0]}"
    if not tables:
        return "note", f"{name}: reachable, empty; `swipegan scan FOLDER` fills it"
    state, version = _revision(revision)
    return state, f"{name}: reachable, {version}"


def _revision(found: str | None) -> tuple[str, str]:
    from migrations import head, known

    if found == head():
        return "ok", f"of this version ({found})"
    if found in known():
        return "note", f"of an older version ({found}); it is upgraded when it is opened, after a copy"
    return "problem", f"of a newer version ({found}); update swipegan, or take another --workspace"


def _mounts() -> str:
    if not sys.platform.startswith("linux"):
        return ""
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(place for place in (path, *path.parents) if place.exists())
