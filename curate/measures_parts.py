"""Whether the parts of a face are seen: what a mask, a hand or dark glasses change in colour and contrast."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.measures_colour import gain, relative

Real = NDArray[np.float32]
Points = NDArray[np.float64]

UNDER_EYES = [27, 28, 29, 40, 41, 46, 47]  # skin that masks and glasses mostly leave free
CHIN = [58, 57, 56, 10, 9, 8, 7, 6]
MOUTH = [48, 50, 52, 54, 56, 58]
EYES = ([17, 19, 21, 39, 41, 36], [22, 24, 26, 45, 46, 42])  # with their brows


def parts_of(lab: Real, landmarks: Points) -> dict[str, float]:
    """How the parts of a face differ from the skin under its eyes.

    lab: CIELAB colours of the face, about 64 px wide. landmarks: (68, 2) in its pixels. Differences are CIELAB units,
    all but the mouth's contrast as if the skin under the eyes had lightness 50, or dark skin would seem plain cloth.

    chin_tint: of the chin's colour, 0..about 100; 0..10 in faces, beards and all. chin_light: of its lightness, -100
    (darker) to 100. lips_red: how much redder the mouth is, about 10 in colour photos, below 0 where it is covered.
    mouth_contrast, eye_contrast: spread of the lightness in the mouth, and in the plainer of the eyes with its brow,
    0..50; low where something plain covers them.
    """
    lab = relative(lab)
    skin, chin, mouth = (inside(lab, landmarks[part]) for part in (UNDER_EYES, CHIN, MOUTH))
    base, below = np.median(skin, axis=0), np.median(chin, axis=0)
    light = float(gain(base[0]))
    return {
        "chin_tint": float(np.hypot(*(below - base)[1:])),
        "chin_light": light * float((below - base)[0]),
        "lips_red": float(np.median(mouth[:, 1]) - base[1]),
        "mouth_contrast": float(mouth[:, 0].std()),
        "eye_contrast": light * min(float(inside(lab, landmarks[eye])[:, 0].std()) for eye in EYES),
    }


def inside(lab: Real, corners: Points) -> Real:
    """The pixels (n, 3) inside the hull of some points; at least the one that is nearest to the first."""
    limits = np.array([lab.shape[1], lab.shape[0]]) - 1
    places = np.clip(np.round(corners), 0, limits).astype(np.int32)
    mask = np.zeros(lab.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(places), 1)
    return np.asarray(lab[mask > 0], np.float32)
