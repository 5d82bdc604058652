"""A set on the device, and batches of it that are functions of the seed and of the images seen."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.errors import UserError
from curate.guides import Encoding, draw_guide, lowres_input, small_face
from curate.progress import track
from curate.sets import Entry, FaceSet
from train.counters import Purpose, fractions, order
from train.degrade import Photos, spoiled_inputs
from train.distributed import part

FACTOR = 8


class Crops(NamedTuple):
    """Crops of small faces and the tiles of the large ones that they show."""

    lowres: Tensor  # (B, 3 + C, T, T), -1..1
    tiles: Tensor  # (B, 3, 8T, 8T), -1..1


class Batch(NamedTuple):
    """What a step trains on: crops of photos and their tiles, then crops of generated faces, which have none."""

    lowres: Tensor  # (B, 3 + C, T, T), -1..1
    tiles: Tensor  # (B - generated, 3, 8T, 8T), -1..1
    generated: int = 0


class Place(NamedTuple):
    """Where crops are taken, a number per crop: face, left, top in pixels of the stack, and whether mirrored."""

    face: NDArray[np.int64]
    left: NDArray[np.int64]
    top: NDArray[np.int64]
    mirrored: NDArray[np.bool_]


class TileData:
    """Faces (N, 8S, 8S, 3) as uint8 and their inputs (N, S, S, 3 + C) as float32."""

    def __init__(self, faces: Tensor, inputs: Tensor, tile: int, photos: Photos) -> None:
        self.faces, self.inputs, self.tile, self.photos = faces, inputs, tile, photos

    def __len__(self) -> int:
        return len(self.faces)

    @property
    def nbytes(self) -> int:
        """Bytes that faces and inputs take."""
        return self.faces.nbytes + self.inputs.nbytes

    @property
    def stacked(self) -> int:
        """Side of the stack S."""
        return int(self.inputs.shape[1])

    def draw(self, seed: int, seen: int, batch: int, purpose: Purpose = Purpose.CROP) -> Place:
        """The places of the next `batch` crops: every face once an epoch, at a uniform place, every second mirrored."""
        chance = fractions(seed, purpose, seen, 3 * batch).reshape(3, batch)
        room = self.stacked - self.tile + 1
        left, top = (chance[:2] * room).astype(np.int64)
        return Place(order(seed, seen, batch, len(self)), left, top, chance[2] < 0.5)

    def crop(self, place: Place, device: torch.device) -> Crops:
        """The crops at these places and their tiles, on `device`, channels last in memory."""
        lowres = take(self.inputs, place.face, place.left, place.top, self.tile, place.mirrored)
        return self._with_tiles(lowres, place, device)

    def spoiled_crop(self, place: Place, device: torch.device, seed: int, seen: int) -> Crops:
        """The same with crops of faces that were spoiled first, and the tiles as they are."""
        inputs = torch.from_numpy(spoiled_inputs(self.photos, place.face, seed, seen))
        lowres = take(inputs, np.arange(len(inputs)), place.left, place.top, self.tile, place.mirrored)
        return self._with_tiles(lowres, place, device)

    def _with_tiles(self, lowres: Tensor, place: Place, device: torch.device) -> Crops:
        left, top = place.left * FACTOR, place.top * FACTOR
        tiles = take(self.faces, place.face, left, top, self.tile * FACTOR, place.mirrored)
        there = [pictures.to(device, non_blocking=True) for pictures in (lowres, tiles)]
        return Crops(there[0].permute(0, 3, 1, 2), as_pictures(there[1]))


class GeneratedData:
    """Inputs (N, S, S, 3 + C) of faces that stage 1 made: pictures to enlarge that have no truth."""

    def __init__(self, inputs: Tensor, tile: int) -> None:
        self.inputs, self.tile = inputs, tile

    def crop(self, seed: int, seen: int, count: int, device: torch.device) -> Tensor:
        """Of the next `count` crops this process's part, (B, 3 + C, T, T): any face, anywhere, half mirrored."""
        chance = part(fractions(seed, Purpose.MIX, seen, 4 * count).reshape(4, count).T).T
        room = self.inputs.shape[1] - self.tile + 1
        face = (chance[0] * len(self.inputs)).astype(np.int64)
        left, top = (chance[1:3] * room).astype(np.int64)
        return take(self.inputs, face, left, top, self.tile, chance[3] < 0.5).to(device).permute(0, 3, 1, 2)


def take(
    pictures: Tensor,
    which: NDArray[np.int64],
    left: NDArray[np.int64],
    top: NDArray[np.int64],
    side: int,
    mirrored: NDArray[np.bool_],
) -> Tensor:
    """Squares (B, side, side, C) out of pictures (N, H, W, C), mirrored in x where said."""
    steps = np.arange(side)
    across = left[:, None] + np.where(mirrored[:, None], steps[::-1], steps)
    down = top[:, None] + steps
    corners = (which[:, None, None], down[:, :, None], across[:, None])
    return pictures[tuple(_index(numbers, pictures) for numbers in corners)]


def _index(numbers: NDArray[np.int64], beside: Tensor) -> Tensor:
    index = torch.from_numpy(np.ascontiguousarray(numbers))
    return index.pin_memory().to(beside.device, non_blocking=True) if beside.is_cuda else index


def as_pictures(pixels: Tensor) -> Tensor:
    """uint8 (B, H, W, 3), 0..255 -> float32 (B, 3, H, W), -1..1, channels last in memory."""
    return (pixels.float() / 127.5 - 1).permute(0, 3, 1, 2)


def input_of(
    small: NDArray[np.uint8], landmarks: NDArray[np.float64], encoding: Encoding, stacked: int
) -> NDArray[np.float32]:
    """What stage 2 sees of a small face (E, E, 3), by the same road that inference takes: (S, S, 3 + C), -1..1."""
    guide = draw_guide(landmarks, len(small), encoding)
    return np.ascontiguousarray(lowres_input(small, guide, stacked).transpose(1, 2, 0))


def load_tiles(faces: FaceSet, entries: Sequence[Entry], extent: int, tile: int, device: torch.device) -> TileData:
    """Read these faces of a set for stage 2; on the device where they fit beside the networks."""
    size, count = faces.info.size, len(entries)
    if size % FACTOR or size // FACTOR < tile:
        raise UserError(f"a tile of {tile} does not fit faces of {size} pixels; make the set with another --size")
    pixels = np.empty((count, size, size, 3), np.uint8)
    for index, entry in enumerate(track(entries, total=count, title="reading the set")):
        pixels[index] = faces.face(entry)
    small = np.stack([small_face(face, extent) for face in pixels])
    landmarks = np.stack([faces.landmarks(entry) for entry in entries])
    photos = Photos(small, landmarks, faces.info.guide, size // FACTOR)
    inputs = inputs_of(photos)
    home = home_for(pixels.nbytes + inputs.numel() * 4, device)
    return TileData(torch.from_numpy(pixels).to(home), inputs.to(home), tile, photos)


def inputs_of(photos: Photos) -> Tensor:
    """The inputs of all of these small faces: (N, S, S, 3 + C), -1..1."""
    pairs = zip(photos.small, photos.landmarks, strict=True)
    return torch.from_numpy(np.stack([input_of(*pair, photos.encoding, photos.stacked) for pair in pairs]))


def load_generated(path: Path, faces: FaceSet, extent: int, tile: int, device: torch.device) -> GeneratedData:
    """Read faces that `swipegan generate lowres` wrote: `faces` (N, E, E, 3) uint8, `landmarks` (N, 68, 2), 0..1."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            small, landmarks = file["faces"], file["landmarks"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} holds no generated faces ({error}); make it with `swipegan generate lowres`"
        ) from error
    if small.ndim != 4 or small.dtype != np.uint8 or landmarks.shape != (len(small), 68, 2) or not len(small):
        raise UserError(f"{path} holds no generated faces; make it with `swipegan generate lowres`")
    if small.shape[1:] != (extent, extent, 3):
        raise UserError(
            f"the faces of {path} have {small.shape[1]} pixels, not {extent}: use a stage 1 of --extent {extent}"
        )
    inputs = inputs_of(Photos(small, landmarks.astype(np.float64), faces.info.guide, faces.info.size // FACTOR))
    return GeneratedData(inputs.to(home_for(inputs.numel() * 4, device)), tile)


def load_small(faces: FaceSet, entries: Sequence[Entry], extent: int, device: torch.device) -> Tensor:
    """Read these faces of a set for stage 1: (N, extent, extent, 3), 0..255, uint8."""
    if faces.info.size < extent:
        raise UserError(f"the set's faces have {faces.info.size} pixels: choose --extent {faces.info.size} or less")
    small = [small_face(faces.face(e), extent) for e in track(entries, total=len(entries), title="reading the set")]
    pixels = torch.from_numpy(np.stack(small))
    return pixels.to(home_for(pixels.numel(), device))


def to_train_on(faces: FaceSet) -> Sequence[Entry]:
    """The faces that are not held out; raises where there is none."""
    if not faces.train:
        raise UserError(f"the set {faces.info.name} holds all of its faces out: none is left to train on")
    return faces.train


def home_for(size: int, device: torch.device) -> torch.device:
    """Where `size` bytes of pictures live: on the device if they leave two thirds of it free, else in main memory."""
    if device.type == "cuda" and size * 3 < torch.cuda.mem_get_info(device)[0]:
        return device
    return torch.device("cpu")
