"""Several people at once, in browsers: with one opinion no photo is judged twice, with three by exactly three people.

    python benchmarks/swipe_people.py --browsers 8 --images 1000 --opinions 1 [--servers 2 --database postgresql://...]

Everybody presses keys until the page says that there is nothing left. One more phone takes photos first and vanishes:
its lease ends after a minute, and its photos come to the others.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from playwright.async_api import Browser, Page, async_playwright
from swipe_bench import PHONE, Served, chromium, photo_workspace

from curate.workspace import Workspace
from swipeweb.client import SwipeClient

LEASE = 1.0  # minutes
AGAIN = 3.0  # seconds after which somebody presses again, the photo being still there


async def judge(browser: Browser, link: str) -> int:
    """One person, until nothing is left; how many keys."""
    context = await browser.new_context(**PHONE | {"device_scale_factor": 1})
    page = await context.new_page()
    await page.goto(link)
    await page.click("#start")
    keys, last, pressed = 0, "", 0.0
    while not await is_done(page):
        image = await page.get_attribute("#stage", "data-image") or ""
        if image and (image != last or time.monotonic() - pressed > AGAIN):
            last, pressed = image, time.monotonic()
            await page.keyboard.press("ArrowRight" if int(image) % 3 else "ArrowLeft")
            keys += 1
        await page.wait_for_timeout(40)
    await page.wait_for_selector("#unsent[data-count='0']", timeout=60_000)
    await context.close()
    return keys


async def is_done(page: Page) -> bool:
    """Whether the page says that this person's work is over."""
    return await page.get_attribute("#notice", "data-state") == "finished" and await page.is_visible("#notice")


def counted(workspace: Workspace) -> dict[tuple[int, int], int]:
    """(labels, different people) -> photos that have so many."""
    each = "select count(*) as labels, count(distinct labeler_id) as people from labels group by image_id"
    with workspace.open()() as session:
        rows = session.execute(sa.text(f"select labels, people, count(*) from ({each}) as found group by 1, 2"))
        return {(labels, people): photos for labels, people, photos in rows}


async def run(workspace: Workspace, servers: list[Served], browsers: int) -> None:
    """Everybody at once."""
    held = SwipeClient(servers[0].link("vanishes")).next(24)
    began = time.monotonic()
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        links = [servers[number % len(servers)].link(f"person {number}") for number in range(browsers)]
        keys = await asyncio.gather(*(judge(browser, link) for link in links))
        await browser.close()
    took = time.monotonic() - began
    print(f"{browsers} browsers, {sum(keys)} keys in {took:.0f} s ({sum(keys) / took:.1f} a second); a phone that left")
    print(f"had {len(held)}. Photos by (labels, different people): {counted(workspace)}")


def main() -> None:
    """Serve, then run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--browsers", type=int, default=8)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--opinions", type=int, default=1)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--database")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        workspace = photo_workspace(Path(folder), chosen.images, 240, 320, chosen.database)
        options = ("--opinions", str(chosen.opinions), "--repeats", "0", "--gold", "0", "--lease-minutes", str(LEASE))
        servers = [stack.enter_context(Served(workspace, *options)) for _ in range(chosen.servers)]
        asyncio.run(run(workspace, servers, chosen.browsers))


if __name__ == "__main__":
    main()
