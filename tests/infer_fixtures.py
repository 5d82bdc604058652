"""Pictures and networks for the tests of infer: smooth lowres pictures, and tiles that disagree like a real GAN's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.candidates import Candidate
from infer.project import enlarge, project
from infer.tiles import Plan, Tile, plan

Floats = NDArray[np.float32]


def lowres_picture(extent: int = 96, seed: int = 0, channels: int = 3, reach: float = 0.7) -> Floats:
    """A soft random picture (channels, extent, extent), within -reach..reach."""
    noise = np.random.default_rng(seed).standard_normal((channels, extent, extent)).astype(np.float32)
    soft = np.stack([cv2.GaussianBlur(plane, (0, 0), 4) for plane in noise])
    return np.asarray(reach * soft / np.abs(soft).max(), dtype=np.float32)


def texture(shape: tuple[int, ...], rng: np.random.Generator, deviation: float = 0.05) -> Floats:
    """Fine texture of a known standard deviation: noise blurred by one pixel."""
    noise = rng.standard_normal(shape).astype(np.float32)
    fine = np.stack([cv2.GaussianBlur(plane, (0, 0), 1) for plane in noise])
    return np.asarray(deviation * fine / fine.std(), dtype=np.float32)


class StochasticTiles:
    """Tiles of a picture, each with its own colour cast (0.02), its own texture (0.05) and a spoiled rim of 12 px.

    `alike` is the correlation of the texture of two tiles at the same place: 0 is the worst for an average.
    """

    def __init__(self, lowres: Floats, overlap: int = 8, alike: float = 0.0, seed: int = 1, tile: int = 32) -> None:
        self.lowres, self.alike, self.seed = lowres, alike, seed
        self.plan: Plan = plan(lowres.shape[1], lowres.shape[2], tile, overlap)
        self.base = enlarge(lowres)
        self.shared = texture(self.base.shape, np.random.default_rng(seed))

    def __iter__(self) -> Iterator[Floats]:
        for number, tile in enumerate(self.plan):
            yield self.tile(number, tile)

    def tile(self, number: int, tile: Tile) -> Floats:
        """One painted tile (3, 256, 256)."""
        rng = np.random.default_rng([self.seed, number])
        window = tuple(slice(8 * s.start, 8 * s.stop) if s.start is not None else s for s in tile.window)
        base, shared = self.base[window], self.shared[window]
        own = texture(base.shape, rng)
        fine = np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * own
        painted = base + fine + rng.normal(0, 0.02, (3, 1, 1))
        return spoil_rim(painted.astype(np.float32), rng)


def spoil_rim(tile: Floats, rng: np.random.Generator, rim: int = 12) -> Floats:
    """Errors that grow towards the tile's edge, as zero padding makes them."""
    rows = np.arange(tile.shape[1])
    edge = np.minimum(rows, rows[::-1])
    near = np.clip(1 - np.minimum(edge[:, None], edge[None, :]) / rim, 0, 1)
    return np.asarray(tile + near * rng.normal(0, 0.1, (3, 1, 1)), dtype=np.float32)


def untiled(tiles: StochasticTiles) -> Floats:
    """The same picture painted as one: the texture that blending should keep."""
    return np.asarray(tiles.base + texture(tiles.base.shape, np.random.default_rng(99)), dtype=np.float32)


def hard_cut(tiles: StochasticTiles) -> Floats:
    """Each pixel from the tile whose middle is nearest: what cropping without blending gives."""
    where = tiles.plan
    middles_y = np.asarray(where.tops) * 8 + 4 * where.tile
    middles_x = np.asarray(where.lefts) * 8 + 4 * where.tile
    rows = np.abs(np.arange(8 * where.height)[:, None] - middles_y).argmin(axis=1)
    columns = np.abs(np.arange(8 * where.width)[:, None] - middles_x).argmin(axis=1)
    picture = np.zeros_like(tiles.base)
    for tile, painted in zip(where, tiles, strict=True):
        mine = (rows == tile.row)[:, None] & (columns == tile.column)
        window = (
            slice(None),
            slice(8 * tile.top, 8 * (tile.top + tile.size)),
            slice(8 * tile.left, 8 * (tile.left + tile.size)),
        )
        picture[window] = np.where(mine[window[1:]], painted, picture[window])
    return picture


def seam_ratio(picture: Floats, where: Plan) -> float:
    """Mean step across the worst line where tiles end or hand over, over the median of lines 4 to 16 px beside it."""
    worst = 0.0
    for axis, starts in ((1, where.tops), (2, where.lefts)):
        steps = np.abs(np.diff(picture, axis=axis)).mean(axis=(0, 3 - axis))  # step between line i and i + 1
        size = 8 * where.tile
        edges = {8 * s for s in starts[1:]} | {8 * s + size for s in starts[:-1]}
        middles = {(8 * a + 8 * b + size) // 2 for a, b in pairwise(starts)}
        for line in edges | middles:
            at = steps[line - 2 : line + 1].max()
            beside = np.concatenate([steps[line - 17 : line - 4], steps[line + 4 : line + 17]])
            worst = max(worst, float(at / np.median(beside)))
    return worst


def high_band(picture: Floats) -> Floats:
    """What is finer than about four pixels."""
    return picture - np.stack([cv2.GaussianBlur(plane, (0, 0), 4) for plane in picture])


def texture_kept(picture: Floats) -> tuple[float, float]:
    """Standard deviation of the high band, and how even it is: 2nd over 98th percentile of its local deviation."""
    high = high_band(picture)
    local = np.sqrt(cv2.GaussianBlur(np.square(high).mean(axis=0), (0, 0), 12))[16:-16, 16:-16]
    low, top = np.percentile(local, [2, 98])
    return float(high.std()), float(low / top)


def painted_candidates(lowres: Floats, where: Plan, count: int = 6, seed: int = 3) -> list[list[Candidate]]:
    """For each tile `count` paintings, each brought back to its crop: the change decides colour cast and texture.

    One change gives neighbours much the same texture (they see the same content), another change gives another one;
    contrast varies by a quarter from painting to painting. `critic` holds a score that no neighbour shares.
    """
    rng = np.random.default_rng(seed)
    base = enlarge(lowres)
    fields = [texture(base.shape, rng) for _ in range(count)]
    casts = rng.normal(0, 0.03, (count, 3, 1, 1)).astype(np.float32) * (np.arange(count) > 0)[:, None, None, None]
    found = []
    for tile in where:
        window = (slice(None), *(slice(8 * s.start, 8 * s.stop) for s in tile.window[1:]))
        own = []
        for change in range(count):
            fine = np.float32(0.8) * fields[change][window] + np.float32(0.6) * texture(base[window].shape, rng)
            strength = np.float32(np.exp(rng.normal(0, 0.25)))
            picture = project(base[window] + strength * fine + casts[change], lowres[tile.window])
            own.append(Candidate(change, picture, measures={"critic": float(rng.normal())}))
        found.append(own)
    return found


def patchwork(picture: Floats, lowres: Floats) -> float:
    """Root mean square of what the picture adds to the coarse colours of the lowres one."""
    coarse = picture - enlarge(lowres)
    return float(np.sqrt(np.mean([np.square(cv2.GaussianBlur(plane, (0, 0), 16)).mean() for plane in coarse])))
