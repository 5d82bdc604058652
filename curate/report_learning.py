"""What more swipes would bring: how well quality is learned from ever more of the labels, and where that leads."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate.files import read_json, write_json
from curate.report_facts import Example, Learning
from curate.report_measures import VERDICTS, auc

if TYPE_CHECKING:
    from curate.quality import Quality

SIZES = (25, 50, 100, 200, 400, 800)  # labels that are learned from
DRAWS = {25: 3, 50: 3, 100: 2, 200: 2}  # of a size: one draw of few labels says little
TREES = 40  # of the forests here: a curve is to be drawn, not a picture to be judged
FEWEST = 60  # labels for a curve
MOST = 1_200  # labels that are looked at: more would take longer than people wait for a report
TESTED = 0.25  # share of the labels that is never learned from


class Measured(NamedTuple):
    """What is kept in the cache: pairs ranked right by number of labels, and each labeled image's held-out quality."""

    points: list[tuple[int, float]]
    held_out: list[float]


def learning(session: Session, said: dict[int, str], cache: Path, examples: int) -> Learning | None:
    """How well unseen labels are ranked after ever more labels, or None where there are too few.

    What labels that did not change gave is taken from the cache.
    """
    labeled = {image: verdict == "good" for image, verdict in said.items() if verdict in VERDICTS}
    if len(labeled) < FEWEST:
        return None
    images = sorted(labeled, key=lambda image: hashlib.sha256(str(image).encode()).digest())[:MOST]
    good = np.array([labeled[image] for image in images], bool)
    key = hashlib.sha256(repr((images, good.tolist())).encode()).hexdigest()[:16]
    measured = _cached(cache / "learning" / f"{key}.json", lambda: _measure(session, images, good))
    if not measured.points:
        return None
    scores = np.array(measured.held_out)
    off = np.abs(scores - good)
    order = [place for place in np.argsort(-off, kind="stable")[:examples] if off[place] > 0.5]
    return Learning(
        points=tuple(measured.points),
        expected=expected(measured.points, 2 * len(labeled)),
        calibration=calibration(scores, good),
        surprising=tuple(Example(image=images[place], note=f"{scores[place]:.2f}") for place in order),
        drawn=len(images),
        labeled=len(labeled),
    )


def _cached(place: Path, make: Callable[[], Measured]) -> Measured:
    try:
        content = read_json(place)
        return Measured([(int(labels), float(right)) for labels, right in content["points"]], content["held_out"])
    except (OSError, ValueError, TypeError, KeyError):
        measured = make()
    with contextlib.suppress(OSError):  # a report can be made of a workspace that cannot be written
        write_json(place, measured._asdict())
    return measured


def _measure(session: Session, images: Sequence[int], good: NDArray[np.bool_]) -> Measured:
    from curate import store_quality
    from curate.quality import Recipe, TooFewLabels, fit

    names = store_quality.feature_names()
    values = store_quality.values_of(session, images, names)

    def learned(some: NDArray[np.int64], draw: int) -> Quality:
        return fit(values[some], good[some], np.ones(len(some)), Recipe(tuple(names), trees=TREES, seed=draw))

    try:
        held_out = learned(np.arange(len(images)), 0).held_out.tolist()
    except TooFewLabels:
        return Measured([], [])
    tested = round(len(images) * TESTED)
    truth, rest = good[:tested], np.arange(tested, len(images))
    points = []
    for size in (*(size for size in SIZES if size < 0.9 * len(rest)), len(rest)):
        found = []
        for draw in range(DRAWS.get(size, 1)):
            try:
                model = learned(np.random.default_rng(draw).permutation(rest)[:size], draw)
            except TooFewLabels:
                continue
            scores = model.score(values[:tested]).astype(np.float32)
            right = auc(scores[truth], scores[~truth])
            found += [] if right is None else [right]
        if found:
            points.append((size, float(np.mean(found))))
    return Measured(points, held_out)


def calibration(scores: NDArray[np.float64], good: NDArray[np.bool_]) -> tuple[tuple[float, float, int], ...]:
    """Mean predicted quality, share of good labels and their number, for each fifth of 0..1 that has some."""
    fifths = []
    place = np.minimum((scores * 5).astype(int), 4)
    for fifth in range(5):
        inside = place == fifth
        if inside.any():
            fifths.append((float(scores[inside].mean()), float(good[inside].mean()), int(inside.sum())))
    return tuple(fifths)


def expected(points: Sequence[tuple[int, float]], labels: int) -> tuple[int, float] | None:
    """Where the curve leads with more labels: errors fall with a power of their number (a straight line in logarithms).

    None where there are fewer than three points, or errors do not fall.
    """
    if len(points) < 3:
        return None
    x = np.log([size for size, _ in points])
    y = np.log([max(1 - right, 1e-4) for _, right in points])
    slope, start = np.polyfit(x, y, 1)
    if slope >= 0:
        return None
    return labels, float(1 - math.exp(start + slope * math.log(labels)))
