"""Cheap faces with much variety, and tiny trainings that something is wrong with, for the tests of health."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from set_fixtures import LANDMARKS
from train_fixtures import lowres_options, upres_options

from curate.sets import Entry, FaceSet, SetInfo
from train import lowres, upres
from train.device import place_for
from train.health import Health

EVERY = 60  # steps between looks


def cartoon(seed: int, side: int = 200) -> NDArray[np.uint8]:
    """A face of an ellipse, two dots and a mouth, in colours of its own: (side, side, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.ones((side, side, 3)) * rng.uniform(40, 215, 3)
    x, y, wide, high = (rng.uniform(*bounds) * side for bounds in ((0.4, 0.6), (0.4, 0.6), (0.18, 0.33), (0.22, 0.4)))
    skin, ink, lips = (tuple(rng.uniform(low, top, 3)) for low, top in ((90, 240), (0, 120), (60, 255)))
    _ellipse(picture, x, y, wide, high, skin)
    for away in (-0.4, 0.4):
        _ellipse(picture, x + away * wide, y - 0.2 * high, 0.04 * side, rng.uniform(0.02, 0.06) * side, ink)
    _ellipse(picture, x, y + 0.5 * high, rng.uniform(0.2, 0.5) * wide, rng.uniform(0.05, 0.15) * side, lips)
    return np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)


def _ellipse(picture: NDArray[Any], x: float, y: float, wide: float, high: float, colour: tuple[float, ...]) -> None:
    cv2.ellipse(picture, (round(x), round(y)), (round(wide), max(1, round(high))), 0, 0, 360, colour, -1)


class Cartoons(FaceSet):
    """A set that draws its faces when they are asked for."""

    def face(self, entry: Entry) -> NDArray[np.uint8]:
        """The cartoon of an entry, drawn again each time."""
        return cartoon(int(entry.id), self.info.size)


def cartoons(train: int, held_out: int, size: int = 48) -> FaceSet:
    """A set of so many different faces to train on, and held out."""
    points = tuple((float(x), float(y)) for x, y in LANDMARKS)
    entries = tuple(_entry(number, points, number >= train) for number in range(train + held_out))
    info = SetInfo(
        format=1, name="cartoons", size=size, guide="rgb", count=len(entries), held_out=held_out, selection={},
        mean_landmarks=points, mean_box=(0.2, 0.3, 0.8, 0.9), created="", swipegan="", index_sha256="0" * 64,
        left_out={}, recipe="",
    )  # fmt: skip
    return Cartoons(Path(), info, entries)


def _entry(number: int, points: tuple[tuple[float, float], ...], held_out: bool) -> Entry:
    shift = np.random.default_rng(number).normal(0, 0.03, 2)
    moved = tuple((x + float(shift[0]), y + float(shift[1])) for x, y in points)
    return Entry(
        id=f"{number:016d}", face="", guide="", landmarks=moved, sha256="", source="", person=str(number),
        held_out=held_out, upscale=1.0, face_sha256="", guide_sha256="",
    )  # fmt: skip


def stage_of(kind: str, faces: FaceSet, **values: Any) -> Any:
    """A stage of tiny networks that learn fast."""
    common = {"images": 10**6, "learning_rate": 1e-3, "batch": 8} | values
    if kind == "lowres":
        options = lowres_options(**({"width": 0.12, "critic_width": 0.12} | common))
        return lowres.LowresStage(faces, options, place_for(options))
    tiles = upres_options(**common)
    return upres.UpresStage(faces, tiles, place_for(tiles))


def verdicts(stage: Any, steps: int, every: int = EVERY, until: str = "") -> dict[int, str]:
    """The verdicts of a training of so many steps, by step; it ends early where the verdict `until` is given."""
    health, found, batch = Health(stage, stage.options.batch), {}, stage.options.batch
    means = _Means()
    for step in range(1, steps + 1):
        means.add(stage.step((step - 1) * batch))
        if step % every == 0:
            health.add(means.take())
            health.look(step * batch, rate=1000.0)
            found[step] = health.verdict.name
            if until and health.verdict.name == until:
                break
    return found


class _Means:
    def __init__(self) -> None:
        self.steps: list[dict[str, float]] = []

    def add(self, losses: dict[str, Any]) -> None:
        self.steps.append({name: float(value) for name, value in losses.items()})

    def take(self) -> dict[str, float]:
        means = {name: sum(step[name] for step in self.steps) / len(self.steps) for name in self.steps[0]}
        self.steps = []
        return means
