"""A workspace with a few drawn pictures, a server on it, and a Chromium: for the tests of the swipe app."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from curate import store_access, store_labels
from curate.files import sha256_of
from curate.models import Face, File, Image
from curate.workspace import Workspace
from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer

ROOT = Path(__file__).parent.parent
GRAIN = np.random.default_rng(0).integers(0, 12, (1200, 1200, 3), dtype=np.uint8)
PLAIN: dict[str, Any] = {"port": 0, "repeats": 0.0, "gold": 0.0}  # no surprises in the order


def draw_face(path: Path, number: int, width: int = 480, height: int = 600) -> tuple[int, int, int, int]:
    """Write a JPEG with a face-like drawing that shows its number; returns the face's box."""
    dice = np.random.default_rng(number)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = dice.integers(60, 200, 3)
    middle, radius = (width // 2, int(height * 0.42)), int(width * 0.27)
    cv2.ellipse(
        picture, middle, (radius, int(radius * 1.3)), 0, 0, 360, [int(c) for c in dice.integers(120, 240, 3)], -1
    )
    for side in (-1, 1):
        cv2.circle(picture, (middle[0] + side * radius // 2, middle[1] - radius // 4), radius // 7, (40, 30, 20), -1)
    cv2.ellipse(picture, (middle[0], middle[1] + radius // 2), (radius // 3, radius // 8), 0, 0, 180, (60, 40, 160), -1)
    cv2.putText(picture, str(number), (20, height - 30), cv2.FONT_HERSHEY_SIMPLEX, 2.2, (255, 255, 255), 5, cv2.LINE_AA)
    picture = cv2.add(picture, GRAIN[:height, :width])
    assert cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
    return middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius


def make_workspace(root: Path, count: int, database: str | None = None) -> Workspace:
    """A workspace whose database knows `count` drawn pictures, each with a face."""
    photos = root / "photos"
    photos.mkdir(parents=True)
    workspace = Workspace(root / "work", database)
    sessions = workspace.open()
    with sessions.begin() as session:
        for number in range(1, count + 1):
            path = photos / f"photo{number:04}.jpg"
            box = draw_face(path, number)
            add_image(session, path, box)
    sessions.kw["bind"].dispose()
    return workspace


def add_image(
    session: Any, path: Path, box: tuple[int, int, int, int] | None, width: int = 480, height: int = 600
) -> int:
    """Insert the rows that a scan would make; returns the image's id."""
    stat, sha256 = path.stat(), sha256_of(path)
    image = Image(sha256=sha256, bytes=stat.st_size, format="JPEG", mode="RGB", width=width, height=height)
    session.add(image)
    session.flush()
    session.add(
        File(
            path=str(path),
            bytes=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            sha256=sha256,
            image_id=image.id,
            state="ok",
        )
    )
    if box is not None:
        left, top, right, bottom = box
        session.add(
            Face(
                image_id=image.id,
                rank=0,
                left=left,
                top=top,
                right=right,
                bottom=bottom,
                score=1.0,
                detector="drawn",
                landmarks=[[0.0, 0.0]] * 68,
                yaw=0.0,
                pitch=0.0,
                roll=0.0,
            )
        )
    return int(image.id)


@contextmanager
def serving(workspace: Workspace, **options: Any) -> Iterator[SwipeServer]:
    """The app on a free port."""
    with SwipeServer(workspace, SwipeOptions(**(PLAIN | options)), seed=7) as server:
        yield server


@contextmanager
def served(workspace: Workspace, *options: str) -> Iterator[str]:
    """`swipegan swipe` as a process of its own; its address."""
    where = ["-w", str(workspace.root), *(["--database", workspace.database] if workspace.database else [])]
    plain = ["--port", "0", "--repeats", "0", "--gold", "0"]
    command = [sys.executable, "-m", "cli", *where, "swipe", *plain, *options]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert server.stdout is not None
        found = (re.search(r"(http://\S+)/join#\S+", line) for line in server.stdout)
        yield next(link.group(1) for link in found if link)
    finally:
        server.kill()
        server.communicate()


def link_to(workspace: Workspace, url: str, name: str) -> str:
    """A one-time link for a person, made beside a running server."""
    sessions = workspace.open()
    with sessions.begin() as session:
        person = store_labels.ensure_labeler(session, name)
        token = store_access.make_link(session, person, dt.timedelta(hours=1))
    sessions.kw["bind"].dispose()
    return f"{url}/join#{token}"


def chromium() -> str:
    """The path of a Chromium; skips the test where there is none, fails it in CI."""
    named = os.environ.get("SWIPEGAN_CHROMIUM")
    for found in (named, "/usr/bin/chromium", shutil.which("chromium"), shutil.which("chromium-browser")):
        if found and Path(found).exists():
            return found
    message = "no Chromium: install it, or name one with SWIPEGAN_CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
