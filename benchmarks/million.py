"""A million images in SQLite or PostgreSQL: time and memory of filter and report.

    nice python -m benchmarks.million [FOLDER] --images 1000000 [--database postgresql+psycopg://...]

FOLDER becomes a workspace of made-up rows (2 GB for a million): no picture lies behind them, so a report shows empty
tiles. The database is made if it is empty, and taken as it is if it holds as many images. Each command is a process
of its own; its peak of resident memory is the kernel's, a server's is not in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from curate.models import Image, Measures
from curate.workspace import Workspace

Put = Callable[[str, Iterator[dict[str, Any]]], None]  # writes rows into a table

CHUNK = 20_000
FOLDERS = 500
LABELED = 2_000
LANDMARKS = json.dumps([[n, n] for n in range(68)])
TIME = "2026-01-01 00:00:00.000000"
COMMANDS: dict[str, list[str]] = {
    "filter, eight rules": [
        *("filter", "clean", "--labels", "not-bad", "--one-face", "--min-sharpness", "4", "--max-blur", "0.8"),
        *("--max-halftone", "0.8", "--min-face-size", "150", "--max-yaw", "45", "--max-per-folder", "1500"),
    ],
    "the same again": ["filter", "clean", "--again"],
    "quotas of poses, a limit": ["filter", "poses", "--one-face", "--max-per-pose", "5000", "--limit", "200000"],
    "equal hashes, no faces": ["filter", "copies", "--max-yaw", "90", "--no-duplicates"],
    "explain an image": ["filter", "clean", "--explain", "7"],
    "report": ["report"],
}


def main() -> None:
    """Make the rows, run the commands, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="default: a temporary one")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--database", help="an empty PostgreSQL database as URL; default: SQLite in the folder")
    parser.add_argument("--only", default="", help="commands whose titles hold this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        look(Workspace(options.folder or Path(folder), options.database), options.images, options.only)


def look(workspace: Workspace, images: int, only: str = "") -> None:
    """Fill a workspace and run the commands on it."""
    sessions = workspace.open()
    with sessions() as session:
        there = session.scalar(sa.select(sa.func.count()).select_from(Image))
    if there not in (0, images):
        raise SystemExit(f"the database holds {there} images, not {images}; name an empty one")
    if not there:
        began = time.monotonic()
        with putting(workspace, sessions.kw["bind"]) as put:
            make(put, images)
        print(f"{images:,} images in {time.monotonic() - began:.0f} s", flush=True)
    where = ["-w", str(workspace.root), *(["--database", workspace.database] if workspace.database else [])]
    for title, arguments in COMMANDS.items():
        if only in title:
            wall, processor, peak = measured([sys.executable, "-m", "cli", "-q", *where, *arguments])
            print(f"{title:28} {wall:7.1f} s, processor {processor:7.1f} s, peak {peak / 1024:7.0f} MB", flush=True)


@contextmanager
def putting(workspace: Workspace, engine: sa.Engine) -> Iterator[Put]:
    """What writes rows into a workspace's database."""
    if engine.dialect.name != "sqlite":
        with closing(engine.raw_connection()) as connection:
            yield lambda table, rows: _copy(connection, table, rows)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as analysed:
            analysed.exec_driver_sql("analyze")  # what the server does by itself some minutes later
        return
    with closing(sqlite3.connect(workspace.root / "swipegan.db")) as file:
        file.execute("pragma synchronous=off")
        yield lambda table, rows: _insert(file, table, rows)


def measured(command: list[str]) -> tuple[float, float, float]:
    """Wall and processor seconds, and the peak of resident memory in KB, of a process that has to succeed."""
    began = time.monotonic()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)])
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, float(used.ru_maxrss)


def make(put: Put, count: int) -> None:
    """Fill an empty database of ours."""
    names = [column.name for column in Measures.__table__.columns if isinstance(column.type, sa.Float)]
    dice = np.random.default_rng(0)
    for start in range(1, count + 1, CHUNK):
        ids = range(start, min(start + CHUNK, count + 1))
        put("images", _images(ids))
        put("files", _files(ids))
        put("measures", _measures(ids, names, dice))
        put("faces", _faces(ids, dice))
    put("labelers", iter([{"id": 1, "name": "Ann", "role": "owner", "created": TIME}]))
    put("labels", _labels(dice.permutation(count)[:LABELED] + 1))


def _columns(row: dict[str, Any]) -> str:
    return ", ".join(f'"{name}"' for name in row)


def _insert(connection: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    statement = f"insert into {table} ({_columns(first)}) values ({', '.join('?' for _ in first)})"
    with connection:
        connection.execute(statement, tuple(first.values()))
        connection.executemany(statement, (tuple(row.values()) for row in rows))


def _copy(connection: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({_columns(first)}) from stdin") as copy:
        copy.write_row(tuple(first.values()))
        for row in rows:
            copy.write_row(tuple(row.values()))
    connection.commit()


def _images(ids: range) -> Iterator[dict[str, Any]]:
    for number in ids:
        yield {
            "id": number,
            "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
            "bytes": 250_000,
            "format": "JPEG",
            "mode": "RGB",
            "width": 1024,
            "height": 1024,
            "orientation": 1,
            "first_seen": TIME,
        }


def _files(ids: range) -> Iterator[dict[str, Any]]:
    for number in ids:
        path = f"/photos/{number % FOLDERS:03}/{number:07}.jpg"
        yield {
            "path": path,
            "bytes": 250_000,
            "mtime_ns": 1,
            "image_id": number,
            "state": "ok",
            "seen": TIME,
            "sha256": None,
        }


def _measures(ids: range, names: list[str], dice: np.random.Generator) -> Iterator[dict[str, Any]]:
    table = dice.beta(2, 5, (len(ids), len(names)))
    table[:, names.index("sharpness")] *= 30
    for number, row in zip(ids, table.tolist(), strict=True):
        same = number - (number % 100 == 0)  # one of a hundred looks like the one before
        phash = hashlib.blake2b(str(same).encode(), digest_size=8).hexdigest()
        yield {"image_id": number, "version": 3, "phash": phash, **dict(zip(names, row, strict=True))}


def _faces(ids: range, dice: np.random.Generator) -> Iterator[dict[str, Any]]:
    poses = dice.normal(0, 18, (len(ids), 3)).tolist()
    sizes = dice.integers(80, 700, len(ids)).tolist()
    for number, (yaw, pitch, roll), size in zip(ids, poses, sizes, strict=True):
        if number % 20:
            yield {
                "image_id": number,
                "rank": 0,
                "left": 100,
                "top": 100,
                "right": 100 + size,
                "bottom": 100 + size,
                "score": 1.5,
                "detector": "hog-256",
                "landmarks": LANDMARKS,
                "yaw": yaw,
                "pitch": pitch,
                "roll": roll,
            }


def _labels(images: Any) -> Iterator[dict[str, Any]]:
    for number, image in enumerate(images.tolist()):
        yield {
            "uuid": f"label-{number}",
            "image_id": image,
            "labeler_id": 1,
            "how": "swipe",
            "purpose": "random",
            "verdict": "good" if number % 3 else "bad",
            "decided": TIME,
            "received": TIME,
            "milliseconds": 900,
        }


if __name__ == "__main__":
    main()
