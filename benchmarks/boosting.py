"""Boosted trees of depth two, written down as plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier

from curate.detectors import ABSENT

Floats = NDArray[np.float64]


def boost(
    table: Floats, truth: NDArray[np.int64], weights: Floats, names: list[str], trees: int, seed: int = 0
) -> dict[str, Any]:
    """Fit a detector on pictures (N, measures) and write it down as `curate.detectors.read` reads it.

    Both classes weigh the same together, so 0.5 is where a picture would be as likely as not if half had the defect.
    """
    balanced = weights * np.where(truth == 1, 1 / weights[truth == 1].sum(), 1 / weights[truth == 0].sum())
    model = GradientBoostingClassifier(
        n_estimators=trees, learning_rate=0.12, max_depth=2, subsample=0.6, max_features=0.5, min_samples_leaf=6,
        random_state=seed,
    )  # fmt: skip
    model.fit(np.where(np.isfinite(table), table, ABSENT), truth, sample_weight=balanced * len(truth) / balanced.sum())
    written = [_tree(each.tree_, names, model.learning_rate) for each in model.estimators_[:, 0]]
    return {"base": 0.0, "trees": written}  # with balanced classes the odds start at one


def _tree(tree: Any, names: list[str], rate: float) -> list[Any]:
    """Three measures, three limits, four answers; a question that the tree does not ask has any measure, no limit."""
    features, limits, answers = [names[0]] * 3, [0.0] * 3, [0.0] * 4

    def ask(node: int, place: int) -> None:
        if tree.children_left[node] < 0:
            first = 0 if place == 0 else 2 * (place - 1)
            answers[first : first + (4 if place == 0 else 2)] = [float(tree.value[node, 0, 0])] * (
                4 if place == 0 else 2
            )
            return
        features[place], limits[place] = names[tree.feature[node]], float(tree.threshold[node])
        for yes, child in enumerate((tree.children_left[node], tree.children_right[node])):
            if place == 0:
                ask(child, 1 + yes)
            else:
                answers[2 * (place - 1) + yes] = float(tree.value[child, 0, 0])

    ask(0, 0)
    return [*features, *(_short(limit) for limit in limits), *(round(rate * answer, 4) for answer in answers)]


def _short(limit: float) -> float:
    return float(f"{limit:.6g}")
