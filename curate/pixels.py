"""Picture files to upright RGB arrays and back; with `photo` the only place that knows Pillow."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw, ImageFont, PngImagePlugin, UnidentifiedImageError

from curate.errors import UserError
from curate.files import write_atomically

Pixels = NDArray[np.uint8]
Read = TypeVar("Read")

MAX_PIXELS = 80_000_000  # 240 MB as RGB, and below the size at which Pillow itself warns
START = 32  # bytes that hold every format's signature
END_OF_JPEG = b"\xff\xd9"
SIXTEEN_BITS = {"I;16", "I;16L", "I;16B", "I;16N"}
FORMATS = (
    *("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM"),  # MPO, of cameras with two lenses, comes in by JPEG
    *("JPEG2000", "AVIF", "ICO", "PSD", "PCX", "SGI", "QOI"),
)
DAMAGE = (  # what Pillow's readers raise on broken files
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, RuntimeError),
    *(struct.error, zlib.error),
)
IJG_LUMINANCE = (  # ITU-T T.81, table K.1
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)

warnings.filterwarnings("ignore", module=r"PIL\.")  # odd metadata is no news to people who scan a pile of files


class BadImage(UserError):
    """A file that cannot be used as a picture; `kind` is one of a few words to count by, the text says more."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What a picture file says about itself.

    width, height: upright pixels. orientation: EXIF, 1..8. quality: of a JPEG's quantisation table, 1..100, else None.
    """

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    animated: bool
    quality: float | None


class Picture(NamedTuple):
    """A decoded picture: its header, and upright RGB of shape (height, width, 3)."""

    header: Header
    pixels: Pixels


def read_image(path: Path, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Read a picture file as upright RGB of shape (height, width, 3), 0..255.

    Alpha is laid on white, 16 bits are cut to their upper 8, CMYK and other spaces are converted, and of an
    animation the first frame is taken. What the file holds decides, not its name. Raises BadImage with the reason.
    """
    return read_picture(read_bytes(path), max_pixels).pixels


def read_bytes(path: Path) -> bytes:
    """All bytes of a file that starts as a picture does; raises BadImage without reading the rest of others."""
    try:
        with path.open("rb") as file:
            start = file.read(START)
            if not _claimants(start):
                raise _not_a_picture(start)
            return start + file.read()
    except OSError as error:
        raise BadImage("unreadable", error.strerror or str(error)) from error


def may_be_a_picture(path: Path) -> bool:
    """Whether a file is worth trying: false for those that do not even start as a picture does."""
    try:
        with path.open("rb") as file:
            start = file.read(START)
    except OSError:
        return True
    return bool(_claimants(start)) or _not_a_picture(start).kind != "not a picture"


def decode(data: bytes) -> Pixels:
    """The bytes of a picture file as upright RGB of shape (height, width, 3); raises BadImage."""
    return read_picture(data).pixels


def read_picture(data: bytes, max_pixels: int = MAX_PIXELS) -> Picture:
    """Header and pixels of a picture file's bytes; raises BadImage, before decoding if it has over `max_pixels`."""
    return opened(data, lambda image: _read(image, data), max_pixels)


def opened(data: bytes, read: Callable[[Image.Image], Read], max_pixels: int = MAX_PIXELS) -> Read:
    """What `read` makes of a picture file, opened; raises BadImage for whatever goes wrong on the way."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise BadImage("too many pixels", f"{width} x {height}, the limit is {max_pixels:,}")
            if image.format == "PNG":
                _check_png(data)
            return read(image)
    except UnidentifiedImageError as error:
        raise _not_a_picture(data[:START]) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage("too many pixels", _sentence(error)) from error
    except DAMAGE as error:
        raise BadImage("truncated" if "truncated" in str(error).lower() else "damaged", _sentence(error)) from error


def _read(image: Image.Image, data: bytes) -> Picture:
    animated = image.format != "MPO" and bool(getattr(image, "is_animated", False))
    orientation = orientation_of(image)
    pixels = _decode_fast(image, data)
    if pixels is None:
        pixels = _decode(image)
    upright = turned(pixels, 1 if image.format == "TIFF" else orientation)  # Pillow turns TIFF when it loads it
    header = Header(
        format=image.format or "",
        mode=image.mode,
        width=upright.shape[1],
        height=upright.shape[0],
        orientation=orientation,
        animated=animated,
        quality=jpeg_quality(getattr(image, "quantization", None)),
    )
    return Picture(header, upright)


def _check_png(data: bytes) -> None:
    """Raise BadImage for a wrong checksum of a chunk that counts; Pillow looks at those of the header only."""
    place = 8
    while place + 12 <= len(data):
        length, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        end = place + 8 + length
        told = int.from_bytes(data[end : end + 4], "big")
        if name[:1].isupper() and end + 4 <= len(data) and zlib.crc32(memoryview(data)[place + 4 : end]) != told:
            raise BadImage("damaged", f"the checksum of its {name.decode(errors='replace')} chunk is wrong")
        place = end + 4


def _claimants(start: bytes) -> list[str]:
    """The formats whose signature `start` has."""
    Image.init()
    checks = {name: Image.OPEN[name][1] for name in FORMATS if name in Image.OPEN}
    return [name for name, check in checks.items() if check is not None and check(start) is True]


def _not_a_picture(start: bytes) -> BadImage:
    if not start:
        return BadImage("empty file")
    if start[4:8] == b"ftyp" and start[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"}:
        return BadImage("HEIC picture", "convert it to JPEG first")
    return BadImage("damaged", "its header cannot be read") if _claimants(start) else BadImage("not a picture")


def _sentence(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation of an opened picture, 1..8."""
    if image.format in {"JPEG", "MPO"} and "exif" not in image.info:
        return 1  # asking for it would have Pillow look for XMP too
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # whatever is broken there is no reason to lose the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo an EXIF orientation: 2..8 are the flips and quarter turns of the standard's table."""
    if orientation in {5, 6, 7, 8}:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _decode_fast(image: Image.Image, data: bytes) -> Pixels | None:
    """A whole, plain JPEG by OpenCV, faster; None leaves the file to Pillow, which names the damage."""
    if image.format not in {"JPEG", "MPO"} or image.mode not in {"RGB", "L"} or END_OF_JPEG not in data[-4096:]:
        return None
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    return cast(Pixels | None, cv2.imdecode(np.frombuffer(data, np.uint8), flags))


def _decode(image: Image.Image) -> Pixels:
    image.load()
    if image.mode in SIXTEEN_BITS or image.mode in {"I", "F"}:
        return _from_deep_grey(np.asarray(image))
    return np.array(_plain(image).convert("RGB"))


def _plain(image: Image.Image) -> Image.Image:
    """The picture on white where it is transparent, in a mode that converts to RGB."""
    if image.has_transparency_data:
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    return image


def _from_deep_grey(grey: NDArray[Any]) -> Pixels:
    """16-bit, 32-bit or float grey as RGB: 0..1 and 0..255 as they are meant, anything larger as 16 bits."""
    values = np.nan_to_num(grey.astype(np.float64))
    top = values.max(initial=0)
    scale = 255.0 if grey.dtype.kind == "f" and top <= 1 else 1.0 if grey.dtype.itemsize > 2 and top <= 255 else 1 / 257
    bytes_ = np.clip(values * scale + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(bytes_[..., None], 3, axis=2)


def jpeg_quality(tables: Mapping[int, Sequence[int]] | None) -> float | None:
    """The quality whose IJG luminance table is nearest to the file's, 1..100, or None without a table.

    Exact for files of libjpeg and its kin, an equivalent for cameras and Photoshop, blind to an earlier saving.
    """
    if not tables or 0 not in tables:
        return None
    distance = np.abs(_ijg_tables() - np.sort(np.asarray(tables[0], np.float64))).sum(axis=1)
    return float(distance.argmin() + 1)


@cache
def _ijg_tables() -> NDArray[np.float64]:
    """Luminance tables of the qualities 1..100, each sorted, as Pillow has changed their order; (100, 64)."""
    quality = np.arange(1, 101)[:, None]
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.sort(np.clip((np.sort(IJG_LUMINANCE) * scale + 50) // 100, 1, 255).astype(np.float64), axis=1)


def encode_png(
    array: Pixels,
    level: int = 6,
    text: Mapping[str, str] | None = None,
    dpi: tuple[float, float] | None = None,
    profile: bytes | None = None,
) -> bytes:
    """PNG bytes of (height, width) or (height, width, 2 to 4); `level` 1 (four times as fast) .. 9.

    dpi: pixels per inch across and down, for printing. profile: an ICC profile, kept as it is.
    """
    chunks = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        chunks.add_itxt(key, value) if not value.isascii() else chunks.add_text(key, value)
    printing = ({"dpi": dpi} if dpi else {}) | ({"icc_profile": profile} if profile else {})
    return _encoded(array, "PNG", compress_level=level, pnginfo=chunks, **printing)


def encode_jpeg(array: Pixels, quality: int = 95) -> bytes:
    """JPEG bytes of grey or RGB; full chroma from quality 90 on."""
    return _encoded(array, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)


def encode_webp(array: Pixels, quality: int = 90) -> bytes:
    """WebP bytes of RGB; quality 100 is lossless."""
    return _encoded(array, "WEBP", quality=quality, lossless=quality >= 100, method=4)


def write_png(
    path: Path,
    array: Pixels,
    text: Mapping[str, str] | None = None,
    dpi: tuple[float, float] | None = None,
    profile: bytes | None = None,
) -> None:
    """Write a PNG, whole or not at all; `text` are key and value pairs that `read_png_text` gives back."""
    write_atomically(path, encode_png(array, text=text, dpi=dpi, profile=profile))


def read_png_text(path: Path) -> dict[str, str]:
    """The texts that a PNG carries."""
    with Image.open(path) as image:
        image.load()  # texts may stand after the pixels
        return {key: str(value) for key, value in getattr(image, "text", {}).items()}


def _encoded(array: Pixels, format_name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(array)).save(buffer, format_name, **options)
    return buffer.getvalue()


def draw_text(
    page: Pixels,
    text: str,
    place: tuple[int, int],
    size: int,
    colour: tuple[int, int, int],
    side: Literal["left", "right"] = "left",
) -> None:
    """Write a line of text on an RGB page, in place: its top left (or right) corner in pixels, letters `size` high."""
    font = _font(size)
    right, bottom = (int(edge) for edge in font.getbbox(text)[2:])
    across = place[0] - right if side == "right" else place[0]
    part = page[max(place[1], 0) : place[1] + bottom + 2, max(across, 0) : across + right + 2]
    if part.size:
        written = Image.fromarray(np.ascontiguousarray(part))
        ImageDraw.Draw(written).text((0, 0), text, fill=colour, font=font)
        part[:] = np.asarray(written)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
