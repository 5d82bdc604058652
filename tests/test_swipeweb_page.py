"""What the swipe page has beside judging, in a real Chromium: sheets, settings, sizes, and what axe says of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from swipe_phone import PHONE, browser_fixture, labels, page_fixture, ready, server_fixture, shown, stored, until  # noqa: F401

pytestmark = pytest.mark.browser


def test_the_grid_stores_many_verdicts_with_few_taps(page, server):
    page.click("header [data-act=grid]")
    until(page, "document.querySelectorAll('.cell').length === 24")
    page.click(".cell >> nth=3")
    page.click(".foot button")
    stored(page)
    found = labels(server, page)
    assert len(found) == 24
    assert [verdict for _, verdict, _ in found].count("bad") == 1
    assert {how for _, _, how in found} == {"grid"}


def test_any_verdict_of_the_history_changes_with_two_actions(page, server):
    images = []
    for _ in range(3):
        images.append(shown(page))
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(90)
    stored(page)
    page.keyboard.press("h")
    page.click(".rows li >> nth=2 >> button.bad")
    stored(page)
    assert labels(server, page)[-1] == (images[0], "bad", "history")


def test_tap_zones_and_other_keys_can_be_set(page, server):
    page.evaluate("localStorage.setItem('swipegan-settings', JSON.stringify({mode: 'zones', keys: {good: 'j'}}))")
    page.reload()
    ready(page)
    for x, y in ((330, 500), (60, 500), (195, 180)):
        page.touchscreen.tap(x, y)
        page.wait_for_timeout(120)
    page.keyboard.press("j")
    stored(page)
    assert [(verdict, how) for _, verdict, how in labels(server, page)] == [
        ("good", "tap"),
        ("bad", "tap"),
        ("skip", "tap"),
        ("good", "key"),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, server, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(**PHONE, color_scheme=scheme)
    page = context.new_page()
    page.goto(server.link(f"axe {scheme}", "reviewer"))
    found = [axe.run(page)]
    page.click("#start")
    ready(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(400)
    found.append(axe.run(page))
    for key in ("m", "h", "g") if scheme == "light" else ("g",):
        page.keyboard.press(key)
        page.wait_for_timeout(500)
        found.append(axe.run(page))
        page.click("dialog .head button")
        page.wait_for_timeout(200)
    page.goto(f"{server.url}/review")
    page.wait_for_timeout(300)
    found.append(axe.run(page))
    context.close()
    assert [result.generate_report() for result in found if result.violations_count] == []


def test_every_control_is_large_enough_and_in_sight_at_every_size(page):
    for size in [(360, 640), (390, 844), (844, 390), (820, 1180), (1440, 900)]:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        until(page, f"innerWidth === {size[0]} && innerHeight === {size[1]}")
        until(page, "document.querySelector('.card').clientHeight <= document.querySelector('#stage').clientHeight")
        page.wait_for_timeout(100)
        buttons = "[...document.querySelectorAll('header button, nav button')]"
        boxes = page.evaluate(f"{buttons}.map(button => button.getBoundingClientRect().toJSON())")
        card = page.evaluate("document.querySelector('.card[data-depth=\"0\"]').getBoundingClientRect().toJSON()")
        assert len(boxes) == 8
        for box in boxes:
            assert min(box["width"], box["height"]) >= 48
            assert min(box["left"], box["top"]) >= 0
            assert box["right"] <= size[0]
            assert box["bottom"] <= size[1]
            beside = box["right"] <= card["left"] + 1 or box["left"] >= card["right"] - 1
            assert beside or box["bottom"] <= card["top"] + 1 or box["top"] >= card["bottom"] - 1
        assert card["height"] >= 0.5 * size[1]


def test_the_whole_page_is_small(server):
    files = server.app.extensions["assets"].files
    html = Path("swipeweb/templates/swipe.html").read_bytes()
    sent = [asset.packed for name, asset in files.items() if name not in {"join.js", "review.js", "sw.js"}]
    assert sum(map(len, sent)) + len(gzip.compress(html)) <= 40_000
