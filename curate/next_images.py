"""Which images to label next: those the model is unsure of, and not all of one kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DECAY = 0.8  # each further image of a kind counts that much less


def order(quality: Floats, kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of images, the one whose label would teach the most first.

    Worth is the closeness of the quality to a coin's toss, times DECAY for every image of the same kind before it.

    Args:
        quality: (N,) probabilities of good, 0..1.
        kinds: (N,) a number for images that are much alike, such as the leaf of a tree they fall into.
    """
    unsure = 1 - np.abs(2 * quality - 1)
    by_kind = np.lexsort((np.arange(len(kinds)), -unsure, kinds))
    starts = np.flatnonzero(np.r_[True, np.diff(kinds[by_kind]) != 0]) if len(kinds) else np.empty(0, np.int64)
    rank = np.empty(len(kinds), np.int64)
    rank[by_kind] = np.arange(len(kinds)) - np.repeat(starts, np.diff(np.r_[starts, len(kinds)]))
    worth = unsure * DECAY ** np.minimum(rank, 200)
    return np.argsort(-worth, kind="stable")
