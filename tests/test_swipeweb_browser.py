"""Judging on the swipe page in a real Chromium, with real touch events, with and without a network."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from swipe_phone import (  # noqa: F401
    PHONE,
    Fingers,
    browser_fixture,
    labels,
    page_fixture,
    ready,
    server_fixture,
    shown,
    stored,
    until,
)

from curate.models import Label
from curate.workspace import Workspace

pytestmark = pytest.mark.browser


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
