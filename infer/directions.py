"""Directions in the space of faces that mean something: lighter, turned, smiling. Learned by looking at faces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.files import read_json, write_json
from curate.progress import track
from infer.landmarks import SEARCHED, enlarged
from infer.latent import latent
from infer.portrait import to_pixels
from infer.torch_net import Loaded

Doubles = NDArray[np.float64]
Pixels = NDArray[np.uint8]

FACES = 256  # looked at: a few seconds on a CPU, once for a run
FIRST = 1_000_000  # the first seed of these
REACH = 4.0  # length in z, about 10 long, that a slider's end stands for
VERSION = 1
NAMES = ("light", "warmth", "backdrop", "hair", "turn", "smile")


@dataclass(frozen=True)
class Directions:
    """`vectors` (k, length): one unit of a slider; `strength` (k,): how sure the meaning is, 0..1 (R squared)."""

    names: tuple[str, ...]
    vectors: Doubles
    strength: tuple[float, ...]


def directions(lowres: Loaded, mean_box: Sequence[float], cache: Path) -> Directions:
    """The directions of a lowres run, from the cache or learned now."""
    file = cache / "directions" / f"{lowres.digest[:32]}-{VERSION}.json"
    try:
        kept: dict[str, Any] = read_json(file)
        return Directions(tuple(kept["names"]), np.asarray(kept["vectors"]), tuple(kept["strength"]))
    except (OSError, json.JSONDecodeError, KeyError):
        learned = learn(lowres, mean_box, FACES)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(
        file,
        {
            "names": list(learned.names),
            "vectors": learned.vectors.tolist(),
            "strength": [float(s) for s in learned.strength],
        },
    )
    return learned


def learn(lowres: Loaded, mean_box: Sequence[float], count: int) -> Directions:
    """Look at `count` faces and find for each trait the direction that changes it and leaves the others.

    Least squares of the traits on z; the columns of the pseudo-inverse of its weights are such directions.
    """
    length = lowres.card["network"]["z"]
    z = np.stack([latent(FIRST + k, length) for k in range(count)])
    faces = [to_pixels(face) for start in range(0, count, 32) for face in lowres.net(z[start : start + 32])]
    traits = np.stack([look(face, mean_box) for face in track(faces, total=count, title="directions", unit="faces")])
    centred = (traits - traits.mean(axis=0)) / np.maximum(traits.std(axis=0), 1e-9)
    ridge = z.T.astype(np.float64) @ z + 0.05 * count * np.eye(length)
    weights = np.linalg.solve(ridge, z.T.astype(np.float64) @ centred)  # (length, k)
    explained = 1 - np.square(centred - z @ weights).mean(axis=0)
    ways = np.linalg.pinv(weights)  # (k, length): each moves one trait
    unit = ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
    return Directions(NAMES, REACH * unit, tuple(float(min(max(share, 0), 1)) for share in explained))


def look(face: Pixels, mean_box: Sequence[float]) -> Doubles:
    """The traits of a small aligned face (E, E, 3), in the order of NAMES; shape (6,), in units of their own."""
    from curate.faces import landmarks_in_box

    large = enlarged(face, SEARCHED)
    box = tuple(round(SEARCHED * edge) for edge in mean_box)
    points = np.asarray(landmarks_in_box(large, (box[0], box[1], box[2], box[3])), np.float64)
    eyes = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    apart = max(float(np.linalg.norm(eyes[1] - eyes[0])), 1.0)
    left, top, right, bottom = box
    inner = large[top:bottom, left:right].reshape(-1, 3).mean(axis=0)
    corners = np.concatenate([large[: top // 2, : left // 2], large[: top // 2, -(left // 2) :]]).mean()
    hair = large[max(0, top // 3) : max(1, 2 * top // 3), left:right].mean()
    turn = (points[30, 0] - (eyes[0][0] + eyes[1][0]) / 2) / apart
    smile = (points[54, 0] - points[48, 0]) / apart
    return np.array([inner.mean(), inner[0] - inner[2], corners, hair, turn, smile])
