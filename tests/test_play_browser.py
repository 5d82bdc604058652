"""The page to play with, in a real Chromium: faces, landmarks, tiles, downloads, and every state it can be in."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from play_fixtures import painter_fixture, server_fixture, workspace_fixture  # noqa: F401
from playwright.sync_api import Page, sync_playwright
from swipe_helpers import chromium

from infer.recipe import read_recipe
from swipeweb.config import RevokeOptions
from swipeweb.people import revoke

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
SHOTS = os.environ.get("SWIPEGAN_SHOTS")  # a folder for pictures of every state, to be looked at


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser, server, painter, request):
    yield from opened(browser, server, painter, request.node.name, PHONE)


def opened(browser, server, painter, name, device, scheme="light"):
    """A page that shows its first face; afterwards nothing may have gone wrong in it."""
    context = browser.new_context(**device, color_scheme=scheme, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.person = name
    page.goto(server.link(name))
    page.click("#start")
    ready(page)
    yield page
    painter.gate.set()
    context.close()
    assert errors == []


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-state='ready']")


def drawn(page: Page) -> None:
    """Wait for the face that was asked for last."""
    page.wait_for_selector("#stage[aria-busy=false]")


def until(page: Page, expression: str, seconds: float = 20) -> None:
    """Wait until a JavaScript expression is true; Playwright's own wait needs an eval that the policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def paint(page: Page) -> None:
    page.click("#paint")
    page.wait_for_selector("body[data-job='done']")


def download(page: Page, tmp_path: Path) -> Path:
    with page.expect_download() as waiting:
        page.click("#download")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_seed_is_drawn_moved_painted_and_downloaded(page, painter, tmp_path):
    page.fill("#seed", "7")
    drawn(page)
    seed_alone = page.get_attribute("#mini-face", "src")
    paint(page)
    plain = download(page, tmp_path)
    assert plain.name == "000007.png"
    assert read_recipe(plain).request["seed"] == 7
    assert "--seed 7" in page.inner_text("#command")
    assert plain.read_bytes() == painter.paint(painter.read({"seed": 7}), lambda _: None, lambda: None).png

    page.click("#tab-face")
    page.focus("#way-light")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert "lighter" in page.get_attribute("#way-light", "aria-valuetext")
    page.fill("#share", "30")
    drawn(page)
    assert page.get_attribute("#mini-face", "src") != seed_alone
    assert "paint again" in page.inner_text("#status")
    paint(page)
    recipe = read_recipe(download(page, tmp_path))
    assert recipe.request["origin"]["along"] == {"light": pytest.approx(0.3)}
    assert recipe.request["origin"]["from"]["share"] == 0.3
    shot(page, "done")

    page.click("#tab-face")
    page.click("[data-act=unmoved]")
    drawn(page)
    assert page.get_attribute("#mini-face", "src") == seed_alone


def test_landmarks_move_by_finger_and_by_buttons_and_what_changed_is_shown(page, tmp_path):
    page.fill("#seed", "7")
    drawn(page)
    paint(page)
    page.click("#tab-guide")
    page.wait_for_selector("#mini-guide[src]")
    as_found = page.get_attribute("#mini-guide", "src")
    page.select_option("#part", "mouth")
    page.focus("[data-nudge=larger]")
    for _ in range(5):
        page.keyboard.press("Enter")
    until(page, f"document.getElementById('mini-guide').src !== {as_found!r}")
    by_buttons = page.get_attribute("#mini-guide", "src")
    box = page.locator("#picture").bounding_box()
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.75 * box["height"]  # about the mouth
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 12, steps=4)
    page.mouse.up()
    until(page, f"document.getElementById('mini-guide').src !== {by_buttons!r}")
    shot(page, "guide")
    paint(page)
    moved = read_recipe(download(page, tmp_path))
    assert moved.result["landmarks"] == "by hand"
    assert len(moved.request["landmarks"]) == 68

    page.check("[name=compare][value=difference]")
    darkest, brightest = page.evaluate(
        "(() => { const c = document.getElementById('picture'); const d = c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data; let low = 255, high = 0;"
        "for (let i = 0; i < d.length; i += 4) { low = Math.min(low, d[i]); high = Math.max(high, d[i]); }"
        "return [low, high]; })()"
    )
    assert darkest == 0  # away from the mouth nothing changed
    assert brightest > 0
    shot(page, "difference")

    page.click("#shelf button >> nth=1")  # of before the landmarks were moved
    until(page, f"document.getElementById('mini-guide').src === {as_found!r}")
    assert page.is_disabled("[data-act=reset]")
    assert "Painted in" in page.inner_text("#status")
    page.click("#shelf button >> nth=0")
    until(page, f"document.getElementById('mini-guide').src !== {as_found!r}")
    drawn(page)
    assert "Painted in" in page.inner_text("#status")

    page.click("#tab-guide")
    page.click("[data-act=reset]")
    until(page, f"document.getElementById('mini-guide').src === {as_found!r}")
    page.click("#tab-portrait")
    page.click("#shelf button >> nth=1")
    until(page, "document.getElementById('download').download === '000007.png'")


def test_tiles_and_candidates_appear_and_painting_is_cancelled(browser, server, painter, page):
    page.fill("#seed", "7")
    page.click("#tab-portrait")
    shot(page, "unpainted")
    assert page.inner_text("#notice h2") == "Not painted yet"
    page.select_option("#candidates", "flip")
    painter.gate.clear()
    page.click("#paint")
    page.wait_for_selector("#cells li")
    until(page, "/Tile 1 of 32/.test(document.getElementById('status').textContent)")
    assert page.evaluate("document.getElementById('picture').width") == 384
    shot(page, "painting")
    other = next(waiting := opened(browser, server, painter, "other", DESKTOP, "dark"))
    other.click("#paint")
    until(other, "document.getElementById('status').textContent === 'One portrait before yours.'")
    shot(other, "queued-desktop-dark")
    other.click("#paint")
    other.wait_for_selector("body[data-job='cancelled']")

    page.click("#paint")
    page.wait_for_selector("body[data-job='cancelled']")
    assert page.inner_text("#notice h2") == "Not painted yet"
    shot(page, "cancelled")
    painter.gate.set()
    next(waiting, None)

    paint(page)
    assert page.locator("#cells li").count() == 2
    assert page.locator("#cells .kept").count() == 1
    page.click("[data-act=tile-next]")
    assert page.inner_text("#strip-title") == "Candidates of tile 1"  # after the last comes the first
    shot(page, "candidates")


def test_errors_lost_connections_and_revoked_links_are_told(page, workspace, painter):
    page.route("**/api/face", lambda route: route.fulfill(status=400, json={"error": "this run has no face to give"}))
    page.click("[data-act=more]")
    page.wait_for_selector("#notice[data-state=error] p:text-is('this run has no face to give')")
    shot(page, "error")
    page.unroute("**/api/face")
    page.click("#notice button")
    ready(page)

    page.context.set_offline(True)
    page.click("[data-act=more]")
    page.wait_for_selector("#notice[data-state=offline]")
    shot(page, "offline")
    page.context.set_offline(False)
    page.click("#notice button")
    ready(page)
    paint(page)

    revoke(workspace, RevokeOptions(name=page.person))
    page.click("#tab-face")
    page.click("[data-act=more]")
    page.wait_for_selector("#notice[data-state=out]")
    assert page.locator("#shelf button:visible, #download:visible").count() == 0
    shot(page, "revoked")
    page.reload()
    page.wait_for_selector("text=This browser is not let in")


@pytest.mark.parametrize(("scheme", "device"), [("light", PHONE), ("dark", DESKTOP)], ids=["light", "dark"])
def test_axe_finds_nothing_and_every_control_is_large_and_in_sight(browser, server, painter, scheme, device):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = next(running := opened(browser, server, painter, f"axe {scheme}", device, scheme))
    found, small = [], []
    for view in ("face", "guide", "portrait") if scheme == "light" else ("guide", "portrait"):
        page.click(f"#tab-{view}")
        if view == "portrait":
            page.select_option("#candidates", "flip")
            paint(page)
            paint(page)
            page.check("[name=compare][value=wipe]")
        page.wait_for_timeout(100)
        shot(page, f"{view}-{scheme}")
        found.append(axe.run(page))
        small += page.evaluate(
            "[...document.querySelectorAll('button, a.button, select, input:not([type=checkbox]):not([type=radio]),"
            " .segments span')].filter((one) => one.offsetParent).map((one) => [one.id || one.textContent || "
            "one.ariaLabel, one.getBoundingClientRect()]).filter(([, box]) => box.height < 48 || box.width < 44 || "
            "box.left < 0 || box.right > document.documentElement.clientWidth).map(([name]) => name)"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]
    next(running, None)
    assert [result.generate_report() for result in found if result.violations_count] == []
    assert small == []


def test_nothing_is_wider_than_the_screen(page):
    for width, height in ((320, 640), (360, 640), (768, 1024), (844, 390)):
        page.set_viewport_size({"width": width, "height": height})
        until(page, f"document.documentElement.clientWidth <= {width}")
        for view in ("face", "guide", "portrait"):
            page.click(f"#tab-{view}")
            shot(page, f"{view}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate("document.getElementById('seed').offsetWidth") >= 60 or view != "face"
