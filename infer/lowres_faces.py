"""Small faces with their landmarks in one file: what `train upres --mix` adds to its photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.files import writing
from curate.progress import track
from curate.workspace import Workspace
from infer.config import GenerateLowresOptions
from infer.landmarks import place
from infer.portrait import draw_small
from infer.torch_net import Loaded, network_path, open_generator


@dataclass(frozen=True)
class LowresFacesSummary:
    """What was written, and where the landmarks of how many faces come from."""

    output: str
    faces: int
    landmarks: dict[str, int]

    def text(self) -> str:
        """For people."""
        sources = ", ".join(f"{count} by {source}" for source, count in self.landmarks.items())
        return f"{self.faces} small faces in {self.output}; landmarks: {sources}"


def run(workspace: Workspace, options: GenerateLowresOptions) -> LowresFacesSummary:
    """Draw the faces of seeds in a row, find their landmarks, write both: `faces` uint8, `landmarks` 0..1."""
    network = open_generator(network_path(workspace, options.lowres), "lowres", options.device)
    seeds = range(options.seed, options.seed + options.count)
    faces, landmarks, sources = drawn_faces(network, seeds, options.truncation)
    _write(options.output, faces, landmarks, network.digest)
    return LowresFacesSummary(str(options.output), options.count, dict(sources.most_common()))


def drawn_faces(
    network: Loaded, seeds: Sequence[int], truncation: float | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.float64], Counter[str]]:
    """The small faces of these seeds (N, E, E, 3), their landmarks (N, 68, 2), 0..1, and where those come from."""
    card, faces, landmarks, sources = network.card, [], [], Counter[str]()
    for seed in track(seeds, total=len(seeds), title="drawing small faces"):
        face = draw_small(network, seed, truncation)
        placed = place(face, card["mean_landmarks"], card["mean_box"])
        faces.append(face)
        landmarks.append(placed.points)
        sources[placed.source] += 1
    return np.stack(faces), np.stack(landmarks), sources


def _write(path: Path, faces: NDArray[np.uint8], landmarks: NDArray[np.float64], digest: str) -> None:
    with writing(path) as file:
        np.savez(file, faces=faces, landmarks=landmarks.astype(np.float32), network=np.array(digest))
