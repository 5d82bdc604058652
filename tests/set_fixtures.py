"""Faces for the tests of guides and sets: landmarks of a drawn face, simple pictures of it, small sets."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.config import GuidesOptions
from curate.files import sha256_of
from curate.guides import draw_guide
from curate.pixels import encode_png
from curate.set_faces import Job
from curate.set_folder import Written, write_set


def _side() -> NDArray[np.float64]:
    """The 68 points of a face, made of its left half: an ellipse for the jaw, arcs for the rest, 0..1."""
    points = np.zeros((68, 2))
    jaw = np.linspace(np.pi, 0, 17)
    points[:17] = np.column_stack([0.5 + 0.28 * np.cos(jaw), 0.5 + 0.36 * np.sin(jaw)])
    points[17:22] = [(0.29, 0.42), (0.32, 0.39), (0.36, 0.38), (0.4, 0.385), (0.44, 0.4)]
    points[27:31] = [(0.5, 0.46), (0.5, 0.51), (0.5, 0.56), (0.5, 0.6)]
    points[31:34] = [(0.44, 0.64), (0.47, 0.65), (0.5, 0.66)]
    points[36:42] = [(0.32, 0.47), (0.35, 0.45), (0.39, 0.45), (0.42, 0.475), (0.39, 0.49), (0.35, 0.49)]
    points[48:52] = [(0.4, 0.74), (0.44, 0.72), (0.48, 0.71), (0.5, 0.715)]
    points[57:60] = [(0.5, 0.79), (0.47, 0.785), (0.43, 0.77)]
    points[60:63] = [(0.41, 0.74), (0.46, 0.735), (0.5, 0.74)]
    points[66:68] = [(0.5, 0.755), (0.46, 0.755)]
    return points


# dlib's order, read from the other side
JAW, BROWS, NOSE = range(16, -1, -1), range(26, 16, -1), (27, 28, 29, 30, 35, 34, 33, 32, 31)
EYES = (45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40)
LIPS = (54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65)
MIRROR = np.array([*JAW, *BROWS, *NOSE, *EYES, *LIPS])


def mirrored(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Landmarks in 0..1 of the mirror image."""
    return np.asarray(np.abs([1, 0] - points[MIRROR]))


_half = _side()
_other = mirrored(_half)
LANDMARKS: NDArray[np.float64] = np.asarray(np.where((_half == 0).all(axis=1, keepdims=True), _other, _half))


def photo(seed: int, side: int = 200) -> NDArray[np.uint8]:
    """A picture of (side, side, 3) with the guide's face in it, over colours of its own."""
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    back = cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(0.6 * back + 0.4 * draw_guide(LANDMARKS, side), np.float32).astype(np.uint8)


def job_for(folder: Path, name: str, *, seed: int, side: int = 200, **values: Any) -> Job:
    """Write a photo and say what to cut from it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(photo(seed, side), level=1))
    landmarks = LANDMARKS * side - 0.5
    edges = [float(edge) for edge in (0.2 * side, 0.3 * side, 0.8 * side, 0.9 * side)]
    content: dict[str, Any] = {
        "sha256": sha256_of(path),
        "paths": (str(path),),
        "landmarks": tuple((float(x), float(y)) for x, y in landmarks),
        "box": (edges[0], edges[1], edges[2], edges[3]),
        "person": path.stem,
        "held_out": False,
    }
    return Job(**(content | values))


def options_for(**values: Any) -> GuidesOptions:
    """Options of a small set, in this process."""
    content: dict[str, Any] = {"selection": "all", "size": 96, "format": "png", "processes": 1, "max_upscale": 9.0}
    return GuidesOptions(**(content | values))


def small_set(folder: Path, count: int = 4, **values: Any) -> Written:
    """A set of `count` drawn faces at `folder`/sets/small, the last one held out."""
    jobs = [
        job_for(folder / "photos", f"person-{seed}.png", seed=seed, held_out=seed == count - 1) for seed in range(count)
    ]
    selection = {"name": "all", "version": 1, "rule": {}}
    return write_set(folder / "sets" / "small", jobs, [], options_for(**values), selection)
