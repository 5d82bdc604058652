"""The whole road in small: what `make demo` walks, and when it says that it failed."""

import dataclasses
from pathlib import Path

import pytest

from cli.config import DemoOptions
from cli.demo_sheet import Judgement, check
from cli.road import DemoFailed, Road, run
from curate.errors import UserError
from curate.pixels import read_image

GOOD = Judgement(before=32, after=56, bicubic=40, detail=0.9, detail_bicubic=0.07, locked=0.07, locked_floor=0.06)


@pytest.mark.slow
def test_the_demo_ends_with_a_sheet_a_report_and_portraits(tmp_path: Path) -> None:
    folder = tmp_path / "demo"

    summary = run(DemoOptions(folder=folder, count=30, lowres_seconds=3, upres_seconds=8, processes=2))

    assert len(summary.stages) == 9
    assert read_image(folder / "sheet.png").shape[1] > 1000
    assert "<html" in summary.report.read_text(encoding="utf-8")
    portraits = sorted(path for path in (folder / "portraits").glob("*.png") if path.name != "sheet.png")
    assert [read_image(path).shape for path in portraits] == [(384, 384, 3)] * 12
    assert "swipegan -w faces swipe --lan" in summary.text()


def test_a_good_end_has_no_problems() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"before": 24.9}, "only, not 25"),
        ({"before": float("nan")}, "only, not 25"),
        ({"detail": 0.07}, "no more detail"),
        ({"locked": 0.21}, "same pattern in every tile"),
    ],
)
def test_what_is_not_good_enough_is_said(change: dict[str, float], words: str) -> None:
    (problem,) = check(dataclasses.replace(GOOD, **change))
    assert words in problem


def test_an_error_says_at_which_stage_it_arose() -> None:
    def fail() -> None:
        raise UserError("no room on the disk")

    with pytest.raises(DemoFailed, match="stopped where it was to scan them: no room"):
        Road().stage("scan them", fail)
