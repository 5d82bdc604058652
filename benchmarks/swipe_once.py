"""Exactly once: verdicts over a line that fails, a server that is killed, a page that is reloaded.

    python benchmarks/swipe_once.py --verdicts 1000 --kills 5 --reloads 5

30 % of the requests fail before they are sent, 20 % of the answers are lost after the commit, the server is ended by
kill -9 and started again, the page is reloaded, all while somebody presses keys. Then the phone is cut off for good,
200 more are judged, and the line comes back. The origin is plain http under a made-up name: not a secure context.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, Route, sync_playwright
from swipe_bench import PHONE, Served, chromium, photo_workspace

from curate.workspace import Workspace


def counted(workspace: Workspace) -> tuple[int, int, int]:
    """(events, different images, different uuids) in the database."""
    with workspace.open()() as session:
        row = session.execute(
            sa.text("select count(*), count(distinct image_id), count(distinct uuid) from labels")
        ).one()
        return row[0], row[1], row[2]


def chaos(page: Page, dice: random.Random) -> dict[str, int]:
    """Let requests fail and answers get lost; how often it happened."""
    happened = {"failed": 0, "answers lost": 0, "passed": 0}

    def handle(route: Route) -> None:
        roll = dice.random()
        if roll < 0.3:
            happened["failed"] += 1
            route.abort()
        elif roll < 0.5:
            happened["answers lost"] += 1
            try:
                route.fetch(timeout=20_000)
            finally:
                route.abort()
        else:
            happened["passed"] += 1
            route.continue_()

    page.route("**/api/**", lambda route: _quietly(handle, route))
    return happened


def _quietly(handle, route: Route) -> None:  # type: ignore[no-untyped-def] # a function of this file
    try:
        handle(route)
    except Exception:  # the page or the server went away meanwhile, which is the point
        return


def judge(page: Page, workspace: Workspace, server: Served, count: int, kills: int, reloads: int) -> int:
    """Press keys until `count` photos are judged, with kills and reloads spread over them; how many the page took.

    A press waits until its photo was on the screen, so it counts once another photo (or none) is on top; what happens
    next happens at once.
    """
    moments = {round(count * (n + 1) / (kills + 1)): "kill" for n in range(kills)}
    moments |= {round(count * (n + 0.5) / (reloads + 1)) + 3: "reload" for n in range(reloads)}
    judged, shown = 0, None
    while judged < count:
        page.wait_for_selector("#stage .card[data-depth='0']", timeout=120_000)
        image = page.get_attribute("#stage", "data-image")
        if not image or image == shown:
            page.wait_for_timeout(20)
            continue
        shown = image
        page.wait_for_timeout(60)
        page.keyboard.press(random.choice(["ArrowRight", "ArrowLeft", "ArrowUp"]))
        page.wait_for_selector(f"#stage:not([data-image='{image}'])", state="attached")
        judged += 1
        if moments.get(judged) == "kill":
            server.kill()
            server.start()
        if moments.get(judged) == "reload":
            page.reload()
            shown = None
    return judged


def main() -> None:
    """Run it and print what was stored."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--verdicts", type=int, default=1000)
    parser.add_argument("--offline", type=int, default=200)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--reloads", type=int, default=5)
    chosen = parser.parse_args()
    total = chosen.verdicts + chosen.offline
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        workspace = photo_workspace(Path(folder), total + 100, 240, 320)
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP phone.test 127.0.0.1"]
        browser = play.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_context(**PHONE | {"device_scale_factor": 1}).new_page()
        with Served(workspace, "--repeats", "0", "--gold", "0", name="phone.test") as server:
            page.goto(server.link("Ann"))
            page.click("#start")
            page.wait_for_selector("#stage .card")
            assert not page.evaluate("isSecureContext")
            happened = chaos(page, random.Random(1))
            began = time.monotonic()
            judged = judge(page, workspace, server, chosen.verdicts, chosen.kills, chosen.reloads)
            page.wait_for_selector("#unsent[data-count='0']", timeout=300_000)
            print(f"{judged} judged in {time.monotonic() - began:.0f} s; requests: {happened}")
            print("stored: {} events, {} images, {} uuids".format(*counted(workspace)))
            page.unroute_all(behavior="ignoreErrors")
            offline(page, workspace, chosen.offline)
        browser.close()


def offline(page: Page, workspace: Workspace, count: int) -> None:
    """Take photos along, cut the line, judge them, and time how long they take to arrive afterwards."""
    page.click("header [data-act=menu]")
    page.fill(".along input", str(count))
    page.click(".along button")
    page.wait_for_selector(".menu .note:has-text('for 24 hours')", timeout=120_000)
    page.click("dialog .head button")
    page.context.set_offline(True)
    before = counted(workspace)[0]
    done = 0
    for _ in range(count):
        if not page.get_attribute("#stage", "data-image"):
            break
        page.wait_for_timeout(70)
        page.keyboard.press("ArrowRight")
        done += 1
    print(f"offline: {page.inner_text('#unsent')} of {done} judged")
    began = time.monotonic()
    page.context.set_offline(False)
    page.wait_for_selector("#unsent[data-count='0']", timeout=60_000)
    print(f"back online: {counted(workspace)[0] - before} stored after {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
