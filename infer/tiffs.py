"""TIFF and BigTIFF by tifffile: written tile by tile as rows come."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.errors import MissingExtra
from curate.files import writing
from infer.credentials import seal
from infer.recipe import Recipe, swipegan, xmp

if TYPE_CHECKING:
    from infer.prints import Layout, Rows

SIDE = 256  # px of a TIFF's tile: compressed strips cannot be written from a generator, tiles can
CLASSIC = 3_900_000_000  # bytes; the offsets of a TIFF that is no BigTIFF end at 4 GiB
BIG, CLASSICS = (b"II+\0", b"MM\0+"), (b"II*\0", b"MM\0*")
XMP_TAG, BYTE = 700, 1
DESCRIPTION = 270


def is_tiff(path: Path) -> bool:
    """Whether a file starts as TIFF or BigTIFF."""
    with path.open("rb") as file:
        return file.read(4) in BIG + CLASSICS


def write_tiff(
    path: Path, bands: Iterable[Rows], layout: Layout, finish: Callable[[], Recipe], big: bool, source: str
) -> None:
    """Write bands of rows as a TIFF of deflated tiles; as a BigTIFF if asked for, or where it could pass 4 GiB."""
    tifffile = _tifffile()
    packet = xmp(source).encode()
    with writing(path) as file:
        with tifffile.TiffWriter(file, bigtiff=big or layout.bytes > CLASSIC) as writer:
            writer.write(
                _tiles(bands, layout),
                shape=_shape(layout),
                dtype=layout.dtype,
                tile=(SIDE, SIDE),
                compression="zlib",
                predictor=True,
                photometric="rgb" if layout.channels > 2 else "minisblack",
                planarconfig="contig" if layout.channels > 1 else None,
                extrasamples=["unassalpha"] if layout.channels in (2, 4) else None,
                resolution=layout.dpi or (1, 1),
                resolutionunit="inch" if layout.dpi else "none",
                iccprofile=layout.profile,
                software=f"swipegan {swipegan()}",
                description="{}",
                metadata=None,
                extratags=[(XMP_TAG, BYTE, len(packet), packet, True)],
                maxworkers=1,
            )
        file.flush()
        file.seek(0)
        with tifffile.TiffFile(file, mode="r+b") as written:
            recipe = finish()
            written.pages[0].tags[DESCRIPTION].overwrite(recipe.text())
        seal(file, ".tif", recipe)


def _shape(layout: Layout) -> tuple[int, ...]:
    return (layout.height, layout.width, layout.channels) if layout.channels > 1 else (layout.height, layout.width)


def _tiles(bands: Iterable[Rows], layout: Layout) -> Iterator[Any]:
    """Tiles from left to right and from the top down, those at the right and lower edge filled up with zeros."""
    across = -(-layout.width // SIDE)
    row = np.zeros((SIDE, across * SIDE, layout.channels), layout.dtype)
    filled = 0
    for band in bands:
        done = 0
        while done < len(band):
            count = min(SIDE - filled, len(band) - done)
            row[filled : filled + count, : layout.width] = band[done : done + count]
            done, filled = done + count, filled + count
            if filled == SIDE:
                yield from _split(row, layout)
                row[:], filled = 0, 0
    if filled:
        yield from _split(row, layout)


def _split(row: Rows, layout: Layout) -> Iterator[Any]:
    for left in range(0, row.shape[1], SIDE):
        tile = row[:, left : left + SIDE].copy()
        yield tile if layout.channels > 1 else tile[..., 0]


def checked_description(path: Path) -> str:
    """The recipe in a TIFF, after each of its tiles was unpacked; ValueError where it is no whole TIFF of ours."""
    tifffile = _tifffile()
    try:
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            for start, size in zip(page.dataoffsets, page.databytecounts, strict=True):
                file.filehandle.seek(start)
                zlib.decompress(file.filehandle.read(size))  # deflated data end with a checksum
            return str(page.description)
    except (tifffile.TiffFileError, zlib.error, IndexError, TypeError) as error:
        raise ValueError(f"the TIFF is damaged: {error}") from error


def _tifffile() -> Any:
    try:
        import tifffile
    except ModuleNotFoundError as error:
        raise MissingExtra("prints", "tifffile") from error
    return tifffile
