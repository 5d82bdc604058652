"""A folder of drawn portraits, part of them spoiled, with the truth about each in `truth.csv`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.config import SamplesOptions
from curate.drawing import Portrait, draw_portrait
from curate.drawing_scene import empty_scene
from curate.errors import UserError
from curate.files import write_atomically
from curate.processes import mapped
from curate.progress import track
from curate.spoil import SPOILERS, spoil

KINDS = (*SPOILERS, "no_face", "two_faces", "duplicate")
COLUMNS = ("file", "label", "kind", "seed", "yaw", "pitch", "roll", "duplicate_of", "landmarks")
MIRRORED = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *(27, 28, 29, 30, 35, 34, 33, 32, 31),  # nose
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65),  # lips
    ]
)  # the point that a point becomes in a mirror


class FolderInUse(UserError):
    """The folder to draw into belongs to something else."""


@dataclass(frozen=True)
class Sample:
    """One file to be: which kind, and the seed of its portrait; `original` is the copied one's number."""

    number: int
    kind: str
    seed: int
    original: int | None = None
    way: str = ""  # of a duplicate: copy, crop or mirror


@dataclass(frozen=True)
class SamplesSummary:
    """What was drawn, and where."""

    folder: Path
    truth: Path
    kinds: dict[str, int]
    files: int

    def text(self) -> str:
        """The counts, for people."""
        parts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in self.kinds.items())
        return f"{self.files} pictures in {self.folder}: {parts}\nthe truth about each: {self.truth}"


def run(options: SamplesOptions) -> SamplesSummary:
    """Draw the set and write it; the same options give the same files, whatever the number of processes."""
    plan = plan_samples(options.count, options.spoiled, options.seed)
    _check_folder(options.folder, {_name(sample) for sample in plan})
    tasks = [(sample, options.size, _file(plan, sample), options.folder) for sample in plan]
    rows = list(track(mapped(_write, tasks, options.processes, chunk=2), total=len(tasks), title="drawing"))
    truth = options.folder / "truth.csv"
    write_atomically(truth, _csv(rows).encode())
    kinds = Counter(sample.kind for sample in plan)
    ordered = {kind: kinds[kind] for kind in ("clean", *KINDS) if kinds[kind]}
    return SamplesSummary(options.folder, truth, ordered, len(plan))


def _check_folder(folder: Path, mine: set[str]) -> None:
    """Never draw among other people's files; an interrupted or repeated run of the same set is fine."""
    if folder.exists() and not folder.is_dir():
        raise FolderInUse(f"{folder} is a file; name a folder to draw into")
    others = sorted(path.name for path in folder.glob("[!.]*") if path.name not in mine | {"truth.csv"})
    if others:
        raise FolderInUse(f"{folder} holds other files ({others[0]}, ...); name an empty or a new folder")


def plan_samples(count: int, spoiled: float, seed: int) -> list[Sample]:
    """Which of `count` pictures are spoiled, and how: all kinds about equally often, in random places."""
    rng = np.random.default_rng([seed, 7919])
    bad = min(round(count * spoiled), count - 1) if spoiled < 1 else count
    kinds = [kind for turn in range(0, bad, len(KINDS)) for kind in rng.permutation(KINDS)[: bad - turn]]
    names = np.array(["clean"] * (count - bad) + kinds, dtype=object)[rng.permutation(count)]
    clean = np.flatnonzero(names == "clean")
    samples = []
    for number, kind in enumerate(names):
        own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        sample = Sample(number, str(kind), own)
        if kind == "duplicate":
            original = int(rng.choice(clean)) if len(clean) else number
            first = int(np.random.SeedSequence([seed, original]).generate_state(1)[0])
            sample = Sample(number, "duplicate", first, original, str(rng.choice(["copy", "crop", "mirror"])))
        samples.append(sample)
    return samples


def draw_sample(sample: Sample, size: int) -> Portrait:
    """The picture of a sample, its landmarks (none where there is not exactly one face) and facts."""
    rng = np.random.default_rng([sample.seed, 1])
    none = np.zeros((0, 2))
    if sample.kind == "no_face":
        return Portrait(empty_scene(rng, size), none, {})
    portrait = draw_portrait(np.random.default_rng(sample.seed), size)
    if sample.kind == "two_faces":
        other = draw_portrait(rng, size)
        return Portrait(_side_by_side(portrait.image, other.image), none, {})
    if sample.kind in SPOILERS:
        image = spoil(sample.kind, portrait, rng)
        return Portrait(image, portrait.landmarks * (image.shape[0] / size), portrait.facts)
    return {"crop": _cropped, "mirror": _mirrored}.get(sample.way, lambda same, _: same)(portrait, rng)


def encode(sample: Sample, image: NDArray[np.uint8]) -> tuple[str, bytes]:
    """The file's ending and bytes: JPEG of quality 88 to 95, now and then PNG; a copy is coded as its original is."""
    rng = np.random.default_rng([sample.seed, 2 if sample.way in ("", "copy") else 3])
    quality, png = int(rng.integers(88, 96)), rng.random() < 0.12
    suffix = ".png" if png else ".jpg"
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 4] if png else [cv2.IMWRITE_JPEG_QUALITY, quality]
    return suffix, cv2.imencode(suffix, np.ascontiguousarray(image[..., ::-1]), settings)[1].tobytes()


def _file(plan: list[Sample], sample: Sample) -> str | None:
    return None if sample.original is None else _name(plan[sample.original])


def _name(sample: Sample) -> str:
    return f"portrait-{sample.number:05d}{encode(sample, np.zeros((1, 1, 3), np.uint8))[0]}"


def _write(task: tuple[Sample, int, str | None, Path]) -> dict[str, Any]:
    sample, size, original, folder = task
    portrait = draw_sample(sample, size)
    data = encode(sample, portrait.image)[1]
    write_atomically(folder / _name(sample), data)
    whole = len(portrait.landmarks) == 68
    return {
        "file": _name(sample),
        "label": "good" if sample.kind in ("clean", "duplicate") else "bad",
        "kind": sample.kind,
        "seed": sample.seed,
        **{angle: portrait.facts.get(angle, "") for angle in ("yaw", "pitch", "roll")},
        "duplicate_of": original or "",
        "landmarks": json.dumps(np.round(portrait.landmarks, 2).tolist()) if whole else "",
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _side_by_side(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two people in one picture of the same width, each without the outer parts of its own."""
    size = left.shape[0]
    inner = slice(round(0.14 * size), round(0.86 * size))
    both = np.hstack([left[:, inner], right[:, inner]])
    return np.asarray(
        cv2.resize(both, (size, round(size * size / both.shape[1])), interpolation=cv2.INTER_AREA), np.uint8
    )


def _cropped(portrait: Portrait, rng: np.random.Generator) -> Portrait:
    """A little tighter, around the face."""
    size = portrait.image.shape[0]
    side = round(size * float(rng.uniform(0.86, 0.95)))
    middle = portrait.landmarks.mean(0)
    x, y = (int(np.clip(at - side / 2, 0, size - side)) for at in middle)
    image = np.ascontiguousarray(portrait.image[y : y + side, x : x + side])
    return Portrait(image, portrait.landmarks - [x, y], portrait.facts)


def _mirrored(portrait: Portrait, _rng: np.random.Generator) -> Portrait:
    size = portrait.image.shape[1]
    points = portrait.landmarks[MIRRORED] * [-1, 1] + [size - 1, 0]
    facts = portrait.facts | {"yaw": -portrait.facts["yaw"], "roll": -portrait.facts["roll"]}
    return Portrait(np.ascontiguousarray(portrait.image[:, ::-1]), points, facts)
