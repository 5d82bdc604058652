"""Several paintings of one tile: the crop flipped, with other contrast and saturation; each undone exactly after.

The article's author kept the best of them. Each is brought back to its lowres crop before it is judged, or colour casts
would make a patchwork of the picture. Averages are not offered: the mean of six paintings has 40 % of their texture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.blend import RIM
from infer.engine import Crop
from infer.project import project, shrink

Floats = NDArray[np.float32]

GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)[:, None, None]  # ITU-R BT.601
MOST_CLIPPED = 0.001  # share of a crop's numbers that may leave -1..1


@dataclass(frozen=True)
class Change:
    """What is done to a crop before painting and undone after: mirrored, contrast and saturation multiplied."""

    flip: bool = False
    contrast: float = 1.0
    saturation: float = 1.0

    @property
    def name(self) -> str:
        """The change for people and recipes: `as it is`, `flip`, `flip contrast 0.9`."""
        words = ["flip"] if self.flip else []
        words += [f"contrast {self.contrast:g}"] if self.contrast != 1 else []
        words += [f"saturation {self.saturation:g}"] if self.saturation != 1 else []
        return " ".join(words) or "as it is"

    def apply(self, crop: Floats) -> Floats:
        """Change picture and guide of a crop (3 + C, T, T); left and right share colours, so mirroring is enough."""
        if self.contrast != 1 or self.saturation != 1:
            picture = _scaled(crop[:3], np.float32(self.contrast), crop[:3].mean())
            picture = _scaled(picture, np.float32(self.saturation), _grey(picture))
            crop = np.concatenate([picture, crop[3:]])
        return np.ascontiguousarray(crop[:, :, ::-1]) if self.flip else crop

    def undo(self, tile: Floats, crop: Floats) -> Floats:
        """Turn what was painted for `apply(crop)` back into a painting (3, 8T, 8T) of `crop` itself."""
        if self.flip:
            tile = np.ascontiguousarray(tile[:, :, ::-1])
        if self.saturation != 1:
            tile = _scaled(tile, np.float32(1 / self.saturation), _grey(tile))
        if self.contrast != 1:
            tile = _scaled(tile, np.float32(1 / self.contrast), crop[:3].mean())
        return tile

    def suits(self, crop: Floats) -> bool:
        """Whether next to nothing of the changed crop leaves -1..1, which the network has never seen."""
        return self == AS_IT_IS or float((np.abs(self.apply(crop)[:3]) > 1).mean()) <= MOST_CLIPPED


def _scaled(picture: Floats, factor: np.float32, middle: Floats | np.float32) -> Floats:
    return np.asarray(middle + factor * (picture - middle), dtype=np.float32)


def _grey(picture: Floats) -> Floats:
    return np.asarray((picture * GREY).sum(axis=0, keepdims=True), dtype=np.float32)


AS_IT_IS = Change()
FACTORS = (1.0, 0.9, 1.1)
CHANGES: dict[str, tuple[Change, ...]] = {
    "none": (AS_IT_IS,),
    "flip": (AS_IT_IS, Change(flip=True)),
    "article": (
        *(AS_IT_IS, Change(flip=True), Change(contrast=0.9), Change(contrast=1.1)),
        *(Change(saturation=0.9), Change(saturation=1.1)),
    ),
    "grid": tuple(Change(flip, c, s) for c, s, flip in product(FACTORS, FACTORS, (False, True))),
}


@dataclass
class Candidate:
    """One painting of one tile, undone: `picture` (3, 8T, 8T); `residual` is how far it was off its crop when painted.

    `measures` hold what judges said of it, higher is better, in their own units.
    """

    change: int
    picture: Floats
    residual: float = 0.0
    measures: dict[str, float] = field(default_factory=dict)


Candidates = list[list[Candidate]]
"""For each tile of a plan its paintings; a change that does not suit a crop is missing there."""


def changed_crops(crops: Iterable[Crop], changes: tuple[Change, ...]) -> Iterator[tuple[int, Crop]]:
    """Every suitable change of every crop: (number of the change, what goes into the network)."""
    for crop in crops:
        for number, change in enumerate(changes):
            if change.suits(crop.pixels):
                name = crop.name if change == AS_IT_IS else f"{crop.name} ({change.name})"
                yield number, Crop(change.apply(crop.pixels), name)


def gather(
    crops: list[Crop], changes: tuple[Change, ...], painted: Iterator[Floats], projections: int = 3
) -> Candidates:
    """Undo the paintings of `changed_crops(crops, changes)` and bring each back to its crop."""
    return [
        [
            _undone(number, changes[number], next(painted), crop.pixels, projections)
            for number, _ in changed_crops([crop], changes)
        ]
        for crop in crops
    ]


def _undone(number: int, change: Change, tile: Floats, crop: Floats, projections: int) -> Candidate:
    picture = change.undo(tile, crop)
    off = float(np.sqrt(np.square(shrink(picture) - crop[:3]).mean()))
    return Candidate(number, project(picture, crop[:3], projections), off)


def measure(candidate: Candidate) -> None:
    """Note contrast and sharpness, both as logarithms; the spoiled rim does not count."""
    inner = _grey(candidate.picture[:, RIM:-RIM, RIM:-RIM])[0] * np.float32(127.5)
    candidate.measures["contrast"] = float(np.log(inner.std() + 1e-3))
    candidate.measures["laplacian"] = float(np.log(cv2.Laplacian(inner, cv2.CV_32F).var() + 1e-3))
    candidate.measures["residual"] = -candidate.residual


def ask_critic(
    candidates: Candidates,
    crops: list[Crop],
    judge: Callable[[Iterable[Crop]], Iterator[Floats]],
    weights: list[Floats],
) -> None:
    """Note the mean of the critic's map, weighted as the tile is in the blend; weights (8T, 8T) per tile."""
    asked = (
        Crop(c.picture, crop.name, (crop.pixels,)) for own, crop in zip(candidates, crops, strict=True) for c in own
    )
    maps = judge(asked)
    for own, weight in zip(candidates, weights, strict=True):
        for candidate in own:
            logits = next(maps)[0]
            window = cv2.resize(weight, logits.shape[::-1], interpolation=cv2.INTER_AREA)
            candidate.measures["critic"] = float((logits * window).sum() / window.sum())
