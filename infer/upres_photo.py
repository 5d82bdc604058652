"""`upres`: photos in which faces are small become large ones: faces painted, and pasted back where they were."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.files import sha256_of
from curate.photo import Enlargement, Photo, read_photo
from curate.progress import Meter, clock
from curate.workspace import Workspace
from infer.config import UpresPhotoOptions
from infer.face_patch import NoFace, Painted, faces_of, factor_for, painted_faces
from infer.failures import Failures, failed_lines
from infer.images import open_upres, remove_stale
from infer.paint import quantised
from infer.paste import pasted
from infer.photo_files import PhotoFiles
from infer.portrait import Studio
from infer.prints import Layout, write_print
from infer.recipe import AI_EDITED, Recipe, is_finished, read_recipe, swipegan, write_picture
from infer.sheet import steps_sheet
from infer.stream import Source, Stream
from infer.third import SHARE, Printer, printer_for, second_size
from infer.tiles import SCALE
from infer.torch_net import Loaded

Floats = NDArray[np.float32]
GREY = np.array([0.299, 0.587, 0.114], np.float32)[:, None, None]  # ITU-R BT.601; of three equal numbers that number
BAND = 256  # rows of a photo that are enlarged at a time


@dataclass(frozen=True)
class UpresSummary:
    """What `upres` did; `failed` holds a reason for each picture that could not be done.

    others: files in the folders that are no pictures.
    """

    pictures: list[Path]
    made: int
    failed: dict[str, str]
    others: int
    seconds: float

    def text(self) -> str:
        """For people."""
        before = len(self.pictures) - self.made
        lines = [
            f"{self.made} enlarged in {clock(self.seconds)}" + (f", {before} were finished before" if before else "")
        ]
        lines += [f"  {path}" for path in self.pictures]
        if self.others:
            lines.append(f"{self.others} files are no pictures")
        return "\n".join(lines + failed_lines(self.failed))


def run(workspace: Workspace, options: UpresPhotoOptions) -> UpresSummary:
    """Enlarge each picture; those that fail are named in the summary, and the others are done."""
    started = time.monotonic()
    upres, settings, critic = open_upres(workspace, options)
    studio = Studio(upres, settings, size=second_size(options), critic=critic, batch=options.batch)
    files = PhotoFiles.find(options.photos, options.output or workspace.renders / "upres", options.beside)
    job = Photos(options, studio, printer_for(workspace, options, upres, critic), (upres, critic))
    pictures: list[Path] = []
    failures = Failures(files.unread)
    made = 0
    with Meter("upres", len(files.targets), "pictures") as meter:
        job.show_tiles(lambda detail: meter.advance(0, detail))
        for photo, target in files.targets.items():
            with failures.of(photo):
                made += job.make(photo, target)
                pictures.append(job.path(target))
            meter.advance(1)
    return UpresSummary(pictures, made, failures.reasons, files.others, time.monotonic() - started)


@dataclass(frozen=True)
class Work:
    """A picture to be written: its rows as they come, what they are, and what is known when the last has come."""

    bands: Iterator[Floats]
    height: int
    width: int
    result: Callable[[], dict[str, Any]]
    alpha: Enlargement | None = None


class Photos:
    """The pictures of one command, and enlarging them; networks: upres and its critic."""

    def __init__(
        self, options: UpresPhotoOptions, studio: Studio, printer: Printer, networks: tuple[Loaded, Loaded | None]
    ) -> None:
        self.options, self.studio, self.printer = options, studio, printer
        upres, critic = networks
        pasting = {"faces": options.faces, "scale": options.scale, "photo_detail": options.photo_detail}
        self.common = {
            "kind": "upres",
            "swipegan": swipegan(),
            "upres": upres.digest,
            "critic": critic.digest if critic else None,
            "size": SCALE * studio.geometry.stacked,
            "guide": options.guide,
            "whole": options.longest if options.whole or options.faceless == "whole" else None,
            "result": "whole" if options.whole else "face" if options.only_face else pasting,
            "faceless": options.faceless,
            "paint": studio.painter.settings.as_request(),
            **printer.request(),
        }

    def show_tiles(self, tell: Callable[[str], None]) -> None:
        """Have `tell` called with how many tiles of a picture are painted, batch by batch."""
        self.painted = 0

        def count(tiles: int) -> None:
            self.painted += tiles
            tell(f"{self.painted} tiles")

        for painter in (self.studio.painter, *([self.printer.third.painter] if self.printer.third else [])):
            painter.engine.after_batch = count

    def path(self, target: Path, kind: str = "upres") -> Path:
        """Where a result lies, of a target without suffix."""
        return target.with_name(target.name + (self.printer.suffix if kind == "upres" else f"-{kind}.png"))

    def make(self, photo: Path, target: Path) -> int:
        """Enlarge one picture: 1 if it was to be done, 0 if it was done before."""
        request = {**self.common, "photo": sha256_of(photo)}
        if self._is_done(target, request):
            return 0
        remove_stale(target.parent)
        self.painted = 0
        picture = read_photo(photo)
        self._write(self.path(target), picture, self._work(picture, target, request), request)
        return 1

    def _is_done(self, target: Path, request: dict[str, Any]) -> bool:
        """Whether the picture is there as asked for, with its steps where there are any."""
        if not is_finished(self.path(target), request):
            return False
        if not self.options.steps or read_recipe(self.path(target)).result.get("whole"):
            return True
        return is_finished(self.path(target, "steps"), {**request, "kind": "steps"})

    def _work(self, photo: Photo, target: Path, request: dict[str, Any]) -> Work:
        if self.options.whole:
            return self._whole(photo)
        try:
            found = faces_of(photo.seen, self.studio, self.options)
        except NoFace:
            if self.options.faceless == "refuse":
                raise
            return self._whole(photo)
        factor = 1.0
        if not self.options.only_face:
            factor = self.options.scale or factor_for(found, photo, self._side)
        faces = painted_faces(photo, found, self.studio, self.printer.third, self.options)
        main = next(faces)
        if self.options.steps:
            recipe = Recipe({**request, "kind": "steps"}, main.portrait.result(), AI_EDITED)
            write_picture(self.path(target, "steps"), steps_sheet(main.portrait), recipe)
        return self._face(main) if self.options.only_face else self._pasted(photo, chain([main], faces), factor)

    @property
    def _side(self) -> int:
        """Pixels of a painted face."""
        third = self.printer.third
        return SCALE * self.studio.geometry.stacked if third is None else third.side

    def _face(self, painted: Painted) -> Work:
        return Work(iter([painted.picture]), painted.side, painted.side, painted.result)

    def _pasted(self, photo: Photo, painted: Iterable[Painted], factor: float) -> Work:
        height, width = (max(1, round(factor * extent)) for extent in photo.pixels.shape[:2])
        enlarged = Enlargement(photo.pixels, height, width)
        half = np.float32(np.iinfo(photo.pixels.dtype).max / 2)
        rows = (enlarged.rows(top, min(top + BAND, height)) / half - np.float32(1) for top in range(0, height, BAND))
        pairs = [(face.patch(factor).at_its_size(), face.result()) for face in painted]
        patches = [patch for patch, _ in reversed(pairs)]  # the main face on top
        found = {"scale": round(factor, 4), "faces": [result for _, result in pairs]}
        alpha = None if photo.alpha is None else Enlargement(photo.alpha[..., None], height, width)
        return Work(pasted(rows, patches), height, width, lambda: found, alpha)

    def _whole(self, photo: Photo) -> Work:
        """The picture enlarged without a guide, in two stages or three."""
        small = shrunk(photo.pixels, self.options.longest)
        blank = self.studio.geometry.guide.channels
        stream = Stream(self.studio.painter, Source.of_pixels(small, blank))
        third = self.printer.third
        if third is not None:
            large = np.concatenate([quantised(band, small.dtype) for band in stream.bands()])
            side = max(large.shape[:2]) * SHARE[0] // SHARE[1]
            blank = third.geometry.guide.channels
            stream = Stream(third.painter, Source.of_pixels(shrunk(large, side), blank), "third stage")
        alpha = None if photo.alpha is None else Enlargement(photo.alpha[..., None], stream.height, stream.width)
        found = {"whole": True, "landmarks": "none"}
        return Work(stream.bands(), stream.height, stream.width, lambda: {**found, **stream.result()}, alpha)

    def _write(self, path: Path, photo: Photo, work: Work, request: dict[str, Any]) -> None:
        """Rows in the photo's own depth and channels, with its profile and, unless told otherwise, its resolution."""
        colours = 1 if photo.grey else 3
        layout = Layout(
            work.width,
            work.height,
            colours + (work.alpha is not None),
            photo.depth,
            self.printer.resolution or photo.dpi,
            photo.profile,
        )

        def finish() -> Recipe:
            return Recipe(request, work.result(), AI_EDITED)

        write_print(path, _numbers(work, photo.grey, layout), layout, finish, self.printer.kind, AI_EDITED)


def _numbers(work: Work, grey: bool, layout: Layout) -> Iterator[NDArray[Any]]:
    """Bands (3, rows, width), -1..1, as (rows, width, channels) of the layout; alpha is enlarged beside them."""
    row = 0
    for band in work.bands:
        colours = (band * GREY).sum(axis=0, keepdims=True) if grey else band
        pixels = quantised(np.asarray(colours, np.float32), layout.dtype)
        if work.alpha is not None:
            alpha = np.clip(work.alpha.rows(row, row + len(pixels)), 0, np.iinfo(layout.dtype).max)
            pixels = np.concatenate([pixels, np.rint(alpha).astype(layout.dtype).transpose(1, 2, 0)], axis=2)
        row += len(pixels)
        yield pixels


def shrunk(image: NDArray[Any], longest: int) -> NDArray[Any]:
    """The picture with its longer side at most `longest` pixels, averaged; 8 or 16 bits."""
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(extent * scale)) for extent in image.shape[:2])
    smaller = cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(smaller), image.dtype)
