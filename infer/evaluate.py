"""`evaluate`: scores of a run against a set, or of any folder of pictures against another or a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.guides import small_face
from curate.pixels import BadImage, read_image
from curate.progress import note
from curate.sets import Entry, FaceSet, open_set
from curate.workspace import Workspace
from infer.config import EvaluateOptions
from infer.config_paint import PaintOptions
from infer.evaluate_text import words
from infer.portrait import Small, Studio, draw_small, settings_from
from infer.torch_net import Loaded, network_path, open_generator

Pixels = NDArray[np.uint8]
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True)
class EvaluateSummary:
    """What was compared with what, and the scores by name."""

    what: str
    against: str
    scores: dict[str, Any]

    def text(self) -> str:
        """The scores for people, each with what it is to be compared with."""
        return "\n".join([f"{self.what} against {self.against}", *words(self.scores)])


def run(workspace: Workspace, options: EvaluateOptions) -> EvaluateSummary:
    """Compare what the options name."""
    if options.pictures is not None:
        return _folders(workspace, options)
    return _run(workspace, options)


def _folders(workspace: Workspace, options: EvaluateOptions) -> EvaluateSummary:
    assert options.pictures is not None
    from infer.crowd import Crowd, compare
    from infer.pairs import Pairs, Truth

    paths = picture_files(options.pictures)[: options.count]
    others, truths = _against(workspace, options)
    size = min(side_of(read(paths[0])), side_of(truths.first()))
    painted = Crowd(size, options.faces).take((read(path) for path in paths), len(paths), "pictures")
    real = Crowd(size, options.faces).take(truths.all(), len(truths), "real pictures")
    scores = compare(painted, real)
    named = truths.named({path.stem for path in paths})
    if named:
        pairs = Pairs(options.faces)
        for path in paths:
            if path.stem in named:
                pairs.add(read(path), Truth(named[path.stem]()))
        scores["pairs"] = pairs.result()
    if options.inception is not None:
        from infer.inception import Pictures, inception_scores

        sides = Pictures([partial(read, path) for path in paths], size), Pictures(truths.readers(), size)
        scores["inception"] = inception_scores(*sides, options.inception, options.device)
    return EvaluateSummary(str(options.pictures), others, scores)


def _run(workspace: Workspace, options: EvaluateOptions) -> EvaluateSummary:
    faces = open_set(workspace.set_path(options.set))
    path = network_path(workspace, options.run)
    from train.export import resolve_run

    stage = _stage(resolve_run(path))
    network = open_generator(path, stage, options.device)
    if stage == "lowres":
        scores = score_lowres(network, faces, options)
    elif options.lowres:
        drawing = open_generator(network_path(workspace, options.lowres), "lowres", options.device)
        scores = score_portraits(drawing, network, faces, options)
    else:
        from infer.evaluate_upres import score_upres

        scores = score_upres(path, network, faces, options)
    return EvaluateSummary(path.name + (f" from {options.lowres}" if options.lowres else ""), faces.info.name, scores)


def _stage(card: Path) -> str:
    from curate.files import read_json

    return str(read_json(card)["stage"])


def score_lowres(network: Loaded, faces: FaceSet, options: EvaluateOptions) -> dict[str, Any]:
    """Small faces from noise against the small faces of the set."""
    from infer.crowd import Crowd, compare

    extent = network.card["lowres_extent"]
    drawn = (draw_small(network, options.seed + place) for place in range(options.count))
    painted = Crowd(extent, options.faces).take(drawn, options.count, "small faces")
    chosen = some_of(faces.entries, options.real)
    real = Crowd(extent, options.faces)
    real.take((small_face(faces.face(entry), extent) for entry in chosen), len(chosen), "real faces")
    return {"stage": "lowres", "images": network.card["images"], **compare(painted, real)}


def score_portraits(drawing: Loaded, network: Loaded, faces: FaceSet, options: EvaluateOptions) -> dict[str, Any]:
    """Portraits from noise, by both stages, against the faces of the set."""
    from infer.crowd import Crowd, compare

    studio = studio_of(network, options)
    small = (draw_small(drawing, options.seed + place) for place in range(options.count))
    portraits = studio.portraits(Small(str(place), face, studio.find(face)) for place, face in enumerate(small))
    size = network.card["size"]
    painted = Crowd(size, options.faces).take((one.picture for one in portraits), options.count, "portraits")
    chosen = some_of(faces.entries, options.real)
    real = Crowd(size, options.faces).take(map(faces.face, chosen), len(chosen), "real faces")
    return {"stage": "both", "images": network.card["images"], **compare(painted, real)}


def studio_of(network: Loaded, options: EvaluateOptions) -> Studio:
    """A studio as `generate images` has it."""
    return Studio(network, settings_from(PaintOptions(), network.card["tile"]), batch=options.batch)


def some_of(entries: Sequence[Entry], most: int) -> list[Entry]:
    """At most so many entries, spread over all."""
    step = max(1, -(-len(entries) // most))
    return list(entries[::step])


class Truths:
    """Real pictures, of a folder or a set."""

    def __init__(self, files: Sequence[Path] = (), faces: FaceSet | None = None, most: int = 400) -> None:
        self.faces = faces
        self.files = list(files)[:most]
        self.entries = some_of(faces.entries, most) if faces else []

    def __len__(self) -> int:
        return len(self.entries) if self.faces else len(self.files)

    def readers(self) -> list[Callable[[], Pixels]]:
        """A function for every picture that reads it."""
        if self.faces:
            return [partial(self.faces.face, entry) for entry in self.entries]
        return [partial(read, path) for path in self.files]

    def all(self) -> Iterator[Pixels]:
        """Every picture."""
        yield from (picture() for picture in self.readers())

    def first(self) -> Pixels:
        """One of them."""
        return next(self.all())

    def named(self, names: set[str]) -> dict[str, Callable[[], Pixels]]:
        """Of these names, the pictures that have them: functions that read them."""
        if self.faces is not None:
            faces = self.faces
            stems = {Path(entry.source).stem: entry for entry in faces.entries} | {one.id: one for one in faces.entries}
            return {name: partial(faces.face, stems[name]) for name in names & stems.keys()}
        files = {path.stem: path for path in self.files}
        return {name: partial(read, files[name]) for name in names & files.keys()}


def _against(workspace: Workspace, options: EvaluateOptions) -> tuple[str, Truths]:
    name = str(options.against)
    folder = Path(name)
    if not folder.is_dir() or (folder / "set.json").exists():
        path = workspace.set_path(name)
        return name, Truths(faces=open_set(path), most=options.real)
    return name, Truths(picture_files(folder), most=options.real)


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; contact sheets and pictures beside portraits are not portraits."""
    beside = ("sheet", "-steps", "-candidates")
    found = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in PICTURES]
    chosen = [path for path in found if not path.stem.endswith(beside)]
    if not chosen:
        raise UserError(f"{folder} holds no pictures ({', '.join(sorted(PICTURES))})")
    if len(chosen) < len(found):
        note(f"{len(found) - len(chosen)} sheets in {folder} are passed over")
    return chosen


def read(path: Path) -> Pixels:
    """A picture of a folder; one that cannot be read is named."""
    try:
        return read_image(path)
    except BadImage as error:
        raise UserError(f"{path} cannot be read ({error}); remove it, or name another folder") from error


def side_of(picture: Pixels) -> int:
    """The side of the middle square of a picture."""
    return int(min(picture.shape[:2]))
