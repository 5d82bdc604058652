"""What the spectrum of native pixels shows: print screens, shake, and where real detail ends."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Spectrum = NDArray[np.float32]

EXTENTS = (512, 256, 128)  # of the square that is transformed: the largest that the picture fills


def spectrum_of(square: Pixels) -> Spectrum:
    """Power of a grey square (n, n) under a Hann window, shifted so that frequency 0 is at (n/2, n/2)."""
    extent = square.shape[0]
    centred = (square.astype(np.float32) - np.float32(square.mean())) * _window(extent)
    parts = cv2.dft(centred, flags=cv2.DFT_COMPLEX_OUTPUT)
    power = parts[..., 0] ** 2 + parts[..., 1] ** 2
    return np.fft.fftshift(power).astype(np.float32)


def spectral(power: Spectrum) -> dict[str, float]:
    """Half-tone, shake and the end of detail, from the power spectrum (n, n) of native pixels.

    halftone_peak: how far the sharpest peak off the axes stands above its neighbourhood, a ratio, about 1..5 in photos
        and hundreds under a print screen. Reads native pixels only: any resize moves or melts the screen.
    anisotropy: spread over directions of the log power in the middle frequencies, nepers, 0.2..0.5 in photos, above
        about 0.8 after a shake.
    detail: where real detail ends, as a share of the finest that the pixels could hold, 0..1.
    """
    extent = power.shape[0]
    radius, angle = _polar(extent)
    return {
        "halftone_peak": _peak(power, radius),
        "anisotropy": _anisotropy(power, radius, angle),
        "detail": _detail(power, radius),
    }


def _peak(power: Spectrum, radius: NDArray[np.float32]) -> float:
    extent = power.shape[0]
    fine, around = cv2.blur(power, (3, 3)), cv2.blur(power, (25, 25))
    ratio = fine / np.maximum(around, 1e-6)
    middle = extent // 2
    axes = np.abs(np.arange(extent) - middle) < max(3, extent // 128)
    valid = (radius > 0.12) & (radius < 0.98)
    valid[axes] = False
    valid[:, axes] = False
    return float(ratio[valid].max())


def _anisotropy(power: Spectrum, radius: NDArray[np.float32], angle: NDArray[np.int32]) -> float:
    ring = (radius > 0.23) & (radius < 0.94)
    sums = np.bincount(angle[ring], power[ring], minlength=16)
    counts = np.bincount(angle[ring], minlength=16)
    return float(np.log(sums / np.maximum(counts, 1) + 1e-3).std())


def _detail(power: Spectrum, radius: NDArray[np.float32]) -> float:
    bins = power.shape[0] // 2
    index = np.minimum((radius * bins).astype(np.int32), bins * 2)
    profile = np.bincount(index.ravel(), power.ravel()) / np.maximum(np.bincount(index.ravel()), 1)
    floor = profile[bins:].min() if len(profile) > bins else 0.0
    frequency = (np.arange(bins) + 0.5) / bins
    whitened = np.maximum(profile[:bins] - floor, 0) * frequency**2
    share = np.cumsum(whitened * frequency)
    return float((np.searchsorted(share, 0.98 * share[-1]) + 1) / bins) if share[-1] > 0 else 0.0


@cache
def _window(extent: int) -> NDArray[np.float32]:
    return np.outer(np.hanning(extent), np.hanning(extent)).astype(np.float32)


@cache
def _polar(extent: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Radius as a share of the Nyquist frequency, and the direction in one of 16 sectors of a half turn."""
    axis = (np.arange(extent) - extent // 2) / (extent / 2)
    x, y = np.meshgrid(axis, axis)
    sector = ((np.arctan2(y, x) % np.pi) / np.pi * 16).astype(np.int32) % 16
    return np.hypot(x, y).astype(np.float32), sector
