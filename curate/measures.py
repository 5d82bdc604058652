"""All measures of a picture from one decoding; each is a pure function in a module measures_*."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.detectors import defects_of
from curate.duplicates import phash
from curate.faces import Found
from curate.measures_colour import colour_of, lab_of
from curate.measures_detail import at_scale, centre_of, flatness, noise, scale_of, scale_ratio, sharpness
from curate.measures_face import geometry
from curate.measures_jpeg import blockiness
from curate.measures_light import light_of_face, light_of_picture
from curate.measures_parts import parts_of
from curate.measures_resampled import BLOCK, doubled
from curate.measures_skin import skin_tone
from curate.measures_spectrum import EXTENTS, spectral
from curate.pixels import Picture
from curate.resize import halved, with_shorter_side

Pixels = NDArray[np.uint8]
Values = dict[str, float | None]

VERSION = 4  # of all measures together; images measured by another version are measured again
WHOLE = 256  # pixels of the shorter side at which a whole picture is measured
TINT = 96  # the same for its colours
TINT_OF_FACE = 64  # pixels of a face's box for its colours and parts
NATIVE = 1024  # native pixels round the face that are looked at for grain, blocks and the ratio of scales
GRAIN = 512  # the same for noise
DOUBLED = 512  # the same for traces of enlarging by two


def measure(picture: Picture, grey: Pixels, faces: Sequence[Found]) -> tuple[Values, str]:
    """Every measure by the name of its column, and the perceptual hash; a face's numbers only where there is one.

    grey: the picture by `grey_of`. Numbers that exist of both are named after the face, and `picture_` stands before
    those of the whole. Ranges, units and sources: see the functions of the modules.
    """
    small = with_shorter_side(grey, WHOLE)
    values: Values = {
        "picture_sharpness": sharpness(small),
        "jpeg_quality": picture.header.quality,
        **flatness(small),
        **light_of_picture(small),
        **colour_of(with_shorter_side(picture.pixels, TINT)),
        **_native(grey, _middle(faces)),
    }
    if faces:
        values |= _of_face(picture.pixels, grey, faces)
    values |= defects_of(values, faces)
    square = centre_of(grey, DOUBLED, _middle(faces), BLOCK)
    values["upscaled"] = max(values["upscaled"] or 0.0, doubled(square))
    return values, phash(small)


def grey_of(pixels: Pixels) -> Pixels:
    """The luma of an RGB picture (ITU-R BT.601), (height, width)."""
    return cast(Pixels, cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def _middle(faces: Sequence[Found]) -> tuple[float, float] | None:
    if not faces:
        return None
    left, top, right, bottom = faces[0].box
    return (left + right) / 2, (top + bottom) / 2


def _native(grey: Pixels, around: tuple[float, float] | None) -> Values:
    """What only native pixels show, near the face if there is one."""
    part = centre_of(grey, NATIVE, around)
    values: Values = {
        "scale_ratio": scale_ratio(part),
        "blockiness": blockiness(part),
        "noise": noise(centre_of(grey, GRAIN, around)),
    }
    extent = next((extent for extent in EXTENTS if min(grey.shape) >= extent), None)
    if extent is not None:
        found = spectral(centre_of(grey, extent, around))
        values |= {**found, "resolution": min(grey.shape) * found["detail"]}
    return values


def _of_face(pixels: Pixels, grey: Pixels, faces: Sequence[Found]) -> Values:
    face = faces[0]
    scale = scale_of(face.size)
    crop = at_scale(grey, face.box, scale)
    half = halved(crop) if scale == 2 * 128 else crop
    left, top = max(face.box[0], 0), max(face.box[1], 0)
    inside = (face.landmarks - (left, top)) * min(scale / max(face.size, 1), 1.0)
    tint = at_scale(pixels, face.box, TINT_OF_FACE)
    lab = lab_of(tint)
    in_tint = (face.landmarks - (left, top)) * min(TINT_OF_FACE / max(face.size, 1), 1.0)
    return {
        "sharpness": sharpness(crop),
        "sharpness_scale": float(scale),
        "sharpness_128": sharpness(half) if scale >= 128 else None,
        **light_of_face(crop, inside),
        **{f"face_{name}": value for name, value in colour_of(tint, lab).items()},
        **parts_of(lab, in_tint),
        "skin_tone": skin_tone(lab, in_tint),
        **geometry(faces, grey.shape[1], grey.shape[0]),
    }
