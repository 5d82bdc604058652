"""Defects done to clean portraits, with a known strength: to fit detectors on, and to test them on others."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.drawing import Portrait
from curate.pixels import decode, encode_jpeg
from curate.spoil import SPOILERS

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


def gaussian(image: Pixels, sigma: float) -> Pixels:
    """Out of focus by `sigma` pixels."""
    return cast(Pixels, cv2.GaussianBlur(image, (0, 0), sigma))


def noisy(image: Pixels, deviation: float, rng: np.random.Generator) -> Pixels:
    """With grain of that many grey levels."""
    return _bytes(image + rng.normal(0, deviation, image.shape))


def face_only(image: Pixels, landmarks: Points, sigma: float) -> Pixels:
    """Blurred inside an ellipse round the face, sharp elsewhere."""
    (left, top), (right, bottom) = landmarks.min(0), landmarks.max(0)
    mask = np.zeros(image.shape[:2], np.float32)
    middle = (int(left + right) // 2, int(0.65 * top + 0.35 * bottom))
    cv2.ellipse(mask, middle, (int(0.75 * (right - left)), int(0.95 * (bottom - top))), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.05 * (right - left))[..., None]
    return _bytes(image * (1 - soft) + gaussian(image, sigma) * soft)


def motion(image: Pixels, length: int, angle: float) -> Pixels:
    """Shaken along a straight line of `length` pixels; angle in radians."""
    kernel = np.zeros((length | 1, length | 1), np.float32)
    middle = np.array([length // 2, length // 2])
    way = (length - 1) / 2 * np.array([np.cos(angle), np.sin(angle)])
    ends = [tuple(round(value) for value in middle + sign * way) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA)
    return cast(Pixels, cv2.filter2D(image, -1, kernel / kernel.sum()))


def halftone(image: Pixels, period: float, colour: bool, strength: float = 1.0) -> Pixels:
    """Printed with dots `period` pixels apart, in black or in four colours; strength: opacity over the photo, 0..1."""
    ink = np.float32(1) - image.astype(np.float32) / np.float32(255)
    if colour:
        angles = np.radians([15, 75, 0])
        page = np.stack([1 - 0.95 * _screen(ink[..., k], period, angles[k]) for k in range(3)], axis=2)
    else:
        page = np.repeat((1 - 0.9 * _screen(ink.mean(2, dtype=np.float32), period, np.pi / 4))[..., None], 3, axis=2)
    return _bytes((1 - strength) * image + strength * 255 * page)


def _screen(ink: NDArray[np.float32], period: float, angle: float) -> NDArray[np.float32]:
    yy, xx = np.mgrid[: ink.shape[0], : ink.shape[1]].astype(np.float32) * np.float32(2 * np.pi / period)
    wave = np.cos(xx * np.cos(angle) + yy * np.sin(angle)) + np.cos(yy * np.cos(angle) - xx * np.sin(angle))
    soft = cv2.GaussianBlur(ink, (0, 0), period / 4)
    return np.asarray(np.clip((wave / 4 + 0.5 - (1 - soft)) * period * 0.8 + 0.5, 0, 1), np.float32)


def jpeg(image: Pixels, quality: int, again: int | None = None) -> bytes:
    """Saved as JPEG at `quality`, and then once more at `again`."""
    data = encode_jpeg(image, quality)
    return data if again is None else encode_jpeg(decode(data), again)


def upscaled(image: Pixels, factor: float, how: int = cv2.INTER_CUBIC) -> Pixels:
    """Shrunk by `factor` and enlarged to its size again."""
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(8, round(width / factor)), max(8, round(height / factor))), interpolation=cv2.INTER_AREA
    )
    return cast(Pixels, cv2.resize(small, (width, height), interpolation=how))


def grey(image: Pixels, tone: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Pixels:
    """Without colour, then tinted: (1, 1, 1) is grey, (1, 0.85, 0.65) sepia."""
    return _bytes(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None] * np.array(tone))


def exposed(image: Pixels, gain: float, shift: float = 0.0) -> Pixels:
    """Brighter or darker: gain x value + shift, cut to 0..255."""
    return _bytes(image.astype(np.float32) * gain + shift)


def spoiled(kind: str, image: Pixels, landmarks: Points, rng: np.random.Generator) -> Pixels:
    """What `swipegan samples` does to its portraits: drawing, occlusion, halftone, artifacts."""
    return SPOILERS[kind](Portrait(image, landmarks, {}), rng)


def painted(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Brush strokes: colour evened out along what is there, laid on canvas."""
    radius = int(rng.integers(2, 6))
    strokes = cv2.medianBlur(image, 2 * radius + 1)
    strokes = cv2.bilateralFilter(strokes, 9, float(rng.uniform(25, 60)), 7)
    canvas = cv2.GaussianBlur(rng.normal(0, 1, image.shape[:2]).astype(np.float32), (0, 0), 0.8)
    warm = np.array([1.0, 0.96, 0.86]) ** float(rng.uniform(0, 1.5))
    return _bytes(strokes * warm * float(rng.uniform(0.6, 1.0)) + canvas[..., None] * float(rng.uniform(2, 12)))


def _bytes(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)


Defect = Callable[[Pixels, Points, np.random.Generator], Pixels | bytes]
