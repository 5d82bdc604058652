"""The swipe page in a real Chromium, with real touch events."""

from __future__ import annotations

import gzip
import time
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, sync_playwright
from swipe_helpers import chromium, make_workspace, serving

from curate.models import Label
from curate.workspace import Workspace

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser():
    # a made-up name makes an origin that is not secure, as a phone on the network sees it
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP phone.test 127.0.0.1"]
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium(), args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    workspace = make_workspace(tmp_path_factory.mktemp("browser"), 110)
    with serving(workspace, opinions=50) as running:
        running.app.extensions["doorkeeper"].hosts.add(f"phone.test:{running.port}")
        yield running


@pytest.fixture
def page(browser, server):
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


def labels(server, page) -> list[tuple[int, str, str]]:
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


def test_right_left_and_up_are_good_bad_and_skip_and_down_takes_back(page, server):
    fingers = Fingers(page)
    images = []
    for dx, dy in ((200, 10), (-200, -15), (10, -220)):
        images.append(shown(page))
        fingers.swipe(dx, dy)
        page.wait_for_selector(f"#stage:not([data-image='{images[-1]}'])")
        page.wait_for_timeout(80)

    fingers.swipe(5, 220, y=250)

    page.wait_for_selector(f"#stage[data-image='{images[-1]}']")
    stored(page)
    found = labels(server, page)
    assert [(image, verdict) for image, verdict, _ in found] == [
        (images[0], "good"),
        (images[1], "bad"),
        (images[2], "skip"),
        (images[2], "undo"),
    ]
    assert {how for _, _, how in found} == {"swipe"}


def test_what_is_no_clear_swipe_judges_nothing(page, server):
    fingers = Fingers(page)
    image = shown(page)
    fingers.swipe(150, 140)  # diagonal
    fingers.swipe(200, 0, x=8)  # the system's own back gesture
    fingers.swipe(30, 0, wait=30)  # too short
    fingers.send("touchStart", (195, 420))  # out and back
    for x in (240, 320, 380, 320, 250, 205):
        fingers.send("touchMove", (x, 420))
        page.wait_for_timeout(16)
    fingers.send("touchEnd")
    fingers.send("touchStart", (195, 420))  # a second finger
    fingers.send("touchMove", (300, 420))
    fingers.send("touchStart", (300, 420), (100, 600))
    fingers.send("touchMove", (390, 420), (100, 600))
    fingers.send("touchEnd")
    fingers.send("touchStart", (195, 420))  # the system takes over
    fingers.send("touchMove", (350, 420))
    fingers.send("touchCancel")
    page.touchscreen.tap(195, 420)
    page.wait_for_timeout(400)

    assert shown(page) == image
    assert labels(server, page) == []


def test_buttons_and_keys_do_the_same(page, server):
    images = []
    for action in ("button.good", "button.bad", "ArrowRight", "ArrowLeft", "ArrowUp"):
        images.append(shown(page))
        page.click(f"nav {action}") if action.startswith("button") else page.keyboard.press(action)
        page.wait_for_timeout(90)
    page.click("#undo")
    page.keyboard.press("Backspace")
    stored(page)

    assert labels(server, page) == [
        (images[0], "good", "button"),
        (images[1], "bad", "button"),
        (images[2], "good", "key"),
        (images[3], "bad", "key"),
        (images[4], "skip", "key"),
        (images[4], "undo", "button"),
        (images[3], "undo", "key"),
    ]
    assert shown(page) == images[3]


PRESS_AT_ONCE = """(presses) => {
  window.order = [Number(document.querySelector("#stage").dataset.image)];
  new MutationObserver(([change]) => window.order.push(Number(change.target.dataset.image)))
    .observe(document.querySelector("#stage"), { attributes: true, attributeFilter: ["data-image"] });
  for (const [key, ago] of presses) {
    const event = new KeyboardEvent("keydown", { key, bubbles: true });
    Object.defineProperty(event, "timeStamp", { value: performance.now() - ago });
    document.body.dispatchEvent(event);
  }
}"""


def test_who_is_faster_than_a_busy_page_judges_the_photos_in_their_order(page, server):
    page.evaluate(PRESS_AT_ONCE, [["ArrowRight", 240], ["ArrowLeft", 160], ["ArrowUp", 80]])
    until(page, "window.order.length === 4")
    stored(page)
    judged = [(image, verdict) for image, verdict, _ in labels(server, page)]
    assert judged == list(zip(page.evaluate("window.order")[:3], ["good", "bad", "skip"], strict=True))


def test_undo_takes_back_a_press_that_waits_for_its_photo(page, server):
    page.evaluate(PRESS_AT_ONCE, [["ArrowRight", 240], ["ArrowLeft", 160], ["ArrowDown", 80]])
    page.wait_for_timeout(300)
    stored(page)
    first, second = page.evaluate("window.order")
    assert [(image, verdict) for image, verdict, _ in labels(server, page)] == [(first, "good")]
    assert shown(page) == second


def test_a_key_that_bounces_judges_once(page, server):
    page.evaluate(PRESS_AT_ONCE, [["ArrowRight", 60], ["ArrowRight", 45], ["ArrowRight", 30]])
    page.wait_for_timeout(300)
    stored(page)
    assert len(labels(server, page)) == 1


def test_a_rest_on_the_left_and_a_second_flick_say_why(page, server):
    fingers = Fingers(page)
    image = shown(page)
    fingers.send("touchStart", (300, 420))
    for x in (260, 220, 180, 160):
        fingers.send("touchMove", (x, 420))
        page.wait_for_timeout(16)
    page.wait_for_selector("#why:not([hidden]) .chosen:text-is('Bad')")
    fingers.send("touchMove", (160, 380))
    fingers.send("touchMove", (160, 330))
    page.wait_for_selector("#why .chosen:text-is('Drawing')")
    fingers.send("touchEnd")
    page.wait_for_selector("#why", state="hidden")
    stored(page)
    with server.sessions() as session:
        newest = session.scalars(sa.select(Label).order_by(Label.seq.desc())).first()
    assert (newest.image_id, newest.verdict, newest.reason, newest.how) == (image, "bad", "drawing", "swipe")
    assert len(labels(server, page)) == 1


def test_a_reason_goes_with_the_last_bad_one_and_undo_takes_both_back(page, server):
    image = shown(page)
    page.keyboard.press("ArrowLeft")
    page.click("text=Half-tone")
    stored(page)
    with server.sessions() as session:
        newest = session.scalars(sa.select(Label).order_by(Label.seq.desc())).first()
    assert (newest.image_id, newest.verdict, newest.reason) == (image, "bad", "halftone")

    page.click("#undo")
    stored(page)

    assert [verdict for _, verdict, _ in labels(server, page)] == ["bad", "bad", "undo", "undo"]


def test_double_tap_zooms_and_one_finger_then_pans(page, server):
    image = shown(page)
    for _ in range(2):
        page.touchscreen.tap(195, 420)
    page.wait_for_selector(".card.zoomed")
    Fingers(page).swipe(200, 0)
    page.wait_for_selector(".card .real")
    assert shown(page) == image
    for _ in range(2):
        page.touchscreen.tap(195, 420)
    page.wait_for_selector(".card.zoomed", state="detached")
    assert labels(server, page) == []


def test_holding_shows_the_whole_picture(page, server):
    fingers = Fingers(page)
    fingers.send("touchStart", (195, 420))
    page.wait_for_selector("#peek img[src]")
    fingers.send("touchEnd")
    page.wait_for_selector("#peek", state="hidden")
    assert labels(server, page) == []


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


def test_plain_http_offline_everything_waits_on_the_phone_and_arrives_once(page, server):
    assert page.evaluate("[isSecureContext, 'serviceWorker' in navigator]") == [False, False]
    page.wait_for_timeout(600)
    page.context.set_offline(True)
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(90)
    page.click("#undo")
    page.wait_for_selector("#unsent:text-is('9 unsent')")
    assert labels(server, page) == []

    page.context.set_offline(False)
    page.reload()
    ready(page)
    stored(page)

    assert [verdict for _, verdict, _ in labels(server, page)] == ["good"] * 8 + ["undo"]


PICTURES = """(person) => new Promise((resolve) => {
  const opening = indexedDB.open(`swipegan:${person}`);
  opening.onsuccess = () => {
    const counting = opening.result.transaction("pictures").objectStore("pictures").count();
    counting.onsuccess = () => resolve(counting.result);
    opening.result.close();
  };
})"""


def test_what_was_taken_along_goes_when_its_day_is_over(page, server):
    page.clock.install()
    page.reload()
    ready(page)
    page.click("header [data-act=menu]")
    page.fill(".along input", "12")
    page.click(".along button")
    page.wait_for_selector(".menu .note:has-text('12 photos are on this phone for 24 hours')")
    assert page.evaluate(PICTURES, page.person) == 12
    page.clock.fast_forward("24:00:05")
    for _ in range(40):
        if page.evaluate(PICTURES, page.person) == 0:
            break
        page.clock.run_for(1000)
        page.wait_for_timeout(100)
    assert page.evaluate(PICTURES, page.person) == 0


def test_on_a_secure_origin_the_page_opens_without_a_network_and_shows_what_was_taken_along(browser, server):
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.person = str(uuid.uuid4())
    page.goto(server.link(page.person))  # 127.0.0.1 counts as secure
    page.click("#start")
    ready(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # now the worker keeps the page
    ready(page)
    page.click("header [data-act=menu]")
    page.fill(".along input", "20")
    page.click(".along button")
    page.wait_for_selector(".menu .note:has-text('20 photos are on this phone for 24 hours')")
    assert page.evaluate(PICTURES, page.person) == 20
    context.set_offline(True)
    page.reload()
    ready(page)
    judged = []
    for _ in range(3):
        judged.append(shown(page))
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(120)
    page.wait_for_selector("#unsent:text-is('3 unsent')")
    context.set_offline(False)
    stored(page)
    page.reload()
    ready(page)
    for _ in range(17):  # what was judged before is not shown again
        judged.append(shown(page))
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(f"#stage:not([data-image='{judged[-1]}'])")
        page.wait_for_timeout(60)
    stored(page)
    assert [image for image, _, _ in labels(server, page)] == judged
    assert len(set(judged)) == 20
    page.wait_for_timeout(300)
    assert page.evaluate(PICTURES, page.person) == 0  # and what was taken along is gone with the last verdict
    context.close()


def test_undo_goes_on_after_a_reload(page, server):
    images = []
    for _ in range(5):
        images.append(shown(page))
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(90)
    page.reload()
    ready(page)
    for image in reversed(images):
        page.click("#undo")
        page.wait_for_selector(f"#stage[data-image='{image}']")
    stored(page)
    assert [verdict for _, verdict, _ in labels(server, page)] == ["good"] * 5 + ["undo"] * 5


def test_a_revoked_phone_is_told_and_keeps_no_photo(page, server):
    from swipeweb.config import RevokeOptions
    from swipeweb.people import revoke

    workspace = Workspace(Path(server.sessions.kw["bind"].url.database).parent)
    revoke(workspace, RevokeOptions(name=page.person))
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#notice[data-state=out]")
    page.wait_for_selector("#unsent:text-is('1 unsent')")
    assert page.locator(".card").count() == 0
    page.reload()
    page.wait_for_selector("text=This browser is not let in")


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
