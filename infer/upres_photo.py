"""`upres`: the second half alone; a picture of a face becomes a large portrait."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.files import sha256_of
from curate.guides import channels
from curate.pixels import read_image
from curate.progress import clock, note, track
from curate.workspace import Workspace
from infer.config import UpresPhotoOptions
from infer.images import checked_settings, remove_stale
from infer.landmarks import Placed
from infer.paint import PaintSettings
from infer.portrait import Small, Studio, to_pixels
from infer.recipe import AI_EDITED, Recipe, is_finished, swipegan, write_picture
from infer.sheet import steps_sheet
from infer.torch_net import Loaded, network_path, open_critic, open_generator

Pixels = NDArray[np.uint8]


class NoFace(UserError):
    """A picture in which the detector sees no face."""


@dataclass(frozen=True)
class UpresSummary:
    """What `upres` did; `failed` holds a reason for each picture that could not be done."""

    pictures: list[Path]
    made: int
    failed: dict[str, str]
    seconds: float

    def text(self) -> str:
        """For people."""
        before = len(self.pictures) - self.made
        lines = [
            f"{self.made} enlarged in {clock(self.seconds)}" + (f", {before} were finished before" if before else "")
        ]
        return "\n".join(lines + [f"  {path}" for path in self.pictures])


def run(workspace: Workspace, options: UpresPhotoOptions) -> UpresSummary:
    """Enlarge each picture; those that fail are named at the end, the others are done."""
    started = time.monotonic()
    upres_run = network_path(workspace, options.upres)
    upres = open_generator(upres_run, "upres", options.device)
    settings = checked_settings(options, upres)
    critic = open_critic(upres_run, options.device) if settings.needs_critic else None
    job = Photos(options, settings, upres, critic, options.output or workspace.renders / "upres")
    pictures, failed, made = [], {}, 0
    for photo in track(options.photos, total=len(options.photos), title="upres", unit="pictures"):
        try:
            made += job.make(photo)
            pictures.append(job.path(photo))
        except UserError as error:
            failed[str(photo)] = str(error)
            note(f"{photo}: {error}")
    if failed:
        done = f"; the other {len(pictures)} are in {job.folder}" if pictures else ""
        reasons = "".join(f"\n  {photo}: {reason}" for photo, reason in failed.items())
        raise UserError(f"{len(failed)} of {len(options.photos)} pictures could not be enlarged{done}{reasons}")
    return UpresSummary(pictures, made, failed, time.monotonic() - started)


class Photos:
    """The pictures of one command, and enlarging them."""

    def __init__(
        self, options: UpresPhotoOptions, settings: PaintSettings, upres: Loaded, critic: Loaded | None, folder: Path
    ) -> None:
        self.options, self.settings, self.folder = options, settings, folder
        self.studio = Studio(upres, settings, size=options.size, critic=critic, batch=options.batch)
        self.names = names_for(options.photos, folder)
        self.common = {
            "kind": "upres",
            "swipegan": swipegan(),
            "upres": upres.digest,
            "critic": critic.digest if critic else None,
            "size": 8 * self.studio.geometry.stacked,
            "guide": options.guide,
            "whole": options.longest if options.whole else None,
            "paint": settings.as_request(),
        }

    def path(self, photo: Path, kind: str = "upres") -> Path:
        """Where the enlarged picture of a photo lies."""
        return self.folder / f"{self.names[photo]}{'' if kind == 'upres' else '-' + kind}.png"

    def make(self, photo: Path) -> int:
        """Enlarge one picture: 1 if it was to be done, 0 if it was done before."""
        try:
            request = {**self.common, "photo": sha256_of(photo)}
        except OSError as error:
            raise UserError(f"cannot be read ({error.strerror})") from error
        kinds = ["steps", "upres"] if self.options.steps and not self.options.whole else ["upres"]
        if all(is_finished(self.path(photo, kind), {**request, "kind": kind}) for kind in kinds):
            return 0
        remove_stale(self.folder)
        image = read_image(photo)
        pictures, result = self._whole(image) if self.options.whole else self._face(image)
        for kind in kinds:
            write_picture(self.path(photo, kind), pictures[kind], Recipe({**request, "kind": kind}, result, AI_EDITED))
        return 1

    def _face(self, image: Pixels) -> tuple[dict[str, Pixels], dict[str, Any]]:
        portrait = next(self.studio.portraits([small_from(image, self.studio, self.options.guide)]))
        pictures = {"upres": portrait.picture}
        if self.options.steps:
            pictures["steps"] = steps_sheet(portrait)
        return pictures, portrait.result()

    def _whole(self, image: Pixels) -> tuple[dict[str, Pixels], dict[str, Any]]:
        small = shrunk(image, self.options.longest)
        blank = np.full((channels(self.studio.geometry.encoding), *small.shape[:2]), -1, np.float32)
        picture = np.asarray(small.transpose(2, 0, 1), np.float32) / np.float32(127.5) - 1
        painting = self.studio.painter(np.concatenate([picture, blank]))
        result = {"landmarks": "none", "tiles": painting.tiles, "lowres_psnr": round(painting.agreement, 2)}
        return {"upres": to_pixels(painting.picture)}, result


def small_from(image: Pixels, studio: Studio, guided: bool) -> Small:
    """The small aligned face of a picture, by the way that training faces go; NoFace where there is none.

    Without a guide a picture that shows no face gives its middle square.
    """
    from curate.align import align
    from curate.faces import find_faces

    side = studio.card["size"]
    faces = find_faces(image)
    if faces:
        aligned = align(image, faces[0].landmarks, side)
        source = "detector" if guided else "none"
        return Small("", aligned.face, Placed(aligned.landmarks, source))
    if guided:
        raise NoFace("no face found; --whole enlarges the picture as it is, --no-guide its middle square")
    return Small("", middle_square(image), Placed(np.zeros((68, 2)), "none"))


def middle_square(image: Pixels) -> Pixels:
    """The largest square in the middle of a picture."""
    side = min(image.shape[:2])
    top, left = ((extent - side) // 2 for extent in image.shape[:2])
    return image[top : top + side, left : left + side]


def shrunk(image: Pixels, longest: int) -> Pixels:
    """The picture with its longer side at most `longest` pixels, averaged."""
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(extent * scale)) for extent in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def names_for(photos: tuple[Path, ...], folder: Path) -> dict[Path, str]:
    """A name for each picture's result in `folder`: its own, or another where that would be a photo's or another's."""
    names: dict[Path, str] = {}
    for photo in photos:
        tries = [photo.stem, f"{photo.absolute().parent.name}-{photo.stem}"]
        tries += [f"{photo.stem}-{number}" for number in range(2, 2 * len(photos) + 2)]
        taken = {name.lower() for known, name in names.items() if known != photo}
        taken |= {other.stem.lower() for other in photos if (folder / f"{other.stem}.png").resolve() == other.resolve()}
        names[photo] = next(name for name in tries if name.lower() not in taken)
    return names
