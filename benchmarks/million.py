"""A million images in SQLite: time and memory of filter and report.

    nice python -m benchmarks.million [FOLDER] --images 1000000

FOLDER becomes a workspace of made-up rows (2 GB for a million): no picture lies behind them, so a report shows empty
tiles. Each command is a process of its own; its peak of resident memory is the kernel's.
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
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from curate.models import Measures
from curate.workspace import Workspace

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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        look(options.folder or Path(folder), options.images)


def look(folder: Path, images: int) -> None:
    """Fill a workspace and run the commands on it."""
    Workspace(folder).open()
    database = folder / "swipegan.db"
    began = time.monotonic()
    with closing(sqlite3.connect(database)) as connection:
        make(connection, images)
    print(f"{images:,} images, {database.stat().st_size / 1e9:.2f} GB, in {time.monotonic() - began:.0f} s", flush=True)
    for title, arguments in COMMANDS.items():
        wall, processor, peak = measured([sys.executable, "-m", "cli", "-q", "-w", str(folder), *arguments])
        print(f"{title:28} {wall:7.1f} s, processor {processor:7.1f} s, peak {peak / 1024:7.0f} MB", flush=True)


def measured(command: list[str]) -> tuple[float, float, float]:
    """Wall and processor seconds, and the peak of resident memory in KB, of a process that has to succeed."""
    began = time.monotonic()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)])
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, float(used.ru_maxrss)


def make(connection: sqlite3.Connection, count: int) -> None:
    """Fill an empty database of ours."""
    connection.execute("pragma synchronous=off")
    names = [column.name for column in Measures.__table__.columns if isinstance(column.type, sa.Float)]
    dice = np.random.default_rng(0)
    for start in range(1, count + 1, CHUNK):
        ids = range(start, min(start + CHUNK, count + 1))
        with connection:
            _many(connection, "images", _images(ids))
            _many(connection, "files", _files(ids))
            _many(connection, "measures", _measures(ids, names, dice))
            _many(connection, "faces", _faces(ids, dice))
    with connection:
        connection.execute(f"insert into labelers (id, name, role, created) values (1, 'Ann', 'owner', '{TIME}')")
        _many(connection, "labels", _labels(dice.permutation(count)[:LABELED] + 1))


def _many(connection: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    statement = f"insert into {table} ({', '.join(first)}) values ({', '.join('?' for _ in first)})"
    connection.execute(statement, tuple(first.values()))
    connection.executemany(statement, (tuple(row.values()) for row in rows))


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
