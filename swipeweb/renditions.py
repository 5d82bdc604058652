"""Small ready-made pictures of an image: its face region, the whole, and the face region in real pixels."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.pixels import BadImage, encode_webp, read_image
from curate.store_labels import Source

Kind = Literal["face", "whole", "zoom"]
Size = Literal["l", "s"]

EXTENTS: dict[tuple[str, str], int] = {  # longest side, in pixels
    ("face", "l"): 800,
    ("face", "s"): 448,
    ("whole", "l"): 1120,
    ("whole", "s"): 640,
    ("zoom", "l"): 2048,
    ("zoom", "s"): 1280,
}
LIMITS = {"l": 80_000, "s": 30_000}  # bytes, of what is shown at once; zoom is asked for and may be larger
QUALITIES = (84, 74, 62, 48, 34)
MARGIN = 0.5  # of the box's side, added on each side: hair and ears
TALL = 4 / 3  # height by width: hair above, neck below
RECIPE = "3"  # part of a rendition's name; raise it when the same image would look different


class Rendition(NamedTuple):
    """A picture file's bytes and the name under which they lie in the cache."""

    data: bytes
    name: str


class Renditions:
    """Makes renditions once, keeps them by hash under `cache`, and makes those ahead that will be asked for."""

    def __init__(self, cache: Path, workers: int = 2) -> None:
        self.cache = cache / "renditions"
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="rendition")
        self._locks = [threading.Lock() for _ in range(32)]  # so that nobody makes what another is making

    def get(self, source: Source, kind: Kind, size: Size = "l") -> Rendition:
        """The rendition, from the cache or made now; raises BadImage."""
        name = rendition_name(source, kind, size)
        path = self.cache / name[:2] / name
        with self._locks[int(name[:2], 16) % len(self._locks)]:
            if path.exists():
                return Rendition(path.read_bytes(), name)
            data = render(source, kind, size)
            with contextlib.suppress(OSError):  # a full disk keeps nobody from looking
                _write(path, data)
        return Rendition(data, name)

    def make_ahead(self, sources: list[Source], size: Size = "l") -> None:
        """Make the face renditions of these in the background."""
        for source in sources:
            self._pool.submit(self._try, source, size)

    def _try(self, source: Source, size: Size) -> None:
        try:
            self.get(source, "face", size)
        except (BadImage, OSError):
            return  # whoever asks for it will hear why

    def close(self) -> None:
        """Stop making ahead."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def rendition_name(source: Source, kind: Kind, size: Size) -> str:
    """The name in the cache: the image's hash, and what the rendition depends on besides."""
    rest = hashlib.sha256(f"{kind} {size} {source.box} {RECIPE}".encode()).hexdigest()[:8]
    return f"{source.sha256}-{rest}.webp"


def region(source: Source) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the part around the face, upright like a phone; all of the picture without a face."""
    if source.box is None:
        return 0, 0, source.width, source.height
    left, top, right, bottom = source.box
    width = min(max(right - left, bottom - top) * (1 + 2 * MARGIN), source.width)
    height = min(width * TALL, source.height)
    x = min(max((left + right - width) / 2, 0), source.width - width)
    y = min(max((top + bottom - height) / 2, 0), source.height - height)
    return round(x), round(y), round(x + width), round(y + height)


def render(source: Source, kind: Kind, size: Size) -> bytes:
    """Read the file and make one rendition as WebP; raises BadImage where the file is not what it was."""
    pixels = read_image(Path(source.path))
    if pixels.shape[:2] != (source.height, source.width):
        raise BadImage("changed", "the file is another picture now; scan again")
    if kind != "whole":
        left, top, right, bottom = region(source)
        pixels = pixels[top:bottom, left:right]
    pixels = fit(pixels, EXTENTS[kind, size])
    return encode_webp(pixels, 88) if kind == "zoom" else within(pixels, LIMITS[size])


def fit(pixels: NDArray[np.uint8], extent: int) -> NDArray[np.uint8]:
    """Bring the longest side down to `extent` by averaging areas; never enlarges."""
    height, width = pixels.shape[:2]
    scale = extent / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def within(pixels: NDArray[np.uint8], limit: int) -> bytes:
    """WebP of at most `limit` bytes: first at lower quality, then smaller."""
    while True:
        for quality in QUALITIES:
            data = encode_webp(pixels, quality)
            if len(data) <= limit:
                return data
        pixels = fit(pixels, max(1, max(pixels.shape[:2]) * 3 // 4))


def _write(path: Path, data: bytes) -> None:
    """Put a cache file in place at once; it may be lost in a power cut, as it can be made again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
