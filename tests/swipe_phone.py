"""A phone's Chromium on a swipe server: fixtures and words for the tests of the swipe page."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, sync_playwright
from swipe_helpers import chromium, make_workspace, serving

from swipeweb.server import SwipeServer

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module", name="browser")
def browser_fixture() -> Iterator[Browser]:
    # a made-up name makes an origin that is not secure, as a phone on the network sees it
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP phone.test 127.0.0.1"]
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium(), args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="module", name="server")
def server_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwipeServer]:
    workspace = make_workspace(tmp_path_factory.mktemp("browser"), 110)
    with serving(workspace, opinions=50) as running:
        running.app.extensions["doorkeeper"].hosts.add(f"phone.test:{running.port}")
        yield running


@pytest.fixture(name="page")
def page_fixture(browser: Browser, server: SwipeServer) -> Iterator[Page]:
    """A phone on which a new person has pressed Start, on plain http."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.person = str(uuid.uuid4())
    page.goto(server.link(page.person).replace("127.0.0.1", "phone.test"))
    page.click("#start")
    ready(page)
    yield page
    context.close()
    assert errors == []


def until(page: Page, expression: str, seconds: float = 15) -> None:
    """Wait until a JavaScript expression is true; Playwright's own wait needs an eval that the policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(15)


def ready(page: Page) -> None:
    page.wait_for_selector("#stage[data-image]:not([data-image='']) .card[data-depth='1']")


def shown(page: Page) -> int:
    return int(page.get_attribute("#stage", "data-image"))


def stored(page: Page) -> None:
    page.wait_for_selector("#unsent[data-count='0']")


def labels(server: SwipeServer, page: Page) -> list[tuple[int, str, str]]:
    """(image, verdict, how) of the page's person, in order."""
    with server.sessions() as session:
        rows = session.execute(
            sa.text(
                "select image_id, verdict, how from labels join labelers p on p.id = labeler_id "
                "where p.name = :name order by seq"
            ),
            {"name": page.person},
        )
        return [tuple(row) for row in rows]


class Fingers:
    """Touches the screen by Chromium's own input."""

    def __init__(self, page: Page) -> None:
        self.page, self.line = page, page.context.new_cdp_session(page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def swipe(self, dx: float, dy: float, x: float = 195, y: float = 420, steps: int = 6, wait: int = 12) -> None:
        self.send("touchStart", (x, y))
        for step in range(1, steps + 1):
            self.send("touchMove", (x + dx * step / steps, y + dy * step / steps))
            self.page.wait_for_timeout(wait)
        self.send("touchEnd")
