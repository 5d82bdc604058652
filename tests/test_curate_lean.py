"""What is kept of the good images is compared between skin tones, and a difference beyond chance is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from selection_fixtures import Pile

from curate import judge
from curate.config import FilterOptions, JudgeOptions
from curate.filters import run as run_filter
from curate.lean import compared, told, tone_shares, warning
from curate.report_gather import gather
from curate.report_page import page
from curate.report_text import text
from curate.store_report import reading

DARK, LIGHT = -45.0, 48.0


def test_each_class_has_its_share_with_an_exact_interval() -> None:
    tones = np.array([DARK] * 10 + [LIGHT] * 10 + [np.nan] * 5)
    dark, light = tone_shares(tones, np.array([False] * 10 + [True] * 15))

    assert (dark.name, dark.kept, dark.good) == ("dark", 0, 10)
    assert (light.name, light.kept, light.good) == ("light", 10, 10)
    assert dark.high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert light.low == pytest.approx(0.025 ** (1 / 10))
    assert dark.chance == pytest.approx(2 * 2 / 184756)  # 20 over 10, both ends, two classes


def test_a_class_that_is_kept_less_beyond_chance_is_warned_of_with_its_numbers() -> None:
    said = warning(compared([("dark", 23, 4), ("light", 245, 200)]))

    assert said is not None
    assert "dark 4 of 23 [5%, 39%]" in said


def test_what_chance_explains_is_no_warning_and_a_class_of_three_is_called_too_small() -> None:
    shares = compared([("dark", 3, 2), ("light", 60, 54)])

    assert warning(shares) is None
    assert "too few to tell: dark 2 of 3" in (told(shares) or "")


@pytest.mark.parametrize("shares", [[], [("light", 40, 30)]])
def test_with_one_class_or_none_there_is_nothing_to_compare(shares: list[tuple[str, int, int]]) -> None:
    assert told(compared(shares)) is None


def test_piles_without_a_lean_are_warned_of_at_most_as_often_as_promised() -> None:
    rng = np.random.default_rng(0)
    tones = np.array([DARK] * 8 + [0.0] * 20 + [20.0] * 30 + [LIGHT] * 60)
    alarms = [warning(tone_shares(tones, rng.random(len(tones)) < 0.8)) is not None for _ in range(200)]
    assert np.mean(alarms) <= 0.05


def leaning(root: Path, lean: bool) -> Pile:
    """A pile whose bad images are pale; with a lean its good images with dark skin are as pale as those."""
    pile = Pile(root)
    rng = np.random.default_rng(1)
    for number in range(160):
        good, dark = number % 2 == 0, number % 8 < 2
        pale = not good or (lean and dark)
        values = {"face_tint_spread": float(rng.normal(10 if pale else 40, 3)), "skin_tone": DARK if dark else LIGHT}
        pile.image(measures=values, labels={"Ann": "good" if good else "bad"})
    return pile


@pytest.mark.parametrize("lean", [True, False])
def test_judge_and_report_warn_of_a_selection_that_leans_and_of_no_other(tmp_path: Path, lean: bool) -> None:
    pile = leaning(tmp_path, lean)

    summary = judge.run(pile.workspace, JudgeOptions(trees=20))
    run_filter(pile.workspace, FilterOptions(name="judged", min_quality=summary.threshold))
    with reading(pile.sessions) as session:
        report = gather(session, pile.workspace, 4)

    dark = next(share for share in summary.tones if share.name == "dark")
    assert dark.good == 20
    assert ("beyond chance" in summary.text()) == lean
    assert (dark.kept < 10) == lean
    assert report.bias is not None
    assert any(one.warnings for one in report.bias.leanings) == lean
    assert ("judged: What is kept of the good images differs by skin tone" in text(report)) == lean
    assert ("differs by skin tone beyond chance" in page(report, pile.workspace.cache)) == lean
