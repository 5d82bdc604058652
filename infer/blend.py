"""Tiles become one picture without seams and without loss of texture.

Every weight is a difference of two raised-cosine ramps, so the weights of all tiles sum to one wherever any number of
tiles meet: tiles that agree are returned exactly, and a pixel never leaves the range of the tiles over it. What a
plain average loses where tiles disagree is fine texture; so the high band is averaged apart and its energy restored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.tiles import Plan, Tile

Floats = NDArray[np.float32]

RIM = 12  # px of each tile's edge that are never used: padding inside the network spoils them
ENERGY_SIGMA = 6.0  # px over which the energy of the high band is compared
ENERGY_REACH = 24  # px, three sigma rounded up to a multiple of the scale
CHANNELS = 3


@dataclass(frozen=True)
class Seam:
    """Where one tile hands over to the next along an axis: px `start` to `end` of the large picture."""

    start: int
    end: int
    rim: int

    def rise(self, positions: NDArray[np.int64]) -> NDArray[np.float64]:
        """0 before the seam, 1 after it, the square of a sine between."""
        if self.end == self.start:
            return (positions >= self.start).astype(np.float64)
        part = np.clip((positions + 0.5 - self.start) / (self.end - self.start), 0.0, 1.0)
        return np.square(np.sin(np.pi / 2 * part))


def seams(starts: tuple[int, ...], tile: int, scale: int, rim: int = RIM) -> list[Seam]:
    """The hand-overs along one axis; the discarded rim is at most a quarter of the overlap."""
    found = []
    for before, after in pairwise(starts):
        overlap = max(0, scale * (before + tile - after))
        used = min(rim, overlap // 4)
        found.append(Seam(scale * after + used, scale * after + overlap - used, used))
    return found


def axis_weights(starts: tuple[int, ...], tile: int, scale: int, rim: int = RIM) -> Floats:
    """Weights of the tiles along one axis, (tiles, scale * tile), never negative, sum 1 at every pixel."""
    handovers = seams(starts, tile, scale, rim)
    rows = []
    for k, start in enumerate(starts):
        positions = scale * start + np.arange(scale * tile)
        up = handovers[k - 1].rise(positions) if k > 0 else np.ones(scale * tile)
        down = handovers[k].rise(positions) if k < len(handovers) else np.zeros(scale * tile)
        rows.append(up - down)
    return np.asarray(rows, dtype=np.float32)


def sum_of_squares(starts: tuple[int, ...], weights: Floats, scale: int) -> Floats:
    """For each pixel along an axis the sum of its squared weights: how much the average calms unlike tiles."""
    size = weights.shape[1]
    total = np.zeros(scale * starts[-1] + size, dtype=np.float32)
    for start, weight in zip(starts, weights, strict=True):
        total[scale * start : scale * start + size] += weight * weight
    return total


class Blender:
    """Blends the tiles of one plan; holds only its one-dimensional weights."""

    def __init__(self, plan: Plan, rim: int = RIM, keep_texture: bool = True) -> None:
        self.plan = plan
        self.keep_texture = keep_texture
        self.vertical = axis_weights(plan.tops, plan.tile, plan.scale, rim)
        self.horizontal = axis_weights(plan.lefts, plan.tile, plan.scale, rim)
        both = seams(plan.tops, plan.tile, plan.scale, rim) + seams(plan.lefts, plan.tile, plan.scale, rim)
        # A blur that reaches no further than the discarded rim is the same in both tiles: agreeing tiles stay exact.
        self.reach = min((seam.rim for seam in both), default=rim)

    def weight(self, tile: Tile) -> Floats:
        """The weight of a tile in the picture, (size, size), at its pixels."""
        return np.asarray(self.vertical[tile.row][:, None] * self.horizontal[tile.column], np.float32)

    def low_band(self, tile: Floats) -> Floats:
        """What of a tile (3, size, size) is coarser than about four pixels; all of it where there is no rim."""
        if not self.keep_texture or self.reach == 0:
            return tile
        return np.stack([smooth(channel, self.reach / 3, self.reach) for channel in tile])

    def __call__(self, tiles: Iterable[Floats]) -> Iterator[Floats]:
        """Tiles (3, size, size) in the order of the plan -> finished bands of rows, (3, some rows, scale * width)."""
        summed = self._summed(iter(tiles))
        rows, columns = self.plan.scale * self.plan.height, self.plan.scale * self.plan.width
        bands = (
            with_halo(summed, ENERGY_REACH, self._restored) if self.keep_texture else (b[:3] + b[3:6] for b in summed)
        )
        done = 0
        for band in bands:
            inside = band[:, : max(0, rows - done), :columns]  # the rest is padding of a picture smaller than a tile
            done += band.shape[1]
            if inside.size:
                yield np.ascontiguousarray(inside)

    def _summed(self, tiles: Iterator[Floats]) -> Iterator[Floats]:
        """Rows of seven sums: weighted low band (3), weighted high band (3), weighted energy of the high band."""
        plan, size = self.plan, self.plan.scale * self.plan.tile
        sums = np.zeros((2 * CHANNELS + 1, size, plan.scale * plan.padded[1]), dtype=np.float32)
        for row, top in enumerate(plan.tops):
            for column, tile in enumerate(islice(tiles, len(plan.lefts))):
                left = plan.scale * plan.lefts[column]
                self._add(sums[:, :, left : left + size], tile, self.vertical[row, :, None] * self.horizontal[column])
            after = plan.tops[row + 1] if row + 1 < len(plan.tops) else plan.padded[0]
            ready = plan.scale * (after - top)
            yield sums[:, :ready].copy()
            sums[:, : size - ready] = sums[:, ready:].copy()
            sums[:, size - ready :] = 0

    def _add(self, sums: Floats, tile: Floats, weight: Floats) -> None:
        low = self.low_band(tile)
        high = tile - low
        sums[:CHANNELS] += weight * low
        sums[CHANNELS : 2 * CHANNELS] += weight * high
        sums[2 * CHANNELS] += weight * np.square(high).mean(axis=0)

    def _restored(self, sums: Floats, first_row: int) -> Floats:
        """Low band + high band times the gain that gives back the energy that averaging took, never more."""
        plan = self.plan
        low, high, energy = sums[:CHANNELS], sums[CHANNELS : 2 * CHANNELS], sums[2 * CHANNELS]
        rows = sum_of_squares(plan.tops, self.vertical, plan.scale)[first_row : first_row + sums.shape[1]]
        columns = sum_of_squares(plan.lefts, self.horizontal, plan.scale)
        gain = energy_gain(energy, high, ENERGY_SIGMA)
        return np.asarray(low + high * np.clip(gain, 1.0, 1.0 / np.sqrt(rows[:, None] * columns)), dtype=np.float32)


def energy_gain(wanted: Floats, detail: Floats, sigma: float) -> Floats:
    """What gives detail (C, height, width) the local energy `wanted` (height, width) as a factor, without bounds."""
    reach = round(3 * sigma)
    found = np.asarray(np.square(detail).mean(axis=0), np.float32)
    return np.sqrt((smooth(wanted, sigma, reach) + 1e-9) / (smooth(found, sigma, reach) + 1e-9))


def smooth(plane: Floats, sigma: float, reach: int) -> Floats:
    """Gaussian blur of one plane with a kernel that ends `reach` px from its middle; mirrored at the border."""
    side = 2 * reach + 1
    return np.asarray(cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101), dtype=np.float32)


def with_halo(bands: Iterable[Floats], halo: int, work: Callable[[Floats, int], Floats]) -> Iterator[Floats]:
    """Apply `work(rows, number of their first row)`, which looks at most `halo` rows up and down, to arriving bands.

    Gives the same as applying it to the whole picture, with memory for one band and two halos.
    """
    kept: Floats | None = None
    first = done = 0
    for band in bands:
        kept = band if kept is None else np.concatenate([kept, band], axis=1)
        ready = first + kept.shape[1] - halo
        if ready > done:
            yield work(kept, first)[:, done - first : ready - first]
            start = max(first, ready - halo)
            kept, first, done = kept[:, start - first :], start, ready
    if kept is not None and done < first + kept.shape[1]:
        yield work(kept, first)[:, done - first :]
