"""One file examined: read, hashed, decoded, measured, its faces found. Runs in a process of its own."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import threading
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from curate.duplicates import chip_of
from curate.faces import Found, descriptor, find_faces, use_landmark_model
from curate.measures import Values, grey_of, measure
from curate.pixels import MAX_PIXELS, BadImage, Header, read_bytes, read_picture

EXTENSIONS = {  # of the formats that go by several names
    "JPEG": {"jpg", "jpeg", "jpe", "jfif"},
    "MPO": {"jpg", "jpeg", "mpo"},
    "TIFF": {"tif", "tiff"},
    "PPM": {"ppm", "pgm", "pbm", "pnm", "pfm"},
    "JPEG2000": {"jp2", "j2k", "jpx", "jpf", "j2c"},
    "BMP": {"bmp", "dib"},
    "AVIF": {"avif", "avifs"},
    "SGI": {"sgi", "rgb", "bw"},
    "PNG": {"png", "apng"},
}
Blob = bytes  # the type, where a field is called so


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a worker needs to know for the whole scan.

    known: the first 8 bytes of the SHA-256 of images that are measured already, sorted; they are hashed only.
    """

    people: bool = False
    landmark_model: Path | None = None
    max_pixels: int = MAX_PIXELS
    known: NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a file: bad with a reason, an image that is known, or an image with header, measures and faces."""

    path: str
    bytes: int = 0
    mtime_ns: int = 0
    sha256: str | None = None
    bad: str | None = None  # the kind, or kind: detail
    header: Header | None = None
    values: Values | None = None
    phash: str | None = None
    faces: tuple[Found, ...] = ()
    chips: tuple[Blob, ...] = ()  # of the faces, as `duplicates.chip_of` draws them
    descriptors: tuple[Blob, ...] = ()
    trace: str | None = None  # of an error that is ours

    @property
    def mislabelled(self) -> bool:
        """Whether the name's extension says another format than the file's."""
        if self.header is None:
            return False
        extension = os.path.splitext(self.path)[1].lower().removeprefix(".")
        return bool(extension) and extension not in EXTENSIONS.get(self.header.format, {self.header.format.lower()})


_setup = Setup(known=np.empty(0, np.uint64))


def start(setup: Setup) -> None:
    """Prepare a worker process: one thread, no Ctrl-C (the parent ends us), no life without the parent."""
    global _setup  # noqa: PLW0603 - a process pool hands its workers nothing else
    _setup = setup
    cv2.setNumThreads(1)
    threadpool_limits(1)  # NumPy's threads would wait for each other, spinning
    logging.disable()
    if parent_process() is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with_parent, daemon=True).start()
    if setup.landmark_model is not None:
        use_landmark_model(setup.landmark_model)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def examine_all(paths: Iterable[str]) -> list[Outcome]:
    """Examine some files as the worker was told to."""
    return [examine(path, _setup) for path in paths]


def examine(path: str, setup: Setup) -> Outcome:
    """Examine one file; whatever it holds, the result says so and nothing is raised."""
    about = _stat(path)
    if about is None:
        return Outcome(path=path, bad="unreadable: it vanished")
    size, mtime_ns = about
    digest: str | None = None
    try:
        data = read_bytes(Path(path))
        digest = hashlib.sha256(data).hexdigest()
        if is_known(digest, setup.known):
            return Outcome(path=path, bytes=size, mtime_ns=mtime_ns, sha256=digest)
        return _measured(path, size, mtime_ns, digest, data, setup)
    except BadImage as error:
        return Outcome(path=path, bytes=size, mtime_ns=mtime_ns, sha256=digest, bad=str(error))
    except MemoryError:
        return Outcome(path=path, bytes=size, mtime_ns=mtime_ns, sha256=digest, bad="too many pixels: out of memory")
    except Exception as error:  # a bug of ours or of a library costs one picture, not the scan
        reason = f"not measurable: {type(error).__name__}: {error}"[:300]
        trace = traceback.format_exc()
        return Outcome(path=path, bytes=size, mtime_ns=mtime_ns, sha256=digest, bad=reason, trace=trace)


def _stat(path: str) -> tuple[int, int] | None:
    try:
        about = os.stat(path)
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def _measured(path: str, size: int, mtime_ns: int, digest: str, data: bytes, setup: Setup) -> Outcome:
    picture = read_picture(data, setup.max_pixels)
    grey = grey_of(picture.pixels)
    faces = find_faces(grey)
    values, phash = measure(picture, grey, faces)
    people = [descriptor(picture.pixels, face.landmarks).astype("<f4").tobytes() for face in faces if setup.people]
    return Outcome(
        path=path,
        bytes=size,
        mtime_ns=mtime_ns,
        sha256=digest,
        header=picture.header,
        values={name: _finite(value) for name, value in values.items()},
        phash=phash,
        faces=tuple(faces),
        chips=tuple(chip_of(grey, face.landmarks).tobytes() for face in faces),
        descriptors=tuple(people),
    )


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def is_known(digest: str, known: NDArray[np.uint64]) -> bool:
    """Whether an image is among the known ones, by the first 8 bytes of its SHA-256."""
    place = np.searchsorted(known, np.uint64(int(digest[:16], 16)))
    return bool(place < len(known) and known[place] == np.uint64(int(digest[:16], 16)))
