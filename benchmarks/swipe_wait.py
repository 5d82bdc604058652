"""The wait between a swipe and the next photo, on a slow phone and line; and the same with a page load per label.

    python benchmarks/swipe_wait.py --swipes 500 --pace 2 [--peer 40]

Measured in the page: from the finger's lifting to the frame in which the next photo is painted. The peer is a page as
SwipeLabel's was: the first move of 2 px judges, the answer is a new page with the original file in it.
"""

from __future__ import annotations

import argparse
import http.server
import tempfile
import threading
import time
from pathlib import Path

from swipe_bench import phone, photo_workspace, row, slow_down, swipe

from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer

WATCH = """
window.waits = []; window.inputs = [];
let lifted = 0;
addEventListener("pointerup", (event) => (lifted = event.timeStamp), true);
const painted = (then) => requestAnimationFrame(() => {
  const line = new MessageChannel();
  line.port1.onmessage = then;
  line.port2.postMessage(0);
});
const stage = document.getElementById("stage");
new MutationObserver(() => {
  const began = lifted, image = stage.dataset.image;
  const look = () => {
    const card = document.querySelector('.card[data-depth="0"] img');
    if (image && card) painted(() => window.waits.push(performance.now() - began));
    else if (stage.dataset.image === image) requestAnimationFrame(look);
  };
  if (image) look();
}).observe(stage, { attributes: true, attributeFilter: ["data-image"] });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.interactionId) window.inputs.push(entry.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""


def ours(count: int, pace: float, folder: Path) -> None:
    """Swipe `count` photos at `pace` a second."""
    workspace = photo_workspace(folder, count + 40)
    with SwipeServer(workspace, SwipeOptions(port=0, repeats=0, gold=0)) as server, phone() as (page, line):
        slow_down(line)
        page.goto(server.link("Ann"))
        page.click("#start")
        page.wait_for_selector("#stage .card[data-depth='1']", timeout=60_000)
        page.wait_for_timeout(6000)
        page.evaluate(WATCH)
        for number in range(count):
            began = time.monotonic()
            swipe(page, line, 200 if number % 3 else -200)
            page.wait_for_timeout(max(0.0, 1000 * (1 / pace - (time.monotonic() - began))))
        page.wait_for_selector("#unsent[data-count='0']", timeout=60_000)
        waits, inputs = page.evaluate("[window.waits, window.inputs]")
        print(row("swipegan, lifted finger to next photo painted", waits))
        inputs = sorted([*inputs, *[16] * (count - len(inputs))])
        print(f"interaction to next paint (p98): {inputs[int(0.98 * (len(inputs) - 1))]:.0f} ms")
        print(f"done: {page.inner_text('#done')} of {count}")


def peer(count: int, folder: Path) -> None:
    """The same swipes on a page that is loaded anew for every label."""
    files = sorted(folder.rglob("*.jpg"))
    with phone() as (page, line):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(files))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slow_down(line)
        page.goto(f"http://127.0.0.1:{server.server_port}/?n=0")
        waits = []
        for number in range(count):
            page.wait_for_function("window.ready")
            began = page.evaluate("performance.timeOrigin + performance.now()")
            swipe(page, line, -200)  # to the right would be the browser's own way back
            page.wait_for_url(f"**/?n={number + 1}")
            page.wait_for_function("window.ready")
            waits.append(page.evaluate("window.ready") - began - 40)  # the flick itself takes 40 ms
        server.shutdown()
    print(row("a page load for every label", waits))


PEER = """<!doctype html><meta name=viewport content="width=device-width, maximum-scale=1.0">
<img src="/image/%d" width=390>
<script>
const image = document.querySelector("img");
const painted = () => (window.ready = performance.timeOrigin + performance.now());
const done = () => image.decode().then(() => requestAnimationFrame(painted));
image.complete ? done() : (image.onload = done);
let x;
addEventListener("touchstart", (event) => (x = event.touches[0].clientX));
addEventListener("touchmove", (event) => {
  if (Math.abs(event.touches[0].clientX - x) > 2) location.href = "/?n=%d";
});
</script>"""


def handler(files: list[Path]) -> type[http.server.BaseHTTPRequestHandler]:
    """Serves a page with one original photo."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            digits = "".join(letter for letter in self.path if letter.isdigit())
            if not digits:
                return self.send_error(404)
            number = int(digits)
            image = self.path.startswith("/image")
            body = files[number % len(files)].read_bytes() if image else (PEER % (number, number + 1)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg" if image else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *_: object) -> None: ...

    return Handler


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--swipes", type=int, default=500)
    parser.add_argument("--pace", type=float, default=2.0)
    parser.add_argument("--peer", type=int, default=40)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours(chosen.swipes, chosen.pace, Path(folder))
        if chosen.peer:
            peer(chosen.peer, Path(folder))


if __name__ == "__main__":
    main()
