"""Where the tiles of a picture lie: the fewest equal squares that share at least so many pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SCALE = 8  # the networks enlarge eight times


class Tile(NamedTuple):
    """A square of the lowres picture, in pixels from its top left corner; `row` and `column` count tiles."""

    row: int
    column: int
    top: int
    left: int
    size: int

    @property
    def window(self) -> tuple[slice, slice, slice]:
        """Where the tile lies in a (channels, height, width) array."""
        return slice(None), slice(self.top, self.top + self.size), slice(self.left, self.left + self.size)

    @property
    def name(self) -> str:
        """The tile for people: `tile row 2, column 3`, counted from 1."""
        return f"tile row {self.row + 1}, column {self.column + 1}"


@dataclass(frozen=True)
class Plan:
    """The tiles of one picture; a picture smaller than a tile is padded to one, see `fit`."""

    height: int
    width: int
    tile: int
    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    scale: int = SCALE

    @property
    def padded(self) -> tuple[int, int]:
        """Height and width that the tiles cover, in lowres pixels."""
        return max(self.height, self.tile), max(self.width, self.tile)

    @property
    def tiles(self) -> list[Tile]:
        """All tiles, row by row."""
        return list(self)

    def __iter__(self) -> Iterator[Tile]:
        for row, top in enumerate(self.tops):
            for column, left in enumerate(self.lefts):
                yield Tile(row, column, top, left, self.tile)

    def __len__(self) -> int:
        return len(self.tops) * len(self.lefts)

    @property
    def is_hard_cut(self) -> bool:
        """Whether some neighbours share no pixel, so that nothing hides their seam."""
        return any(
            after - before >= self.tile for starts in (self.tops, self.lefts) for before, after in pairwise(starts)
        )


def spread(extent: int, tile: int, overlap: int) -> tuple[int, ...]:
    """First pixels of the fewest equal tiles over `extent` whose neighbours share at least `overlap` pixels.

    The last tile is never ragged and never pushed over its neighbour: all shares are equal up to one pixel.
    """
    if not 0 <= overlap < tile:
        raise ValueError(f"an overlap of {overlap} does not fit tiles of {tile}: give 0 to {tile - 1}")
    if extent <= tile:
        return (0,)
    count = -(-(extent - overlap) // (tile - overlap))
    return tuple(round(k * (extent - tile) / (count - 1)) for k in range(count))


def plan(height: int, width: int, tile: int = 32, overlap: int = 10, scale: int = SCALE) -> Plan:
    """The tiles of a lowres picture of height x width; 96 x 96 with overlap 10 gives 16, with 16 gives 25."""
    return Plan(height, width, tile, spread(height, tile, overlap), spread(width, tile, overlap), scale)


def fit(picture: NDArray[np.float32], plan: Plan) -> NDArray[np.float32]:
    """`picture` (channels, height, width), mirrored beyond its right and lower edge where it is smaller than a tile."""
    down, right = plan.padded[0] - plan.height, plan.padded[1] - plan.width
    if not (down or right):
        return picture
    return np.pad(picture, ((0, 0), (0, down), (0, right)), mode="reflect")
