"""Colour: how much there is, and whether it is more than one tint; the same in the light and in the shade.

All of it is relative to how light each pixel is. Chroma falls with the light, so that dark skin and a dim room would
pass for grey.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Real = NDArray[np.float32]

MIDDLE_LIGHTNESS = 50.0  # of CIELAB: colours count as if every pixel were that light
DARKEST_LIGHTNESS = 20.0  # below it a pixel's colour is mostly noise, which is not made larger
MIDDLE_LUMA, DARKEST_LUMA = 128.0, 48.0  # the same of 8-bit luma
OPPONENTS = np.array([[1, -1, 0], [0.5, 0.5, -1]], np.float32)  # red less green, yellow less blue


def lab_of(small: Pixels) -> Real:
    """The CIELAB colours of an RGB picture, (height, width, 3)."""
    return np.asarray(cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)


def colour_of(small: Pixels, lab: Real | None = None) -> dict[str, float]:
    """Amount of colour of an RGB picture of about 128 px, every pixel as if it were of middle lightness.

    colourfulness: Hasler and Suesstrunk 2003, 0 = grey, 15 slight, 60 lively, over 100 extreme.
    chroma: 95th percentile of the distance from grey in CIELAB, 0..about 200; below 4 a grey picture, noise and all.
    tint_spread: what chroma is left after a curve over the lightness is taken out, CIELAB units, 0..60: near 0 for
        sepia, duotone and grey, which are one curve through the colours.

    Args:
        small: (height, width, 3).
        lab: its `lab_of`, where that is known.
    """
    known = (lab_of(small) if lab is None else lab).reshape(-1, 3)
    tint = known[:, 1:] * gain(known[:, :1])
    return {
        "colourfulness": colourfulness(_as_light(small)),
        "chroma": _near_top(np.hypot(tint[:, 0], tint[:, 1])),
        "tint_spread": _tint_spread(known[:, 0] / np.float32(100), tint),
    }


def relative(lab: Real) -> Real:
    """CIELAB colours (..., 3) with a and b as if lightness were 50; lightness as it was.

    All three grow with the cube root of the light (L + 16, a and b alike), so that a surface has the same relative
    colour at every exposure.
    """
    return np.concatenate([lab[..., :1], lab[..., 1:] * gain(lab[..., :1])], axis=-1)


def gain(lightness: Real) -> Real:
    """By how much a surface of some lightness L would have more of L + 16, a and b if its lightness were 50."""
    return np.asarray((MIDDLE_LIGHTNESS + 16) / (np.maximum(lightness, DARKEST_LIGHTNESS) + 16), np.float32)


def _as_light(small: Pixels) -> Real:
    """An RGB picture with every pixel brought to middle luma."""
    luma = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    return np.asarray(small * (np.float32(MIDDLE_LUMA) / np.maximum(luma, np.float32(DARKEST_LUMA))), np.float32)


def colourfulness(small: Real) -> float:
    """Hasler and Suesstrunk's M3 of an RGB picture, 0..255: spread and mean of the opponent colours."""
    mean, spread = cv2.meanStdDev(cv2.transform(small, OPPONENTS))
    return float(np.hypot(*spread.ravel()) + 0.3 * np.hypot(*mean.ravel()))


def _near_top(values: Real) -> float:
    """The 95th percentile."""
    place = int(0.95 * (len(values) - 1))
    return float(np.partition(values, place)[place])


def _tint_spread(lightness: Real, tint: Real) -> float:
    """By the normal equations: what is left of the squares of the tints (n, 2) after the curve's part of them."""
    rows = np.stack([np.ones_like(lightness), lightness, lightness**2, lightness**3, *tint.T]).astype(np.float64)
    products = rows @ rows.T / len(lightness)
    curve = np.linalg.lstsq(products[:4, :4], products[:4, 4:], rcond=None)[0]
    return float(np.sqrt(max(np.trace(products[4:, 4:]) - float((curve * products[:4, 4:]).sum()), 0.0)))
