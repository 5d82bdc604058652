"""Which painting of each tile is kept: good ones that also agree with their neighbours where they overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infer.blend import RIM, smooth
from infer.candidates import Candidate, Candidates
from infer.tiles import Plan, Tile

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

RESTARTS = 10
WEIGHTS = np.geomspace(0.5, 20, 20)  # of unlikeness against score; beyond them nothing changes
SWEEPS = 50


class Edge(NamedTuple):
    """Two neighbours and how much each painting of the first differs from each of the second: (K, K)."""

    first: int
    second: int
    cost: Doubles


@dataclass(frozen=True)
class Choice:
    """The painting chosen for each tile; `score` is their mean, `disagreement` the mean unlikeness of
    neighbours, None where it did not matter.
    """

    labels: NDArray[np.int64]
    score: float
    disagreement: float | None


def scores(
    candidates: Candidates, weights: dict[str, float], changes: int, sharp_range: tuple[float, float] | None = None
) -> Doubles:
    """One number per tile and change, (tiles, changes), NaN where there is no such painting.

    Each measure is compared within its tile and counted in standard deviations over the picture, then weighted. The
    sharpness is cut to `sharp_range` (that of the training set, or of the middle 90 % here): beyond it lies noise.
    """
    total = np.zeros((len(candidates), changes))
    for name, weight in weights.items():
        if weight:
            total = total + weight * standardised(_table(candidates, name, changes, sharp_range))
    for row, own in zip(total, candidates, strict=True):
        row[[k for k in range(changes) if k not in {c.change for c in own}]] = np.nan
    return total


def _table(candidates: Candidates, name: str, changes: int, sharp_range: tuple[float, float] | None) -> Doubles:
    table = np.full((len(candidates), changes), np.nan)
    for row, own in zip(table, candidates, strict=True):
        for candidate in own:
            row[candidate.change] = candidate.measures[name]
    if name == "laplacian":
        low, high = sharp_range or tuple(np.nanpercentile(table, [5, 95]))
        table = np.clip(table, low, high)
    return table


def standardised(table: Doubles) -> Doubles:
    """Differences from the mean of each row, in standard deviations over all rows; 0 where all are equal."""
    centred = table - np.nanmean(table, axis=1, keepdims=True)
    spread = np.nanstd(centred)
    return np.asarray(np.nan_to_num(centred / spread if spread > 0 else 0 * centred))


def edges(plan: Plan, candidates: Candidates, changes: int) -> list[Edge]:
    """For neighbours to the right and below: how unlike the high bands of their paintings are in the overlap.

    The root mean square of the difference over that of both together: 0 alike, 1 unrelated. The plain difference
    would prefer dull paintings, which differ little from anything.
    """
    highs, tiles = [high_bands(own) for own in candidates], plan.tiles
    return [
        Edge(k, other, cost_between(tiles[k], highs[k], tiles[other], highs[other], plan.scale, changes))
        for k, other in neighbours(plan)
    ]


Highs = list[tuple[int, Floats]]
"""The changes of a tile that were painted, each with the high band of its painting (3, 8T, 8T)."""


def high_bands(own: list[Candidate]) -> Highs:
    """The high bands of all paintings of one tile."""
    return [(candidate.change, _high(candidate.picture)) for candidate in own]


def cost_between(tile: Tile, highs: Highs, other: Tile, others: Highs, scale: int, changes: int) -> Doubles:
    """How unlike each painting of a tile is to each of its neighbour where they overlap, (changes, changes)."""
    mine, theirs = _overlap(tile, other, scale), _overlap(other, tile, scale)
    cost = np.zeros((changes, changes))
    for a, first in highs:
        for b, second in others:
            cost[a, b] = unlikeness(first[mine], second[theirs])
    return cost


def neighbours(plan: Plan) -> list[tuple[int, int]]:
    """Numbers of the tiles that lie side by side or one above the other."""
    columns, found = len(plan.lefts), []
    for k, tile in enumerate(plan):
        found += [(k, k + 1)] if tile.column + 1 < columns else []
        found += [(k, k + columns)] if tile.row + 1 < len(plan.tops) else []
    return found


def unlikeness(first: Floats, second: Floats) -> float:
    """Root mean square of the difference over that of both: 0 for equal arrays, 1 for unrelated ones, at most 1.42."""
    energy = float(np.square(first).sum() + np.square(second).sum())
    return float(np.sqrt(np.square(first - second).sum() / energy)) if energy > 0 else 0.0


def _high(picture: Floats) -> Floats:
    return picture - np.stack([smooth(plane, RIM / 3, RIM) for plane in picture])


def _overlap(tile: Tile, other: Tile, scale: int) -> tuple[slice, slice, slice]:
    """The part of `tile` that `other` covers too, without the discarded rims of either, in its own large pixels."""
    spans = []
    for mine, theirs in ((tile.top, other.top), (tile.left, other.left)):
        start, end = max(mine, theirs), min(mine, theirs) + tile.size
        rim = min(RIM, scale * max(0, end - start) // 4)
        spans.append(slice(scale * (start - mine) + rim, max(0, scale * (end - mine) - rim)))
    return slice(None), spans[0], spans[1]


def choose(table: Doubles, linked: list[Edge], agreement: float) -> Choice:
    """The labels that agree best with their neighbours while giving up at most the share `agreement` of the score.

    The score is counted from that of a blind choice, 0. Agreement 0 is the article's rule: the best of each tile.
    Minimises sum of -score + weight * sum of unlikeness for rising weights: each by iterated conditional modes
    (Besag 1986) from the best, from each change everywhere, and from ten random starts.
    """
    cost = np.where(np.isnan(table), np.inf, -table)
    best = _choice(cost.argmin(axis=1), table, linked)
    if agreement == 0 or not linked or table.shape[1] == 1:
        return best
    found, starts = [best], _starts(cost)
    links = _links(linked, len(table))
    for weight in WEIGHTS:
        found += [_choice(_settle(start, cost / weight, links), table, linked) for start in starts]
    enough = (1 - agreement) * best.score
    return min((choice for choice in found if choice.score >= enough), key=lambda choice: choice.disagreement or 0.0)


def _starts(cost: Doubles) -> list[NDArray[np.int64]]:
    best = cost.argmin(axis=1)
    uniform = [np.where(np.isfinite(cost[:, k]), k, best) for k in range(cost.shape[1])]
    rng = np.random.default_rng(0)
    noise = [np.where(np.isfinite(cost), rng.random(cost.shape), np.inf).argmin(axis=1) for _ in range(RESTARTS)]
    return [best, *uniform, *noise]


def _links(linked: list[Edge], count: int) -> list[list[tuple[int, Doubles]]]:
    """For each tile its neighbours, each with the cost of (their label, its own label)."""
    links: list[list[tuple[int, Doubles]]] = [[] for _ in range(count)]
    for edge in linked:
        links[edge.first].append((edge.second, np.ascontiguousarray(edge.cost.T)))
        links[edge.second].append((edge.first, edge.cost))
    return links


def _settle(start: NDArray[np.int64], cost: Doubles, links: list[list[tuple[int, Doubles]]]) -> NDArray[np.int64]:
    labels = start.tolist()
    for _ in range(SWEEPS):
        before = list(labels)
        for k, around in enumerate(links):
            labels[k] = int(sum((unlike[labels[other]] for other, unlike in around), cost[k]).argmin())
        if labels == before:
            break
    return np.asarray(labels)


def _choice(labels: NDArray[np.int64], table: Doubles, linked: list[Edge]) -> Choice:
    apart = [e.cost[labels[e.first], labels[e.second]] for e in linked]
    score = float(table[np.arange(len(labels)), labels].mean())
    return Choice(labels, score, float(np.mean(apart)) if apart else None)
