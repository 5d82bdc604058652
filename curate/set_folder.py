"""Writing a set's folder: beside its place first, then renamed, so that a set is whole or not there."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.alone import alone
from curate.config import GuidesOptions
from curate.errors import UserError
from curate.files import read_json, write_atomically, write_json
from curate.guides import draw_guide
from curate.pixels import encode_webp
from curate.processes import mapped
from curate.progress import track
from curate.set_faces import PARTS, Job, LeftOut, Made, Recipe, digest, make_face
from curate.sets import INFO, FaceSet, open_set, seal

RECIPE, LEFT_OUT, SHEET = "recipe.json", "left_out.jsonl", "sheet.webp"
SHEET_FACES, SHEET_COLUMNS, SHEET_SIDE = 48, 6, 128


class SetExists(UserError):
    """There is something else where the set should go."""


@dataclass(frozen=True, slots=True)
class Written:
    """A set and whether this call has written it."""

    faces: FaceSet
    fresh: bool


def write_set(
    target: Path, jobs: Sequence[Job], left_out: Sequence[LeftOut], options: GuidesOptions, selection: dict[str, Any]
) -> Written:
    """Write the set of `jobs` to the folder `target`; an interrupted call is taken up where it stopped.

    A set of the same recipe is left as it is; another one is an error unless `options.replace`. Raises Taken where
    another process writes that set.
    """
    lock = target.with_name(f".{target.name}.lock")
    with alone(lock, f"writing the set {target}", "wait for it, then call this again; or give another name by --set"):
        return _write_set(target, jobs, left_out, options, selection)


def _write_set(
    target: Path, jobs: Sequence[Job], left_out: Sequence[LeftOut], options: GuidesOptions, selection: dict[str, Any]
) -> Written:
    recipe_digest = _recipe_digest(jobs, left_out, options, selection)
    if target.exists() and _is_current(target, recipe_digest, options.replace):
        _tidy(target)
        return Written(open_set(target), False)
    folder = _begin(target, options)
    recipe = Recipe(
        folder=folder, size=options.size, encoding=options.encoding, format=options.format, quality=options.quality
    )
    results = list(track(_results(jobs, recipe, options), total=len(jobs), title="guides", unit="faces"))
    made = [result for result in results if isinstance(result, Made)]
    skipped = [*left_out, *(result for result in results if isinstance(result, LeftOut))]
    content = {
        "name": target.name,
        "size": options.size,
        "guide": options.encoding,
        "selection": selection,
        "mean_box": np.mean([one.box for one in made], axis=0).round(6).tolist() if made else [],
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "swipegan": version("swipegan"),
        "left_out": dict(Counter(one.kind for one in skipped).most_common()),
        "recipe": recipe_digest,
    }
    _write_left_out(folder, skipped)
    _remove_strangers(folder, made)
    info = seal(folder, content, [one.entry for one in made])
    faces = FaceSet(folder, info, tuple(one.entry for one in made))
    write_atomically(folder / SHEET, encode_webp(sheet(faces), 85))
    _put_in_place(folder, target)
    _tidy(target)
    return Written(open_set(target), True)


def sheet(faces: FaceSet, count: int = SHEET_FACES) -> NDArray[np.uint8]:
    """Up to `count` faces of a set, evenly spread over it, each with its guide beside it."""
    chosen = np.unique(np.linspace(0, len(faces) - 1, min(count, len(faces))).round().astype(int))
    pairs = [_pair(faces, int(index)) for index in chosen]
    columns = min(SHEET_COLUMNS, len(pairs))
    pairs += [np.zeros_like(pairs[0])] * (-len(pairs) % columns)
    return np.vstack([np.hstack(pairs[at : at + columns]) for at in range(0, len(pairs), columns)])


def _pair(faces: FaceSet, index: int) -> NDArray[np.uint8]:
    entry = faces.entries[index]
    small = cv2.resize(faces.face(entry), (SHEET_SIDE, SHEET_SIDE), interpolation=cv2.INTER_AREA)
    return np.hstack([np.asarray(small, np.uint8), draw_guide(faces.landmarks(entry), SHEET_SIDE)])


def _results(jobs: Sequence[Job], recipe: Recipe, options: GuidesOptions) -> Iterator[Made | LeftOut]:
    """Every job's result, in order."""
    work = partial(make_face, recipe=recipe)
    yield from mapped(work, jobs, options.processes)


def _recipe_digest(
    jobs: Sequence[Job], left_out: Sequence[LeftOut], options: GuidesOptions, selection: dict[str, Any]
) -> str:
    content = [_drawing(options), selection, [digest(job) for job in jobs], [one.sha256 for one in left_out]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _drawing(options: GuidesOptions) -> dict[str, Any]:
    """What decides how a face's files look."""
    return {name: getattr(options, name) for name in ("size", "encoding", "format", "quality")}


def _is_current(target: Path, recipe_digest: str, replace: bool) -> bool:
    if not (target / INFO).is_file():
        raise SetExists(f"{target} exists and is no set; move it away, or give the set another name by --set")
    if replace:
        return False
    existing = open_set(target)
    if existing.info.recipe != recipe_digest:
        raise SetExists(
            f"the set {target.name} exists and was made from something else ({existing.info.count} faces of "
            f"{existing.info.size} px, {existing.info.created}); --replace writes it anew, --set gives another name"
        )
    existing.check()
    return True


def _begin(target: Path, options: GuidesOptions) -> Path:
    """The folder to write in: an interrupted call's, if that drew in the same way."""
    folder = target.with_name(f".{target.name}.partial")
    if folder.exists() and not ((folder / RECIPE).is_file() and read_json(folder / RECIPE) == _drawing(options)):
        shutil.rmtree(folder)
    write_json(folder / RECIPE, _drawing(options))
    return folder


def _write_left_out(folder: Path, skipped: Sequence[LeftOut]) -> None:
    lines = [
        {"sha256": one.sha256, "source": one.source, "kind": one.kind, "reason": one.reason}
        for one in sorted(skipped, key=lambda one: (one.kind, one.source))
    ]
    write_atomically(folder / LEFT_OUT, "".join(json.dumps(line) + "\n" for line in lines).encode())


def _remove_strangers(folder: Path, made: Sequence[Made]) -> None:
    """Take out what an interrupted call has made for photos that no longer belong to the selection."""
    ours = {name for one in made for name in (one.entry.face, one.entry.guide)}
    for path in [*folder.glob("faces/*"), *folder.glob("guides/*")]:
        if path.relative_to(folder).as_posix() not in ours:
            path.unlink()


def _put_in_place(folder: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    folder.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _tidy(target: Path) -> None:
    """Remove what only an interrupted call would need."""
    shutil.rmtree(target / PARTS, ignore_errors=True)
    (target / RECIPE).unlink(missing_ok=True)
    shutil.rmtree(target.with_name(f".{target.name}.old"), ignore_errors=True)
