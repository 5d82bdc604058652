"""How light the skin of a face looks in the photo: to describe whom a pile shows, never to judge a picture by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from curate.measures_parts import inside

Real = NDArray[np.float32]
Points = NDArray[np.float64]

CHEEKS = ([41, 31, 48, 3], [46, 35, 54, 13])  # corners: lower eyelid, wing of the nose, corner of the mouth, jaw
INNER = 0.6  # of a cheek about its middle: away from beard, lid and shade
LEAST_COLOUR = 4.0  # CIELAB units: below, the photo is grey and says nothing


def skin_tone(lab: Real, landmarks: Points) -> float | None:
    """Individual typology angle of the cheeks, degrees: above 55 very light, 41, 28, 10, -30, below that dark.

    atan((L - 50) / b) of the median CIELAB colour (Chardon, Cretois and Hourseau 1991; classes by Del Bino and Bernerd
    2013), the lighter cheek's, since the other one may be in the shade. It is meant for skin under a known lamp; a
    photo mixes in light, exposure, white balance and make-up, so that one person's photos differ by 10 and more. None
    for grey photos.

    Args:
        lab: CIELAB colours of the face, about 64 px wide.
        landmarks: (68, 2) in its pixels.
    """
    cheeks = [np.median(inside(lab, _shrunk(landmarks[part])), axis=0) for part in CHEEKS]
    lightness, red, yellow = (float(value) for value in max(cheeks, key=lambda cheek: float(cheek[0])))
    if np.hypot(red, yellow) < LEAST_COLOUR:
        return None
    return float(np.degrees(np.arctan2(lightness - 50, max(yellow, 1e-3))))


def _shrunk(corners: Points) -> Points:
    middle = corners.mean(axis=0)
    return np.asarray(middle + INNER * (corners - middle))
