"""What the 68 landmarks say of a face: sizes, expression, and whether they fit a face at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curate.faces import Found
from curate.pose import misfit

Points = NDArray[np.float64]

EYES = (slice(36, 42), slice(42, 48))


def geometry(faces: Sequence[Found], width: int, height: int) -> dict[str, float]:
    """Numbers of the main face, faces[0], in a picture of width x height pixels.

    eye_distance: between the middles of the eyes, pixels. face_share: side of the box over the picture's shorter side,
    0..about 1.2. second_face: area of the next largest face over the main one's, 0 = none (OFIQ's unicity turned
    round). outside: share of the landmarks beyond the picture, 0..1. eyes_open: height over width of the eyes, 0.15
    closed, 0.3 open (Soukupova and Cech 2016). mouth_open: height over width of the gap between the lips, 0 closed.
    misfit: distance of the rigid landmarks from where a face of this pose has them, percent of the distance between
    the outer corners of the eyes; 3..6 in faces, more in profiles and where there is no face.
    """
    points = faces[0].landmarks
    inside = ((points >= 0) & (points < (width, height))).all(axis=1)
    others = [(face.size / faces[0].size) ** 2 for face in faces[1:]]
    return {
        "eye_distance": float(np.linalg.norm(points[36:42].mean(0) - points[42:48].mean(0))),
        "face_share": faces[0].size / min(width, height),
        "second_face": max(others, default=0.0),
        "outside": float(1 - inside.mean()),
        "eyes_open": min(_openness(points[eye]) for eye in EYES),
        "mouth_open": _mouth(points),
        "misfit": misfit(points),
    }


def _openness(eye: Points) -> float:
    heights = np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])
    return float(heights / (2 * max(float(np.linalg.norm(eye[0] - eye[3])), 1.0)))


def _mouth(points: Points) -> float:
    gap = np.linalg.norm(points[61:64] - points[[67, 66, 65]], axis=1).mean()
    return float(gap / max(float(np.linalg.norm(points[60] - points[64])), 1.0))
