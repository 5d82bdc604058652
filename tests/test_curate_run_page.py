"""A run's page: what it shows, and that it needs nothing but itself."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from swipe_helpers import chromium

from curate.run_page import RunPage, plots, samples, verdicts


def write_run(folder: Path, count: int = 30, finished: bool = False) -> Path:
    """A run of which `count` lines and five sample grids are there."""
    (folder / "samples").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"stage": "lowres", "options": {"seed": 7}, "set": {"name": "all"}}))
    (folder / "stats.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines(count)))
    for place in range(5):
        picture = np.full((40, 40, 3), 40 * place, np.uint8)
        cv2.imwrite(str(folder / "samples" / f"{100 * place:09d}.png"), picture)
    if finished:
        (folder / "finished.json").write_text("{}")
    return folder


def lines(count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place in range(1, count + 1):
        moment = {"images": 100 * place, "seconds": 3.0 * place, "images_per_second": 33.0}
        found.append({**moment, "critic": 1 / place, "adversarial": 1.0, "real_right": 0.9})
        if place % 10 == 0:
            name = "healthy" if place <= 20 else "collapsed"
            why = "" if place <= 20 else "painted faces vary <0.01> times as much"
            found.append({**moment, "verdict": name, "why": why, "advice": "", "health": {"diversity": place / 30}})
    return found


def test_the_page_shows_verdict_samples_and_curves(tmp_path: Path) -> None:
    html = RunPage(write_run(tmp_path / "run")).write().read_text()
    assert html.count("<figure") == 5
    assert '<strong class="bad">collapsed</strong>' in html
    assert "vary &lt;0.01&gt; times" in html
    for title in ("Losses", "Told apart by the discriminator", "Variety"):
        assert f"<h3>{title}</h3>" in html


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    html = RunPage(write_run(tmp_path / "run")).html()
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', html) == []
    assert "http" not in re.sub(r"http-equiv", "", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize(("finished", "every"), [(False, "60"), (True, "0")])
def test_the_page_loads_itself_again_only_while_the_run_goes_on(tmp_path: Path, finished: bool, every: str) -> None:
    html = RunPage(write_run(tmp_path / "run", finished=finished), every=60).html()
    assert f'data-every="{every}"' in html
    assert ("<noscript>" in html) is not finished


def test_a_run_that_has_just_begun_has_a_page(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text(json.dumps({"stage": "upres"}))
    assert "upres" in RunPage(run).html()


def test_pictures_are_encoded_once(tmp_path: Path) -> None:
    page = RunPage(write_run(tmp_path / "run"))
    first = page.html()
    for path in (tmp_path / "run" / "samples").iterdir():
        path.write_bytes(b"")
    assert page.html().count("data:image/webp") == first.count("data:image/webp") == 5


def test_samples_are_spread_and_stay_mostly_the_same(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    shown: list[set[int]] = []
    for place in range(100):
        (tmp_path / "samples" / f"{place:09d}.png").write_bytes(b"")
        shown.append({images for images, _ in samples(tmp_path)})
        assert len(shown[-1]) <= 13
        assert {0, place} <= shown[-1]
    changes = [len(now - before) for before, now in pairwise(shown)]
    assert max(changes) <= 2


def test_verdicts_are_told_as_stretches() -> None:
    assert verdicts(lines(30)) == [
        ("healthy", 0, 2000, ""),
        ("collapsed", 2000, 3000, "painted faces vary <0.01> times as much"),
    ]


def test_curves_that_have_one_point_are_not_drawn() -> None:
    assert "Variety" not in [plot.title for plot in plots(lines(19))]
    assert "Variety" in [plot.title for plot in plots(lines(20))]


@pytest.mark.browser
def test_the_page_fits_a_phone_and_its_slider_goes_back_in_time(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    address = RunPage(write_run(tmp_path / "run")).write().resolve().as_uri()
    path = chromium()
    seen: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator("figure:visible figcaption").all_inner_texts() == ["after 400 images"]
        page.locator("input[type=range]").fill("0")
        assert page.locator("figure:visible figcaption").all_inner_texts() == ["after 0 images"]
        browser.close()
    assert seen == []


def test_the_page_of_a_run_that_was_stopped_says_so_and_rests(tmp_path: Path) -> None:
    html = RunPage(write_run(tmp_path / "run"), every=60).html(stopped=True)
    assert "· stopped ·" in html
    assert "<noscript>" not in html
