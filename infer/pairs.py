"""Painted pictures beside the true ones that they show: pixels after pooling, features in their places, textures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray

from infer.crowd import as_tensor, rounded
from infer.looks import Look, at_size, landmark_error, look, region_agreement, region_masks
from train.networks.jnet import FACTOR
from train.scores import psnr, top_energy
from train.wasserstein import SIDE, Patches, distances

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """A true picture, square, and its landmarks, 0..1, where they are known; looked at once, whatever is beside it."""

    picture: Pixels
    points: Points | None = None

    @cached_property
    def seen(self) -> Look | None:
        """What the detector sees in it."""
        return look(self.picture)


class Pairs:
    """Scores of painted pictures, each beside its truth; one is the enlarged other where no network had a hand."""

    def __init__(self, faces: bool = True) -> None:
        self.faces = faces
        self.errors: list[float] = []
        self.energies: list[tuple[float, float]] = []
        self.patches = Patches(), Patches()
        self.regions: dict[str, tuple[Patches, Patches]] = defaultdict(lambda: (Patches(), Patches()))
        self.found: dict[str, list[float]] = defaultdict(list)

    def add(self, painted: Pixels, truth: Truth) -> None:
        """Take in a square picture beside its truth."""
        size = min(*painted.shape[:2], *truth.picture.shape[:2]) // FACTOR * FACTOR
        painted, points = at_size(painted, size), truth.points
        pictures = as_tensor(painted), as_tensor(at_size(truth.picture, size))
        small = [F.avg_pool2d(picture, FACTOR) for picture in pictures]
        self.errors.append(float((small[0] - small[1]).square().mean()))
        self.energies.append((float(top_energy(pictures[0]).mean()), float(top_energy(pictures[1]).mean())))
        for patches, picture in zip(self.patches, pictures, strict=True):
            patches.add(picture)
        if self.faces:
            seen = truth.seen
            self._features(painted, points if points is not None else seen and seen.points, seen and seen.points)
        if points is not None:
            for name, mask in region_masks(points, size).items():
                for patches, picture in zip(self.regions[name], pictures, strict=True):
                    if mask.sum() > SIDE**2:
                        patches.add(picture, [mask])

    def _features(self, painted: Pixels, truth: Points | None, truth_seen: Points | None) -> None:
        seen = look(painted)
        self.found["faces_found"].append(float(seen is not None))
        if truth is None:
            return
        if truth_seen is not None:
            self.found["landmark_error_truth"].append(landmark_error(truth_seen, truth))
        if seen is not None:
            self.found["landmark_error"].append(landmark_error(seen.points, truth))
            for name, share in region_agreement(seen.points, truth).items():
                self.found[f"region {name}"].append(share)

    def result(self) -> dict[str, Any]:
        """All scores; distances of the finest level of each region apart."""
        painted, truth = np.array(self.energies).mean(axis=0)
        means = {name: round(float(np.mean(values)), 4) for name, values in self.found.items() if values}
        agreement = {
            name.removeprefix("region "): means.pop(name) for name in list(means) if name.startswith("region ")
        }
        regions = {name: distances(*both) for name, both in self.regions.items()}
        finest = {name: round(next(iter(levels.values())), 2) for name, levels in regions.items() if levels}
        return {
            "pictures": len(self.errors),
            "lr_psnr": round(psnr(float(np.mean(self.errors))), 2),
            "hf_ratio": round(float(np.sqrt(painted / max(truth, 1e-12))), 4),
            "swd": rounded(distances(*self.patches)),
            **({"swd_regions": finest} if finest else {}),
            **means,
            **({"region_agreement": agreement} if agreement else {}),
        }
