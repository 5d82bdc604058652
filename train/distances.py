"""Distances between two crowds of points, such as the face descriptors of painted and of real people.

Every distance comes with its floor: what two crowds of real people, as large, are apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist

Points = NDArray[np.float64]

DRAWS = 200  # of a bootstrap
CROWD = 0.8  # of the smaller crowd, in each draw of the Frechet distance
FEWEST = 10  # points; fewer say nothing
NEIGHBOURS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """A distance, its 95 % interval, and what real crowds of that size are apart."""

    value: float
    low: float
    high: float
    floor: float

    def text(self) -> str:
        """As people read it."""
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}], real against real {self.floor:.4g}"


def frechet(some: Points, others: Points) -> float:
    """Frechet distance of the normal distributions of two crowds (N, D) (Heusel et al. 2017, arXiv 1706.08500).

    Too large for few points, the fewer the more: compare only crowds of one size.
    """
    means = some.mean(0) - others.mean(0)
    spreads = [np.atleast_2d(np.cov(crowd, rowvar=False)) for crowd in (some, others)]
    root = np.real(sqrtm(spreads[0] @ spreads[1]))
    return float(max(0.0, means @ means + np.trace(spreads[0]) + np.trace(spreads[1]) - 2 * np.trace(root)))


def frechet_distance(painted: Points, real: Points, seed: int = 0, draws: int = 40) -> Distance | None:
    """The Frechet distance of crowds of one size, drawn anew each time without putting back; None of too few points."""
    size = int(CROWD * min(len(painted), len(real) // 2))
    if size < FEWEST:
        return None
    random = np.random.default_rng(seed)
    found, floors = [], []
    for _ in range(draws):
        people = random.permutation(len(real))
        found.append(frechet(painted[random.permutation(len(painted))[:size]], real[people[:size]]))
        floors.append(frechet(real[people[size : 2 * size]], real[people[:size]]))
    return _distance(float(np.mean(found)), found, float(np.mean(floors)))


def kernel_distance(painted: Points, real: Points, seed: int = 0) -> Distance | None:
    """Squared maximum mean discrepancy times 1000 (Gretton et al. 2012), by a Gaussian kernel of the median distance.

    Unbiased whatever the size of the crowds: about 0 for real people, and below it by chance. The interval is a
    bootstrap over pictures.
    """
    if min(len(painted), len(real) // 2) < FEWEST:
        return None
    random = np.random.default_rng(seed)
    kernel = _Kernel(painted, real)
    found = [
        kernel.distance(random.integers(0, len(painted), len(painted)), random.integers(0, len(real), len(real)))
        for _ in range(DRAWS)
    ]
    whole = kernel.distance(np.arange(len(painted)), np.arange(len(real)))
    halves = _Kernel(*np.array_split(real[random.permutation(len(real))], 2))
    return _distance(whole, found, halves.distance(*(np.arange(len(table)) for table in halves.sides)))


class _Kernel:
    """The kernel of all pairs of two crowds."""

    def __init__(self, some: Points, others: Points) -> None:
        every = np.concatenate([some, others])
        apart = cdist(every, every, "sqeuclidean")
        among = apart[len(some) :, len(some) :]
        width = float(np.median(among[np.triu_indices(len(others), 1)])) or 1.0
        table = np.exp(-apart / width)
        cut = len(some)
        self.sides = table[:cut, :cut], table[cut:, cut:]
        self.across = table[:cut, cut:]

    def distance(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
        """1000 times the unbiased squared discrepancy of these members of both crowds; nobody is their own pair."""
        within = 0.0
        for table, chosen in zip(self.sides, (first, second), strict=True):
            others = chosen[:, None] != chosen[None]
            within += float(table[np.ix_(chosen, chosen)][others].mean())
        return 1000 * (within - 2 * float(self.across[np.ix_(first, second)].mean()))


def _distance(value: float, found: list[float], floor: float) -> Distance:
    low, high = np.percentile(found, [2.5, 97.5])
    return Distance(value=value, low=float(low), high=float(high), floor=floor)


def precision_recall(painted: Points, real: Points, neighbours: int = NEIGHBOURS) -> tuple[float, float] | None:
    """Share of painted points among the real ones, and of real ones among the painted, 0..1.

    A point is among a crowd that has a member no nearer to its own third neighbour than to the point (Kynkaanniemi et
    al. 2019, arXiv 1904.06991). The crowds are brought to one size.
    """
    size = min(len(painted), len(real))
    if size < FEWEST:
        return None
    random = np.random.default_rng(0)
    painted, real = (crowd[random.permutation(len(crowd))[:size]] for crowd in (painted, real))
    return _among(painted, real, neighbours), _among(real, painted, neighbours)


def _among(points: Points, crowd: Points, neighbours: int) -> float:
    reach = np.partition(cdist(crowd, crowd), neighbours, axis=1)[:, neighbours]  # the nearest is the point itself
    return float((cdist(points, crowd) <= reach).any(axis=1).mean())
