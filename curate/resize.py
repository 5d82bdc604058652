"""Making pictures smaller, fast and without aliasing."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def resized(image: Pixels, width: int, height: int) -> Pixels:
    """A picture at another size: area averages when it shrinks, linear where it grows.

    Large pictures are halved first, for which OpenCV has a path that is several times as fast.
    """
    while image.shape[1] >= 4 * width and image.shape[0] >= 4 * height:
        image = halved(image)
    if image.shape[:2] == (height, width):
        return image
    shrinks = width <= image.shape[1] and height <= image.shape[0]
    return cast(
        Pixels, cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def halved(image: Pixels) -> Pixels:
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = max(image.shape[0] // 2, 1), max(image.shape[1] // 2, 1)
    whole = image[: 2 * height, : 2 * width]
    return cast(Pixels, cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))


def with_shorter_side(image: Pixels, extent: int) -> Pixels:
    """The picture with its shorter side at `extent` pixels; smaller pictures stay as they are."""
    shorter = min(image.shape[:2])
    if shorter <= extent:
        return image
    scale = extent / shorter
    return resized(image, max(extent, round(image.shape[1] * scale)), max(extent, round(image.shape[0] * scale)))
