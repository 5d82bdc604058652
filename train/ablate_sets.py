"""The sets that arms of an ablation see: drawn portraits, some spoiled, and guides that lie or are silent."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from curate.config import GuidesOptions
from curate.drawing import draw_portrait
from curate.files import sha256_of, write_atomically
from curate.guides import draw_guide
from curate.pixels import encode_jpeg, encode_png
from curate.progress import track
from curate.set_faces import Job
from curate.set_folder import write_set
from curate.sets import Entry, FaceSet, open_set, seal
from curate.spoil import spoil

KINDS = ("blur", "drawing", "halftone", "artifacts", "occlusion", "grey")  # spoiled, and a face is there all the same
OUTSIDE = -1.0  # where a silent guide's landmarks lie: nothing of them is in the picture


def drawn_set(folder: Path, count: int, held_out: int, size: int, spoiled: float = 0.0, first: int = 0) -> FaceSet:
    """A set of `count` drawn people from number `first` on, a share of them spoiled, and of clean ones held out.

    The held-out people are the same whatever else the set holds.
    """
    if (folder / "set.json").exists():
        return open_set(folder)
    people = [(number, False) for number in range(first, first + count)]
    people += [(1_000_000 + number, True) for number in range(held_out)]
    jobs = [
        _drawn(folder.with_name(folder.name + "-photos"), number, size, held, spoiled)
        for number, held in track(people, total=len(people), title="drawing")
    ]
    options = GuidesOptions(selection="drawn", size=size, max_upscale=9.0, processes=1)
    write_set(folder, jobs, [], options, {"name": "drawn", "version": 1, "rule": {"spoiled": spoiled}})
    return open_set(folder)


def _drawn(home: Path, number: int, size: int, held_out: bool, spoiled: float) -> Job:
    """A person's photo, drawn once, and the job to cut it from; every person has the same luck in every set."""
    luck = np.random.default_rng([number, 3])
    bad = not held_out and float(luck.random()) < spoiled
    path = home / f"person-{number:07d}{'-bad' if bad else ''}.jpeg"
    portrait = draw_portrait(np.random.default_rng([number, 1]), round(size * 1.5))
    if not path.exists():
        image = spoil(str(luck.choice(KINDS)), portrait, luck) if bad else portrait.image
        write_atomically(path, encode_jpeg(image, 95))
    marks = portrait.landmarks
    (left, top), (right, bottom) = marks.min(0), marks.max(0)
    return Job(
        sha256=sha256_of(path),
        paths=(str(path),),
        landmarks=tuple((float(x), float(y)) for x, y in marks),
        box=(float(left), float(top), float(right), float(bottom)),
        person=f"person-{number}",
        held_out=held_out,
    )


def with_guides(base: FaceSet, folder: Path, how: str) -> FaceSet:
    """The same faces with guides that say nothing (`zero`) or are another face's (`shuffled`)."""
    if not (folder / "set.json").exists():
        entries = [_changed(base, place, how) for place in range(len(base.entries))]
        for place, (old, new) in enumerate(zip(base.entries, entries, strict=True)):
            for name in ("faces", "guides"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            _same_file(base.path / old.face, folder / old.face)
            entries[place] = _with_guide(base, folder, new)
        seal(folder, asdict(base.info) | {"name": f"{base.info.name}-{how}"}, entries)
    return open_set(folder)


def _same_file(old: Path, new: Path) -> None:
    """The file under another name, without a second copy where the disk allows."""
    new.unlink(missing_ok=True)
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)


def _changed(base: FaceSet, place: int, how: str) -> Entry:
    """An entry with other landmarks: those of the next face that is on the same side of the split."""
    entry = base.entries[place]
    if how == "zero":
        return replace(entry, landmarks=((OUTSIDE, OUTSIDE),) * 68)
    side = base.held_out if entry.held_out else base.train
    return replace(entry, landmarks=side[(side.index(entry) + 1) % len(side)].landmarks)


def _with_guide(base: FaceSet, folder: Path, entry: Entry) -> Entry:
    if not entry.guide:
        return entry
    guide = draw_guide(np.array(entry.landmarks), encoding=base.info.guide)
    if guide.shape[2] != 3:
        guide = np.moveaxis(guide, -1, 0).reshape(-1, guide.shape[1])
    write_atomically(folder / entry.guide, encode_png(guide))
    return replace(entry, guide_sha256=sha256_of(folder / entry.guide))
