"""How a picture and a face are lit: the formulas of OFIQ, the reference of ISO/IEC 29794-5."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


def light_of_picture(grey: Pixels) -> dict[str, float]:
    """Brightness and spread of a whole grey picture of a fixed size.

    picture_brightness: mean, 0..1. picture_contrast: standard deviation, 0..0.5. entropy: of its histogram, 0..8 bits.
    """
    shares = histogram(grey)
    mean, deviation = _moments(shares)
    return {"picture_brightness": mean, "picture_contrast": deviation, "entropy": entropy(shares)}


def light_of_face(grey: Pixels, landmarks: Points) -> dict[str, float]:
    """Light on the face inside the hull of its landmarks (68, 2), in pixels of the grey picture it comes with.

    brightness: mean, 0..1. contrast: standard deviation, 0..0.5. exposure: OFIQ's luminance mean, 0..1, 1 between 0.3
    and 0.7 of brightness. overexposed, underexposed: share in 247..255 and in 0..25, 0..1. dynamic_range: OFIQ's,
    entropy of the histogram by its most, 0..1. evenness: OFIQ's illumination uniformity, how far the histograms of the
    left and right half overlap, to the power of 0.3, 0..1.
    """
    mask = hull_mask(grey.shape, landmarks)
    shares = histogram(grey, mask)
    mean, deviation = _moments(shares)
    left, right = _halves(mask, landmarks)
    overlap = np.minimum(histogram(grey, left), histogram(grey, right)).sum()
    return {
        "brightness": mean,
        "contrast": deviation,
        "exposure": exposure(mean),
        "overexposed": float(shares[247:].sum()),
        "underexposed": float(shares[:26].sum()),
        "dynamic_range": entropy(shares) / 8,
        "evenness": float(overlap**0.3),
    }


def exposure(mean: float) -> float:
    """OFIQ's luminance mean of a brightness 0..1: two sigmoids round 0.2 and 0.8, 0..1."""
    return _sigmoid(mean, 0.2, 0.05) * (1 - _sigmoid(mean, 0.8, 0.05))


def histogram(grey: Pixels, mask: Pixels | None = None) -> NDArray[np.float64]:
    """Share of each of 256 grey levels, all 0 for an empty mask; (256,)."""
    counts = np.asarray(cv2.calcHist([grey], [0], mask, [256], [0, 256]), np.float64).ravel()
    return counts / max(float(counts.sum()), 1.0)


def entropy(shares: NDArray[np.float64]) -> float:
    """Shannon's, of shares (256,): 0..8 bits."""
    present = shares[shares > 0]
    return float(max(0.0, -(present * np.log2(present)).sum()))


def hull_mask(shape: tuple[int, ...], landmarks: Points) -> Pixels:
    """255 inside the convex hull of landmarks (68, 2), 0 elsewhere; (height, width)."""
    mask = np.zeros(shape[:2], np.uint8)
    hull = cv2.convexHull(np.rint(landmarks).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255)
    return mask


def _halves(mask: Pixels, landmarks: Points) -> tuple[Pixels, Pixels]:
    """The mask on either side of the line from the bridge of the nose to the chin."""
    top, chin = landmarks[27], landmarks[8]
    rows = np.arange(mask.shape[0])[:, None]
    slope = (chin[0] - top[0]) / max(chin[1] - top[1], 1.0)
    middle = top[0] + (rows - top[1]) * slope
    is_left = np.arange(mask.shape[1])[None] < middle
    return np.where(is_left, mask, 0).astype(np.uint8), np.where(is_left, 0, mask).astype(np.uint8)


def _moments(shares: NDArray[np.float64]) -> tuple[float, float]:
    levels = np.arange(256) / 255
    mean = float((shares * levels).sum())
    return mean, float(np.sqrt(max((shares * levels**2).sum() - mean**2, 0.0)))


def _sigmoid(value: float, middle: float, width: float) -> float:
    return float(1 / (1 + np.exp((middle - value) / width)))
