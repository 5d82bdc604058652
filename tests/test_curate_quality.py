"""Learned quality: right, calibrated, able to say why, the same again."""

import numpy as np
import pytest
from numpy.typing import NDArray

from curate.quality import Quality, Recipe, TooFewLabels, fit

NAMES = ("sharpness", "noise", "yaw")
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def pile(count: int, seed: int) -> tuple[Floats, Bools]:
    """Images that are the better the sharper and the less noisy they are; yaw says nothing and is often unknown."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, 3))
    good = values[:, 0] - 0.7 * values[:, 1] + 0.5 * rng.normal(size=count) > 0
    values[rng.random(count) < 0.3, 2] = np.nan
    return values, good


def learned(count: int = 200, seed: int = 1, trees: int = 60) -> Quality:
    values, good = pile(count, seed)
    return fit(values, good, np.ones(count), Recipe(NAMES, trees=trees))


def test_what_was_learned_holds_for_other_images() -> None:
    from sklearn.metrics import roc_auc_score

    values, good = pile(1000, seed=2)
    assert roc_auc_score(good, learned().score(values)) > 0.92


def test_scores_are_probabilities_that_come_true() -> None:
    values, good = pile(4000, seed=3)
    scores = learned(count=400).score(values)
    for low in np.arange(0, 1, 0.2):
        inside = (scores >= low) & (scores < low + 0.2)
        assert abs(good[inside].mean() - scores[inside].mean()) < 0.12


def calibration_error(scores: Floats, good: Bools) -> float:
    """Mean distance between score and share of good ones over ten equal bins, weighted by their images."""
    place = np.minimum((scores * 10).astype(int), 9)
    gaps = [(place == k).mean() * abs(scores[place == k].mean() - good[place == k].mean()) for k in np.unique(place)]
    return float(sum(gaps))


def test_after_200_labels_scores_are_off_by_less_than_5_percent() -> None:
    values, good = pile(3000, seed=3)
    off = [calibration_error(learned(200, seed, trees=40).score(values), good) for seed in range(10, 16)]
    assert np.mean(off) <= 0.05
    assert max(off) <= 0.08


def test_the_same_labels_and_recipe_give_the_same_scores() -> None:
    values, _ = pile(50, seed=4)
    np.testing.assert_array_equal(learned().score(values), learned().score(values))


def test_a_score_does_not_depend_on_the_unit_of_a_measure() -> None:
    values, good = pile(150, seed=1)
    unit = np.array([1000.0, 0.001, 1.0])
    plain = fit(values, good, np.ones(150), Recipe(NAMES, trees=20))
    scaled = fit(values * unit, good, np.ones(150), Recipe(NAMES, trees=20))
    np.testing.assert_allclose(plain.score(values), scaled.score(values * unit))


def test_the_reasons_name_what_spoiled_an_image() -> None:
    blurred, noisy = learned().reasons(np.array([[-3.0, 0.0, 0.0], [0.0, 3.0, 0.0]]))
    assert blurred[0].name == "sharpness"
    assert blurred[0].value == -3
    assert blurred[0].change < -0.1
    assert noisy[0].name == "noise"
    assert noisy[0].change < -0.1


def test_all_reasons_together_are_the_way_from_the_start_to_the_score() -> None:
    model = learned(trees=20)
    values, _ = pile(30, seed=5)
    moved = np.array([sum(reason.change for reason in why) for why in model.reasons(values, most=len(NAMES))])
    from curate.quality import _placed, _raw

    raw = _raw(model.forest, _placed(values, model.places))
    start = raw - moved
    np.testing.assert_allclose(start, start[0])  # one start for all images
    assert 0.4 < start[0] < 0.6  # classes are balanced


def test_an_image_with_nothing_known_gets_a_score() -> None:
    assert 0 < learned().score(np.full((1, 3), np.nan))[0] < 1


def test_a_label_of_little_weight_counts_little() -> None:
    values, good = pile(200, seed=1)
    wrong = np.arange(200) % 4 == 0
    said = np.where(wrong, ~good, good)
    test_values, test_good = pile(1000, seed=2)
    believed = fit(values, said, np.ones(200), Recipe(NAMES, trees=60)).score(test_values)
    doubted = fit(values, said, np.where(wrong, 0.01, 1.0), Recipe(NAMES, trees=60)).score(test_values)
    assert brier(doubted, test_good) < brier(believed, test_good) - 0.02


def brier(scores: Floats, good: Bools) -> float:
    return float(np.mean((scores - good) ** 2))


@pytest.mark.parametrize("few", [0, 9])
def test_too_few_labels_of_one_kind_are_said_to_be_so(few: int) -> None:
    values, _ = pile(100, seed=1)
    with pytest.raises(TooFewLabels, match=f"100 - {few}|{few} bad labels are too few: 10 of each"):
        fit(values, np.arange(100) >= few, np.ones(100), Recipe(NAMES))


def test_above_a_thousand_labels_the_calibration_is_free_of_shape() -> None:
    from sklearn.isotonic import IsotonicRegression

    assert isinstance(learned(count=1000, trees=10).calibrator, IsotonicRegression)
