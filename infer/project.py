"""The enlargement agrees with what it enlarges: its 8x8 averages are brought back to the lowres picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.blend import with_halo
from infer.tiles import SCALE

Floats = NDArray[np.float32]

CUBIC_REACH = 2  # lowres pixels that bicubic interpolation looks to each side


def enlarge(picture: Floats, scale: int = SCALE) -> Floats:
    """Bicubic enlargement of a picture (channels, height, width)."""
    return _resized(picture, (picture.shape[2] * scale, picture.shape[1] * scale), cv2.INTER_CUBIC)


def shrink(picture: Floats, scale: int = SCALE) -> Floats:
    """Averages of scale x scale cells, (channels, height / scale, width / scale)."""
    return _resized(picture, (picture.shape[2] // scale, picture.shape[1] // scale), cv2.INTER_AREA)


def _resized(picture: Floats, size: tuple[int, int], how: int) -> Floats:
    return np.stack([cv2.resize(plane, size, interpolation=how) for plane in picture]).astype(np.float32, copy=False)


def project(large: Floats, lowres: Floats, times: int = 3, strength: float = 1.0) -> Floats:
    """Back-projection y += up(x - average(y)), after Irani and Peleg 1991: large (3, 8h, 8w), lowres (3, h, w).

    Three times bring the averages to 60 dB of the lowres picture. `strength` 0..1 is the share of the difference
    that is given back each time.
    """
    scale = large.shape[1] // lowres.shape[1]
    for _ in range(times):
        large = large + np.float32(strength) * enlarge(lowres - shrink(large, scale), scale)
    return large


def project_onto(large: Floats, small: Floats, times: int = 3, strength: float = 1.0) -> Floats:
    """`project` for any smaller picture of the same (3, h, w), whatever the ratio of their sides."""
    size, coarse = (large.shape[2], large.shape[1]), (small.shape[2], small.shape[1])
    for _ in range(times):
        missing = small - _resized(large, coarse, cv2.INTER_AREA)
        large = large + np.float32(strength) * _resized(missing, size, cv2.INTER_CUBIC)
    return large


def project_rows(
    bands: Iterable[Floats],
    lowres: Floats | Callable[[int, int], Floats],
    times: int = 3,
    strength: float = 1.0,
    scale: int = SCALE,
) -> Iterator[Floats]:
    """`project` for a picture that arrives as bands of rows, each a multiple of `scale` high.

    lowres: the whole picture (3, h, w), or what gives its rows from one number up to another.
    """
    if times == 0:
        return iter(bands)

    def work(rows: Floats, first: int) -> Floats:
        start, end = first // scale, (first + rows.shape[1]) // scale
        return project(rows, lowres(start, end) if callable(lowres) else lowres[:, start:end], times, strength)

    return with_halo(bands, scale * CUBIC_REACH * times, work)


def lowres_psnr(large: Floats, lowres: Floats) -> float:
    """How well the averages of `large` agree with `lowres`, both -1..1: dB, higher is better, 200 where equal."""
    scale = large.shape[1] // lowres.shape[1]
    error = float(np.square(shrink(large, scale) - lowres).mean()) / 4  # /4: as if the range were 0..1
    return float(min(200.0, -10 * np.log10(max(error, 1e-20))))
