"""All pairs of many things that are near each other, searched block by block, and the groups that pairs make."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Pairs = NDArray[np.int64]  # (count, 2), the smaller index first
Vectors = NDArray[np.float32]

BLOCK = 512  # rows and columns of the table of all pairs that are looked at together
NONE: Pairs = np.empty((0, 2), np.int64)


def pairs_over(rows: Vectors, columns: Vectors, limit: float) -> Iterator[Pairs]:
    """Pairs i < j with rows[i] @ columns[j] of at least the limit; both are (n, d), and i with j is as j with i.

    A strip of the table of all pairs per thread: the library's own threads would wait for each other at every block.
    Memory stays bounded, time grows with the square of n.
    """
    count = len(rows)
    first = _padded(rows)
    second = first if columns is rows else _padded(columns)
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        for pairs in pool.map(lambda top: _strip(first, second, top, limit), range(0, len(first), BLOCK)):
            yield pairs[pairs[:, 1] < count]


def _padded(rows: Vectors) -> Vectors:
    padded = np.zeros((-(-len(rows) // BLOCK) * BLOCK, rows.shape[1]), np.float32)
    padded[: len(rows)] = rows
    return padded


def _strip(rows: Vectors, columns: Vectors, top: int, limit: float) -> Pairs:
    table = np.empty((BLOCK, BLOCK), np.float32)
    found = [NONE]
    for left in range(top, len(columns), BLOCK):
        np.matmul(rows[top : top + BLOCK], columns[left : left + BLOCK].T, out=table)
        if table.max() >= limit:
            near = np.flatnonzero(table >= limit)  # argwhere takes forty times as long
            row, column = near // BLOCK + top, near % BLOCK + left
            found.append(np.stack([row, column], axis=1)[row < column])
    return np.concatenate(found)


def groups(count: int, pairs: Pairs) -> list[list[int]]:
    """Sets of at least two of `count` things that pairs connect, each ascending, by their first."""
    from scipy.sparse import coo_array  # half a second, which a scan does without
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, label = connected_components(links, directed=False)
    return labeled(label)


def labeled(label: NDArray[np.integer]) -> list[list[int]]:
    """Sets of at least two things with the same number, each ascending, by their first."""
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(label) else []
    return sorted([int(index) for index in part] for part in parts if len(part) > 1)
