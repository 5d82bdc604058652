"""A portrait pasted back into the enlarged photo that its face is from, so that no edge shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.blend import ENERGY_SIGMA, energy_gain, smooth, with_halo

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

RIM = 0.02  # of the portrait's side that is never used: its tiles are spoiled there
FEATHER = 0.14  # of its side over which the photo hands over to it
BAND = 4.0  # px; finer texture is blended apart, so that it keeps its strength
HALO = 32  # rows: the blurs of both bands, 12 and 18, reach no further


@dataclass(frozen=True)
class Patch:
    """A portrait and its place.

    picture: (3, side, side), -1..1. matrix: (2, 3), from pixels of the enlarged photo to those of the portrait, both
    from the top left corner.
    """

    picture: Floats
    matrix: Doubles

    @property
    def side(self) -> int:
        """Pixels of the portrait."""
        return int(self.picture.shape[1])

    @property
    def corners(self) -> Doubles:
        """The corners of the square in the enlarged photo, (4, 2)."""
        square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64) * self.side
        return np.asarray((square - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T)

    @property
    def extent(self) -> float:
        """The side of its square in the enlarged photo, in pixels."""
        return self.side / float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))

    def at_its_size(self) -> Patch:
        """The same with no more pixels than its square has in the photo, averaged: or sampling it would alias."""
        side = max(8, round(self.extent))
        if side >= self.side:
            return self
        smaller = np.stack([cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA) for plane in self.picture])
        return Patch(np.asarray(smaller, np.float32), self.matrix * (side / self.side))

    def sampled(self, top: int, left: int, height: int, width: int) -> Floats:
        """What of the portrait lies in a window of the enlarged photo, (3, height, width); mirrored beyond its edge."""
        turn = self.matrix[:, :2]
        moved = turn @ np.array([left + 0.5, top + 0.5]) + self.matrix[:, 2] - 0.5  # OpenCV counts from centres
        to_portrait = np.hstack([turn, moved[:, None]])
        flags, size = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP, (width, height)
        planes = [
            cv2.warpAffine(plane, to_portrait, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
            for plane in self.picture
        ]
        return np.asarray(planes, np.float32)

    def weight(self, top: int, left: int, height: int, width: int) -> Floats:
        """How much the portrait counts in a window, (height, width): 0 outside, 1 inside, squared sines between."""
        x, y = left + 0.5 + np.arange(width), top + 0.5 + np.arange(height)
        total = np.ones((height, width))
        for row in self.matrix / self.side:
            place = row[0] * x[None] + row[1] * y[:, None] + row[2]  # 0..1 of the square along one of its axes
            inside = np.clip((np.minimum(place, 1 - place) - RIM) / FEATHER, 0, 1)
            total *= np.square(np.sin(np.pi / 2 * inside))
        return np.asarray(total, np.float32)


def pasted(bands: Iterable[Floats], patches: Sequence[Patch]) -> Iterator[Floats]:
    """Bands of rows (3, some rows, width) of the enlarged photo, with the portraits in them; later ones lie on top."""
    fitting = [patch.at_its_size() for patch in patches]
    if not fitting:
        return iter(bands)

    def work(rows: Floats, first: int) -> Floats:
        for patch in fitting:
            rows = _with(rows, first, patch)
        return rows

    return with_halo(bands, HALO, work)


def _with(rows: Floats, first: int, patch: Patch) -> Floats:
    (left, top), (right, bottom) = patch.corners.min(axis=0), patch.corners.max(axis=0)
    start, end = max(0, int(left) - HALO), min(rows.shape[2], int(right) + HALO)
    if start >= end or top > first + rows.shape[1] or bottom < first:
        return rows
    window = (first, start, rows.shape[1], end - start)
    changed = rows.copy()
    changed[:, :, start:end] = blended(rows[:, :, start:end], patch.sampled(*window), patch.weight(*window))
    return changed


def blended(photo: Floats, portrait: Floats, weight: Floats) -> Floats:
    """Both, (3, height, width), by the portrait's weight; of fine texture the energy is blended, as between tiles."""
    low = weight * _low(portrait) + (1 - weight) * _low(photo)
    fine, finer = portrait - _low(portrait), photo - _low(photo)
    high = weight * fine + (1 - weight) * finer
    wanted = weight * np.square(fine).mean(axis=0) + (1 - weight) * np.square(finer).mean(axis=0)
    gain = energy_gain(np.asarray(wanted, np.float32), high, ENERGY_SIGMA)
    most = 1 / np.sqrt(np.square(weight) + np.square(1 - weight))
    mixed = low + high * np.clip(gain, 1, most)
    return np.asarray(np.where(weight == 0, photo, np.where(weight == 1, portrait, mixed)), np.float32)


def _low(picture: Floats) -> Floats:
    return np.stack([smooth(plane, BAND, 12) for plane in picture])
