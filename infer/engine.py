"""Runs a network over many small crops in batches; a batch that does not fit is halved and redone, never skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError

Floats = NDArray[np.float32]
Net = Callable[[Floats], Floats]
"""(B, channels, T, T) -> (B, 3, 8T, 8T), float32, -1..1; raises MemoryError when the batch does not fit."""
Critic = Callable[[Floats, Floats], Floats]
"""Tiles (B, 3, 8T, 8T) and their crops (B, channels, T, T) -> (B, 1, h, w) logits, high for real."""


class BadTile(UserError):
    """The network gave numbers that are no picture."""


class TooLittleMemory(UserError):
    """Not even one tile fits."""


class Crop(NamedTuple):
    """What goes into the network for one tile: `pixels` (channels, T, T), and arrays beside it; a name for messages."""

    pixels: Floats
    name: str
    beside: tuple[Floats, ...] = ()


class TileEngine:
    """Feeds crops to `net`, `batch` at a time; `after_batch(tiles)` is told of progress and may raise to cancel."""

    def __init__(self, net: Net | Critic, batch: int = 8, after_batch: Callable[[int], None] | None = None) -> None:
        if batch < 1:
            raise ValueError(f"a batch of {batch} tiles is none")
        self.net = net
        self.batch = batch
        self.after_batch = after_batch

    def __call__(self, crops: Iterable[Crop]) -> Iterator[Floats]:
        """Painted tiles (3, 8T, 8T), in the order of the crops; never holds more than one batch."""
        waiting = iter(crops)
        while chunk := list(islice(waiting, self.batch)):
            yield from self._painted(chunk)

    def _painted(self, chunk: list[Crop]) -> Iterator[Floats]:
        while chunk:
            part = chunk[: self.batch]
            tiles = self._attempt(part)
            if tiles is None:
                continue  # the batch is smaller now
            chunk = chunk[len(part) :]
            if self.after_batch is not None:
                self.after_batch(len(part))
            yield from tiles

    def _attempt(self, part: list[Crop]) -> Floats | None:
        try:
            tiles = self.net(*(np.stack(inputs) for inputs in zip(*((c.pixels, *c.beside) for c in part), strict=True)))
        except MemoryError as error:
            if len(part) == 1:
                raise TooLittleMemory(
                    f"not even one tile fits into memory ({part[0].name}): close other programs, or use --device cpu"
                ) from error
            self.batch = len(part) // 2
            return None
        check(tiles, part)
        return tiles


def check(tiles: Floats, part: list[Crop]) -> None:
    """Raise `BadTile`, which names the tile, where the network gave NaN, infinity, or another number of tiles."""
    if len(tiles) != len(part):
        raise BadTile(f"the network gave {len(tiles)} tiles for {len(part)} crops, from {part[0].name} on")
    for tile, crop in zip(tiles, part, strict=True):
        if not np.isfinite(tile).all():
            raise BadTile(f"the network gave NaN or infinity for {crop.name}: its weights are spoiled; use another run")
