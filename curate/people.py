"""The same person in many pictures, by descriptors of their faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from curate.pairs import NONE, Pairs, labeled, pairs_over

Vectors = NDArray[np.float32]

# 79 of 80 pairs of photos of one person are nearer, and two of 370,000 pairs of two people. dlib names 0.6, which is
# meant for two pictures: among many it takes some 400 in 100,000 pairs of two people for one.
SAME_PERSON = 0.45


def alike_people(descriptors: Vectors, threshold: float = SAME_PERSON) -> Pairs:
    """Pairs of descriptors (n, 128) at most so far apart; all are compared.

    By |a - b|^2 = |a|^2 + |b|^2 - 2 a @ b the distances are products of rows that carry half their squares.
    """
    half = (descriptors**2).sum(axis=1, keepdims=True) / 2
    ones = np.ones_like(half)
    rows, columns = np.hstack([descriptors, -half, ones]), np.hstack([descriptors, ones, -half])
    return np.concatenate([NONE, *pairs_over(rows, columns, -(threshold**2) / 2)])


def same_people(descriptors: Vectors, threshold: float = SAME_PERSON) -> list[list[int]]:
    """Groups of at least two descriptors (n, 128) of one person each.

    Each takes over the name that most of those near it have, again and again (Chinese Whispers, Biemann 2006), so that
    one wrong pair does not make one person of two.
    """
    from curate.faces import whispered

    pairs = alike_people(descriptors, threshold)
    return labeled(whispered(len(descriptors), pairs))
