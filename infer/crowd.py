"""A crowd of pictures, taken in one at a time, and how two crowds compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.progress import track
from infer.looks import Look, at_size, look
from train.distances import frechet_distance, kernel_distance, precision_recall
from train.scores import top_energy
from train.wasserstein import Patches, distances

Pixels = NDArray[np.uint8]


class Crowd:
    """Textures, energy and faces of pictures that are brought to one size."""

    def __init__(self, size: int, faces: bool = True) -> None:
        self.size, self.faces = size, faces
        self.count = 0
        self.patches = Patches()
        self.halves = Patches(1), Patches(2)  # every second picture: what two crowds of a kind are apart
        self.energy = 0.0
        self.looks: list[Look | None] = []

    def take(self, pictures: Iterable[Pixels], total: int, title: str) -> Crowd:
        """Take in many pictures while showing how far it is."""
        for picture in track(pictures, total=total, title=title):
            self.add(picture)
        return self

    def add(self, picture: Pixels) -> None:
        """Take in a picture (H, W, 3)."""
        square = at_size(picture, self.size)
        values = as_tensor(square)
        self.patches.add(values)
        self.halves[self.count % 2].add(values)
        self.energy += float(top_energy(values).mean())
        self.looks.append(look(square) if self.faces else None)
        self.count += 1

    @property
    def descriptors(self) -> NDArray[np.float64]:
        """Of the pictures that show a face, (N, 128)."""
        return np.array([one.descriptor for one in self.looks if one is not None]).reshape(-1, 128)


def as_tensor(picture: Pixels) -> Tensor:
    """(H, W, 3), 0..255 -> (1, 3, H, W), -1..1."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float()[None] / 127.5 - 1


def compare(painted: Crowd, real: Crowd) -> dict[str, Any]:
    """What two crowds of one size are apart: texture, detail, and, where faces were looked at, people."""
    scores: dict[str, Any] = {
        "pictures": painted.count,
        "real_pictures": real.count,
        "size": real.size,
        "swd": rounded(distances(painted.patches, real.patches)),
        "swd_floor": rounded(distances(*real.halves)) if real.count > 1 else {},
        "hf_ratio": round(float(np.sqrt(painted.energy / painted.count / max(real.energy / real.count, 1e-12))), 4),
    }
    if painted.faces and real.faces:
        scores |= people(painted, real)
    return scores


def people(painted: Crowd, real: Crowd) -> dict[str, Any]:
    """Whether there are faces, and how the people in both crowds compare."""
    some, others = painted.descriptors, real.descriptors
    scores: dict[str, Any] = {
        "faces_found": round(len(some) / painted.count, 4),
        "faces_found_real": round(len(others) / real.count, 4),
    }
    for name, measure in (("frechet", frechet_distance), ("kernel", kernel_distance)):
        distance = measure(some, others)
        if distance is not None:
            scores[name] = {key: round(value, 5) for key, value in asdict(distance).items()}
    shares = precision_recall(some, others)
    if shares is not None:
        scores["precision"], scores["recall"] = (round(share, 4) for share in shares)
    return scores


def rounded(levels: dict[int, float]) -> dict[str, float]:
    """Distances by extent, as JSON has them, and their mean."""
    found = {str(extent): round(value, 2) for extent, value in levels.items()}
    return found | ({"mean": round(sum(levels.values()) / len(levels), 2)} if levels else {})
