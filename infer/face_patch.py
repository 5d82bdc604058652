"""The faces of a photo: found, aligned, painted, and brought back to what the photo shows of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.align import Aligned, align
from curate.errors import UserError
from curate.faces import find_faces
from curate.photo import Photo
from infer.config import UpresPhotoOptions
from infer.landmarks import Placed
from infer.looks import middle_square
from infer.paste import Patch
from infer.portrait import Portrait, Small, Studio
from infer.project import project_onto
from infer.third import Third

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

MOST_SCALE = 8.0  # what the network enlarges
STEP = 0.25  # scales are cut down to multiples of it
MOST_PIXELS = 16_384**2  # of a photo enlarged without a --scale given


class NoFace(UserError):
    """A picture in which the detector sees no face."""

    def __init__(self) -> None:
        super().__init__("no face found; --faceless whole enlarges such pictures as they are")


class LargeFace(UserError):
    """A photo whose face has as many pixels as a painted one."""


@dataclass(frozen=True)
class FaceFound:
    """A face of a photo, aligned; `square`: the side of its square in pixels of the photo."""

    aligned: Aligned | None
    small: Small
    square: float


def faces_of(image: Pixels, studio: Studio, options: UpresPhotoOptions) -> list[FaceFound]:
    """The faces of an upright RGB picture, the main one first, each small as training faces are; NoFace if none.

    Without a guide, and to be written alone, the middle square of a picture counts as its face.
    """
    found = find_faces(image)
    if not found and options.only_face and not options.guide:
        square = middle_square(image)
        return [FaceFound(None, Small("", square, Placed(np.zeros((68, 2)), "none")), square.shape[0])]
    if not found:
        raise NoFace
    source, side = "detector" if options.guide else "none", studio.card["size"]
    wanted = found if options.faces == "all" and not options.only_face else found[:1]
    faces = []
    for number, face in enumerate(wanted, 1):
        aligned = align(image, face.landmarks, side)
        name = f"face {number}" if len(wanted) > 1 else ""
        faces.append(
            FaceFound(aligned, Small(name, aligned.face, Placed(aligned.landmarks, source)), side / aligned.upscale)
        )
    return faces


def factor_for(found: list[FaceFound], photo: Photo, side: int) -> float:
    """Times that a photo is enlarged so that its main face has as many pixels as it is painted with, or nearly.

    Raises LargeFace where it has them already.
    """
    square = found[0].square
    if square > side:
        raise LargeFace(
            f"its face is {round(square)} px wide, and is painted {side} px wide: nothing to gain; --scale 1 paints it "
            "all the same, --stages 3 or --size larger"
        )
    height, width = photo.pixels.shape[:2]
    most = min(MOST_SCALE, side / square, math.sqrt(MOST_PIXELS / (height * width)))
    return max(1.0, most // STEP * STEP)


@dataclass(frozen=True)
class Painted:
    """A painted face of a photo: the portrait, its picture -1..1 (3, side, side), and what was found."""

    portrait: Portrait
    picture: Floats
    face: FaceFound
    found: dict[str, Any]

    @property
    def side(self) -> int:
        """Pixels of the painted square."""
        return int(self.picture.shape[1])

    def result(self) -> dict[str, Any]:
        """What was found on the way, for the recipe; `square`: pixels that the photo has of the face."""
        return {**self.portrait.result(), "square": round(self.face.square, 1), **self.found}

    def patch(self, factor: float) -> Patch:
        """The portrait at its place in the photo enlarged `factor` times."""
        assert self.face.aligned is not None
        matrix = self.face.aligned.matrix * (self.side / self.face.aligned.face.shape[0])
        return Patch(self.picture, np.hstack([matrix[:, :2] / factor, matrix[:, 2:]]))


def painted_faces(
    photo: Photo, found: list[FaceFound], studio: Studio, third: Third | None, options: UpresPhotoOptions
) -> Iterator[Painted]:
    """Paint each face; those that will be pasted are brought back to the photo, unless options say no."""
    times = studio.painter.settings.projections if options.photo_detail and not options.only_face else 0
    for portrait, face in zip(studio.portraits(face.small for face in found), found, strict=True):
        picture, beside = portrait.painting.picture, {}
        if third is not None:
            stream = third.stream(portrait.picture, portrait.placed, portrait.name)
            picture = np.concatenate(list(stream.bands()), axis=1)
            beside = {"third": stream.result()}
        if times and face.aligned is not None:
            picture = project_onto(picture, seen_in(photo, face, picture.shape[1]), times)
        yield Painted(portrait, picture, face, beside)


def seen_in(photo: Photo, face: FaceFound, most: int) -> Floats:
    """All that a photo shows of a face, in its depth: (3, side, side), -1..1, with a pixel for each of the photo."""
    assert face.aligned is not None
    side = max(8, min(most, round(face.square)))
    matrix = face.aligned.matrix * (side / face.aligned.face.shape[0])
    moved = np.hstack([matrix[:, :2], (matrix[:, :2].sum(axis=1) / 2 + matrix[:, 2] - 0.5)[:, None]])
    half = np.float32(np.iinfo(photo.pixels.dtype).max / 2)
    (left, top), (right, bottom) = _bounds(matrix, side, photo)
    part = photo.pixels[top:bottom, left:right].astype(np.float32) / half - 1
    moved[:, 2] += moved[:, :2] @ np.array([left, top])
    warped = cv2.warpAffine(part, moved, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.ascontiguousarray(warped.transpose(2, 0, 1), np.float32)


def _bounds(matrix: NDArray[np.float64], side: int, photo: Photo) -> tuple[tuple[int, int], tuple[int, int]]:
    """Left and top, right and bottom of the part of a photo around a face's square; all of it near the border."""
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64) * side
    corners = (square - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    height, width = photo.pixels.shape[:2]
    low, high = corners.min(axis=0) - 4, corners.max(axis=0) + 4
    if low.min() < 0 or high[0] > width or high[1] > height:
        return (0, 0), (width, height)  # mirrored beyond its border, as aligning does
    return (int(low[0]), int(low[1])), (int(high[0]) + 1, int(high[1]) + 1)
