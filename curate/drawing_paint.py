"""Brushes: soft polygons, noise at several scales and single hairs, for pictures of any size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Bytes = NDArray[np.uint8]
Colour = tuple[float, float, float]

SHIFT = 4  # polygons are drawn at 1/16 pixel
FINE = 1 << SHIFT


def smooth(points: Floats, count: int, closed: bool = False) -> Floats:
    """A Catmull-Rom curve of `count` points through `points` (N, 2)."""
    padded = np.vstack([points[-1:], points, points[:2]]) if closed else np.vstack([points[:1], points, points[-1:]])
    spans = len(points) if closed else len(points) - 1
    at = np.linspace(0, spans, count, endpoint=not closed)
    index = np.minimum(at.astype(int), spans - 1)
    t = (at - index)[:, None]
    a, b, c, d = (padded[index + step] for step in range(4))
    return np.asarray(
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3), np.float32
    )


def window(shape: tuple[int, ...], points: Floats, margin: float) -> tuple[slice, slice] | None:
    """The part of a picture that `points` (N, 2) and a margin around them cover; None when they lie outside."""
    low = np.maximum(np.floor(points.min(0) - margin - 1).astype(int), 0)
    high = np.minimum(np.ceil(points.max(0) + margin + 2).astype(int), [shape[1], shape[0]])
    if (high <= low).any():
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def soften(image: Floats, across: float, down: float = 0.0) -> Floats:
    """Gaussian blur of `across` pixels, and another amount downwards where given."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), across, sigmaY=down), np.float32)


def slopes(field: Floats) -> tuple[Floats, Floats]:
    """Change per pixel to the right and downwards, times eight (Sobel)."""
    right, down = (cv2.Sobel(field, cv2.CV_32F, x, 1 - x, ksize=3) for x in (1, 0))
    return np.asarray(right, np.float32), np.asarray(down, np.float32)


def resized(image: Floats, width: int, height: int, way: int = cv2.INTER_AREA) -> Floats:
    """The picture at another size."""
    return np.asarray(cv2.resize(image, (width, height), interpolation=way), np.float32)


def moved(points: Floats, x: float, y: float) -> Floats:
    """Points (N, 2) or one point (2,), shifted."""
    return np.asarray(points + np.array([x, y]), np.float32)


def fixed(points: Floats) -> NDArray[np.int32]:
    """Points as the fixed-point numbers cv2 draws with."""
    return np.round(points * FINE).astype(np.int32).reshape(-1, 1, 2)


def polygon(part: tuple[slice, slice], points: Floats, blur: float = 0.0) -> Floats:
    """Coverage 0..1 of a filled polygon over a window of the picture."""
    mask = np.zeros((part[0].stop - part[0].start, part[1].stop - part[1].start), np.uint8)
    near = moved(points, -part[1].start, -part[0].start)
    cv2.fillPoly(mask, [fixed(near)], 255, cv2.LINE_AA, SHIFT)
    covered = mask.astype(np.float32) / 255
    return soften(covered, blur) if blur > 0.3 else covered


def stroke(part: tuple[slice, slice], points: Floats, width: float, blur: float = 0.0) -> Floats:
    """Coverage 0..1 of a line over a window of the picture; thinner than a pixel is fainter."""
    mask = np.zeros((part[0].stop - part[0].start, part[1].stop - part[1].start), np.uint8)
    near = moved(points, -part[1].start, -part[0].start)
    cv2.polylines(mask, [fixed(near)], False, 255, max(1, round(width)), cv2.LINE_AA, SHIFT)
    covered = mask.astype(np.float32) * (min(1.0, width) / 255)
    return soften(covered, blur) if blur > 0.3 else covered


def blend(image: Floats, part: tuple[slice, slice], mask: Floats, colour: Colour | Floats, alpha: float = 1.0) -> None:
    """Lay a colour over a window of the picture, where the mask says."""
    weight = (mask * np.float32(alpha))[..., None]
    image[part] += weight * (np.asarray(colour, np.float32) - image[part])


def fill(image: Floats, points: Floats, colour: Colour | Floats, alpha: float = 1.0, blur: float = 0.0) -> None:
    """Fill a polygon, softly."""
    part = window(image.shape, points, 3 * blur)
    if part is not None:
        blend(image, part, polygon(part, points, blur), colour, alpha)


def line(
    image: Floats, points: Floats, colour: Colour | Floats, width: float, alpha: float = 1.0, blur: float = 0.0
) -> None:
    """Draw a line, softly."""
    part = window(image.shape, points, 3 * blur + width)
    if part is not None:
        blend(image, part, stroke(part, points, width, blur), colour, alpha)


def darken(image: Floats, points: Floats, factor: Colour, blur: float) -> None:
    """Multiply the inside of a polygon by a colour, softly."""
    part = window(image.shape, points, 3 * blur)
    if part is not None:
        mask = polygon(part, points, blur)[..., None]
        image[part] *= 1 - mask * (1 - np.asarray(factor, np.float32))


def noise(rng: np.random.Generator, size: int, cell: float) -> Floats:
    """Smooth noise (size, size) of mean 0 and about unit spread, whose lumps are `cell` pixels wide."""
    if cell <= 1.2:
        return rng.standard_normal((size, size), np.float32)
    small = max(2, round(size / cell) + 2)
    lumps = cv2.resize(rng.standard_normal((small, small), np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(lumps * np.float32(1.3), np.float32)


def hairs(image: Bytes, strands: Floats, shades: Floats, width: float, colour: Callable[[float], Colour]) -> None:
    """Draw hairs into the picture, in the order given.

    strands: (N, K, 2) pixels; shades: (N, K - 1) brightness 0..1 of each piece, below 0 to leave it out;
    colour: brightness -> RGB 0..1.
    """
    if not len(strands):
        return
    pieces = np.stack([strands[:, :-1], strands[:, 1:]], axis=2).reshape(-1, 2, 1, 2)
    points = np.round(pieces * FINE).astype(np.int32)
    flat = shades.reshape(-1)
    levels = np.clip(np.round(flat * 11), 0, 11).astype(int)
    low, high = pieces.min(axis=(1, 2, 3)), pieces.max(axis=(1, 2, 3))
    inside = (flat >= 0) & (low > -20) & (high < max(image.shape[:2]) + 20)
    thick = max(1, round(width))
    layers = max(1, min(6, len(strands) // 40))
    layer = np.repeat(np.arange(len(strands)) * layers // len(strands), strands.shape[1] - 1)
    for depth in range(layers):
        for level in range(12):
            chosen = points[(layer == depth) & (levels == level) & inside]
            if len(chosen):
                rgb = [255 * part for part in colour(level / 11)]
                cv2.polylines(image, list(chosen), False, rgb, thick, cv2.LINE_AA, SHIFT)


def mix(first: Sequence[float] | Floats, second: Sequence[float] | Floats, share: float) -> Colour:
    """The colour `share` of the way from the first to the second."""
    red, green, blue = (float(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def times(colour: Sequence[float], factor: float) -> Colour:
    """A colour made darker or lighter."""
    red, green, blue = (float(min(1.0, max(0.0, part * factor))) for part in colour)
    return red, green, blue
