"""`upres` of a video: the face of every frame painted large, held still, and pasted back where it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.errors import UsageProblem
from curate.files import sha256_of
from curate.photo import Enlargement, Photo
from curate.progress import clock, note
from curate.workspace import Workspace
from infer.clip import Clip, ClipRequest
from infer.clip_parts import Parts
from infer.config import UpresPhotoOptions
from infer.face_patch import FaceFound, factor_for, seen_in
from infer.failures import Failures, failed_lines
from infer.film import av, film_facts, is_finished_film, read_frames
from infer.film_faces import FilmFaces, frames_a_second, kept_faces
from infer.images import open_upres
from infer.paste import Patch, pasted
from infer.photo_files import PhotoFiles
from infer.portrait import Studio, to_pixels
from infer.project import project_onto
from infer.recipe import AI_EDITED, swipegan
from infer.stabilise import SteadySettings

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
FILMS = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v")
CRF = 16


def is_film(path: Path) -> bool:
    """Whether a path is that of a video, by what its name ends in."""
    return path.suffix.lower() in FILMS


@dataclass(frozen=True)
class FilmSummary:
    """What `upres` did with videos; `failed` holds a reason for each that could not be done."""

    films: list[Path]
    made: int
    failed: dict[str, str]
    seconds: float

    def text(self) -> str:
        """For people."""
        before = len(self.films) - self.made
        head = f"{self.made} enlarged in {clock(self.seconds)}"
        lines = [head + (f", {before} were finished before" if before else ""), *(f"  {path}" for path in self.films)]
        return "\n".join(lines + failed_lines(self.failed))


class FilmClip(Clip):
    """The clip of a film's faces, each pasted back into its enlarged frame; with `factor` 0 the faces alone."""

    source = AI_EDITED
    film: Path
    faces: FilmFaces
    factor: float
    detail: bool
    reader: Iterator[Pixels] | None = None
    next_frame = 0

    def frame(self, number: int) -> Pixels:
        """A frame of the film; read in order, from the start again where an earlier one is asked for."""
        if self.reader is None or number < self.next_frame:
            self.reader, self.next_frame = read_frames(self.film), 0
        while True:
            self.next_frame += 1
            found = next(self.reader)
            if self.next_frame > number:
                return found

    def finished(self, frame: int, picture: Floats) -> Pixels:
        """The painted face brought back to what the frame shows of it, and pasted into the enlarged frame."""
        if not self.factor:
            return to_pixels(picture)
        photo, aligned = Photo(self.frame(frame)), self.faces.aligned(frame)
        face = FaceFound(aligned, self.script.small(frame), self.faces.side / aligned.upscale)
        if self.detail and (times := self.studio.painter.settings.projections):
            picture = project_onto(picture, seen_in(photo, face, picture.shape[1]), times)
        height, width = (2 * round(self.factor * extent / 2) for extent in photo.pixels.shape[:2])
        large = Enlargement(photo.pixels, height, width).rows(0, height) / np.float32(127.5) - np.float32(1)
        matrix = aligned.matrix * (picture.shape[1] / self.faces.side)
        scaled = matrix[:, :2] / (width / photo.pixels.shape[1], height / photo.pixels.shape[0])
        patch = Patch(picture, np.hstack([scaled, matrix[:, 2:]]))
        return to_pixels(np.concatenate(list(pasted([large], [patch])), axis=1))


def run(workspace: Workspace, options: UpresPhotoOptions) -> FilmSummary:
    """Enlarge each video; those that fail are named in the summary, and the others are done."""
    started = time.monotonic()
    if not all(is_film(path) for path in options.photos):
        raise UsageProblem("videos and pictures are two kinds of work: name them in two commands")
    if options.whole or options.faceless == "whole" or options.stages > 2:
        raise UsageProblem(
            "a video is painted by its main face, in two stages: leave out --whole, --faceless and --stages"
        )
    if options.steps or options.format != "png" or options.dpi is not None:
        raise UsageProblem("a video becomes an .mp4 and nothing beside: leave out --steps, --format and --dpi")
    av()
    upres, settings, critic = open_upres(workspace, options)
    studio = Studio(upres, settings, size=options.size, critic=critic, batch=options.batch)
    digests = {"upres": upres.digest, "critic": critic.digest if critic else None}
    files = PhotoFiles.find(options.photos, options.output or workspace.renders / "upres", options.beside)
    films: list[Path] = []
    failures, made = Failures(files.unread), 0
    for film, place in files.targets.items():
        target = place.with_name(f"{place.name}.mp4")
        with failures.of(film):
            made += make(film, target, options, studio, digests)
            films.append(target)
    return FilmSummary(films, made, failures.reasons, time.monotonic() - started)


def make(film: Path, target: Path, options: UpresPhotoOptions, studio: Studio, digests: dict[str, str | None]) -> int:
    """Enlarge one video: 1 if it was to be done, 0 if it was done before."""
    fps, side = frames_a_second(film), int(studio.card["size"])
    common = {
        "kind": "upres clip", "swipegan": swipegan(), **digests, "film": sha256_of(film), "fps": str(fps),
        "size": 8 * studio.geometry.stacked, "paint": studio.painter.settings.as_request(), "guide": options.guide,
        "only_face": options.only_face, "scale": options.scale, "photo_detail": options.photo_detail,
    }  # fmt: skip
    request = ClipRequest(common, 1, "carried", SteadySettings(), ".mp4", CRF)
    if is_finished_film(target, request.whole):
        return 0
    parts = Parts(target.with_name(target.name + ".parts"))
    with parts.alone(target):
        faces = kept_faces(parts, request.script, film, side, studio.geometry.extent, options.guide)
        clip = FilmClip(studio, faces.script, request, parts, target, fps)
        clip.film, clip.faces, clip.detail, clip.sound = film, faces, options.photo_detail, film
        clip.factor = 0.0 if options.only_face else options.scale or factor_of(film, faces, 8 * studio.geometry.stacked)
        if options.guide:
            seen = faces.script.sources.count("detector")
            note(f"{film}: a face in {seen} of {len(faces.script)} frames")
        clip.make()
        parts.remove()
        return 1


def factor_of(film: Path, faces: FilmFaces, side: int) -> float:
    """Times that the film is enlarged, as `upres` does with photos: as much as its face gains where it is largest."""
    height, width, _ = film_facts(film)
    blank = Photo(np.broadcast_to(np.zeros(1, np.uint8), (height, width, 3)))
    return factor_for([FaceFound(None, faces.script.small(0), faces.square)], blank, side)
