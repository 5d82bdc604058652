"""Defects as scores 0..1, from the raw measures by small fitted trees kept as plain numbers in detectors.json.

The trees and the figures on how well they do were made by `python -m benchmarks.fit_detectors`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.faces import Found

Values = dict[str, float | None]
Floats = NDArray[np.float64]

NAMES = (
    "blur", "motion_blur", "halftone", "jpeg", "upscaled", "grey", "drawing", "painting", "occlusion", "bad_exposure",
)  # fmt: skip
ABSENT = -1000.0  # stands for a measure that is not known
FILE = Path(__file__).with_name("detectors.json")


@dataclass(frozen=True)
class Detectors:
    """The trees of all detectors side by side, each with three questions and four answers.

    measures: names of the inputs. feature, limit: (trees, 3) - the first question, and those after no and after yes;
    yes is: above the limit. answer: (trees, 4) log odds. starts: (detectors,) the first tree of each. base:
    (detectors,) log odds without any tree.
    """

    names: tuple[str, ...]
    measures: tuple[str, ...]
    feature: NDArray[np.int64]
    limit: Floats
    answer: Floats
    starts: NDArray[np.int64]
    base: Floats

    def scores(self, table: Floats) -> Floats:
        """Scores 0..1 of pictures (N, measures), NaN where a measure is not known: (N, detectors)."""
        known = np.where(np.isfinite(table), table, ABSENT)
        trees = np.arange(len(self.feature))
        first = (known[:, self.feature[:, 0]] > self.limit[:, 0]).astype(np.int64)  # (N, trees)
        second = np.take_along_axis(known, self.feature[trees, 1 + first], 1) > self.limit[trees, 1 + first]
        odds = np.add.reduceat(self.answer[trees, 2 * first + second], self.starts, axis=1) + self.base
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -50, 50))), np.float64)


def defects_of(values: Mapping[str, float | None], faces: Sequence[Found]) -> Values:
    """How likely each defect is, as if half of the pictures had it: 0..1, higher is worse.

    blur, motion_blur: out of focus, shaken. halftone: a print screen. jpeg: blocks that are seen. upscaled: fewer real
    pixels than there are (`measure` adds what `doubled` says). grey: no colour, or one tint. drawing, painting: not a
    photo. bad_exposure: light or dark. occlusion: something before the face; not known without a face.
    """
    detectors = shipped()
    raw = raw_values(values, faces)
    row = np.array([[np.nan if (value := raw.get(name)) is None else value for name in detectors.measures]])
    found: Values = {name: float(score) for name, score in zip(detectors.names, detectors.scores(row)[0], strict=True)}
    return found if faces else found | {"occlusion": None}


def raw_values(values: Mapping[str, float | None], faces: Sequence[Found]) -> Values:
    """The measures with what the main face adds: the detector's score, whether it needed a border, angles' sizes."""
    if not faces:
        return dict(values)
    face = faces[0]
    return {
        **values,
        "face_score": face.score,
        "border": float("border" in face.detector),
        "yaw": abs(face.yaw),
        "pitch": abs(face.pitch),
        "roll": abs(face.roll),
    }


@cache
def shipped() -> Detectors:
    """The detectors that come with this version."""
    return read(json.loads(FILE.read_text(encoding="utf-8")))


def read(content: Mapping[str, Any]) -> Detectors:
    """Detectors from what the file holds: per name a base and trees, each 3 measures, 3 limits and 4 answers."""
    listed = content["detectors"]
    measures = tuple(sorted({name for each in listed.values() for tree in each["trees"] for name in tree[:3]}))
    place = {name: index for index, name in enumerate(measures)}
    trees = [tree for each in listed.values() for tree in each["trees"]]
    counts = [len(each["trees"]) for each in listed.values()]
    return Detectors(
        names=tuple(listed),
        measures=measures,
        feature=np.array([[place[name] for name in tree[:3]] for tree in trees], np.int64),
        limit=np.array([tree[3:6] for tree in trees], np.float64),
        answer=np.array([tree[6:] for tree in trees], np.float64),
        starts=np.cumsum([0, *counts[:-1]]),
        base=np.array([each["base"] for each in listed.values()], np.float64),
    )
