"""A claim is tested by paired trainings: what is counted, what is decided, and that nothing is trained twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from train_fixtures import workspace

from cli.main import call
from curate.errors import UserError
from curate.guides import draw_guide
from curate.workspace import Workspace
from train import ablate, upres
from train.ablate_scores import half_of
from train.ablate_sets import drawn_set, with_guides
from train.claims import CLAIMS, Claim, effect, seeds_needed, verdict
from train.config_ablate import AblateOptions

GUIDE, POOLED, NORMLESS = (CLAIMS[name] for name in ("guide", "pooled", "normless"))


def ruling(claim: Claim, first: list[float], other: list[float]) -> str:
    return effect(claim, claim.against[0], first, other).ruling


def test_an_effect_is_the_mean_difference_with_students_interval() -> None:
    found = effect(GUIDE, "zero", [1.0, 2.0, 3.0], [2.0, 4.0, 3.0])
    assert found.mean == pytest.approx(1)
    assert found.high - found.mean == pytest.approx(4.303 * 1 / 3**0.5, abs=1e-3)
    assert found.share == pytest.approx(1 / 3)
    assert found.ruling == "not shown"


@pytest.mark.parametrize(
    ("first", "other", "expected"),
    [([1.0, 1.1, 0.9], [2.0, 2.0, 2.1], "holds"), ([2.0, 2.0, 2.1], [1.0, 1.1, 0.9], "refuted")],
)
def test_a_claim_holds_only_where_the_interval_says_so(first: list[float], other: list[float], expected: str) -> None:
    assert ruling(GUIDE, first, other) == expected


def test_one_pair_of_seeds_shows_nothing() -> None:
    assert ruling(GUIDE, [1.0], [100.0]) == "not shown"


def test_no_worse_allows_a_little_worse() -> None:
    assert ruling(NORMLESS, [1.02, 1.03, 1.02], [1.0, 1.01, 1.0]) == "holds"
    assert ruling(NORMLESS, [1.2, 1.21, 1.2], [1.0, 1.01, 1.0]) == "refuted"


def test_a_guide_must_beat_both_no_guide_and_a_wrong_one() -> None:
    low, high, alike = [1.0, 1.1, 0.9], [2.0, 2.0, 2.1], [1.0, 1.0, 1.1]
    beats, draws = effect(GUIDE, "zero", low, high), effect(GUIDE, "shuffled", low, alike)
    assert verdict(GUIDE, [beats, draws]) == "not shown"
    assert verdict(GUIDE, [beats, effect(GUIDE, "shuffled", low, high)]) == "holds"


def test_texture_bought_with_wrong_colours_does_not_count() -> None:
    better = effect(POOLED, "full", [1.0, 1.1, 0.9], [2.0, 2.0, 2.1])
    assert verdict(POOLED, [better], psnr_lost=0.5) == "holds"
    assert verdict(POOLED, [better], psnr_lost=1.5) == "refuted"


def test_noisy_scores_need_more_seeds_within_reason() -> None:
    calm, noisy = [1.0, 1.01, 0.99], [1.0, 1.3, 0.9]
    assert seeds_needed(calm, [1.1, 1.11, 1.09]) == 3
    assert 3 < seeds_needed(calm, noisy) <= 20
    assert seeds_needed(calm, [1.0, 9.0, -5.0]) == 20


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_claims_are_well_formed(claim: Claim) -> None:
    names = [arm.name for arm in claim.arms]
    assert len(set(names)) == len(names)
    assert set(claim.against) <= set(names[1:])


def test_arms_share_people_and_luck(tmp_path: Path) -> None:
    clean = drawn_set(tmp_path / "clean", 2, 1, 48)
    dirty = drawn_set(tmp_path / "dirty", 4, 1, 48, spoiled=0.5)
    assert [one.sha256 for one in clean.held_out] == [one.sha256 for one in dirty.held_out]
    assert len(dirty.train) == 4
    assert any("-bad" in one.source for one in dirty.train)
    assert not any("-bad" in one.source for one in (*clean.train, *dirty.held_out))
    assert {one.sha256 for one in clean.train} & {one.sha256 for one in dirty.train}


def test_nobody_both_chooses_weights_and_judges(tmp_path: Path) -> None:
    faces = drawn_set(tmp_path / "given", 2, 4, 48)
    names = {entry.id: f"person {place // 2}" for place, entry in enumerate(faces.entries)}
    faces.entries = tuple(replace(entry, person=names[entry.id]) for entry in faces.entries)  # two photos of each
    choose, judge = ({entry.person for entry in half_of(faces, half)} for half in ("choose", "judge"))
    assert choose
    assert judge
    assert not choose & judge


def test_guides_that_lie_or_are_silent(tmp_path: Path) -> None:
    base = drawn_set(tmp_path / "given", 2, 2, 48)
    shuffled, zero = (with_guides(base, tmp_path / how, how) for how in ("shuffled", "zero"))
    for true, wrong, silent in zip(base.entries, shuffled.entries, zero.entries, strict=True):
        assert true.landmarks != wrong.landmarks
        assert not draw_guide(np.array(silent.landmarks)).any()
        assert (true.face_sha256, true.held_out) == (wrong.face_sha256, wrong.held_out)
    shuffled.check()
    zero.check()
    assert len({base.digest, shuffled.digest, zero.digest}) == 3


def test_a_claim_goes_on_arm_by_arm_and_trains_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace(tmp_path)
    monkeypatch.setattr(upres, "FINAL_TILES", 16)
    monkeypatch.setitem(ablate.SIZES, "tiny", ablate.SIZES["tiny"]._replace(tiles=4, judged=8))
    trained: list[str] = []
    train = upres.run

    def counted(place: Workspace, options: Any) -> Any:
        trained.append(Path(options.run).name)
        return train(place, options)

    monkeypatch.setattr(upres, "run", counted)

    def go(**values: Any) -> ablate.AblateSummary:
        given = {"claim": "guide", "scale": "tiny", "set": "small", "seeds": 1, "device": "cpu", "threads": 1}
        options = AblateOptions(**{**given, **values})
        return ablate.run(Workspace(tmp_path), options)

    assert go(max_seconds=0.0).missing == 3
    whole = go()
    assert trained == ["guide-seed0", "zero-seed0", "shuffled-seed0"]
    assert whole.missing == 0
    assert set(whole.means) == {"guide", "zero", "shuffled"}
    assert whole.verdict == "not shown"
    assert "verdict at scale tiny: not shown" in whole.text()
    assert go() == whole
    assert len(trained) == 3
    with pytest.raises(UserError, match="another preset and seeds; name another --folder"):
        go(preset="faithful", seeds=2)


def test_weights_and_seeds_are_fixed_before_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[tuple[str, int, str]] = []

    def score(self: Any, arm: Any, seed: int, half: str = "judge", weight: float | None = None) -> dict[str, float]:
        trained.append((arm.name, seed, half))
        best = 30.0 if arm.name == "pooled" else 100.0
        lift = abs((weight or best) - best) + (0.5 if arm.name == "full" else 0.0)
        return {"swd_finest": 10 + lift + 0.01 * (seed % 3), "lr_psnr": 30.0}

    monkeypatch.setattr(ablate.Ablation, "score", score)
    test = ablate.Ablation(Workspace(tmp_path), AblateOptions(claim="pooled", scale="tiny"))
    test.run()
    assert test.weights == {"pooled": 30.0, "full": 100.0}
    assert [one for one in trained if one[2] == "choose"] == trained[:6]
    assert {seed for _, seed, _ in trained[6:12]} == set(ablate.NOISE_SEEDS)
    assert {seed for _, seed, _ in trained[12:]} == {0, 1, 2}


def test_a_claim_that_draws_its_own_sets_takes_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ablate", "clean", "--set", "small"]) == 2
    assert "leave --set out" in capsys.readouterr().err
