"""Ways to make one picture of tiles, side by side on the same tiles: what each does to seams, texture and agreement.

    python -m benchmarks.blending [--picture docs/pictures/blending.webp] [--runs 5]

The tiles are those of the tests: each has a colour cast and a texture of its own and a spoiled rim, as a GAN's have.
The other ways are written from their descriptions: cropping the middle of padded tiles (Real-ESRGAN), linear feathering
over the whole overlap (most others), Gaussian importance made at the small size and enlarged (MONAI at 8x), and the
mean of several paintings.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from infer_fixtures import (
    Floats,
    StochasticTiles,
    hard_cut,
    lowres_picture,
    seam_ratio,
    texture_kept,
    untiled,
)

from curate.files import write_atomically
from curate.pixels import encode_webp
from infer.blend import Blender
from infer.project import lowres_psnr, project

OVERLAP = 10
CANDIDATES = 6


def weighted(tiles: StochasticTiles, weight: Floats) -> Floats:
    """The mean of the tiles over each pixel, weighted by one map (size, size) for all, and normalised."""
    total, weights = np.zeros_like(tiles.base), np.zeros(tiles.base.shape[1:], np.float32)
    for tile, painted in zip(tiles.plan, tiles, strict=True):
        rows, columns = (slice(8 * one.start, 8 * one.stop) for one in tile.window[1:])
        total[:, rows, columns] += weight * painted
        weights[rows, columns] += weight
    return np.asarray(total / weights, np.float32)


def linear(tiles: StochasticTiles) -> Floats:
    """Linear ramps over the whole overlap."""
    size, ramp = 8 * tiles.plan.tile, 8 * OVERLAP
    edge = np.minimum(np.arange(size) + 0.5, size - 0.5 - np.arange(size))
    ramps = np.clip(edge / ramp, 1e-3, 1).astype(np.float32)
    return weighted(tiles, ramps[:, None] * ramps)


def gaussian(tiles: StochasticTiles) -> Floats:
    """Gaussian importance, sigma an eighth of the tile, made at the small size and enlarged."""
    tile = tiles.plan.tile
    bell = np.exp(-0.5 * ((np.arange(tile) - (tile - 1) / 2) / (tile / 8)) ** 2).astype(np.float32)
    return weighted(tiles, np.kron(np.maximum(bell[:, None] * bell, 1e-3), np.ones((8, 8), np.float32)))


def mean_of_candidates(tiles: StochasticTiles) -> Floats:
    """The mean of six paintings of each tile, blended as ours."""
    assert isinstance(tiles, Ready)
    means = (np.mean(same, axis=0).astype(np.float32) for same in zip(*tiles.paintings, strict=True))
    return np.concatenate(list(Blender(tiles.plan)(means)), axis=1)


def ours(tiles: StochasticTiles) -> Floats:
    """Raised cosines, two bands, the energy of the high one restored, projected three times."""
    return project(np.concatenate(list(Blender(tiles.plan)(tiles)), axis=1), tiles.lowres)


WAYS: dict[str, Callable[[StochasticTiles], Floats]] = {
    "hard crop": hard_cut,
    "linear feather": linear,
    "Gaussian at lowres size": gaussian,
    "mean of 6 candidates": mean_of_candidates,
    "swipegan": ours,
}


class Ready(StochasticTiles):  # type: ignore[misc] # mypy does not look into the folder of the tests
    """The same tiles, painted beforehand, so that time and memory are those of putting them together."""

    def __init__(self, lowres: Floats, overlap: int, alike: float, seed: int) -> None:
        super().__init__(lowres, overlap, alike, seed)
        seeds = range(seed, seed + CANDIDATES)
        self.paintings = [list(StochasticTiles(lowres, overlap, alike, other)) for other in seeds]

    def __iter__(self):  # type: ignore[no-untyped-def] # as its parent
        return iter(self.paintings[0])


def row(name: str, alike: float, runs: int) -> tuple[list[str], Floats]:
    """One line of the table: median over runs with other tiles, and the first run's picture."""
    found, picture = [], np.zeros(0, np.float32)
    for run in range(runs):
        tiles = Ready(lowres_picture(seed=run), OVERLAP, alike, run + 1)
        strength, evenness = texture_kept(untiled(tiles))
        began = time.perf_counter()
        large = WAYS[name](tiles)
        took = time.perf_counter() - began
        tracemalloc.start()
        WAYS[name](tiles)
        memory = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        kept, even = texture_kept(large)
        found.append(
            (
                seam_ratio(large, tiles.plan),
                kept / strength,
                even / evenness,
                lowres_psnr(large, tiles.lowres),
                took,
                memory,
            )
        )
        picture = large if not run else picture
    table = np.array(found)
    low, middle, high = table.min(axis=0), np.median(table, axis=0), table.max(axis=0)
    shown = [f"{m:.2f} ({a:.2f} to {b:.2f})" for m, a, b in zip(middle[:3], low[:3], high[:3], strict=True)]
    return [*shown, f"{middle[3]:.1f} dB", f"{1000 * middle[4]:.0f} ms", f"{middle[5]:.0f} MB"], picture


def strip(pictures: dict[str, Floats]) -> np.ndarray:
    """The same corner of each picture, where four tiles meet, detail three times as strong, with its name."""
    cells = []
    for name, picture in pictures.items():
        cut = picture[:, 100:356, 100:356]
        soft = np.stack([cv2.GaussianBlur(plane, (0, 0), 12) for plane in cut])
        shown = np.clip((soft + 3 * (cut - soft) + 1) * 127.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
        cell = np.full((284, 256, 3), 255, np.uint8)
        cell[28:] = shown
        cv2.putText(cell, name, (4, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
        cells.append(cell)
    return np.hstack(cells)


def main() -> None:
    """Print the table for unlike and half-alike tiles; draw the strip where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    pictures: dict[str, Floats] = {}
    for alike in (0.0, 0.5):
        print(f"\ntexture of neighbouring tiles correlates by {alike:g}; median of {options.runs} (least to most)\n")
        print(
            "| | seam ratio | texture kept, of untiled | evenness | LR-PSNR | time | memory |\n"
            "|---|---|---|---|---|---|---|"
        )
        for name in WAYS:
            cells, picture = row(name, alike, options.runs)
            pictures.setdefault(name, picture)
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
    if options.picture:
        write_atomically(options.picture, encode_webp(strip(pictures), 60))


if __name__ == "__main__":
    main()
