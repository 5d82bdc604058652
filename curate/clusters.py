"""Pictures that are alike by their measures, as numbered groups."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np


def clusters(values: Sequence[Sequence[float]], count: int) -> list[int]:
    """k-means on standardised ranks of measures. values: (images, measures), NaN where unknown; a group an image."""
    from sklearn.cluster import MiniBatchKMeans

    table = np.asarray(values, np.float64)
    table = table[:, ~np.isnan(table).all(axis=0)]
    if table.shape[1] == 0:
        return [0] * len(values)
    table = np.where(np.isnan(table), np.nanmedian(table, axis=0), table)
    ranks = table.argsort(axis=0).argsort(axis=0) / max(len(table) - 1, 1)  # (images, measures), 0..1: no outliers
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct pictures than groups is no news
        found = MiniBatchKMeans(min(count, len(table)), n_init=1, random_state=0).fit_predict(ranks)
    return [int(group) for group in found]
