"""Quality learned from labels: a forest on the measures, calibrated, that says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from curate.errors import UserError

Floats = NDArray[np.float64]

TREES = 300
FOLDS = 5
FEWEST = 10  # labels of each verdict: with fewer, cross-validation says nothing
ENOUGH_FOR_ISOTONIC = 1000  # below, a sigmoid calibrates better (scikit-learn's user guide, "Probability calibration")
ABSENT = -1.0  # stands for a number that is not known, in units of a measure's place among the labeled (0..1)


class TooFewLabels(UserError):
    """There is not enough to learn from."""


class Reason(NamedTuple):
    """What moved an image's score: the measure, its value (NaN: not known), and by how much, as a probability."""

    name: str
    value: float
    change: float


@dataclass(frozen=True)
class Recipe:
    """All that is needed to fit the same model from the same labels again; nothing is pickled."""

    names: tuple[str, ...]
    trees: int = TREES
    leaf: int = 2
    seed: int = 0
    kind: str = "extra-trees"


@dataclass(frozen=True)
class Quality:
    """A fitted model.

    held_out: calibrated probability of each labeled image, from trees that had not seen it.
    """

    recipe: Recipe
    forest: ExtraTreesClassifier
    places: tuple[Floats, ...]  # sorted known values of each measure among the labeled
    calibrator: LogisticRegression | IsotonicRegression
    held_out: Floats

    def score(self, values: Floats) -> Floats:
        """The probability that a careful person would say good, 0..1, of images (N, measures), NaN where unknown."""
        return _calibrated(self.calibrator, _raw(self.forest, _placed(values, self.places)))

    def reasons(self, values: Floats, most: int = 3) -> list[list[Reason]]:
        """The measures that moved each score the most, largest first.

        On its way down a tree an image changes the expected share of good ones at every split; a measure's change is
        the mean over trees of what its splits did (Saabas 2014, "Interpreting random forests").
        """
        placed = _placed(values, self.places)
        changes = sum((_tree_changes(tree, placed) for tree in self.forest.estimators_), np.zeros(placed.shape))
        changes = changes / len(self.forest.estimators_)
        largest = np.argsort(-np.abs(changes), axis=1)[:, :most]
        return [
            [Reason(self.recipe.names[k], float(row[k]), float(change[k])) for k in order if change[k] != 0]
            for row, change, order in zip(values, changes, largest, strict=True)
        ]


def fit(values: Floats, good: NDArray[np.bool_], weights: Floats, recipe: Recipe) -> Quality:
    """Learn from labeled images.

    Args:
        values: (N, measures), NaN where not known.
        good: (N,) verdicts.
        weights: (N,) how far each verdict is to be believed, above 0.

    Raises:
        TooFewLabels: fewer than 10 good or 10 bad ones.
    """
    counts = int(good.sum()), int((~good).sum())
    if min(counts) < FEWEST:
        raise TooFewLabels(
            f"{counts[0]} good and {counts[1]} bad labels are too few: {FEWEST} of each at least; swipe some more"
        )
    places = tuple(np.sort(column[np.isfinite(column)]) for column in values.T)
    placed = _placed(values, places)
    raw = np.empty(len(good))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=recipe.seed).split(placed, good):
        raw[test] = _raw(_grow(placed[train], good[train], weights[train], recipe), placed[test])
    calibrator = _calibrate(raw, good, weights)
    forest = _grow(placed, good, weights, recipe)
    return Quality(recipe, forest, places, calibrator, _calibrated(calibrator, raw))


def _grow(placed: Floats, good: NDArray[np.bool_], weights: Floats, recipe: Recipe) -> ExtraTreesClassifier:
    forest = ExtraTreesClassifier(
        recipe.trees, min_samples_leaf=recipe.leaf, random_state=recipe.seed, class_weight="balanced", n_jobs=1
    )
    return forest.fit(placed, good, sample_weight=weights)


def _raw(forest: ExtraTreesClassifier, placed: Floats) -> Floats:
    return np.asarray(forest.predict_proba(placed)[:, list(forest.classes_).index(True)], np.float64)


def _placed(values: Floats, places: Sequence[Floats]) -> Floats:
    """Each number as its place among the labeled: extra-trees draw thresholds uniformly, tails would rule."""
    columns = []
    for column, known in zip(values.T, places, strict=True):
        place = np.searchsorted(known, column) / max(len(known), 1)
        columns.append(np.where(np.isfinite(column), place, ABSENT))
    return np.stack(columns, axis=1)


def _calibrate(raw: Floats, good: NDArray[np.bool_], weights: Floats) -> LogisticRegression | IsotonicRegression:
    if len(good) >= ENOUGH_FOR_ISOTONIC:
        return IsotonicRegression(y_min=0.5 / len(good), y_max=1 - 0.5 / len(good), out_of_bounds="clip").fit(
            raw, good.astype(float), sample_weight=weights
        )
    return LogisticRegression(C=10.0).fit(_odds(raw), good, sample_weight=weights)


def _calibrated(calibrator: Any, raw: Floats) -> Floats:
    if isinstance(calibrator, IsotonicRegression):
        return np.asarray(calibrator.predict(raw), np.float64)
    return np.asarray(calibrator.predict_proba(_odds(raw))[:, 1], np.float64)


def _odds(raw: Floats) -> Floats:
    kept = np.clip(raw, 0.002, 0.998)
    return np.log(kept / (1 - kept))[:, None]


def _tree_changes(tree: Any, placed: Floats) -> Floats:
    """What each measure's splits of one tree did to each image's share of good ones: (N, measures)."""
    inner = tree.tree_
    share = inner.value[:, 0, :] / inner.value[:, 0, :].sum(axis=1, keepdims=True)
    good = share[:, list(tree.classes_).index(1.0)]
    parent = np.full(inner.node_count, -1)
    for children in (inner.children_left, inner.children_right):
        inside = children >= 0
        parent[children[inside]] = np.flatnonzero(inside)
    steps = np.zeros((inner.node_count, placed.shape[1]))
    below = parent >= 0
    steps[below, inner.feature[parent[below]]] = good[below] - good[parent[below]]
    return np.asarray(tree.decision_path(placed.astype(np.float32)) @ steps)
