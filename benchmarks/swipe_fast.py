"""The page is never the limit: 10 keys a second, 6 swipes a second, 100 undos, each the right photo in the right order.

    python benchmarks/swipe_fast.py --seconds 60

Keys and fingers keep their own pace: nothing waits for the page's answer to what came before.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.async_api import CDPSession, Page, async_playwright
from swipe_bench import PHONE, chromium, photo_workspace, row

from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer

WATCH = """
window.asked = []; window.order = []; window.waits = []; let pressed = 0;
const stage = document.getElementById("stage");
const note = (what) => window.asked.push([Number(stage.dataset.image), what]);
addEventListener("keydown", (event) => {
  pressed = event.timeStamp;
  note(event.key);
}, true);
let down = 0;
addEventListener("pointerdown", (event) => (down = event.clientX), true);
addEventListener("pointerup", (event) => note(event.clientX > down ? "good" : "bad"), true);
new MutationObserver(() => {
  const began = pressed;
  if (stage.dataset.image) window.order.push(Number(stage.dataset.image));
  requestAnimationFrame(() => {
    const line = new MessageChannel();
    line.port1.onmessage = () => window.waits.push(performance.now() - began);
    line.port2.postMessage(0);
  });
}).observe(stage, { attributes: true, attributeFilter: ["data-image"] });
"""
KEYS = {"ArrowRight": "good", "ArrowLeft": "bad", "ArrowUp": "skip"}
NEVER_SOONER = 0.06  # seconds: a person that was held up does not make up for it


class Hand:
    """Fingers and keys that do not wait for the page."""

    def __init__(self, line: CDPSession) -> None:
        self.line, self.sent = line, set[asyncio.Task[Any]]()

    def send(self, method: str, **parameters: object) -> None:
        """Tell Chromium of an input, without waiting."""
        task = asyncio.ensure_future(self.line.send(method, parameters))
        self.sent.add(task)
        task.add_done_callback(self.sent.discard)

    async def key(self, number: int) -> None:
        """One press."""
        key = list(KEYS)[number % 3]
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    async def flick(self, number: int) -> None:
        """One swipe of 50 ms."""
        dx = -200 if number % 2 else 200
        for step in range(6):
            kind = "touchMove" if step else "touchStart"
            self.send("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": 195 + dx * step / 5, "y": 420}])
            await asyncio.sleep(0.01)
        self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


async def repeat(seconds: float, pace: float, action: Callable[[int], Awaitable[None]]) -> int:
    """Do something `pace` times a second; how often it was done."""
    began, done = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        last = time.monotonic()
        await action(done)
        done += 1
        await asyncio.sleep(max(began + done / pace, last + NEVER_SOONER) - time.monotonic())
    return done


def events(server: SwipeServer) -> list[tuple[int, str]]:
    """(image, verdict) of every event, in order."""
    with server.sessions() as session:
        return [tuple(one) for one in session.execute(sa.text("select image_id, verdict from labels order by seq"))]


async def all_stored(page: Page) -> None:
    """Wait until nothing is unsent."""
    await page.wait_for_timeout(300)
    await page.wait_for_selector("#unsent[data-count='0']", timeout=60_000)


async def judge(server: SwipeServer, page: Page, kind: str, seconds: float, pace: float, action: Any) -> None:
    """Act, and compare what was asked for with what was stored."""
    before = len(events(server))
    await page.evaluate("window.asked.length = 0; window.order = [Number(stage.dataset.image)]")
    done = await repeat(seconds, pace, action)
    await all_stored(page)
    asked, order = await page.evaluate("[window.asked, window.order]")
    meant = [KEYS.get(what, what) for image, what in asked if image]
    stored = events(server)[before:]
    photos = [image for image, _ in stored] == order[: len(stored)]
    verdicts = within([verdict for _, verdict in stored], meant)
    print(
        f"{done} {kind} in {seconds:.0f} s: {len(asked)} reached the page, {len(meant)} of them with a photo in sight; "
        f"{len(stored)} stored, photos in the order shown: {photos}, verdicts in the order asked: {verdicts}"
    )


def within(stored: list[str], meant: list[str]) -> bool:
    """Whether what was stored is what was meant, in order, though some of it may be missing."""
    rest = iter(meant)
    return all(one in rest for one in stored)


async def take_back(server: SwipeServer, page: Page) -> None:
    """100 undos by key."""
    stored = events(server)
    await page.evaluate("window.waits.length = 0")
    for _ in range(100):
        await page.keyboard.press("Backspace")
        await page.wait_for_timeout(120)
    await all_stored(page)
    undone = [image for image, verdict in events(server)[len(stored) :] if verdict == "undo"]
    right = undone == [image for image, _ in stored[::-1][:100]]
    print(row("undo to photo painted", await page.evaluate("window.waits")) + f", in order: {right}")


async def run(server: SwipeServer, seconds: float) -> None:
    """Keys, then undos, then touches."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = await browser.new_context(**PHONE)
        page = await context.new_page()
        hand = Hand(await context.new_cdp_session(page))
        await page.goto(server.link("Ann"))
        await page.click("#start")
        await page.wait_for_selector("#stage .card[data-depth='1']")
        await page.wait_for_timeout(2000)
        await page.evaluate(WATCH)
        await judge(server, page, "keys", seconds, 10, hand.key)
        await take_back(server, page)
        await judge(server, page, "swipes", seconds, 6, hand.flick)
        await browser.close()


def main() -> None:
    """Serve, then run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = photo_workspace(Path(folder), round(chosen.seconds * 16) + 60, 300, 400)
        with SwipeServer(workspace, SwipeOptions(port=0, repeats=0, gold=0)) as server:
            asyncio.run(run(server, chosen.seconds))


if __name__ == "__main__":
    main()
