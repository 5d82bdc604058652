"""The report's pictures: small squares from the images, kept by hash, laid out in sheets and embedded in the page.

A picture that cannot be read any more has a reason instead of pixels.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.files import write_atomically
from curate.names import real_path
from curate.pixels import BadImage, decode, encode_webp, read_image
from curate.progress import track
from curate.report_facts import Source

Pixels = NDArray[np.uint8]
Kind = Literal["face", "whole"]
Wanted = tuple[int, Kind]  # an image's id, and what of it is shown
Key = TypeVar("Key")

SIDE = 128  # pixels of a thumbnail: about 85 on a phone's screen
ACROSS, DOWN = 8, 8  # thumbnails in a sheet; small sheets are decoded when they are scrolled to
QUALITY = 72
AROUND = 1.7  # side of the square around a face, in widths of its box


@dataclass(frozen=True, slots=True)
class Tile:
    """A thumbnail's place: in which sheet, at which column and row; or why there is none."""

    sheet: int
    column: int
    row: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sheets:
    """All thumbnails of a page: sheets as data URIs with their size in thumbnails, and where each image is."""

    sheets: tuple[tuple[str, int, int], ...]  # URI, columns, rows
    tiles: dict[Wanted, Tile]


def make_sheets(wanted: Iterable[Wanted], sources: dict[int, Source], cache: Path) -> Sheets:
    """Thumbnails of all that is wanted, each once, in the order given."""
    order = list(dict.fromkeys(wanted))
    made = _pooled(order, lambda one: thumbnail(sources.get(one[0]), one[1], cache), "pictures for the report")
    tiles: dict[Wanted, Tile] = {}
    good: list[tuple[Wanted, Pixels]] = []
    for one, result in zip(order, made, strict=True):
        if isinstance(result, str):
            tiles[one] = Tile(0, 0, 0, result)
        else:
            good.append((one, result))
    sheets = []
    for number, start in enumerate(range(0, len(good), ACROSS * DOWN)):
        part = good[start : start + ACROSS * DOWN]
        rows = -(-len(part) // ACROSS)
        sheet = np.zeros((rows * SIDE, ACROSS * SIDE, 3), np.uint8)
        for place, (one, pixels) in enumerate(part):
            row, column = divmod(place, ACROSS)
            sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = pixels
            tiles[one] = Tile(number, column, row)
        sheets.append((data_uri(encode_webp(sheet, QUALITY)), ACROSS, rows))
    return Sheets(tuple(sheets), tiles)


def _pooled(items: Sequence[Key], work: Callable[[Key], Pixels | str], title: str) -> list[Pixels | str]:
    workers = min(8, (os.cpu_count() or 1) + 1)  # OpenCV decodes without holding the interpreter
    with ThreadPoolExecutor(workers) as pool:
        return list(track(pool.map(work, items), total=len(items), title=title))


def thumbnail(source: Source | None, kind: Kind, cache: Path) -> Pixels | str:
    """A square of SIDE x SIDE, RGB, from the cache or the file; or why there is none."""
    if source is None or source.path is None:
        return "no file"
    path = real_path(source.path)
    box = source.box if kind == "face" else None
    place = cache / "thumbnails" / source.sha256[:2] / f"{source.sha256}-{_name(box)}.webp"
    try:
        if place.exists():
            return decode(place.read_bytes())
    except (BadImage, OSError):  # a damaged cache is made again
        pass
    try:
        state = path.stat()
        if source.mtime_ns and (state.st_size, state.st_mtime_ns) != (source.bytes, source.mtime_ns):
            return "changed since the scan"
        pixels = square(read_image(path), box)
    except BadImage as error:
        return str(error)
    except FileNotFoundError:
        return "file is gone"
    except OSError as error:
        return error.strerror or "unreadable"
    data = encode_webp(pixels, 85)
    with contextlib.suppress(OSError):  # a report can be made of a workspace that cannot be written
        write_atomically(place, data)
    return decode(data)


def _name(box: tuple[int, int, int, int] | None) -> str:
    recipe = hashlib.sha256(repr((box, SIDE, AROUND)).encode()).hexdigest()[:8]
    return f"{'whole' if box is None else 'face'}-{recipe}"


def square(pixels: Pixels, box: tuple[int, int, int, int] | None) -> Pixels:
    """The square around a box, or the middle square of the whole, at SIDE x SIDE; it is moved to lie in the picture."""
    height, width = pixels.shape[:2]
    most = min(height, width)
    if box is None:
        side, left, top = most, (width - most) // 2, (height - most) // 3  # heads are in the upper part
    else:
        side = min(max(round((box[2] - box[0]) * AROUND), 4), most)
        left = (box[0] + box[2] - side) // 2
        top = (box[1] + box[3] - side) // 2 - round(side * 0.04)
    left, top = min(max(left, 0), width - side), min(max(top, 0), height - side)
    inside = pixels[top : top + side, left : left + side]
    method = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(inside, (SIDE, SIDE), interpolation=method), np.uint8)


def picture_uri(path: str, most: int = 1024, quality: int = 80) -> tuple[str, int, int] | str:
    """A picture file as a data URI with its width and height, at most `most` pixels wide or high; or why not."""
    try:
        pixels = read_image(Path(path))
    except BadImage as error:
        return str(error)
    height, width = pixels.shape[:2]
    scale = most / max(height, width)
    if scale < 1:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return data_uri(encode_webp(pixels, quality)), pixels.shape[1], pixels.shape[0]


def data_uri(webp: bytes) -> str:
    """WebP bytes as something that a page can hold."""
    return "data:image/webp;base64," + base64.b64encode(webp).decode("ascii")
