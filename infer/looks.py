"""What a face detector sees in pictures: whether there is a face, where its features are, and whose it looks like."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.guides import REGIONS, draw_guide, in_square, small_face
from infer.landmarks import SEARCHED, enlarged

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)
EXTENT = 128  # of the regions that are compared


class Look(NamedTuple):
    """Landmarks (68, 2), 0..1 of the square, and the descriptor (128,) of the main face of a picture."""

    points: Points
    descriptor: Points


def look(picture: Pixels) -> Look | None:
    """What the detector sees in a square picture of any size; None where it sees no face.

    Every picture is looked at in 512 pixels, so that large and small ones can be compared.
    """
    from curate import faces

    large = at_size(picture, SEARCHED)
    found = faces.find_faces(large)
    if not found:
        return None
    marks = found[0].landmarks
    return Look(in_square(marks, SEARCHED), np.asarray(faces.descriptor(large, marks), np.float64))


def at_size(picture: Pixels, side: int) -> Pixels:
    """The middle square of a picture at another size: averaged where it shrinks, cubic where it grows."""
    square = np.ascontiguousarray(middle_square(picture))
    if len(square) == side:
        return square
    return small_face(square, side) if len(square) > side else enlarged(square, side)


def middle_square(picture: Pixels) -> Pixels:
    """The largest square in the middle of a picture."""
    side = min(picture.shape[:2])
    top, left = ((extent - side) // 2 for extent in picture.shape[:2])
    return picture[top : top + side, left : left + side]


def landmark_error(found: Points, truth: Points) -> float:
    """Mean distance of landmarks to where they should be, in distances between the eyes' middles: 0.05 is good."""
    eyes = truth[LEFT_EYE].mean(axis=0) - truth[RIGHT_EYE].mean(axis=0)
    return float(np.hypot(*(found - truth).T).mean() / max(float(np.hypot(*eyes)), 1e-9))


def region_agreement(found: Points, truth: Points) -> dict[str, float]:
    """Of each region of the guide, the share that both drawings have of what either has: 0 apart, 1 the same."""
    drawn = [draw_guide(points, EXTENT, "regions") >= 128 for points in (found, truth)]
    both, either = (drawn[0] & drawn[1]).sum(axis=(0, 1)), (drawn[0] | drawn[1]).sum(axis=(0, 1))
    return {name: float(both[place] / max(either[place], 1)) for place, name in enumerate(REGIONS)}


def region_masks(points: Points, extent: int) -> dict[str, NDArray[np.bool_]]:
    """Where each region is, (extent, extent), without what others cover."""
    drawn = draw_guide(points, extent, "regions")
    return {name: drawn[..., place] > 128 for place, name in enumerate(REGIONS)}
