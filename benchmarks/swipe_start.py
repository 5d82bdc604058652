"""Seconds from the command `swipegan swipe` to the first verdict in the database, through a real browser.

    python benchmarks/swipe_start.py --tries 5

The browser is open already, as a phone's is; the command, its link, the Start button and one key are timed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from swipe_helpers import chromium, make_workspace
from test_swipeweb_start import first_verdict


def main() -> None:
    """Print how long each try took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tries", type=int, default=5)
    tries = parser.parse_args().tries
    took = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for number in range(tries):  # each on photos of its own: those of an ended server stay with its phone
            place = Path(folder) / str(number)
            place.mkdir()
            took.append(first_verdict(make_workspace(place, 30), browser))
        browser.close()
    middle, least, most = statistics.median(took), min(took), max(took)
    print(f"start to first stored verdict: {middle:.1f} s ({least:.1f} to {most:.1f}), {tries} tries")


if __name__ == "__main__":
    main()
