"""One face of a set: from a photo to an aligned face, its guide and its line of the index, in a process of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curate.align import align, ffhq_square
from curate.files import read_json, write_atomically, write_json
from curate.guides import Encoding, draw_guide
from curate.pixels import BadImage, decode, encode_jpeg, encode_png, encode_webp, read_bytes
from curate.sets import GUIDE_EXTENT, Entry, read_entry

Format = Literal["png", "webp", "jpeg"]
Points = tuple[tuple[float, float], ...]

FACES, GUIDES, PARTS = "faces", "guides", "parts"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A photo to take one face from."""

    sha256: str
    paths: tuple[str, ...]  # where its file lies, or lay
    landmarks: Points  # 68, pixels of the upright photo
    box: tuple[float, float, float, float]  # the detector's, pixels of the upright photo
    person: str
    held_out: bool

    @property
    def id(self) -> str:
        """16 hex digits that name the face in its set."""
        return self.sha256[:16]

    @property
    def source(self) -> str:
        """The photo's file name."""
        return Path(self.paths[0]).name if self.paths else self.sha256

    def upscale(self, size: int) -> float:
        """Pixels of a face of `size` per pixel of the photo."""
        return size / float(np.hypot(*ffhq_square(np.array(self.landmarks))[1]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How the faces of a set are drawn and written."""

    folder: Path
    size: int
    encoding: Encoding
    format: Format
    quality: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A face that lies in the set's folder."""

    entry: Entry
    box: tuple[float, float, float, float]  # the detector's, 0..1 of the aligned square


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """A photo that gives no face."""

    sha256: str
    source: str
    kind: str  # to count by
    reason: str


def make_face(job: Job, recipe: Recipe) -> Made | LeftOut:
    """Write face and guide of one photo, unless an interrupted call has; a photo that is not as scanned is left out."""
    finished = _finished(job, recipe)
    if finished is not None:
        return finished
    try:
        image = decode(_photo(job))
    except BadImage as error:
        return LeftOut(sha256=job.sha256, source=job.source, kind=error.kind, reason=str(error))
    aligned = align(image, np.array(job.landmarks), recipe.size)
    rounded = aligned.landmarks.round(6)  # the guide is drawn from what the index says
    face = _encode(aligned.face, recipe)
    guide = (
        encode_png(_as_picture(draw_guide(rounded, GUIDE_EXTENT, recipe.encoding)))
        if recipe.encoding != "none"
        else b""
    )
    names = f"{FACES}/{job.id}.{recipe.format}", f"{GUIDES}/{job.id}.png" if guide else ""
    for name, data in zip(names, (face, guide), strict=True):
        if name:
            write_atomically(recipe.folder / name, data)
    entry = Entry(
        id=job.id,
        face=names[0],
        guide=names[1],
        landmarks=tuple((float(x), float(y)) for x, y in rounded),
        sha256=job.sha256,
        source=job.source,
        person=job.person,
        held_out=job.held_out,
        upscale=round(aligned.upscale, 4),
        face_sha256=hashlib.sha256(face).hexdigest(),
        guide_sha256=hashlib.sha256(guide).hexdigest() if guide else "",
    )
    made = Made(entry=entry, box=_aligned_box(job.box, aligned.matrix, recipe.size))
    write_json(_part(job, recipe), {"job": digest(job), **asdict(made)})
    return made


def digest(job: Job) -> str:
    """SHA-256 of what a job asks for."""
    content = asdict(job) | {"paths": job.source}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _part(job: Job, recipe: Recipe) -> Path:
    return recipe.folder / PARTS / f"{job.id}.json"


def _finished(job: Job, recipe: Recipe) -> Made | None:
    """What an interrupted call has made of this job, if its files are whole."""
    path = _part(job, recipe)
    if not path.exists():
        return None
    content = read_json(path)
    entry = read_entry(content["entry"])
    files = [(entry.face, entry.face_sha256), (entry.guide, entry.guide_sha256)]
    whole = all(_sha256(recipe.folder / name) == sha256 for name, sha256 in files if name)
    return Made(entry=entry, box=tuple(content["box"])) if whole and content["job"] == digest(job) else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _photo(job: Job) -> bytes:
    """The bytes of the photo, from the first path that still holds them."""
    trouble = BadImage("vanished", "it is in none of the places where it was found; run scan again")
    for path in map(Path, job.paths):
        if not path.is_file():
            continue
        data = read_bytes(path)
        if hashlib.sha256(data).hexdigest() == job.sha256:
            return data
        trouble = BadImage("changed", f"{path} is another picture than when it was scanned; run scan again")
    raise trouble


def _encode(face: NDArray[np.uint8], recipe: Recipe) -> bytes:
    if recipe.format == "png":
        return encode_png(face)
    return encode_webp(face, recipe.quality) if recipe.format == "webp" else encode_jpeg(face, recipe.quality)


def _as_picture(guide: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB as it is; one channel per region as one grey picture, the channels one under the other."""
    return guide if guide.shape[2] == 3 else np.moveaxis(guide, -1, 0).reshape(-1, guide.shape[1])


def _aligned_box(
    box: tuple[float, float, float, float], matrix: NDArray[np.float64], size: int
) -> tuple[float, float, float, float]:
    """A detector's upright box in the aligned square, upright there too: its middle moves, its sides scale."""
    left, top, right, bottom = box
    x, y = matrix[:, :2] @ ((left + right) / 2, (top + bottom) / 2) + matrix[:, 2]
    half = np.array([right - left, bottom - top]) / 2 * np.hypot(*matrix[0, :2])
    corners = np.array([x - half[0], y - half[1], x + half[0], y + half[1]]) / size
    return (float(corners[0]), float(corners[1]), float(corners[2]), float(corners[3]))
