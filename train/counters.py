"""Randomness by counter: what is drawn is a function of the seed and of the images seen, so no state is ever saved."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Purpose(IntEnum):
    """What numbers are drawn for; each purpose has a stream of its own."""

    ORDER = 1
    CROP = 2
    NOISE = 3
    WEIGHTS = 4
    SAMPLES = 5
    SCORES = 6
    AUGMENT = 7
    DEGRADE = 8
    GRAIN = 9
    MIX = 10
    SETTLE = 11


def words(seed: int, purpose: Purpose, position: int, count: int) -> NDArray[np.uint64]:
    """`count` random words of 64 bits: the same for the same arguments, on every machine and numpy."""
    return np.random.Philox(np.random.SeedSequence([seed, int(purpose), position])).random_raw(count)


def fractions(seed: int, purpose: Purpose, position: int, count: int) -> NDArray[np.float64]:
    """`count` numbers, uniform on [0, 1)."""
    return np.asarray((words(seed, purpose, position, count) >> np.uint64(11)) * 2.0**-53, np.float64)


def normals(seed: int, purpose: Purpose, position: int, shape: tuple[int, int]) -> Tensor:
    """Numbers from N(0, 1), float32, by Box and Muller's formula."""
    count = shape[0] * shape[1]
    uniform = fractions(seed, purpose, position, 2 * count).reshape(2, *shape)
    radius, angle = np.sqrt(-2 * np.log1p(-uniform[0])), 2 * np.pi * uniform[1]
    return torch.from_numpy((radius * np.cos(angle)).astype(np.float32))


def order(seed: int, seen: int, batch: int, count: int) -> NDArray[np.int64]:
    """Which of `count` faces the next `batch` places show: each once an epoch, every epoch in an order of its own."""
    places = np.arange(seen, seen + batch)
    return np.array([_epoch(seed, int(place // count), count)[place % count] for place in places], np.int64)


@lru_cache(maxsize=4)  # of 100,000 faces an order takes 10 ms, and a step asks for two
def _epoch(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    return np.argsort(words(seed, Purpose.ORDER, epoch, count), kind="stable")


def weights_generator(seed: int) -> torch.Generator:
    """The generator that the first weights are drawn from."""
    return torch.Generator().manual_seed(int(words(seed, Purpose.WEIGHTS, 0, 1)[0] >> np.uint64(1)))
