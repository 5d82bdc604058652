"""What a person who waits sees."""

import pytest

from curate import progress
from curate.progress import Meter, clock, track


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (48, "48 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (59.7, "1 min 00 s")]
)
def test_durations_are_words(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_a_line_says_how_far_how_fast_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    meter = Meter("scan", 100)
    now[0] += 10
    meter.advance(20)
    assert meter.line("a.jpg") == "scan: 20/100 images, 2.0/s, 40 s left, a.jpg"


def test_work_that_ends_by_time_says_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    meter = Meter("train", 1_000_000, most_seconds=60)
    now[0] += 10
    meter.advance(20)
    assert meter.left() == "50 s left"


def test_lines_come_seldom_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for _ in track(range(30), total=30, title="work"):
        now[0] += 1
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_quiet_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "_quiet", True)
    progress.note("hello")
    assert capsys.readouterr().err == ""
