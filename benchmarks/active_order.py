"""How many swipes until 95 % precision at 80 % recall: the order `uncertain` of the swipe app against random.

    swipegan -w PILE scan $SWIPEGAN_PHOTOS/pile
    nice python -m benchmarks.active_order PILE $SWIPEGAN_PHOTOS/pile/truth.csv --runs 20

Each run draws half of the pile to be labeled and measures on the other half, which nothing is learned from. Twenty
labels at a time are added and the quality model is learned anew: all by chance, or four of five as the app's order has
them (those that the model is least sure of, kinds of pictures taking turns). What counts is the first number of labels
at which the goal is met two times in a row. All labels are learned from; the app keeps every second one of those by
chance for the audit.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from curate.clusters import clusters
from curate.models import File
from curate.quality import Recipe, TooFewLabels, fit
from curate.store_quality import feature_names, values_of
from curate.store_queue import spread_kinds
from curate.workspace import Workspace

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Order = Literal["uncertain", "random"]
Curve = list[tuple[int, float]]  # labels, precision

STEP = 20  # labels between two looks
BY_CHANCE = 4  # of them, in the order `uncertain`
IN_A_ROW = 2
PRECISION, RECALL = 0.95, 0.8
KINDS = 24
SHOWN = (60, 100, 200, 300)  # labels


def main() -> None:
    """Simulate, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--trees", type=int, default=30)
    options = parser.parse_args()
    values, good = read(options.workspace, options.truth)
    kinds = clusters(values.tolist(), KINDS)
    print(f"{len(good)} pictures, {int(good.sum())} good; {options.runs} runs")
    curves: dict[Order, list[Curve]] = {"uncertain": [], "random": []}
    for run in range(options.runs):
        for order, found in curves.items():
            found.append(curve(values, good, kinds, order, run, options.trees))
        print(
            f"run {run}: " + ", ".join(f"{order} {needed(each[-1])}" for order, each in curves.items()), file=sys.stderr
        )
    most = len(good) // 2
    counts = {order: np.array([needed(one) or most for one in each]) for order, each in curves.items()}
    for order, each in curves.items():
        never = sum(needed(one) is None for one in each)
        print(f"{order:10} mean {counts[order].mean():6.1f}, spread {counts[order].std(ddof=1):5.1f},", end=" ")
        print(f"median {np.median(counts[order]):5.0f}, never within {most}: {never} (counted as {most})")
        means = (f"{at}: {np.mean([dict(one)[at] for one in each if at in dict(one)]):.3f}" for at in SHOWN)
        print(f"{'':10} precision at {RECALL:.0%} recall by labels: {', '.join(means)}")
    saved = counts["random"] - counts["uncertain"]
    error = saved.std(ddof=1) / np.sqrt(len(saved))
    print(f"saved by the order, in pairs of runs: {saved.mean():.1f} swipes, standard error {error:.1f}")


def read(workspace: Path, truth: Path) -> tuple[Floats, Bools]:
    """The measures of the pictures that the truth names, and whether they are good (photo_good)."""
    with truth.open(newline="", encoding="utf-8") as file:
        said = {row["file"]: row["label"] == "photo_good" for row in csv.DictReader(file)}
    with Workspace(workspace).open()() as session:
        rows = session.execute(select(File.path, File.image_id).where(File.image_id.is_not(None)).order_by(File.path))
        known = {image: said[Path(path).name] for path, image in rows if image is not None and Path(path).name in said}
        return values_of(session, list(known), feature_names()), np.array(list(known.values()), bool)


def curve(values: Floats, good: Bools, kinds: list[int], order: Order, seed: int, trees: int = 30) -> Curve:
    """Precision at the recall that is asked for, on the half that is not labeled, by number of labels."""
    place = np.random.default_rng(seed).permutation(len(good))
    tested, waiting = place[: len(good) // 2], place[len(good) // 2 :].tolist()
    recipe = Recipe(tuple(f"measure {number}" for number in range(values.shape[1])), trees=trees, seed=seed)
    labeled: list[int] = []
    doubt: dict[int, float] = {}
    points: Curve = []
    while waiting:
        chosen = next_ones(waiting, doubt if order == "uncertain" else {}, kinds)
        labeled += chosen
        waiting = [image for image in waiting if image not in set(chosen)]
        try:
            model = fit(values[labeled], good[labeled], np.ones(len(labeled)), recipe)
        except TooFewLabels:
            continue
        if waiting:
            doubt = dict(zip(waiting, np.abs(model.score(values[waiting]) - 0.5).tolist(), strict=True))
        points.append((len(labeled), precision_at(model.score(values[tested]), good[tested], RECALL)))
    return points


def needed(points: Curve) -> int | None:
    """Labels until the goal is met; None if it never is."""
    met = [precision >= PRECISION for _, precision in points]
    for place in range(len(points) - IN_A_ROW + 1):
        if all(met[place : place + IN_A_ROW]):
            return points[place][0]
    return None


def next_ones(waiting: list[int], doubt: dict[int, float], kinds: list[int]) -> list[int]:
    """The next pictures to label: in the order of `waiting`, which is a drawn one, or mostly by doubt."""
    by_chance = waiting[: BY_CHANCE if doubt else STEP]
    rest = [image for image in waiting if image in doubt and image not in by_chance]
    unsure = spread_kinds(rest, [doubt[image] for image in rest], [kinds[image] for image in rest])
    return by_chance + unsure[: STEP - len(by_chance)]


def precision_at(scores: Floats, good: Bools, recall: float) -> float:
    """The share of good ones among the best scores that hold so large a share of all good ones."""
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(good[order])
    last = int(np.searchsorted(found, recall * good.sum()))
    return float(found[last] / (last + 1))


if __name__ == "__main__":
    main()
