"""A truth table of gestures: what each way of a finger means, and above all what means nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from swipe_helpers import chromium, make_workspace, serving

pytestmark = pytest.mark.browser
Trace = list[tuple[str, int, float, float, float]]  # (kind, finger, x, y, milliseconds)

WIDTH, HEIGHT = 390, 844
DIRECTIONS = {"right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1)}
STARTS = [(195, 420), (90, 300), (300, 620)]


def line(start: tuple[float, float], *legs: tuple[float, float, float], finger: int = 1, at: float = 0.0) -> Trace:
    """A finger that goes down and through legs of (dx, dy, milliseconds), 120 positions a second, without lifting."""
    x, y = start
    trace: Trace = [("down", finger, x, y, at)]
    for dx, dy, milliseconds in legs:
        steps = max(1, round(milliseconds / 8))
        for step in range(1, steps + 1):
            part = step / steps
            trace.append(("move", finger, x + dx * part, y + dy * part, at + milliseconds * part))
        x, y, at = x + dx, y + dy, at + milliseconds
    return trace


def lifted(trace: Trace, kind: str = "up") -> Trace:
    _, finger, x, y, at = trace[-1]
    return [*trace, (kind, finger, x, y, at + 4)]


def turned(length: float, degrees: float) -> tuple[float, float]:
    return length * math.cos(math.radians(degrees)), length * math.sin(math.radians(degrees))


def clear_swipes() -> Iterator[tuple[str, Trace, str]]:
    angles = {"right": 0, "left": 180, "up": -90, "down": 90}
    for (name, angle), start, tilt in product(angles.items(), STARTS, (-20, 0, 20)):
        yield f"flick {name} {start} {tilt}", lifted(line(start, (*turned(70, angle + tilt), 60))), name
        yield f"slow drag {name} {start} {tilt}", lifted(line(start, (*turned(140, angle + tilt), 700))), name
    for name, angle in angles.items():
        there = turned(120, angle)
        yield (
            f"drag, pause, then on {name}",
            lifted(line((195, 420), (*there, 300), (0, 0, 500), (*turned(20, angle), 60))),
            name,
        )


def no_swipes() -> Iterator[tuple[str, Trace, str | None]]:
    for angle, start, speed in product((45, 135, -45, -135, 38, 52, 142), STARTS, (80, 500)):
        yield f"diagonal {angle} {start} {speed}", lifted(line(start, (*turned(150, angle), speed))), None
    for (name, (dx, dy)), start in product(DIRECTIONS.items(), STARTS):
        yield f"short and slow {name} {start}", lifted(line(start, (60 * dx, 60 * dy, 500))), None
        yield f"short and fast {name} {start}", lifted(line(start, (30 * dx, 30 * dy, 30))), None
        out = (150 * dx, 150 * dy, 200)
        yield f"out and back {name} {start}", lifted(line(start, out, (-150 * dx, -150 * dy, 200))), None
        yield f"out and half back {name} {start}", lifted(line(start, out, (-70 * dx, -70 * dy, 120))), None
        yield f"turning back at the end {name} {start}", lifted(line(start, out, (-12 * dx, -12 * dy, 40))), None
        bounce = lifted(line(start, (90 * dx, 90 * dy, 100), (-190 * dx, -190 * dy, 120)))
        yield f"bounce past the start {name} {start}", bounce, None
        yield f"taken by the system {name} {start}", lifted(line(start, out), "cancel"), None
        second = line((60, 700), (0, 0, 10), finger=2, at=90)
        both = sorted(line(start, out) + second, key=lambda event: event[4])
        yield (
            f"second finger {name} {start}",
            [*both, ("up", 1, start[0] + 150 * dx, start[1], 210), ("up", 2, 60, 700, 215)],
            None,
        )
        yield f"rotated on the way {name} {start}", lifted([*line(start, out), ("rest", 0, 0, 0, 201)]), None
    for x, y, speed in product((0, 8, 23, WIDTH - 23, WIDTH - 1), (200, 420), (60, 400)):
        side = 200 if x < 100 else -200
        yield f"from the edge {x} {y} {speed}", lifted(line((x, y), (side, 0, speed))), None
    for gap in (0, 40):
        pinch = line((150, 400), (-60, -60, 200)) + line((240, 500), (60, 60, 200), finger=2, at=gap)
        pinch.sort(key=lambda event: event[4])
        yield f"pinch {gap}", [*pinch, ("up", 1, 90, 340, 300), ("up", 2, 300, 560, 310)], None
        thumbs = line((100, 700), (150, 0, 120)) + line((300, 700), (-150, 0, 120), finger=2, at=gap)
        thumbs.sort(key=lambda event: event[4])
        yield f"two thumbs {gap}", [*thumbs, ("up", 1, 250, 700, 300), ("up", 2, 150, 700, 310)], None
    for start in STARTS:
        yield f"tap {start}", lifted(line(start, (2, 1, 60))), None
        held = [*line(start, (1, 1, 100)), ("wait", 0, 0, 0, 500.0)]
        yield f"hold, then drag {start}", lifted([*held, ("move", 1, start[0] + 200, start[1], 700.0)]), None
        yield f"circle {start}", lifted(line(start, (80, 0, 60), (0, 80, 60), (-80, 0, 60), (0, -80, 60))), None


RUN = """async ([url, traces, width, height, reasons]) => {
  const { Gesture } = await import(url);
  return traces.map(([zoomed, trace]) => {
    const gesture = new Gesture(width, height);
    Object.assign(gesture, { zoomed, reasons });
    const meant = [];
    const note = (intent) => intent && meant.push([intent.kind, intent.to ?? null, intent.reason ?? null]);
    for (const [kind, id, x, y, t] of trace) {
      if (gesture.due !== null && gesture.due <= t) note(gesture.wait(gesture.due)); // as the page's timer does
      note(kind === "wait" ? gesture.wait(t) : gesture[kind]({ id, x, y, t }));
    }
    return meant;
  });
}"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs (zoomed, trace) pairs through gestures.js in Chromium; the intents of each."""
    workspace = make_workspace(tmp_path_factory.mktemp("gestures"), 1)
    with serving(workspace) as server, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{server.url}/join")
        url = server.app.extensions["assets"].url("gestures.js")

        def through(traces: list[tuple[bool, Trace]], reasons: int = 6) -> list[list[list[Any]]]:
            return page.evaluate(RUN, [url, traces, WIDTH, HEIGHT, reasons])

        yield through
        browser.close()


@pytest.mark.parametrize("reasons", [0, 6])
def test_over_200_traces_mean_what_they_should_and_never_anything_else(run, reasons):
    table = [*clear_swipes(), *no_swipes()]
    assert len(table) >= 200
    found = run([(False, trace) for _, trace, _ in table], reasons)
    wrong = []
    for (name, _, expected), intents in zip(table, found, strict=True):
        swipes = [to for kind, to, reason in intents if kind == "swipe" and reason is None]
        if swipes != ([] if expected is None else [expected]):
            wrong.append((name, expected, swipes))
    assert wrong == []


RESTED = ((-130, 4, 150), (0, 0, 400))  # to the left, and there for a moment


def second_flicks() -> Iterator[tuple[str, Trace, list[Any]]]:
    """What a finger says that rests on the left: rows of 44 px up and down, the middle for no reason."""
    for (x, y), milliseconds in product([(195, 420), (300, 300), (220, 600)], (40, 400)):
        for rows, reason in ((-3, 0), (-2, 1), (-1, 2), (0, None), (1, 3), (2, 4), (3, 5), (5, 5), (-9, 0)):
            for slip in (-14, 0, 14):
                why = (slip, 44 * rows + slip, milliseconds)
                yield f"{rows} rows from {x} {y} {slip}", lifted(line((x, y), *RESTED, why)), ["left", reason]
    for rows, reason in ((-6, 0), (-4, 2), (-1, 5), (2, None)):  # near the bottom all reasons are above
        yield f"{rows} rows at the bottom", lifted(line((250, 835), *RESTED, (0, 44 * rows, 90))), ["left", reason]
    for rows, reason in ((6, 5), (1, 0), (-1, None)):  # and near the top all are below
        yield f"{rows} rows at the top", lifted(line((250, 6), *RESTED, (0, 44 * rows, 90))), ["left", reason]


def test_a_second_flick_after_a_rest_on_the_left_says_why(run):
    table = list(second_flicks())
    found = run([(False, trace) for _, trace, _ in table])
    swipes = [[intent[1:] for intent in intents if intent[0] == "swipe"] for intents in found]
    wrong = [(name, said, *got) for (name, _, said), got in zip(table, swipes, strict=True) if got != [said]]
    assert wrong == []


def test_who_changes_their_mind_among_the_reasons_judges_nothing(run):
    asked = (*RESTED, (0, 88, 100))
    traces = [
        lifted(line((195, 420), *asked, (125, -90, 200))),  # back to the middle
        lifted(line((195, 420), *asked, (330, -90, 200))),  # past it
        lifted(line((195, 420), *asked), "cancel"),  # the system takes over
        [*line((195, 420), *asked), ("down", 2, 60, 700, 800), ("up", 1, 65, 508, 900), ("up", 2, 60, 700, 910)],
        lifted([*line((195, 420), *asked), ("rest", 0, 0, 0, 801)]),  # the screen turns
    ]
    for intents in run([(False, trace) for trace in traces]):
        assert "why" in {kind for kind, _, _ in intents}
        assert [to for kind, to, _ in intents if kind == "swipe"] == []


def test_without_a_rest_nobody_is_asked_why(run):
    quick = [lifted(line((195, 420), (-130, 0, time))) for time in (40, 80, 150, 250, 400)]
    for intents in run([(False, trace) for trace in quick]):
        assert [(kind, to) for kind, to, _ in intents if kind in {"why", "swipe"}] == [("swipe", "left")]


def test_while_zoomed_no_way_of_one_finger_is_a_swipe(run):
    table = [*clear_swipes(), *no_swipes()]
    for (name, _, _), intents in zip(table, run([(True, trace) for _, trace, _ in table]), strict=True):
        assert all(kind not in {"swipe", "drag", "why"} for kind, _, _ in intents), name


def test_two_taps_close_together_are_one_double_tap(run):
    one = lifted(line((195, 420), (1, 0, 50)))
    soon = [(kind, finger, x + 5, y, t + 180) for kind, finger, x, y, t in one]
    late = [(kind, finger, x, y, t + 600) for kind, finger, x, y, t in one]
    far = [(kind, finger, x + 120, y, t + 180) for kind, finger, x, y, t in one]
    kinds = [
        [kind for kind, _, _ in intents if "tap" in kind]
        for intents in run([(False, one + more) for more in (soon, late, far)])
    ]
    assert kinds == [["tap", "doubletap"], ["tap", "tap"], ["tap", "tap"]]
