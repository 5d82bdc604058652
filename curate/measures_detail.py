"""How much detail a picture holds: sharpness at fixed scales, noise, flatness."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.resize import halved, resized

Pixels = NDArray[np.uint8]

FACE_SCALES = (256, 128, 64)  # pixels of a face box at which its sharpness is taken: the largest that it fills
LAPLACIAN = 4 * 255  # the largest there is of 8 bits


def sharpness(grey: Pixels) -> float:
    """Spread of the Laplacian with noise put aside: how much real detail a picture of a fixed size holds.

    grey: (height, width), 0..255. Returns grey levels: 0 for a flat picture, without an upper bound. The median filter
    takes out grain, which otherwise passes for detail.
    """
    return float(cv2.Laplacian(cv2.medianBlur(grey, 3), cv2.CV_16S).std())


def scale_of(side: int) -> int:
    """The scale at which a face with a box of `side` pixels is measured: 256, 128 or 64, never larger than it is."""
    return next((scale for scale in FACE_SCALES if side >= scale), FACE_SCALES[-1])


def at_scale(image: Pixels, box: tuple[int, int, int, int], scale: int) -> Pixels:
    """The part of a picture in `box`, as far as there is one, shrunk so that the whole box would be `scale` wide."""
    left, top, right, bottom = box
    part = image[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    factor = min(scale / max(right - left, 1), 1.0)
    return resized(part, max(8, round(part.shape[1] * factor)), max(8, round(part.shape[0] * factor)))


def scale_ratio(grey: Pixels) -> float:
    """Mean strength of the Laplacian of a picture over that of its half-size copy, whatever the contrast.

    About 0.3 where the finest pixels hold nothing (blurred or enlarged), 0.7..1 in a sharp photo, above 1 with noise,
    half-tone or sharpening.
    """
    return _strength(grey) / max(_strength(halved(grey)), 1e-3)


def _strength(grey: Pixels) -> float:
    laplacian = cv2.Laplacian(grey, cv2.CV_16S)
    return float(cv2.norm(laplacian, cv2.NORM_L1)) / laplacian.size


def noise(grey: Pixels) -> float:
    """Standard deviation of the finest grain in grey levels, 0..about 100.

    Median absolute value of a filter that is blind to planes and edges (Immerkaer 1996), so that texture counts little.
    """
    line = np.array([1, -2, 1], np.float32)  # along both: 6 times as wide as the noise
    size = np.abs(cv2.sepFilter2D(grey, cv2.CV_16S, line, line)).view(np.uint16)
    counts = cv2.calcHist([size], [0], None, [2048], [0, 2048]).ravel().cumsum()
    middle = int(np.searchsorted(counts, counts[-1] / 2))
    below = counts[middle - 1] if middle else 0.0
    inside = (counts[-1] / 2 - below) / max(counts[middle] - below, 1.0)  # how far into the level the median lies
    return float(max(middle - 0.5 + inside, 0.0)) / 6 / 0.6745


def flatness(grey: Pixels) -> dict[str, float]:
    """What line art and painting have and photos lack; of a picture at a fixed size.

    flat: share of pixels whose Laplacian is at most 1, 0..1. white, black: share above 247 and below 8, 0..1.
    peak: share of the pixels in the eight commonest of 256 grey levels, 0.03..1.
    kurtosis: of the Laplacian, 0 = normal, a few in photos, more where few edges stand on even ground.
    """
    shares = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel() / grey.size
    laplacian = (cv2.Laplacian(grey, cv2.CV_16S).ravel() + LAPLACIAN).astype(np.uint16)
    strengths = np.bincount(laplacian, minlength=2 * LAPLACIAN + 1) / grey.size
    levels = np.arange(-LAPLACIAN, LAPLACIAN + 1.0)
    from_mean = levels - strengths @ levels
    spread = float(strengths @ from_mean**2)
    return {
        "flat": float(strengths[LAPLACIAN - 1 : LAPLACIAN + 2].sum()),
        "white": float(shares[248:].sum()),
        "black": float(shares[:8].sum()),
        "peak": float(np.sort(shares)[-8:].sum()),
        "kurtosis": float(strengths @ from_mean**4) / spread**2 - 3 if spread > 0 else 0.0,
    }


def centre_of(grey: Pixels, extent: int, around: tuple[float, float] | None = None, grid: int = 1) -> Pixels:
    """The square of native pixels, at most `extent` wide, round a point (x, y) or the middle, begun on a `grid`."""
    height, width = grey.shape[:2]
    x, y = around or (width / 2, height / 2)
    side_x, side_y = min(extent, width), min(extent, height)
    left = int(np.clip(x - side_x / 2, 0, width - side_x)) // grid * grid
    top = int(np.clip(y - side_y / 2, 0, height - side_y)) // grid * grid
    return grey[top : top + side_y, left : left + side_x]
