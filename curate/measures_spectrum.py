"""What the spectrum of native pixels shows: print screens, shake, and where real detail ends."""

from __future__ import annotations

from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Real = NDArray[np.float32]
Sums = NDArray[np.float64]

EXTENTS = (512, 256, 128)  # of the square that is transformed: the largest that the picture fills
NEAR, AROUND = 3, 25  # cells of the spectrum that are a peak, and that are its neighbourhood
DIRECTIONS = 16  # sectors of a half turn


def spectral(square: Pixels) -> dict[str, float]:
    """Half-tone, shake and the end of detail, from a square of native grey pixels (n, n); n one of EXTENTS.

    halftone_peak: how far the sharpest peak off the axes stands above its neighbourhood, a ratio, 2..6 in photos, 10 to
        69 under a print screen. Reads native pixels only: any resize moves or melts the screen.
    anisotropy: spread over directions of the log power in the middle frequencies, nepers, 0.1..0.7 in photos, above
        about 0.8 after a shake.
    detail: where real detail ends, as a share of the finest that the pixels could hold, 0..1. Of portraits enlarged
        2, 3, 4 and 8 times: 0.40..0.52, 0.31..0.35, 0.23..0.26, 0.13..0.15 (medians; linear, cubic, JPEG of 85 after).
    """
    power = power_of(square)
    sums, counts = _sums(power)
    return {"halftone_peak": _peak(power), "anisotropy": _anisotropy(sums, counts), "detail": _detail(sums, counts)}


def power_of(square: Pixels) -> Real:
    """Half of the power spectrum of a grey square (n, n) under a Hann window: (n/2 + 1, n), frequency 0 at (0, n/2).

    The other half is its image through that point.
    """
    middle = np.float32(cv2.mean(square)[0])
    packed = cv2.dft((cv2.transpose(square) - middle) * _window(len(square)))
    squares = cv2.multiply(packed, packed)
    power = np.empty((len(square), len(square) // 2 + 1), np.float32)
    np.add(squares[:, 1:-1:2], squares[:, 2:-1:2], out=power[:, 1:-1])  # real and imaginary in turns
    power[:, [0, -1]] = _unpacked(np.asarray(squares[:, [0, -1]], np.float32))
    return cast(Real, cv2.transpose(power))


def _unpacked(squares: Real) -> Real:
    """Power of real waves from squares as OpenCV packs them down a column: real, then real and imaginary in turns."""
    inner = squares[1:-1:2] + squares[2:-1:2]
    return np.concatenate([squares[:1], inner, squares[-1:], inner[::-1]])


def _peak(power: Real) -> float:
    near, around = cv2.blur(power, (NEAR, NEAR)), cv2.blur(power, (AROUND, AROUND))
    ratio = cv2.divide(near, cv2.max(around, 1e-6))  # type: ignore[call-overload] # a scalar is as good as an array
    return float(cv2.minMaxLoc(ratio, mask=_off_axes(power.shape[1]))[1])


def _sums(power: Real) -> tuple[Sums, Sums]:
    """Power in each ring and sector of `_cells`, and how many cells that are; (rings, 17) each."""
    cells, counts = _cells(power.shape[1])
    sums = np.bincount(cells, power.ravel(), minlength=counts.size)
    return np.asarray(sums.reshape(counts.shape), np.float64), counts


def _anisotropy(sums: Sums, counts: Sums) -> float:
    means = sums.sum(axis=0)[:DIRECTIONS] / counts.sum(axis=0)[:DIRECTIONS]
    return float(np.log(means + 1e-3).std())


def _detail(sums: Sums, counts: Sums) -> float:
    profile = sums.sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
    bins = int(len(profile) / np.sqrt(2))  # rings up to the Nyquist frequency of the axes
    frequency = (np.arange(bins) + 0.5) / bins
    excess = np.maximum(profile[:bins] - profile[bins : bins * 5 // 4].min(), 0)  # above the floor in the corners
    share = np.cumsum(excess * frequency**2)  # lifts the fine waves, but not so much that JPEG's noise counts as detail
    return float((np.searchsorted(share, 0.98 * share[-1]) + 1) / bins) if share[-1] > 0 else 0.0


@cache
def _window(extent: int) -> Real:
    """Hann's window, every second row negative: that puts frequency 0 into the middle of the columns."""
    signs = 1 - 2 * (np.arange(extent) % 2)
    return np.outer(np.hanning(extent) * signs, np.hanning(extent)).astype(np.float32)


@cache
def _polar(extent: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Radius as a share of the Nyquist frequency, and direction in half turns 0..1, of each cell."""
    x, y = np.meshgrid(np.arange(extent) - extent // 2, np.arange(extent // 2 + 1))
    return np.hypot(x, y) / (extent / 2), np.arctan2(y, x) / np.pi % 1


@cache
def _off_axes(extent: int) -> Pixels:
    """255 where a print screen may show: not near the axes, where edges and frames are, nor too coarse or fine."""
    radius, _ = _polar(extent)
    mask = np.where((radius > 0.12) & (radius < 0.98), 255, 0).astype(np.uint8)
    width, middle = max(3, extent // 128), extent // 2
    mask[:width] = 0
    mask[:, middle - width + 1 : middle + width] = 0
    return mask


@cache
def _cells(extent: int) -> tuple[NDArray[np.int64], Sums]:
    """The ring and sector of each cell as one number, and how many cells each has, (rings, 17).

    Rings are 2 / extent of the Nyquist frequency wide; sectors are directions in the middle frequencies, 16 elsewhere.
    """
    radius, turn = _polar(extent)
    ring = (radius * (extent // 2)).astype(np.int64)
    sector = np.where((radius > 0.23) & (radius < 0.94), (turn * DIRECTIONS).astype(np.int64) % DIRECTIONS, DIRECTIONS)
    cells = (ring * (DIRECTIONS + 1) + sector).ravel()
    shape = int(ring.max()) + 1, DIRECTIONS + 1
    return cells, np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
