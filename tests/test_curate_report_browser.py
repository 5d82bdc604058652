"""The report's page in a real browser, on a phone and on a desktop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from report_fixtures import whole_pile
from swipe_helpers import chromium

from curate.config import ReportOptions
from curate.report import run

pytestmark = pytest.mark.browser
SIZES = [(390, 844), (1280, 900)]
DECODED = """async () => {
  const rules = [...document.styleSheets].flatMap(sheet => [...sheet.cssRules]);
  const sheets = rules.map(rule => rule.style?.backgroundImage).filter(image => image && image.startsWith("url("));
  const sources = [...[...document.images].map(image => image.src), ...sheets.map(image => image.slice(5, -2))];
  const found = sources.filter(uri => uri.startsWith("data:image"));
  return Promise.all(found.map(async uri => {
    const image = new Image();
    image.src = uri;
    await image.decode();
    return image.naturalWidth;
  }));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    pile = whole_pile(tmp_path_factory.mktemp("browser"))
    made: Path | None = run(pile.workspace, ReportOptions()).page
    assert made is not None
    return made.resolve().as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Browser, address: str, width: int, height: int) -> tuple[Page, list[str]]:
    """The page, and what it complained of or asked the network for."""
    page = browser.new_page(viewport={"width": width, "height": height})
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda one: seen.append(one.url) if not one.url.startswith(("data:", "file:")) else None)
    page.goto(address)
    return page, seen


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_page_fits_and_is_quiet(browser: Browser, address: str, width: int, height: int) -> None:
    page, seen = opened(browser, address, width, height)
    page.add_style_tag(content="section { content-visibility: visible !important }")

    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    decoded = page.evaluate(DECODED)

    assert widths[0] <= widths[1]
    assert len(decoded) > 12
    assert all(side > 0 for side in decoded)
    assert seen == []
    page.close()


def test_a_touched_picture_is_shown_larger_with_its_name(browser: Browser, address: str) -> None:
    page, seen = opened(browser, address, *SIZES[0])
    page.locator("#measures .t").first.click()

    dialog = page.locator("dialog[open]")
    assert "face 1.jpg" in dialog.inner_text()
    dialog.locator(".picture").click()
    assert page.locator("dialog[open]").count() == 0
    assert seen == []
    page.close()


def test_the_slider_goes_through_the_sample_grids(browser: Browser, address: str) -> None:
    page, _ = opened(browser, address, *SIZES[1])
    figures = page.locator(".grids figure")
    assert figures.count() == 12

    page.locator(".grids input").fill("0")

    assert figures.first.is_visible()
    assert not figures.last.is_visible()
    page.close()


def test_everything_is_unfolded_on_paper(browser: Browser, address: str) -> None:
    page, _ = opened(browser, address, *SIZES[1])
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert not page.locator("nav").is_visible()
    page.close()
