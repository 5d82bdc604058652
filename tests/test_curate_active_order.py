"""The order `uncertain` needs fewer swipes than chance where chance wastes them: a small proof on made-up measures."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.active_order import Bools, Floats, Order, curve, needed, next_ones, precision_at


def pile(seed: int, count: int = 400) -> tuple[Floats, Bools]:
    """One measure tells, two say nothing; most pictures are plainly bad, one in three is good or nearly so."""
    dice = np.random.default_rng(seed)
    values = dice.normal(size=(count, 3))
    near = np.arange(count) % 3 == 0
    values[:, 0] = np.where(near, dice.normal(0, 1, count), dice.normal(-4, 0.5, count))
    return values, values[:, 0] > 0


def test_the_order_is_more_precise_than_chance_after_as_many_swipes() -> None:
    reached: dict[Order, list[float]] = {"uncertain": [], "random": []}
    for seed in range(2):
        values, good = pile(seed)
        for order, found in reached.items():
            points = curve(values, good, [0] * len(good), order, seed, trees=12)
            found += [precision for labels, precision in points if 60 <= labels <= 160]
    assert np.mean(reached["uncertain"]) > np.mean(reached["random"]) + 0.03


def test_a_fifth_is_drawn_by_chance_and_the_rest_by_doubt() -> None:
    waiting = list(range(60))
    doubt = {image: abs(image - 40) / 40 for image in waiting}

    chosen = next_ones(waiting, doubt, [0] * 60)

    assert chosen[:4] == [0, 1, 2, 3]
    assert sorted(chosen[4:]) == list(range(32, 48))
    assert next_ones(waiting, {}, [0] * 60) == waiting[:20]


def test_the_goal_is_met_when_it_stays_met() -> None:
    assert needed([(20, 0.96), (40, 0.9), (60, 0.95), (80, 0.97)]) == 60
    assert needed([(20, 0.96), (40, 0.9), (60, 0.95)]) is None


@pytest.mark.parametrize(
    ("good", "precision"), [([1, 1, 1, 1, 1, 0], 1.0), ([1, 0, 1, 1, 1, 1], 0.8), ([0, 0, 1, 1, 1, 1, 1], 4 / 6)]
)
def test_precision_is_that_of_the_best_scores_that_hold_four_fifths_of_the_good(
    good: list[int], precision: float
) -> None:
    scores = -np.arange(len(good), dtype=float)
    assert precision_at(scores, np.array(good, bool), 0.8) == pytest.approx(precision)
