"""Distributions of numbers for the report: histograms by verdict, examples at both ends, faces by pose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate import store_columns as store
from curate.measure_words import SHARE, words
from curate.report_facts import Distribution, Example, Examples, FaceFacts, Histogram, Pose
from curate.report_plots import number
from curate.store_columns import Columns, Ids, Values

MOST_BINS = 40
TAIL = 0.005  # share of the values at either end that a histogram does not stretch for
YAW_EDGES = (-90.0, -50.0, -35.0, -20.0, -7.0, 7.0, 20.0, 35.0, 50.0, 90.0)
PITCH_EDGES = (-90.0, -30.0, -18.0, -6.0, 6.0, 18.0, 30.0, 90.0)
VERDICTS = ("good", "bad")


class Verdicts:
    """What the majority said of each labeled image, in a form that columns can be split by."""

    def __init__(self, said: dict[int, str]) -> None:
        ids = sorted(image for image, verdict in said.items() if verdict in VERDICTS)
        self.ids: Ids = np.array(ids, np.int64)
        self.good: Values = np.array([said[image] == "good" for image in ids], np.float32)

    def split(self, ids: Ids, values: Values) -> dict[str, Values]:
        """The values of the unlabeled, the good and the bad; only the former where nothing is labeled."""
        if not len(self.ids):
            return {"none": values}
        place = np.minimum(np.searchsorted(ids, self.ids), max(len(ids) - 1, 0))
        there = ids[place] == self.ids
        labeled, good = place[there], self.good[there] == 1
        return {"good": values[labeled[good]], "bad": values[labeled[~good]], "none": np.delete(values, labeled)}


def distribution(name: str, columns: Columns, verdicts: Verdicts, examples: int) -> Distribution | None:
    """A number's distribution over the images, or None where no image has it."""
    known = np.isfinite(columns.values[name])
    ids, values = columns.ids[known], columns.values[name][known]
    if not len(ids):
        return None
    said = words(name)
    parts = verdicts.split(ids, values)
    share = said.unit == SHARE
    quartiles = [float(value) for value in np.quantile(values, (0.25, 0.5, 0.75))]
    return Distribution(
        name=name,
        title=said.title,
        unit="" if share else said.unit,
        low_word=said.low,
        high_word=said.high,
        defect=said.defect,
        count=len(ids),
        quartiles=(quartiles[0], quartiles[1], quartiles[2]),
        histogram=histogram(parts, (0.0, 1.0) if share else None),
        lowest=_examples(ids, values, smallest(values, examples), share),
        highest=_examples(ids, values, len(values) - 1 - smallest(-values[::-1], examples), share),
        auc=auc(parts["good"], parts["bad"]) if "good" in parts else None,
    )


def histogram(parts: dict[str, Values], span: tuple[float, float] | None = None, most: int = MOST_BINS) -> Histogram:
    """Counts of each class in equal bins between the outermost half percents, or over `span`.

    There are about as many bins as the Rice rule asks for: the cube root of the number of values, doubled.
    """
    together = np.concatenate(list(parts.values()))
    bins = min(most, max(12, round(2.5 * len(together) ** (1 / 3))))
    low, high = span or tuple(float(value) for value in np.quantile(together, (TAIL, 1 - TAIL)))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    counts = []
    for values in parts.values():
        clipped = np.clip(values.astype(np.float64), low, high)
        counts.append(tuple(int(count) for count in np.histogram(clipped, bins, (low, high))[0]))
    return Histogram(low=low, high=high, classes=tuple(parts), counts=tuple(counts))


def smallest(values: Values, count: int) -> NDArray[np.int64]:
    """Places of the smallest values, ascending; of equal ones the first come first."""
    if len(values) <= count:
        return np.argsort(values, kind="stable")
    below = np.flatnonzero(values <= np.partition(values, count)[count])
    return below[np.argsort(values[below], kind="stable")[:count]]


def auc(good: Values, bad: Values) -> float | None:
    """Probability that a good image has a larger number than a bad one (ties count half), or None without both."""
    if not len(good) or not len(bad):
        return None
    ordered = np.sort(bad)
    below = np.searchsorted(ordered, good, "left") + np.searchsorted(ordered, good, "right")
    return float(below.mean() / (2 * len(bad)))


def _examples(ids: Ids, values: Values, places: NDArray[Any], share: bool) -> Examples:
    shown = [(int(ids[place]), float(values[place])) for place in places]
    return tuple(Example(image=image, note=f"{value:.2f}" if share else number(value)) for image, value in shown)


def faces(columns: Columns, verdicts: Verdicts, detectors: dict[str, int], examples: int) -> FaceFacts | None:
    """Sizes, scores and poses of the main faces, or None where there is no face."""
    sizes = distribution("face_size", columns, verdicts, examples)
    scores = distribution("face_score", columns, verdicts, examples)
    if sizes is None or scores is None:
        return None
    heat, poses = _poses(columns, YAW_EDGES, PITCH_EDGES)
    return FaceFacts(
        count=len(columns.ids),
        sizes=sizes,
        scores=scores,
        yaw_edges=YAW_EDGES,
        pitch_edges=PITCH_EDGES,
        heat=heat,
        poses=poses,
        detectors=detectors,
    )


def _poses(
    columns: Columns, yaws: Sequence[float], pitches: Sequence[float]
) -> tuple[tuple[tuple[int, ...], ...], tuple[Pose, ...]]:
    """Counts of the cells, and for each cell from the top left the face nearest to its middle."""
    yaw = np.clip(columns.values["yaw"].astype(np.float64), -89.9, 89.9)
    pitch = np.clip(columns.values["pitch"].astype(np.float64), -89.9, 89.9)
    column, row = np.digitize(yaw, yaws) - 1, np.digitize(pitch, pitches) - 1
    heat, poses = [], []
    for down in range(len(pitches) - 1):
        line = []
        for right in range(len(yaws) - 1):
            inside = np.flatnonzero((column == right) & (row == down))
            line.append(len(inside))
            middle = (_middle(yaws, right), _middle(pitches, down))
            example = None
            if len(inside):
                off = np.hypot(yaw[inside] - middle[0], pitch[inside] - middle[1])
                best = inside[int(off.argmin())]
                example = Example(image=int(columns.ids[best]), note=f"{yaw[best]:+.0f}° {pitch[best]:+.0f}°")
            poses.append(Pose(yaw=yaws[right], pitch=pitches[down], count=len(inside), example=example))
        heat.append(tuple(line))
    return tuple(heat), tuple(poses)


def _middle(edges: Sequence[float], place: int) -> float:
    """The middle of a cell; of an outermost one a value not far from its inner edge."""
    low, high = max(edges[place], edges[1] - 12), min(edges[place + 1], edges[-2] + 12)
    return (low + high) / 2


def measures(session: Session, known: Columns, verdicts: Verdicts, examples: int) -> tuple[Distribution, ...]:
    """The distribution of every measure that some image has; defects first. What is not `known` yet is read."""
    found = {name: distribution(name, known, verdicts, examples) for name in known.values}
    unknown = [name for name in store.measure_names() if name not in known.values]
    for columns in store.measures_in_parts(session, unknown):
        found |= {name: distribution(name, columns, verdicts, examples) for name in columns.values}
        del columns  # before the next part is read
    every = [one for name in store.measure_names() if (one := found[name]) is not None]
    return tuple(sorted(every, key=lambda one: not one.defect))
