"""How a picture and a face are lit, after OFIQ, the reference of ISO/IEC 29794-5.

What OFIQ takes from the mean of the face is taken from the ends of its histogram here: the mean says how light the
skin is before it says how the photo was exposed.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Shares = NDArray[np.float64]

FAINTEST = 0.1  # highlights of a face that is darker count as this bright
STEPS = 32  # of the histogram up to the highlights: fewer than 8 bits leave of a dark face


def light_of_picture(grey: Pixels) -> dict[str, float]:
    """Brightness and spread of a whole grey picture of a fixed size.

    picture_brightness: mean, 0..1. picture_contrast: standard deviation, 0..0.5. entropy: of its histogram, 0..8 bits.
    """
    shares = histogram(grey)
    mean, deviation = _moments(shares)
    return {"picture_brightness": mean, "picture_contrast": deviation, "entropy": entropy(shares)}


def light_of_face(grey: Pixels, landmarks: Points) -> dict[str, float]:
    """Light on the face inside the hull of its landmarks (68, 2), in pixels of the grey picture it comes with.

    brightness: mean, 0..1, mostly the skin's. contrast: standard deviation over the highlights (95th percentile),
    0..about 0.7; 0.15..0.25 in portraits. exposure: see `exposure`. overexposed, underexposed: share in 247..255 and in
    0..25, 0..1. dynamic_range: entropy of the histogram between black and the highlights, by its most, 0..1. evenness:
    OFIQ's illumination uniformity, how far the histograms of left and right half overlap, to the power of 0.3, 0..1.
    """
    left, right = (_counts(grey, half) for half in _halves(hull_mask(grey.shape, landmarks), landmarks))
    shares = _shares(left + right)
    mean, deviation = _moments(shares)
    overlap = np.minimum(_shares(left), _shares(right)).sum()
    return {
        "brightness": mean,
        "contrast": deviation / max(percentile(shares, 0.95), FAINTEST),
        "exposure": exposure(percentile(shares, 0.05), percentile(shares, 0.98)),
        "overexposed": float(shares[247:].sum()),
        "underexposed": float(shares[:26].sum()),
        "dynamic_range": entropy(_up_to_highlights(shares)) / np.log2(STEPS),
        "evenness": float(overlap**0.3),
    }


def exposure(low: float, high: float) -> float:
    """How well a face is exposed by where its histogram begins and ends (5th and 98th percentile, 0..1): 0..1.

    Low where even the highlights are dark (below 0.3), or even the pupils and nostrils light (above 0.55). Of portraits
    of every skin tone the highlights are above 0.4 at the median, and the shadows below 0.35.
    """
    return _sigmoid(high, 0.3, 0.04) * (1 - _sigmoid(low, 0.55, 0.05))


def percentile(shares: Shares, share: float) -> float:
    """The brightness 0..1 below which that share of a histogram (256,) lies."""
    return float(np.searchsorted(np.cumsum(shares), share)) / 255


def _up_to_highlights(shares: Shares) -> Shares:
    """The histogram in equal steps between black and the 98th percentile; what is lighter counts to the last."""
    top = max(percentile(shares, 0.98), FAINTEST)
    place = np.minimum(np.arange(256) / 255 / top * STEPS, STEPS - 1).astype(np.int64)
    return np.asarray(np.bincount(place, shares, minlength=STEPS), np.float64)


def histogram(grey: Pixels) -> Shares:
    """Share of each of 256 grey levels; (256,)."""
    return _shares(_counts(grey))


def _counts(grey: Pixels, mask: Pixels | None = None) -> NDArray[np.float64]:
    return np.asarray(cv2.calcHist([grey], [0], mask, [256], [0, 256]), np.float64).ravel()


def _shares(counts: NDArray[np.float64]) -> Shares:
    return counts / max(float(counts.sum()), 1.0)


def entropy(shares: Shares) -> float:
    """Shannon's, of shares (n,): 0..log2(n) bits."""
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
    left = mask * is_left
    return left, mask - left


def _moments(shares: Shares) -> tuple[float, float]:
    levels = np.arange(256) / 255
    mean = float((shares * levels).sum())
    return mean, float(np.sqrt(max((shares * levels**2).sum() - mean**2, 0.0)))


def _sigmoid(value: float, middle: float, width: float) -> float:
    return float(1 / (1 + np.exp((middle - value) / width)))
