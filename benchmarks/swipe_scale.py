"""The queue at scale: next batch and verdict POST with 8 phones at 3 labels a second each, on a large database.

python benchmarks/swipe_scale.py --images 1000000 --seconds 30 [--database postgresql+psycopg://...] [--opinions 3]
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from swipe_bench import Served

from curate import store_queue
from curate.models import File, Image, now
from curate.workspace import Workspace
from swipeweb.client import SwipeClient, verdict


def fill(workspace: Workspace, count: int) -> None:
    """Rows of `count` images; their pictures are not asked for."""
    photo = workspace.root / "photo.jpg"
    sessions = workspace.open()
    with sessions() as session:
        first = session.scalar(sa.select(sa.func.max(Image.id))) or 0
    for start in range(first + 1, count + 1, 20_000):
        ids = range(start, min(start + 20_000, count + 1))
        hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in ids]
        images = [
            {"id": i, "sha256": h, "bytes": 1, "format": "JPEG", "mode": "RGB", "width": 300, "height": 400}
            for i, h in zip(ids, hashes, strict=True)
        ]
        files = [
            {"path": f"{photo}#{i}", "bytes": 1, "mtime_ns": 1, "image_id": i, "state": "ok", "reason": None}
            for i in ids
        ]
        with sessions.begin() as session:
            session.execute(sa.insert(Image), images)
            session.execute(sa.insert(File), files)
    while True:
        with sessions.begin() as session:
            if store_queue.fill_queue(session) == 0:
                break
    with sessions.begin() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(sa.text("analyze"))


def phone(server: Served, number: int, until: float, pace: float, times: dict[str, list[float]]) -> None:
    """One phone: verdicts in twos, a new batch whenever eight are left, as the page does it."""
    client = SwipeClient(server.link(f"phone {number}"))
    time.sleep(number * 2 / pace / 8)  # people do not start at the same instant
    have: list[int] = []
    while time.monotonic() < until:
        began = time.monotonic()
        if len(have) < 10:
            with timed(times["next"]):
                have += [image.id for image in client.next(24 - len(have), have)]
        judged, have = have[:2], have[2:]
        with timed(times["post"]):
            client.send([verdict(image, "good") for image in judged])
        time.sleep(max(0.0, 2 / pace - (time.monotonic() - began)))


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Note how many milliseconds the block takes."""
    began = time.perf_counter()
    yield
    times.append(1000 * (time.perf_counter() - began))


def main() -> None:
    """Fill, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--phones", type=int, default=8)
    parser.add_argument("--pace", type=float, default=3.0, help="labels a second and phone")
    parser.add_argument("--opinions", type=int, default=1)
    parser.add_argument("--servers", type=int, default=1, help="processes that share the work")
    parser.add_argument("--database")
    parser.add_argument("--workspace", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(chosen.workspace or Path(folder) / "work", chosen.database)
        began = time.monotonic()
        fill(workspace, chosen.images)
        print(f"{chosen.images:,} images filled in {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        with ExitStack() as stack:
            options = ("--opinions", str(chosen.opinions))
            servers = [stack.enter_context(Served(workspace, *options)) for _ in range(chosen.servers)]
            print(f"{len(servers)} servers ready in {time.monotonic() - began:.2f} s, interpreter's start included")
            times: dict[str, list[float]] = {"next": [], "post": []}
            for server in servers:  # statements are built once
                phone(server, 99, time.monotonic() + 2, chosen.pace, {"next": [], "post": []})
            end = time.monotonic() + chosen.seconds
            phones = [
                threading.Thread(target=phone, args=(servers[number % len(servers)], number, end, chosen.pace, times))
                for number in range(chosen.phones)
            ]
            for one in phones:
                one.start()
            for one in phones:
                one.join()
    for name, found in times.items():
        p50, p95, p99 = np.percentile(found, [50, 95, 99])
        print(f"{name}: {len(found)} requests, p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms ({now():%F})")


if __name__ == "__main__":
    main()
