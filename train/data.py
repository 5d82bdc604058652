"""A set on the device, and batches of it that are functions of the seed and of the images seen."""

from __future__ import annotations

import io
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.errors import UserError
from curate.guides import GuideStyle, lowres_input, small_face
from curate.progress import track
from curate.sets import Entry, FaceSet
from train.counters import Purpose, fractions, order
from train.degrade import Photos, spoiled_inputs
from train.distributed import part

FACTOR = 8
FEWEST = 2  # faces: of a single one nothing can be learned but itself
CHUNK = 64  # faces that are decoded ahead while a set is read


class TooFewFaces(UserError):
    """A set has too few faces to train on."""


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


class SmallFaces:
    """Small faces (N, E, E, 3), 0..255, uint8."""

    most_compared = 10_000  # faces that a look at a run's health compares painted ones with

    def __init__(self, pixels: Tensor) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that they take."""
        return self.pixels.nbytes

    def soon(self, which: NDArray[np.int64]) -> None:
        """Says which faces come next; what is in memory need not know."""

    def take(self, which: NDArray[np.int64], mirrored: NDArray[np.bool_]) -> Tensor:
        """Faces by number, mirrored in x where said: (B, E, E, 3), where they live."""
        corner = np.zeros(len(which), np.int64)
        return take(self.pixels, which, corner, corner, self.pixels.shape[1], mirrored)


class Tiles(ABC):
    """Faces (8S, 8S, 3) and their inputs (S, S, 3 + C), of which crops are trained on."""

    nbytes: int  # of memory that they take

    def __init__(self, count: int, stacked: int, tile: int) -> None:
        self.count, self.stacked, self.tile = count, stacked, tile

    def __len__(self) -> int:
        return self.count

    @abstractmethod
    def crop(self, place: Place, device: torch.device) -> Crops:
        """The crops at these places and their tiles, on `device`, channels last in memory."""

    @abstractmethod
    def spoiled_crop(self, place: Place, device: torch.device, seed: int, seen: int) -> Crops:
        """The same with crops of faces that were spoiled first, and the tiles as they are."""

    def soon(self, place: Place) -> None:  # noqa: B027 - what is in memory need not know
        """Says which crops come next."""

    def draw(self, seed: int, seen: int, batch: int, purpose: Purpose = Purpose.CROP) -> Place:
        """The places of the next `batch` crops: every face once an epoch, at a uniform place, every second mirrored."""
        chance = fractions(seed, purpose, seen, 3 * batch).reshape(3, batch)
        room = self.stacked - self.tile + 1
        left, top = (chance[:2] * room).astype(np.int64)
        return Place(order(seed, seen, batch, len(self)), left, top, chance[2] < 0.5)


class TileData(Tiles):
    """The same in memory: faces (N, 8S, 8S, 3) as uint8 and their inputs (N, S, S, 3 + C) as float32."""

    def __init__(self, faces: Tensor, inputs: Tensor, tile: int, photos: Photos) -> None:
        super().__init__(len(faces), int(inputs.shape[1]), tile)
        self.faces, self.inputs, self.photos = faces, inputs, photos
        self.nbytes = faces.nbytes + inputs.nbytes

    def crop(self, place: Place, device: torch.device) -> Crops:
        """The crops at these places and their tiles, on `device`, channels last in memory."""
        lowres = take(self.inputs, place.face, place.left, place.top, self.tile, place.mirrored)
        return on_device(lowres, self._tiles(place), device)

    def spoiled_crop(self, place: Place, device: torch.device, seed: int, seen: int) -> Crops:
        """The same with crops of faces that were spoiled first, and the tiles as they are."""
        return on_device(spoiled_crops(self.photos, place, self.tile, seed, seen), self._tiles(place), device)

    def _tiles(self, place: Place) -> Tensor:
        left, top = place.left * FACTOR, place.top * FACTOR
        return take(self.faces, place.face, left, top, self.tile * FACTOR, place.mirrored)


def spoiled_crops(photos: Photos, place: Place, tile: int, seed: int, seen: int) -> Tensor:
    """Crops (B, T, T, 3 + C) of these photos, spoiled as those that come after `seen` images are."""
    inputs = torch.from_numpy(spoiled_inputs(photos, place.face, seed, seen))
    return take(inputs, np.arange(len(inputs)), place.left, place.top, tile, place.mirrored)


def on_device(lowres: Tensor, tiles: Tensor, device: torch.device) -> Crops:
    """Crops (B, T, T, 3 + C) and their tiles (B, 8T, 8T, 3), 0..255, as the networks take them."""
    there = [to_device(pictures, device) for pictures in (lowres, tiles)]
    return Crops(there[0].permute(0, 3, 1, 2), as_pictures(there[1]))


def to_device(pictures: Tensor, device: torch.device) -> Tensor:
    """Move pictures without waiting for the device."""
    if device.type == "cuda" and not pictures.is_cuda:
        pictures = pictures.pin_memory()
    return pictures.to(device, non_blocking=True)


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
    small: NDArray[np.uint8], landmarks: NDArray[np.float64], guide: GuideStyle, stacked: int
) -> NDArray[np.float32]:
    """What stage 2 sees of a small face (E, E, 3), by the same road that inference takes: (S, S, 3 + C), -1..1."""
    drawn = guide.draw(landmarks, len(small))
    return np.ascontiguousarray(lowres_input(small, drawn, stacked).transpose(1, 2, 0))


def load_tiles(
    faces: FaceSet,
    entries: Sequence[Entry],
    extent: int,
    tile: int,
    device: torch.device,
    workers: int = 1,
    fade: float = 0.0,
) -> TileData:
    """Read these faces of a set for stage 2; on the device where they fit beside the networks."""
    stacked, size, count = fits(faces, tile), faces.info.size, len(entries)
    pixels = np.empty((count, size, size, 3), np.uint8)
    for index, face in enumerate(each_face(faces, entries, workers, lambda face: face)):
        pixels[index] = face
    small = np.stack([small_face(face, extent) for face in pixels])
    landmarks = np.stack([faces.landmarks(entry) for entry in entries])
    photos = Photos(small, landmarks, GuideStyle(faces.info.guide, fade), stacked)
    inputs = inputs_of(photos)
    home = home_for(pixels.nbytes + inputs.numel() * 4, device)
    return TileData(torch.from_numpy(pixels).to(home), inputs.to(home), tile, photos)


def inputs_of(photos: Photos) -> Tensor:
    """The inputs of all of these small faces: (N, S, S, 3 + C), -1..1."""
    pairs = zip(photos.small, photos.landmarks, strict=True)
    return torch.from_numpy(np.stack([input_of(*pair, photos.guide, photos.stacked) for pair in pairs]))


def load_generated(
    path: Path, faces: FaceSet, extent: int, tile: int, device: torch.device, fade: float = 0.0
) -> GeneratedData:
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
    style = GuideStyle(faces.info.guide, fade)
    inputs = inputs_of(Photos(small, landmarks.astype(np.float64), style, faces.info.size // FACTOR))
    return GeneratedData(inputs.to(home_for(inputs.numel() * 4, device)), tile)


def load_small(faces: FaceSet, entries: Sequence[Entry], extent: int, device: torch.device, workers: int = 1) -> Tensor:
    """Read these faces of a set for stage 1: (N, extent, extent, 3), 0..255, uint8."""
    size_for(faces, extent)
    small = list(each_face(faces, entries, workers, lambda face: small_face(face, extent)))
    pixels = torch.from_numpy(np.stack(small))
    return pixels.to(home_for(pixels.numel(), device))


def each_face(
    faces: FaceSet, entries: Sequence[Entry], workers: int, work: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> Iterator[NDArray[np.uint8]]:
    """`work` of every face, in order, by so many threads; few faces are in memory at one time."""
    with ThreadPoolExecutor(workers) as pool:
        chunks = [entries[at : at + CHUNK] for at in range(0, len(entries), CHUNK)]
        made = (made for chunk in chunks for made in pool.map(lambda entry: work(faces.face(entry)), chunk))
        yield from track(made, total=len(entries), title="reading the set")


def fits(faces: FaceSet, tile: int) -> int:
    """The side of the stack of a set's faces; raises where crops of `tile` are larger."""
    size = faces.info.size
    if size % FACTOR or size // FACTOR < tile:
        raise UserError(f"a tile of {tile} does not fit faces of {size} pixels; make the set with another --size")
    return size // FACTOR


def size_for(faces: FaceSet, extent: int) -> None:
    """Raise where small faces of `extent` would have to be enlarged."""
    if faces.info.size < extent:
        raise UserError(f"the set's faces have {faces.info.size} pixels: choose --extent {faces.info.size} or less")


def to_train_on(faces: FaceSet) -> Sequence[Entry]:
    """The faces that are not held out; raises where they are too few to learn from."""
    if not len(faces):
        raise TooFewFaces(f"the set {faces.info.name} has no face; loosen its selection and make it again")
    if len(faces.train) < FEWEST:
        raise TooFewFaces(
            f"the set {faces.info.name} has {len(faces.train)} faces to train on, of {len(faces)} (the others are held "
            f"out); at least {FEWEST} are needed: scan more photos or loosen the selection, or hold fewer out by "
            "`swipegan guides --held-out`, and make the set again"
        )
    return faces.train


def home_for(size: int, device: torch.device) -> torch.device:
    """Where `size` bytes of pictures live: on the device if they leave two thirds of it free, else in main memory."""
    if device.type == "cuda" and size * 3 < torch.cuda.mem_get_info(device)[0]:
        return device
    return torch.device("cpu")
