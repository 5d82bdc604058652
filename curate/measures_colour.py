"""Colour: how much there is, and whether it is more than one tint."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def colour_of(small: Pixels) -> dict[str, float]:
    """Amount of colour of an RGB picture of about 128 px.

    colourfulness: Hasler and Suesstrunk 2003, 0 = grey, 15 slight, 60 lively, over 100 extreme.
    chroma: 95th percentile of the distance from grey in CIELAB, 0..about 130; below 4 a grey picture, noise and all.
    tint_spread: what chroma is left after a curve over the lightness is taken out, CIELAB units, 0..60: near 0 for
        sepia, duotone and grey, which are one curve through the colours.
    """
    lab = np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32).reshape(-1, 3)
    lightness, tint = lab[:, 0] / np.float32(100), lab[:, 1:]
    return {
        "colourfulness": colourfulness(small),
        "chroma": _near_top(np.hypot(tint[:, 0], tint[:, 1])),
        "tint_spread": _tint_spread(lightness, tint),
    }


def colourfulness(small: Pixels) -> float:
    """Hasler and Suesstrunk's M3 of an RGB picture: spread and mean of the opponent colours."""
    red, green, blue = (small[..., channel].astype(np.float32) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def _near_top(values: NDArray[np.float32]) -> float:
    """The 95th percentile."""
    place = int(0.95 * (len(values) - 1))
    return float(np.partition(values, place)[place])


def _tint_spread(lightness: NDArray[np.float32], tint: NDArray[np.float32]) -> float:
    powers = np.stack([np.ones_like(lightness), lightness, lightness**2, lightness**3], axis=1).astype(np.float64)
    curve = np.linalg.lstsq(powers.T @ powers, powers.T @ tint, rcond=None)[0]
    return float(np.sqrt(np.mean(np.sum((tint - powers @ curve) ** 2, axis=1))))
