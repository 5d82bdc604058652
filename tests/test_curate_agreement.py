"""Agreement between people, and what their verdicts say together."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from curate.agreement import Skill, cohen_kappa, dawid_skene, fleiss_kappa, lesson, posterior, wilson

ACCURACIES = (0.6, 0.65, 0.7, 0.8, 0.95)


def simulate(images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth (images,) and what five people of known accuracy say (images, 5)."""
    dice = np.random.default_rng(seed)
    truth = dice.random(images) < 0.5
    right = dice.random((images, 5)) < np.array(ACCURACIES)
    return truth, np.where(right, truth[:, None], ~truth[:, None])


@pytest.mark.parametrize("seed", range(8))
def test_kappa_equals_scikit_learns(seed):
    dice = np.random.default_rng(seed)
    first = dice.choice(["good", "bad", "skip"], 200)
    second = np.where(dice.random(200) < 0.6, first, dice.choice(["good", "bad", "skip"], 200))
    ours = cohen_kappa(list(first), list(second))
    assert ours.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    assert ours.low < ours.value < ours.high


def test_kappas_interval_holds_the_truth_as_often_as_it_says():
    share = np.array([[0.4, 0.1], [0.1, 0.4]])  # kappa 0.6
    dice = np.random.default_rng(3)
    inside = 0
    for _ in range(400):
        pairs = dice.choice(4, 150, p=share.ravel())
        found = cohen_kappa([str(pair // 2) for pair in pairs], [str(pair % 2) for pair in pairs])
        inside += found.low <= 0.6 <= found.high
    assert 0.92 <= inside / 400 <= 0.98


def test_kappa_of_one_verdict_alone_says_nothing():
    assert np.isnan(cohen_kappa(["good"] * 5, ["good"] * 5).value)
    assert cohen_kappa([], []).images == 0


def test_fleiss_kappa_is_that_of_his_example():
    counts = np.array(  # Fleiss 1971, as in every textbook: 10 subjects, 14 raters, kappa 0.210
        [
            [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
        ]
    )  # fmt: skip
    assert fleiss_kappa(counts) == pytest.approx(0.210, abs=5e-4)


def test_dawid_and_skene_beat_majority_and_come_near_the_vote_that_knows_the_people():
    majority, ours, knowing = [], [], []
    log_odds = np.log(np.array(ACCURACIES) / (1 - np.array(ACCURACIES)))
    for seed in range(6):
        truth, said = simulate(1000, seed)
        images, people = (axis.ravel() for axis in np.mgrid[0:1000, 0:5])
        found = dawid_skene(images, people, said.ravel())
        ours.append(((found.good > 0.5) == truth).mean())
        majority.append(((said.sum(axis=1) > 2) == truth).mean())
        knowing.append((((2 * said - 1) @ log_odds > 0) == truth).mean())
    assert np.mean(ours) >= np.mean(majority) + 0.03
    assert np.mean(ours) >= np.mean(knowing) - 0.01


def test_dawid_and_skene_learn_how_far_each_person_can_be_trusted():
    truth, said = simulate(4000, 11)
    images, people = (axis.ravel() for axis in np.mgrid[0:4000, 0:5])
    found = dawid_skene(images, people, said.ravel())
    for skill, accuracy in zip(found.skills, ACCURACIES, strict=True):
        assert (skill.sensitivity + skill.specificity) / 2 == pytest.approx(accuracy, abs=0.03)
    assert found.prior == pytest.approx(truth.mean(), abs=0.03)


def test_few_votes_make_nobody_infallible():
    found = dawid_skene(np.array([0, 0]), np.array([0, 1]), np.array([True, True]))
    assert all(0.5 < skill.sensitivity < 0.99 for skill in found.skills)
    assert dawid_skene(np.array([], np.int64), np.array([], np.int64), np.array([], bool)).good.shape == (0,)


def test_adaptive_opinions_need_half_the_labels_at_the_accuracy_of_five_opinions():
    truth, said = simulate(4000, 5)
    fixed = ((said.sum(axis=1) > 2) == truth).mean()
    skills = [Skill(accuracy, accuracy) for accuracy in ACCURACIES]
    dice = np.random.default_rng(1)
    for sure in np.arange(0.8, 0.999, 0.01):
        labels, right = ask_until_sure(truth, said, skills, float(sure), dice)
        if right >= fixed:
            break
    assert right >= fixed
    assert labels <= 0.5 * 5


def ask_until_sure(truth, said, skills, sure, dice) -> tuple[float, float]:
    """(labels an image, share right) when asking people in random order until the posterior is sure."""
    labels = right = 0
    for image in range(len(truth)):
        votes, good = [], 0.5
        for person in dice.permutation(5):
            votes.append((skills[person], "good" if said[image, person] else "bad"))
            good = posterior(votes, 0.5)
            if max(good, 1 - good) >= sure:
                break
        labels += len(votes)
        right += (good > 0.5) == truth[image]
    return labels / len(truth), right / len(truth)


def test_the_posterior_weighs_people_and_ignores_skips():
    sharp, dull = Skill(0.95, 0.95), Skill(0.6, 0.6)
    assert posterior([(sharp, "good")], 0.5) == pytest.approx(0.95)
    assert posterior([(sharp, "good"), (dull, "bad")], 0.5) > 0.9
    assert posterior([(sharp, "skip")], 0.3) == pytest.approx(0.3)


def test_the_lesson_says_how_sure_and_what_more_would_do():
    assert lesson(5, 10) is None
    assert lesson(45, 100) == "45% of photos are good, give or take 10 points; another 316 would likely halve that."
    assert "another 1580 would" in str(lesson(45, 100, swipes=5))
    assert str(lesson(45, 100, left=30)).endswith("halving that takes more photos than there are.")
    assert "little" in str(lesson(4500, 10_000))
    assert wilson(45, 100)[1] < 0.45 < wilson(45, 100)[2]
