"""The face of every frame of a film: found, followed, its square held still, and made small as training faces are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.align import Aligned, align, ffhq_square
from curate.errors import UserError
from curate.faces import Found, find_faces
from curate.guides import small_face
from curate.progress import Meter
from infer.clip_landmarks import CALM_SECONDS, calmed, steadied
from infer.clip_parts import Parts
from infer.clip_script import SCRIPT, Script
from infer.film import film_facts, read_frames
from infer.landmarks import Placed

Pixels = NDArray[np.uint8]
Doubles = NDArray[np.float64]

LEAP = 0.5  # of the face's square: landmarks that are further from those around them are another face's
GUIDE_SECONDS = 0.04  # the guide follows the face at once; only its square moves calmly


class NoFaceInFilm(UserError):
    """A film in no frame of which the detector sees a face."""


@dataclass(frozen=True)
class FilmFaces:
    """script: the small faces. matrices (N, 2, 3): from a frame's pixels to those of its face's square of `side`."""

    script: Script
    matrices: Doubles
    side: int

    def aligned(self, frame: int) -> Aligned:
        """Where a frame's face is; its pixels are not kept."""
        matrix = self.matrices[frame]
        scale = float(np.hypot(*matrix[0, :2]))
        return Aligned(np.zeros((self.side, 1, 3), np.uint8), matrix, self.script.points[frame], scale)

    @property
    def square(self) -> float:
        """The side of the largest square in pixels of the film."""
        return self.side / float(np.hypot(self.matrices[:, 0, 0], self.matrices[:, 0, 1]).min())


def follow(path: Path, side: int, extent: int, guided: bool) -> FilmFaces:
    """Find and follow the main face of a film: two readings, since the square of a frame knows the frames after it."""
    found = look(path)
    if not any(placed.found for placed in found):
        raise NoFaceInFilm(f"{path}: no face found in any of its {len(found)} frames")
    fps = float(film_facts(path)[2])
    unit = float(np.median([square_of(p.points) for p in found if p.found]))
    scaled = [Placed(placed.points / unit, placed.source) for placed in found]
    quick = steadied(scaled, fps, loop=False, outlier=LEAP, seconds=GUIDE_SECONDS)
    calm = calmed(quick.points, CALM_SECONDS * fps, loop=False) * unit
    faces, points, matrices = [], [], []
    for frame, own, now in zip(read_frames(path), calm, quick.points * unit, strict=True):
        aligned = align(frame, own, side)
        faces.append(small_face(aligned.face, extent))
        points.append(((now + 0.5) @ aligned.matrix[:, :2].T + aligned.matrix[:, 2]) / side)
        matrices.append(aligned.matrix)
    sources = quick.sources if guided else ("none",) * len(faces)
    return FilmFaces(
        Script(np.stack(faces), np.stack(points), sources, False, np.stack(points)), np.stack(matrices), side
    )


def look(path: Path) -> list[Placed]:
    """The landmarks of the main face of each frame, in its pixels; `none` where the detector sees no face.

    The main face is the first frame's, then the one that is nearest to it.
    """
    found: list[Placed] = []
    last: Doubles | None = None
    with Meter("landmarks", None, "frames") as meter:
        for frame in read_frames(path):
            faces = find_faces(frame)
            if faces:
                last = nearest(faces, last)
            found.append(Placed(last, "detector") if faces and last is not None else Placed(np.zeros((68, 2)), "none"))
            meter.advance()
    return found


def nearest(faces: list[Found], last: Doubles | None) -> Doubles:
    """The landmarks of the face that is nearest to those of the frame before; of the main face if there are none."""
    if last is None:
        return faces[0].landmarks
    return min((face.landmarks for face in faces), key=lambda own: float(np.hypot(*(own - last).T).mean()))


def square_of(points: Doubles) -> float:
    """The side of the square around 68 landmarks, in their unit."""
    return float(np.hypot(*ffhq_square(points)[1]))


def kept_faces(parts: Parts, request: dict[str, object], path: Path, side: int, extent: int, guided: bool) -> FilmFaces:
    """The faces of a film from the folder of parts, or found now and kept there."""
    if not parts.is_done(SCRIPT, request):
        faces = follow(path, side, extent, guided)
        script, sources = faces.script, np.array(faces.script.sources)
        known = {"points": script.points, "matrices": faces.matrices}
        parts.save("script.npz", {"faces": script.faces, "sources": sources, **known})
        parts.finish(SCRIPT, request, ["script.npz"])
    kept = parts.load("script.npz")
    script = Script(kept["faces"], kept["points"], tuple(str(s) for s in kept["sources"]), False, kept["points"])
    return FilmFaces(script, kept["matrices"], side)


def frames_a_second(path: Path) -> Fraction:
    """The film's rate, in numbers that containers keep."""
    return film_facts(path)[2].limit_denominator(1001)
