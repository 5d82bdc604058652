"""A photo as it is, to be enlarged and written again: upright, in its depth, with alpha, profile and resolution."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from curate.pixels import MAX_PIXELS, SIXTEEN_BITS, opened, orientation_of, read_bytes, turned

Deep = NDArray[Any]  # uint8 or uint16

BITS_OF_TIFF, SAMPLES_OF_TIFF, PHOTOMETRIC = 258, 277, 262  # tags
GREY_OF_PNG = (0, 4)  # colour types
LANCZOS_REACH = 3  # pixels of the smaller picture to each side


@dataclass(frozen=True)
class Photo:
    """A picture file of 8 or 16 bits.

    pixels: (height, width, 3), upright, uint8 or uint16, in the file's own colours; a grey picture has three equal
    channels. alpha: (height, width) or None; what it hides entirely has the colour of what is next to it. profile: the
    ICC profile that says what the colours mean, byte by byte. dpi: print resolution across and down.
    """

    pixels: Deep
    alpha: Deep | None = None
    grey: bool = False
    profile: bytes | None = None
    dpi: tuple[float, float] | None = None

    @property
    def depth(self) -> int:
        """Bits of a number."""
        return 8 * int(self.pixels.dtype.itemsize)

    @property
    def seen(self) -> NDArray[np.uint8]:
        """As a detector sees it: 8 bits, RGB, on white where it is transparent."""
        top = np.iinfo(self.pixels.dtype).max
        eight = self.pixels if top == 255 else np.asarray(np.rint(self.pixels / 257), np.uint8)
        if self.alpha is None:
            return np.ascontiguousarray(eight)
        share = (self.alpha / top)[..., None]
        return np.asarray(np.rint(eight * share + 255 * (1 - share)), np.uint8)


def read_photo(path: Path, max_pixels: int = MAX_PIXELS) -> Photo:
    """Read a picture file; raises BadImage with the reason.

    16 bits are kept in PNG, TIFF and grey pictures. Palettes become RGB, or grey where they hold nothing else; CMYK and
    Lab become sRGB, by their profile if they have one. Of an animation the first frame is taken.
    """
    data = read_bytes(path)
    return opened(data, lambda image: _read(image, data), max_pixels)


def _read(image: Image.Image, data: bytes) -> Photo:
    orientation, dpi = orientation_of(image), _resolution(image)
    if orientation in {5, 6, 7, 8} and dpi:
        dpi = dpi[::-1]
    profile = image.info.get("icc_profile") or None
    deep = _sixteen_bits(image, data)
    if deep is not None:
        pixels, grey = deep
    else:
        image.load()
        orientation = 1 if image.format == "TIFF" else orientation  # Pillow turns TIFF when it loads it
        image, profile = _in_rgb(image, profile)
        grey, pixels = image.mode in ("L", "LA"), np.asarray(image)
    pixels = turned(pixels if pixels.ndim == 3 else pixels[..., None], orientation)
    colours, alpha = _parted(pixels)
    return Photo(colours, alpha, grey, _fitting(profile, grey), dpi)


def _sixteen_bits(image: Image.Image, data: bytes) -> tuple[Deep, bool] | None:
    """Pixels of a picture of 16 bits, not turned yet, and whether it is grey; None for all others.

    Pillow reads colours of 8 bits only, so OpenCV reads those.
    """
    if image.mode in SIXTEEN_BITS:
        return np.asarray(image).astype(np.uint16), True
    if image.format == "PNG":
        bits, grey = data[24], data[25] in GREY_OF_PNG
    elif image.format == "TIFF":
        tags = image.tag_v2  # type: ignore[attr-defined] # of TIFF alone
        bits, grey = max(tags.get(BITS_OF_TIFF, (8,))), tags.get(PHOTOMETRIC) in (0, 1)
        if grey and tags.get(SAMPLES_OF_TIFF, 1) > 1:
            return None  # OpenCV loses its alpha
    else:
        return None
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if bits == 16 else None
    if pixels is None or pixels.dtype != np.uint16:
        return None
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
        pixels = pixels[..., [0, 3] if pixels.shape[2] == 4 else [0]] if grey else pixels
    return pixels, grey


def _in_rgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bytes | None]:
    """The picture as L, LA, RGB or RGBA, and the profile of these colours."""
    if image.mode in ("CMYK", "LAB"):
        return _to_srgb(image, profile)
    if image.mode in ("L", "RGB", "LA", "RGBA") and "transparency" not in image.info:
        return image, profile
    alpha = image.has_transparency_data
    if image.mode in ("1", "L", "LA", "La") and not (image.mode == "1" and alpha):
        return image.convert("LA" if alpha else "L"), profile
    colours = image.convert("RGBA" if alpha else "RGB")
    if image.mode in ("P", "PA") and _is_grey(np.asarray(colours)):
        return colours.convert("LA" if alpha else "L"), profile
    return colours, profile


def _to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bytes | None]:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    given = ImageCms.createProfile("LAB") if image.mode == "LAB" else profile and io.BytesIO(profile)
    if not given:
        return image.convert("RGB"), None
    try:
        converted = ImageCms.profileToProfile(image, given, srgb, outputMode="RGB")
    except ImageCms.PyCMSError:  # a broken profile is no reason to lose the picture
        return image.convert("RGB"), None
    return converted or image, srgb.tobytes()


def _is_grey(pixels: Deep) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())


def _resolution(image: Image.Image) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if min(across, down) > 1 else None  # 1 stands for no unit


def _fitting(profile: bytes | None, grey: bool) -> bytes | None:
    """The profile where it is one of such colours."""
    return profile if profile is not None and profile[16:20] == (b"GRAY" if grey else b"RGB ") else None


def _parted(pixels: Deep) -> tuple[Deep, Deep | None]:
    alpha = np.ascontiguousarray(pixels[..., -1]) if pixels.shape[2] in (2, 4) else None
    colours = pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, axis=2)
    return np.ascontiguousarray(colours if alpha is None else _bled(colours, alpha)), alpha


def _bled(colours: Deep, alpha: Deep) -> Deep:
    """Colours that nobody sees replaced by the nearest ones that are seen, or they would shine in at the edges."""
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return colours
    _, labels = cv2.distanceTransformWithLabels(hidden.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    colour_of = np.zeros((labels.max() + 1, 3), colours.dtype)
    colour_of[labels[~hidden]] = colours[~hidden]
    return np.asarray(colour_of[labels])


class Enlargement:
    """A picture (height, width, channels) at another size by Pillow's Lanczos filter, any rows of it at a time."""

    def __init__(self, pixels: NDArray[Any], height: int, width: int) -> None:
        self.pixels, self.height, self.width = pixels, height, width
        self.scale = pixels.shape[0] / height  # rows of the picture to a row of the enlargement
        self.reach = math.ceil(LANCZOS_REACH * max(1.0, self.scale)) + 1

    def rows(self, first: int, last: int) -> NDArray[np.float32]:
        """Rows `first` up to `last`, (channels, last - first, width), in the picture's numbers, not cut off."""
        top, bottom = first * self.scale, min(last * self.scale, self.pixels.shape[0])
        start, end = max(0, int(top) - self.reach), min(self.pixels.shape[0], math.ceil(bottom) + self.reach)
        box = (0, top - start, self.pixels.shape[1], bottom - start)
        planes = np.moveaxis(self.pixels[start:end], 2, 0).astype(np.float32)
        size = (self.width, last - first)
        return np.stack([np.asarray(Image.fromarray(p).resize(size, Image.Resampling.LANCZOS, box)) for p in planes])
