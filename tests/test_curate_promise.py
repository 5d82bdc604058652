"""The promise: valid under peeking, and not too shy."""

import numpy as np
import pytest

from curate.promise import evidence, lowest_share, promise


def share_of_projects_that_promise(true: float, goal: float, swipes: int, projects: int = 200) -> float:
    """Simulated people who look after every swipe and stop at the first success."""
    rng = np.random.default_rng(1)
    kept = 0
    for _ in range(projects):
        good = np.cumsum(rng.random(swipes) < true)
        kept += any(promise_now(int(good[n - 1]), n, goal) for n in range(20, swipes + 1))
    return kept / projects


def promise_now(good: int, audited: int, goal: float) -> bool:
    return bool(evidence(good, audited, goal) >= np.log(20))


@pytest.mark.parametrize("true", [0.95, 0.93])
def test_a_false_promise_is_made_in_at_most_5_percent_of_projects(true: float) -> None:
    assert share_of_projects_that_promise(true, goal=0.95, swipes=600) <= 0.05


def test_a_true_promise_is_made_in_most_projects() -> None:
    assert share_of_projects_that_promise(0.98, goal=0.95, swipes=400) >= 0.8


def test_the_lowest_share_is_where_the_evidence_crosses_the_bar() -> None:
    lowest = lowest_share(190, 200)
    assert 0.85 < lowest < 0.95
    assert evidence(190, 200, lowest) == pytest.approx(np.log(20), abs=1e-6)


def test_nothing_is_promised_without_labels() -> None:
    said = promise(0, 0, 0.95)
    assert not said.holds
    assert said.lowest == 0
    assert said.more is not None


def test_as_many_labels_as_it_says_are_enough() -> None:
    said = promise(60, 60, 0.95)
    assert not said.holds
    assert said.more is not None
    assert promise(60 + said.more, 60 + said.more, 0.95).holds
    assert not promise(59 + said.more, 59 + said.more, 0.95).holds


def test_a_share_below_the_goal_is_said_to_be_out_of_reach() -> None:
    said = promise(50, 80, 0.95)
    assert said.more is None
    assert "likely not so" in said.text()


def test_more_bad_ones_never_help() -> None:
    bounds = [lowest_share(100 - bad, 100) for bad in range(0, 30, 3)]
    assert bounds == sorted(bounds, reverse=True)
