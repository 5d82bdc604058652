"""A preview shows what is just in and just out for every rule; suggested limits follow from the labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from scan_fixtures import encoded, portrait
from selection_fixtures import Pile

from cli.main import call
from curate import preview
from curate.config import FilterOptions
from curate.errors import UsageProblem
from curate.filters import run
from curate.models import File, Selection
from curate.pixels import read_image
from curate.preview import IN, OUT, PreviewSummary
from curate.suggest import Side, SuggestSummary, TooFewToSuggest, choose


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    """Eight portraits that lie there, of sharpness 1 to 8."""
    pile = Pile(tmp_path)
    for number in range(8):
        path = tmp_path / f"portrait-{number + 1}.jpg"
        path.write_bytes(encoded(portrait(1 + number % 3, 160), "JPEG"))
        about = path.stat()
        pile.image(str(path), measures={"sharpness": float(number + 1)}, bytes=about.st_size)
        with pile.sessions.begin() as session:
            change = sa.update(File).where(File.path == str(path))
            session.execute(change.values(bytes=about.st_size, mtime_ns=about.st_mtime_ns))
    return pile


def drawn(pile: Pile, file: Path, **rules: Any) -> PreviewSummary:
    summary = run(pile.workspace, FilterOptions(name="clean", preview=file, **rules))
    assert isinstance(summary, PreviewSummary)
    return summary


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_a_preview_is_a_picture_with_a_band_for_every_rule_and_nothing_is_saved(
    pile: Pile, tmp_path: Path, ending: str
) -> None:
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"

    summary = drawn(pile, one, min_sharpness=4.5)
    drawn(pile, two, min_sharpness=4.5, one_face=True)

    assert (summary.images, summary.kept, summary.rules) == (8, 4, {"min_sharpness 4.5": 4})
    assert read_image(two).shape[0] > read_image(one).shape[0]
    with pile.sessions() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Selection)) == 0


def test_the_nearest_to_a_limit_are_shown_nearest_to_the_border(
    pile: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    whole = preview.sheet
    monkeypatch.setattr(preview, "sheet", lambda borders, *more: seen.extend(borders) or whole(borders, *more))

    drawn(pile, tmp_path / "sheet.png", min_sharpness=4.5, max_yaw=30.0)

    sharp, turned = seen
    assert [each.value for each in sharp.out] == [4, 3, 2, 1]
    assert [each.value for each in sharp.kept] == [5, 6, 7, 8]
    assert (turned.removed, turned.out) == (0, [])


def test_each_side_is_framed_in_its_colour_and_a_picture_that_is_gone_says_so(pile: Pile, tmp_path: Path) -> None:
    (tmp_path / "portrait-4.jpg").unlink()

    drawn(pile, tmp_path / "sheet.png", min_sharpness=4.5)

    page = read_image(tmp_path / "sheet.png")
    left, right = page[:, : page.shape[1] // 2], page[:, page.shape[1] // 2 :]
    lines = {side: (half == colour).all(axis=2).sum() for side, half, colour in (("out", left, OUT), ("in", right, IN))}
    assert lines["out"] >= 4 * 3 * preview.SIDE
    assert lines["in"] >= 4 * 3 * preview.SIDE
    assert not (right == OUT).all(axis=2).any()


def test_a_preview_of_saved_rules_and_of_a_draw(pile: Pile, tmp_path: Path) -> None:
    run(pile.workspace, FilterOptions(name="clean", limit=3))
    assert drawn(pile, tmp_path / "sheet.png").rules == {"limit 3, seed 0": 5}


def test_a_preview_needs_a_name_that_says_its_format(pile: Pile, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"\.png"):
        drawn(pile, tmp_path / "sheet.pdf", one_face=True)
    with pytest.raises(ValueError, match="one of them"):
        FilterOptions(name="clean", preview=tmp_path / "sheet.png", suggest=True)


def suggested(pile: Pile) -> SuggestSummary:
    found = run(pile.workspace, FilterOptions(name="clean", suggest=True))
    assert isinstance(found, SuggestSummary)
    return found


def test_the_suggested_limit_is_where_good_and_bad_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pile = Pile(tmp_path)
    dice = np.random.default_rng(0)
    for number in range(60):
        good = number % 2 == 0
        dots = dice.uniform(0, 0.3) if good else dice.uniform(0.5, 1) if number % 3 else 0.1
        noise = {"halftone": float(dots), "blur": float(dice.uniform(0, 1)), "drawing": 0.9 if dots == 0.1 else 0.2}
        pile.image(labels={"Ann": "good" if good else "bad"}, measures=noise)

    found = suggested(pile)

    halftone, drawing = found.limits
    assert (halftone.rule, drawing.rule) == ("max_halftone", "max_drawing")
    assert 0.3 < halftone.value < 0.5
    assert (halftone.bad + drawing.bad, halftone.good + drawing.good) == (30, 0)
    assert found.good_kept > 0.9
    assert found.bad_left_out > 0.9
    assert call(["-w", str(tmp_path), "filter", "clean", "--suggest"]) == 0
    told = capsys.readouterr().out
    assert f"swipegan -w {tmp_path} filter clean --max-halftone 0.4 --max-drawing" in told


def test_the_command_that_is_suggested_does_what_was_said(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    for number in range(40):
        yaw = 3.0 * number if number % 2 else -float(number)
        pile.image(labels={"Ann": "bad" if abs(yaw) > 30 else "good"}, yaw=yaw)

    (limit,) = suggested(pile).limits
    summary = run(pile.workspace, FilterOptions(name="clean", **{limit.rule: limit.value}))

    assert limit.option.startswith("--max-yaw ")
    assert summary.left_out == limit.bad + limit.good  # type: ignore[union-attr]


def test_a_measure_that_says_nothing_gets_no_limit() -> None:
    dice = np.random.default_rng(1)
    good = np.arange(400) % 2 == 0
    assert choose([Side("max_blur", -dice.uniform(size=400)), Side("max_jpeg", -dice.uniform(size=400))], good) == []


def test_limits_together_cost_no_more_good_ones_than_said() -> None:
    dice = np.random.default_rng(2)
    good = np.arange(1000) % 2 == 0
    sides = [Side(f"max_{k}", np.where(good, 1, -1) * 0.8 + dice.normal(size=1000)) for k in range(4)]
    inside = np.ones(1000, bool)
    for cut in choose(sides, good):
        inside &= sides[cut.side].values >= cut.value
    assert inside[good].mean() >= 0.95
    assert inside[~good].mean() < 0.75


def test_too_few_labels_are_said_to_be_so(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    pile.image(labels={"Ann": "good"})
    with pytest.raises(TooFewToSuggest, match="1 good and 0 bad"):
        suggested(pile)
