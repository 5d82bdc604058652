"""Sliced Wasserstein distance between the textures of pictures, a distance a level of a Laplacian pyramid.

After Karras et al. 2018 (arXiv 1710.10196, section 5): patches of 7x7 pixels, each colour channel brought to mean 0 and
spread 1, projected onto random directions; written from the description.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from train.scores import blurred

SIDE = 7  # of a patch
DIRECTIONS = 128
PATCHES = 128  # a picture and level
SMALLEST = 16  # extent of the coarsest level
SCALE = 1000.0  # distances are small


def levels(pictures: Tensor) -> list[Tensor]:
    """A Laplacian pyramid (B, C, H, W), (B, C, H/2, W/2) ...: what each halving takes away, at last what is left."""
    found = []
    while min(pictures.shape[-2:]) >= 2 * SMALLEST:
        smaller = blurred(pictures)[:, :, ::2, ::2]
        larger = F.interpolate(smaller, size=pictures.shape[-2:], mode="bilinear", align_corners=False)
        found.append(pictures - larger)
        pictures = smaller
    return [*found, pictures]


class Patches:
    """Patches of many pictures, given a few at a time: a table (N, 147) a level."""

    def __init__(self, seed: int = 0, count: int = PATCHES) -> None:
        self.random, self.count = np.random.default_rng(seed), count
        self.extents: list[int] = []
        self._found: list[list[NDArray[np.float32]]] = []

    def add(self, pictures: Tensor, where: Sequence[NDArray[np.bool_] | None] | None = None) -> None:
        """Take patches of pictures (B, 3, H, W), -1..1; only around pixels that `where` (H, W) marks, if given."""
        places = where or [None] * len(pictures)
        for number, level in enumerate(levels(pictures.float())):
            if len(self._found) == number:
                self._found.append([])
                self.extents.append(level.shape[-1])
            for picture, mask in zip(level, places, strict=True):
                corners = self._corners(picture.shape[-2:], mask)
                if len(corners):
                    self._found[number].append(cut(picture, corners))

    def _corners(self, extent: tuple[int, ...], mask: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Top left corners (N, 2) of patches, their middles within the mask."""
        room = extent[0] - SIDE + 1, extent[1] - SIDE + 1
        if mask is None:
            return np.stack([self.random.integers(0, most, self.count) for most in room], axis=1)
        reach = SIDE // 2
        down, across = (
            (np.arange(most) + reach) * side // full for most, side, full in zip(room, mask.shape, extent, strict=True)
        )
        inside = np.argwhere(mask[np.ix_(down, across)])
        return inside[self.random.integers(0, len(inside), self.count)] if len(inside) else inside

    def tables(self) -> list[NDArray[np.float32]]:
        """All patches, a table a level."""
        return [np.concatenate(parts) if parts else np.zeros((0, 3 * SIDE * SIDE), np.float32) for parts in self._found]


def cut(picture: Tensor, corners: NDArray[np.int64]) -> NDArray[np.float32]:
    """Patches (N, 3 * 7 * 7) of a picture (3, H, W)."""
    steps = np.arange(SIDE)
    down, across = (torch.from_numpy(corners[:, axis, None] + steps) for axis in (0, 1))
    found = picture[:, down[:, :, None], across[:, None, :]]  # (3, N, 7, 7)
    return np.asarray(found.permute(1, 0, 2, 3).flatten(1).cpu().numpy(), np.float32)


def distances(some: Patches, others: Patches, seed: int = 0) -> dict[int, float]:
    """The distance of two collections of patches by the extent of the level, in thousandths of a patch's spread.

    0 for the same distribution, though never quite: compare with the distance of two halves of real pictures.
    """
    pairs = zip(some.extents, some.tables(), others.tables(), strict=True)
    return {extent: sliced(one, other, seed) for extent, one, other in pairs if len(one) and len(other)}


def sliced(some: NDArray[np.float32], others: NDArray[np.float32], seed: int = 0) -> float:
    """Mean distance of two tables (N, D) and (M, D) of patches along random directions, times 1000."""
    random = np.random.default_rng(seed)
    towards = random.standard_normal((some.shape[1], DIRECTIONS)).astype(np.float32)
    towards /= np.linalg.norm(towards, axis=0)
    count = min(len(some), len(others))
    sorted_ones = []
    for table in (some, others):
        chosen = table[random.permutation(len(table))[:count]]
        sorted_ones.append(np.sort(normalised(chosen) @ towards, axis=0))
    return float(np.abs(sorted_ones[0] - sorted_ones[1]).mean() * SCALE)


def normalised(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Patches with each colour channel at mean 0 and spread 1 over all of them."""
    channels = table.reshape(len(table), 3, -1)
    mean, spread = channels.mean(axis=(0, 2), keepdims=True), channels.std(axis=(0, 2), keepdims=True)
    return np.asarray(((channels - mean) / np.maximum(spread, 1e-6)).reshape(table.shape), np.float32)
