"""A smooth way through faces: a spline in z whose points are as far from the origin as the keys beside them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

PROBES = 4  # looks per frame at the way, to learn how fast the picture changes along it
ROUNDS = 2


class Path:
    """A cubic spline through key z; `at(places)` gives the points, one unit from key to key.

    A looped path leads from the last key back to the first, and place `len(keys)` is place 0 to the bit. Between keys
    a spline comes nearer to the origin, where faces are plain; its points are moved out to the length that the keys
    have, interpolated along the same way.
    """

    def __init__(self, keys: Floats, loop: bool = True) -> None:
        from scipy.interpolate import CubicSpline

        if len(keys) < 2:
            raise ValueError("a way needs at least two keys")
        points = np.asarray(keys, np.float64)
        self.loop, self.keys = loop, len(keys)
        lengths = np.linalg.norm(points, axis=1)
        if loop:
            points, lengths = np.concatenate([points, points[:1]]), np.append(lengths, lengths[0])
        places = np.arange(len(points))
        self.spline = CubicSpline(places, points, bc_type="periodic" if loop else "natural")
        self.places, self.lengths = places, lengths

    @property
    def end(self) -> int:
        """The place of the end; of a looped path it is the start again."""
        return int(self.places[-1])

    def at(self, places: Doubles) -> Floats:
        """The z at these places, (n, length)."""
        where = np.mod(places, self.end) if self.loop else places
        z = self.spline(where)
        wanted = np.interp(where, self.places, self.lengths)
        return np.asarray(z * (wanted / np.maximum(np.linalg.norm(z, axis=1), 1e-9))[:, None], np.float32)

    def places_for(self, frames: int) -> Doubles:
        """Places of frames at an equal pace in z; a looped path leaves the end out: it is the first frame again."""
        return np.linspace(0, self.end, frames, endpoint=not self.loop)


def even_pace(path: Path, frames: int, look: Callable[[Floats], NDArray[np.uint8]]) -> Doubles:
    """Places of frames between which the picture changes equally much.

    look: draws the picture of one z. The speed along z says little of the speed seen: it differs severalfold. The
    places that divide the measured way equally are found on a finer grid, then corrected by looking again.
    """
    places = np.linspace(0, path.end, PROBES * frames // 2 + 1)
    for _ in range(ROUNDS):
        pictures = [np.asarray(look(z), np.float32) for z in path.at(places)]
        steps = [float(np.sqrt(np.square(b - a).mean())) for a, b in pairwise(pictures)]
        way = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-6))])
        places = np.interp(np.linspace(0, way[-1], frames + (1 if path.loop else 0)), way, places)
    return np.asarray(places[:-1] if path.loop else places, np.float64)
