"""Where the features of a small face are: found, or else guessed from what aligned faces have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.guides import in_square

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

SEARCHED = 512  # px a small face is enlarged to: dlib's landmarks are whole pixels, and it finds no faces under 80
MOST_OFF = 0.12  # of the square: landmarks that are further from the mean, on average, are not those of a face in place


class Placed(NamedTuple):
    """Landmarks (68, 2), 0..1 of the square, and where they come from.

    source: `detector`, `detector with border` (enlarged, a lower threshold), `mean box` (the predictor on the box
    where aligned faces are) or `mean landmarks`; `none` where there is no guide at all.
    """

    points: Points
    source: str

    @property
    def found(self) -> bool:
        """Whether the detector saw a face."""
        return self.source.startswith("detector")


def place(small: Pixels, mean_landmarks: Sequence[Sequence[float]], mean_box: Sequence[float]) -> Placed:
    """The landmarks of a small aligned face (E, E, 3), by the first of four ways that gives plausible ones."""
    from curate import faces

    mean = np.asarray(mean_landmarks, np.float64)
    large = enlarged(small, SEARCHED)
    for border, source in ((False, "detector"), (True, "detector with border")):
        steps = [step for step in faces.STEPS if bool(step.border) == border]
        for face in faces.find_faces(large, steps):
            if plausible(points := in_square(face.landmarks, SEARCHED), mean):
                return Placed(points, source)
    left, top, right, bottom = (round(SEARCHED * edge) for edge in mean_box)
    if plausible(points := in_square(faces.landmarks_in_box(large, (left, top, right, bottom)), SEARCHED), mean):
        return Placed(points, "mean box")
    return Placed(mean, "mean landmarks")


def enlarged(face: Pixels, side: int) -> Pixels:
    """A square picture as large as the detector and the predictor need it, (side, side, 3), by cubic interpolation."""
    return np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def plausible(points: Points, mean: Points) -> bool:
    """Whether landmarks may be those of an aligned face: near the mean, and the eyes apart."""
    apart = points[42:48].mean(axis=0)[0] - points[36:42].mean(axis=0)[0]
    return bool(np.hypot(*(points - mean).T).mean() <= MOST_OFF and apart > 0.05)
