"""From the command to the first verdict in the database, as somebody with a phone in the hand lives it."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from swipe_helpers import chromium, make_workspace

from curate.workspace import Workspace

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parent.parent
LONGEST = 120.0  # seconds, then it hangs


def first_verdict(workspace: Workspace, browser: Browser) -> float:
    """Start the command, open its link, press Start and a key; seconds until the verdict is in the database."""
    before, began = stored(workspace), time.monotonic()
    command = [sys.executable, "-m", "cli", "-w", str(workspace.root), "swipe", "--port", "0"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert server.stdout is not None
        links = (re.search(r"http://\S+/join#\S+", line) for line in server.stdout)
        link = next(found.group() for found in links if found)
        page = browser.new_page()
        page.goto(link)
        page.click("#start")
        page.wait_for_selector("#stage .card")
        while stored(workspace) == before:
            assert time.monotonic() - began < LONGEST, "no verdict is stored"
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(60)
        took = time.monotonic() - began
        page.close()
    finally:
        server.kill()
        server.communicate()
    return took


def stored(workspace: Workspace) -> int:
    with closing(sqlite3.connect(workspace.root / "swipegan.db")) as connection:
        return int(connection.execute("select count(*) from labels").fetchone()[0])


def test_the_command_the_link_and_one_key_are_all_it_takes(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, 30)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        first_verdict(workspace, browser)  # how long: benchmarks/swipe_start.py
        browser.close()
    assert stored(workspace) >= 1
