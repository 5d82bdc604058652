"""What the swipe benchmarks share: pictures like photos, a phone in Chromium, a table row."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from swipe_helpers import add_image, chromium  # noqa: E402 - after the path is set

from curate import store_access, store_labels  # noqa: E402 - as above
from curate.workspace import Workspace  # noqa: E402 - as above

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "has_touch": True,
    "is_mobile": True,
}


def photo_workspace(
    root: Path, count: int, width: int = 900, height: int = 1200, database: str | None = None
) -> Workspace:
    """A workspace of `count` pictures with the detail of photos: noise of every scale, each with a face box."""
    photos = root / "photos"
    photos.mkdir(parents=True)
    workspace = Workspace(root / "work", database)
    dice = np.random.default_rng(1)
    layers = [
        cv2.resize(dice.normal(0, 26, (height // s, width // s, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
        for s in (2, 5, 12, 40, 150)
    ]
    texture = sum(layers[1:], layers[0])
    with workspace.open().begin() as session:
        for number in range(1, count + 1):
            shift = int(dice.integers(0, width))
            picture = np.clip(128 + np.roll(texture, shift, axis=1), 0, 255).astype(np.uint8)
            cv2.putText(
                picture, str(number), (10, height - 20), cv2.FONT_HERSHEY_SIMPLEX, width / 240, (255, 255, 255), 3
            )
            path = photos / f"{number}.jpg"
            cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
            box = (width // 4, height // 4, 3 * width // 4, height // 4 + width // 2)
            add_image(session, path, box, width, height)
    return workspace


@contextmanager
def phone() -> Iterator[tuple[Page, CDPSession]]:
    """A page in a headless Chromium that looks like a phone, and its line for touches and throttling."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(**PHONE)
        page = context.new_page()
        yield page, context.new_cdp_session(page)
        browser.close()


class Served:
    """`swipegan swipe` as a process of its own, that can be killed and started again on the same port."""

    def __init__(self, workspace: Workspace, *options: str, name: str = "127.0.0.1") -> None:
        self.workspace = workspace
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://{name}:{self.port}"
        self.options = (*options, "--public-url", self.url)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        where = ["-w", str(self.workspace.root)]
        where += ["--database", self.workspace.database] if self.workspace.database else []
        command = [sys.executable, "-m", "cli", *where, "swipe", "--port", str(self.port), *self.options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        raise RuntimeError("the server does not start")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def link(self, name: str) -> str:
        """A one-time link for a person, who is added if new."""
        with self.workspace.open().begin() as session:
            person = store_labels.ensure_labeler(session, name)
            token = store_access.make_link(session, person, dt.timedelta(hours=1))
        return f"{self.url}/join#{token}"

    def __enter__(self) -> Served:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def slow_down(line: CDPSession, cpu: float = 4, round_trip: float = 150, megabits: float = 1.6) -> None:
    """A slow phone on a slow line."""
    line.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
    line.send("Network.enable")
    speed = megabits * 1e6 / 8
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": round_trip, "downloadThroughput": speed, "uploadThroughput": speed / 2},
    )


def swipe(page: Page, line: CDPSession, dx: float, steps: int = 4, wait: int = 8) -> None:
    """One flick of a finger from the middle."""
    points = [(195 + dx * step / steps, 420) for step in range(steps + 1)]
    for index, (x, y) in enumerate(points):
        kind = "touchMove" if index else "touchStart"
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(wait)
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def row(name: str, times: list[float]) -> str:
    """A line of the table: p50, p95, p99 and the longest, in milliseconds."""
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    return (
        f"{name}: {len(times)} times, p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, longest {max(times):.0f} ms"
    )
