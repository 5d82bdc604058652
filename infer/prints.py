"""Large pictures to files row by row: PNG, TIFF and BigTIFF, with memory for a few hundred rows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from curate.errors import MissingExtra, UserError
from curate.files import writing
from infer.credentials import seal
from infer.recipe import AI_MADE, KEY, XMP_KEY, Recipe, write_picture, xmp

Format = Literal["png", "tiff", "bigtiff"]
Rows = NDArray[np.uint8] | NDArray[np.uint16]

SUFFIXES: dict[str, str] = {"png": ".png", "tiff": ".tif", "bigtiff": ".tif"}
STREAMED = 2048 * 2048  # pixels from which on a PNG is not encoded whole
PNG_LEVEL = 4  # zlib's; beyond it takes twice as long for 2 %
COLOURS = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
INCH = 0.0254  # metres
UP = 2  # the PNG filter that stores each row as its difference from the row above


@dataclass(frozen=True)
class Layout:
    """What a file holds: rows of `channels` numbers a pixel (grey, grey and alpha, RGB, RGB and alpha) of `depth` bits.

    dpi: pixels per inch for printing, across and down. profile: an ICC profile, kept byte by byte.
    """

    width: int
    height: int
    channels: int = 3
    depth: int = 8
    dpi: tuple[float, float] | None = None
    profile: bytes | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a number."""
        return np.dtype(np.uint8 if self.depth == 8 else np.uint16)

    @property
    def bytes(self) -> int:
        """Of all pixels, before compression."""
        return self.width * self.height * self.channels * self.depth // 8


class BadPrint(UserError):
    """A picture that the chosen format cannot hold, or whose rows are not those announced."""


def write_print(
    path: Path,
    bands: Iterable[Rows],
    layout: Layout,
    finish: Callable[[], Recipe],
    kind: Format = "png",
    source: str = AI_MADE,
) -> None:
    """Write bands of rows (some rows, width, channels) as they come: the whole file, or none.

    `finish` is called after the last band and gives the recipe; `source` is the mark of AI-made pictures.
    """
    checked = _checked(bands, layout)
    if kind == "png" and layout.depth == 8 and layout.width * layout.height < STREAMED:
        picture = np.concatenate(list(checked))
        write_picture(path, picture if layout.channels > 1 else picture[..., 0], finish(), layout.dpi, layout.profile)
        return
    if kind != "png":
        from infer.tiffs import write_tiff

        write_tiff(path, checked, layout, finish, kind == "bigtiff", source)
        return
    with writing(path) as file:
        seal(file, ".png", _write_png(file, checked, layout, finish, source))


def _checked(bands: Iterable[Rows], layout: Layout) -> Iterator[Rows]:
    """The bands as they are, (rows, width, channels); BadPrint where they do not add up to the layout."""
    rows = 0
    for band in bands:
        if band.shape[1:] != (layout.width, layout.channels) or band.dtype != layout.dtype:
            raise BadPrint(f"rows of {band.shape[1:]} {band.dtype} do not fit a picture of {layout}")
        rows += len(band)
        yield band
    if rows != layout.height:
        raise BadPrint(f"{rows} rows came for a picture of {layout.height}")


def _write_png(
    file: IO[bytes], bands: Iterable[Rows], layout: Layout, finish: Callable[[], Recipe], source: str
) -> Recipe:
    """A PNG by pypng's chunks: it knows the format, but neither filters nor profiles, nor texts."""
    png = _pypng()
    across, down = (round(value / INCH) for value in layout.dpi) if layout.dpi else (None, None)
    writer = png.Writer(
        layout.width,
        layout.height,
        greyscale=layout.channels < 3,
        alpha=layout.channels in (2, 4),
        bitdepth=layout.depth,
        x_pixels_per_unit=across,
        y_pixels_per_unit=down,
        unit_is_meter=True,
    )
    writer.write_preamble(file)
    if layout.profile:
        png.write_chunk(file, b"iCCP", b"ICC profile\0\0" + zlib.compress(layout.profile))
    png.write_chunk(file, b"iTXt", XMP_KEY.encode() + b"\0" * 5 + xmp(source).encode())
    packer = zlib.compressobj(PNG_LEVEL)
    for block in _filtered(bands):
        if packed := packer.compress(block):
            png.write_chunk(file, b"IDAT", packed)
    png.write_chunk(file, b"IDAT", packer.flush())
    recipe = finish()
    png.write_chunk(file, b"tEXt", KEY.encode() + b"\0" + recipe.text().encode("ascii"))
    png.write_chunk(file, b"IEND")
    return recipe


def _filtered(bands: Iterable[Rows]) -> Iterator[bytes]:
    """Each row as its difference from the one above: half the size of plain rows, and no row is looked at twice."""
    above: NDArray[np.uint8] | None = None
    for band in bands:
        flat = np.ascontiguousarray(band, band.dtype.newbyteorder(">")).reshape(len(band), -1).view(np.uint8)
        first = np.zeros_like(flat[:1]) if above is None else above
        block = np.empty((len(flat), flat.shape[1] + 1), np.uint8)
        block[:, 0] = UP
        np.subtract(flat, np.concatenate([first, flat[:-1]]), out=block[:, 1:])
        above = flat[-1:].copy()
        yield block.tobytes()


def _pypng() -> Any:
    try:
        import png
    except ModuleNotFoundError as error:
        raise MissingExtra("prints", "pypng") from error
    return png
