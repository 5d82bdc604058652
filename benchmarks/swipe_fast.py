"""The page is never the limit: 10 keys a second, 6 swipes a second, 100 undos, each the right photo in the right order.

python benchmarks/swipe_fast.py --seconds 60
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page
from swipe_bench import phone, photo_workspace, row, swipe

from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer

WATCH = """
window.order = []; window.waits = []; let pressed = 0;
const stage = document.getElementById("stage");
window.keys = [];
addEventListener("keydown", (event) => {
  pressed = event.timeStamp;
  window.keys.push([stage.dataset.image, event.key]);
}, true);
window.order.push(Number(stage.dataset.image));
new MutationObserver(() => {
  if (!stage.dataset.image) return;
  window.order.push(Number(stage.dataset.image));
  const began = pressed;
  requestAnimationFrame(() => {
    const line = new MessageChannel();
    line.port1.onmessage = () => window.waits.push(performance.now() - began);
    line.port2.postMessage(0);
  });
}).observe(stage, { attributes: true, attributeFilter: ["data-image"] });
"""


def events(server: SwipeServer) -> list[tuple[int, str]]:
    """(image, verdict) of every event, in order."""
    with server.sessions() as session:
        return [tuple(one) for one in session.execute(sa.text("select image_id, verdict from labels order by seq"))]


def within(stored: list[tuple[int, str]], meant: list[tuple[int, str]]) -> bool:
    """Whether what was stored is what was meant, in order; a key on a photo that was not seen yet stores nothing."""
    rest = iter(meant)
    return all(one in rest for one in stored)


def repeat(page: Page, seconds: float, pace: float, action: object) -> int:
    """Do something `pace` times a second; how often it was done."""
    assert callable(action)
    end, done, began = time.monotonic() + seconds, 0, time.monotonic()
    while time.monotonic() < end:
        action(done)
        done += 1
        page.wait_for_timeout(max(0.0, 1000 * (began + done / pace - time.monotonic())))
    return done


def main() -> None:
    """Keys, then undos, then touches."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    count = round(chosen.seconds * 16) + 60
    with tempfile.TemporaryDirectory() as folder:
        workspace = photo_workspace(Path(folder), count, 300, 400)
        with SwipeServer(workspace, SwipeOptions(port=0, repeats=0, gold=0)) as server, phone() as (page, line):
            page.goto(server.link("Ann"))
            page.click("#start")
            page.wait_for_selector("#stage .card[data-depth='1']")
            page.wait_for_timeout(2000)
            page.evaluate(WATCH)
            keys = ["ArrowRight", "ArrowLeft", "ArrowUp"]
            words = ["good", "bad", "skip"]
            pressed = repeat(page, chosen.seconds, 10, lambda n: page.keyboard.press(keys[n % 3]))
            page.wait_for_selector("#unsent[data-count='0']", timeout=60_000)
            meant = [(int(image), words[keys.index(key)]) for image, key in page.evaluate("window.keys") if image]
            stored = events(server)
            right = within(stored, meant)
            print(f"{pressed} keys in {chosen.seconds:.0f} s: {len(stored)} stored, each as shown: {right}")

            page.evaluate("window.order.length = 0; window.waits.length = 0")
            for _ in range(100):
                page.keyboard.press("Backspace")
                page.wait_for_timeout(120)
            page.wait_for_selector("#unsent[data-count='0']", timeout=60_000)
            undone = [image for image, verdict in events(server)[len(stored) :] if verdict == "undo"]
            right = undone == [image for image, _ in stored[::-1][:100]]
            print(row("undo to photo painted", page.evaluate("window.waits")) + f", in order: {right}")

            before = len(events(server))
            page.evaluate(f"window.order.length = 0; window.order.push({page.get_attribute('#stage', 'data-image')})")
            sides = [200, -200]

            def flick(number: int) -> None:
                swipe(page, line, sides[number % 2], steps=3, wait=6)

            done = repeat(page, chosen.seconds, 6, flick)
            page.wait_for_selector("#unsent[data-count='0']", timeout=60_000)
            shown = page.evaluate("window.order")[:done]
            expected = [(image, words[n % 2]) for n, image in enumerate(shown)]
            stored = events(server)[before:]
            right = [image for image, _ in stored] == [image for image, _ in expected][: len(stored)]
            print(f"{done} swipes in {chosen.seconds:.0f} s: {len(stored)} stored, as shown: {right}")


if __name__ == "__main__":
    main()
