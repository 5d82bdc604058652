"""Faces read from the disk as they come, for sets larger than memory: the same tensors to the bit as from memory.

What a batch holds is a function of seed and images seen, so the next batch is known, and threads decode it while this
one trains. Nothing of a face is kept once it was shown: memory holds two batches, whatever the set's size.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.guides import GuideStyle, channels, small_face
from curate.progress import note
from curate.sets import Entry, FaceSet
from train.config import TrainingOptions, UpresOptions
from train.data import (
    FACTOR,
    Crops,
    Place,
    SmallFaces,
    Tiles,
    fits,
    input_of,
    load_small,
    load_tiles,
    on_device,
    size_for,
    spoiled_crops,
)
from train.degrade import Photos
from train.memory import free_memory

SHARE = 3  # a set of more than this part of the free memory is read as it comes
MOST_WORKERS = 16

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")
Number = TypeVar("Number", bound=np.generic)


class Ahead(Generic[Key, Result]):
    """Results of `read`, got in the order asked for; threads work out those that will be asked for soon."""

    def __init__(self, read: Callable[[Key], Result], workers: int) -> None:
        self._read = read
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="faces")
        self._begun: dict[Key, Future[Result]] = {}
        self._soon: list[Key] = []
        weakref.finalize(self, self._pool.shutdown, wait=False, cancel_futures=True)

    def soon(self, keys: Sequence[Key]) -> None:
        """What will be asked for after the next `get`; what was begun for longer ago is dropped."""
        self._soon = list(keys)

    def get(self, keys: Sequence[Key]) -> list[Result]:
        """The results of these keys, and the next ones begun."""
        wanted = dict.fromkeys([*keys, *self._soon])
        for key in [key for key in self._begun if key not in wanted]:
            self._begun.pop(key).cancel()
        for key in wanted:
            if key not in self._begun:
                self._begun[key] = self._pool.submit(self._read, key)
        results = [self._begun[key].result() for key in keys]
        for key in set(keys).difference(self._soon):
            del self._begun[key]
        return results


class StreamedFaces(SmallFaces):
    """Small faces (N, E, E, 3), 0..255, that stay on the disk."""

    most_compared = 500  # faces that a look at a run's health reads: each costs a decoding
    nbytes = 0

    def __init__(self, faces: FaceSet, entries: Sequence[Entry], extent: int, workers: int) -> None:
        size_for(faces, extent)
        self.count = len(entries)
        self._ahead: Ahead[int, NDArray[np.uint8]] = Ahead(
            lambda number: small_face(faces.face(entries[number]), extent), workers
        )

    def __len__(self) -> int:
        return self.count

    def soon(self, which: NDArray[np.int64]) -> None:
        """Read these faces ahead."""
        self._ahead.soon(which.tolist())

    def take(self, which: NDArray[np.int64], mirrored: NDArray[np.bool_]) -> Tensor:
        """Faces by number, mirrored in x where said: (B, E, E, 3), 0..255, uint8, in main memory."""
        pixels = np.stack(self._ahead.get(which.tolist()))
        pixels[mirrored] = pixels[mirrored, :, ::-1]
        return torch.from_numpy(pixels)


class _Spot(NamedTuple):
    """A crop of a face."""

    face: int
    left: int
    top: int
    mirrored: bool


class _Piece(NamedTuple):
    """What a crop needs of its face."""

    small: NDArray[np.uint8]  # (E, E, 3)
    landmarks: NDArray[np.float64]  # (68, 2)
    lowres: NDArray[np.float32]  # (T, T, 3 + C)
    tile: NDArray[np.uint8]  # (8T, 8T, 3)


class StreamedTiles(Tiles):
    """Faces and inputs of stage 2 that stay on the disk, of which crops alone come into memory."""

    nbytes = 0

    def __init__(
        self, faces: FaceSet, entries: Sequence[Entry], extent: int, tile: int, workers: int, fade: float = 0.0
    ) -> None:
        super().__init__(len(entries), fits(faces, tile), tile)
        self._faces, self._entries, self._extent = faces, entries, extent
        self._guide = GuideStyle(faces.info.guide, fade)
        self._ahead = Ahead(self._piece, workers)

    def soon(self, place: Place) -> None:
        """Read these crops ahead."""
        self._ahead.soon(_spots(place))

    def crop(self, place: Place, device: torch.device) -> Crops:
        """The crops at these places and their tiles, on `device`, channels last in memory."""
        pieces = self._ahead.get(_spots(place))
        return on_device(torch.from_numpy(np.stack([piece.lowres for piece in pieces])), _tiles(pieces), device)

    def spoiled_crop(self, place: Place, device: torch.device, seed: int, seen: int) -> Crops:
        """The same with crops of faces that were spoiled first, and the tiles as they are."""
        pieces = self._ahead.get(_spots(place))
        small, landmarks = np.stack([piece.small for piece in pieces]), np.stack([piece.landmarks for piece in pieces])
        photos = Photos(small, landmarks, self._guide, self.stacked)
        here = place._replace(face=np.arange(len(pieces)))
        return on_device(spoiled_crops(photos, here, self.tile, seed, seen), _tiles(pieces), device)

    def _piece(self, spot: _Spot) -> _Piece:
        entry = self._entries[spot.face]
        face, landmarks = self._faces.face(entry), self._faces.landmarks(entry)
        small = small_face(face, self._extent)
        stack = input_of(small, landmarks, self._guide, self.stacked)
        return _Piece(small, landmarks, _square(stack, spot, 1, self.tile), _square(face, spot, FACTOR, self.tile))


def small_faces(
    faces: FaceSet, entries: Sequence[Entry], options: TrainingOptions, extent: int, device: torch.device
) -> SmallFaces:
    """The faces of stage 1: in memory, or on the disk where they do not fit or the options say so."""
    workers = workers_of(options)
    if streams(options, len(entries) * extent**2 * 3):
        return StreamedFaces(faces, entries, extent, workers)
    return SmallFaces(load_small(faces, entries, extent, device, workers))


def tiles(
    faces: FaceSet, entries: Sequence[Entry], options: UpresOptions, geometry: tuple[int, int], device: torch.device
) -> Tiles:
    """The faces of stage 2, alike; geometry: sides of the small face and of a crop."""
    extent, tile = geometry
    workers = workers_of(options)
    stack = (faces.info.size // FACTOR) ** 2 * (3 + channels(faces.info.guide)) * 4
    if streams(options, len(entries) * (faces.info.size**2 * 3 + stack + extent**2 * 3)):
        return StreamedTiles(faces, entries, extent, tile, workers, options.guide_fade)
    return load_tiles(faces, entries, extent, tile, device, workers, options.guide_fade)


def streams(options: TrainingOptions, needed: int) -> bool:
    """Whether faces of `needed` bytes are read as they come: as the options say, else where memory is short."""
    if options.stream is not None:
        return options.stream
    free = free_memory()
    all_of_us = needed * int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if free is None or all_of_us * SHARE <= free:
        return False
    note(
        f"the faces would take {all_of_us / 1e9:.1f} GB, and {free / 1e9:.1f} GB of memory are free: they are read "
        "from the disk as they come (--no-stream reads them all first)"
    )
    return True


def workers_of(options: TrainingOptions) -> int:
    """How many threads read faces."""
    return options.workers or min(os.cpu_count() or 1, MOST_WORKERS)


def _spots(place: Place) -> list[_Spot]:
    return [_Spot(*numbers) for numbers in zip(*(column.tolist() for column in place), strict=True)]


def _square(picture: NDArray[Number], spot: _Spot, factor: int, side: int) -> NDArray[Number]:
    left, top, side = spot.left * factor, spot.top * factor, side * factor
    square = picture[top : top + side, left : left + side]
    return np.ascontiguousarray(square[:, ::-1] if spot.mirrored else square)  # not a view: that would keep the face


def _tiles(pieces: Sequence[_Piece]) -> Tensor:
    return torch.from_numpy(np.stack([piece.tile for piece in pieces]))
