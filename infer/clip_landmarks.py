"""Landmarks of all frames of a clip: missed and wrong ones bridged, trembling calmed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infer.landmarks import Placed

Points = NDArray[np.float64]
Flags = NDArray[np.bool_]

BRIDGED = "bridged"  # the source of landmarks that lie between those of other frames
CALM_SECONDS = 0.13  # standard deviation of the Gaussian over time: a quarter of the trembling is left at 30 frames/s
OUTLIER_SECONDS = 0.3  # to each side: frames that a frame's landmarks are compared with
OUTLIER = 0.025  # of the square: landmarks that are further from the median around them, on average, are wrong


class Steadied(NamedTuple):
    """Landmarks (N, 68, 2), 0..1 of the square, and the source of each frame's."""

    points: Points
    sources: tuple[str, ...]


def steadied(
    found: list[Placed], fps: float, loop: bool, outlier: float = OUTLIER, seconds: float = CALM_SECONDS
) -> Steadied:
    """Calm landmarks of a clip's frames, `found` one by one; a clip in which no face was found keeps what they are.

    Frames in which the detector saw no face, or landmarks that leap away from those around them, take theirs from the
    frames before and after in which it did. On a looped clip the last frame comes before the first.
    """
    points = np.stack([placed.points for placed in found])
    good = np.array([placed.found for placed in found])
    good &= ~leaps(points, good, max(1, round(OUTLIER_SECONDS * fps)), loop, outlier)
    if good.any():
        points = bridged(points, good, loop)
    sources = tuple(p.source if ok or not good.any() else BRIDGED for p, ok in zip(found, good, strict=True))
    return Steadied(calmed(points, seconds * fps, loop), sources)


def leaps(points: Points, good: Flags, reach: int, loop: bool, outlier: float = OUTLIER) -> Flags:
    """Frames whose landmarks are far from the median of the good ones at most `reach` frames away."""
    count = len(points)
    found = np.zeros(count, bool)
    for frame in np.flatnonzero(good):
        around = np.arange(frame - reach, frame + reach + 1)
        around = np.unique(around % count) if loop else around[(around >= 0) & (around < count)]
        median = np.median(points[around[good[around]]], axis=0)
        found[frame] = np.hypot(*(points[frame] - median).T).mean() > outlier
    return found


def bridged(points: Points, good: Flags, loop: bool) -> Points:
    """Landmarks of frames that are not good, on the straight line between those of the good ones beside them."""
    frames, known = np.arange(len(points)), np.flatnonzero(good)
    flat = points.reshape(len(points), -1)
    period = len(points) if loop else None
    lines = [np.interp(frames, known, flat[known, k], period=period) for k in range(flat.shape[1])]
    return np.stack(lines, axis=1).reshape(points.shape)


def calmed(points: Points, frames: float, loop: bool) -> Points:
    """Landmarks averaged over time by a Gaussian of so many frames, which moves nothing earlier or later."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(points, frames, axis=0, mode="wrap" if loop else "nearest"), np.float64)
