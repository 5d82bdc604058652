"""Where a scan's milliseconds go, part by part."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from curate.detectors import defects_of
from curate.duplicates import chip_of, phash
from curate.faces import STEPS, find_faces, landmarks_in_box
from curate.measures import DOUBLED, GRAIN, NATIVE, TINT, TINT_OF_FACE, WHOLE, grey_of, measure
from curate.measures_colour import colour_of, lab_of
from curate.measures_detail import at_scale, centre_of, flatness, noise, scale_of, scale_ratio, sharpness
from curate.measures_face import geometry
from curate.measures_jpeg import blockiness
from curate.measures_light import light_of_face, light_of_picture
from curate.measures_parts import parts_of
from curate.measures_resampled import doubled
from curate.measures_skin import skin_tone
from curate.measures_spectrum import EXTENTS, spectral
from curate.pixels import read_picture
from curate.resize import with_shorter_side

Part = tuple[str, Callable[[], Any]]


def costs_of(data: bytes) -> Iterator[tuple[str, float]]:
    """Milliseconds of the processor of each part of the scan of a portrait; those with a dash are of `measure`."""
    picture = read_picture(data)
    grey = grey_of(picture.pixels)
    faces = find_faces(grey)
    if not faces:
        return
    values, _ = measure(picture, grey, faces)
    parts: list[Part] = [
        ("SHA-256", lambda: hashlib.sha256(data).hexdigest()),
        ("read and decode", lambda: read_picture(data)),
        ("luma", lambda: grey_of(picture.pixels)),
        ("find faces: first step", lambda: find_faces(grey, STEPS[:1])),
        ("of it, landmarks", lambda: landmarks_in_box(grey, faces[0].box)),
        ("chip for duplicates", lambda: chip_of(grey, faces[0].landmarks)),
        ("all measures", lambda: measure(picture, grey, faces)),
        *_of_picture(picture.pixels, grey),
        *_of_face(picture.pixels, grey, faces),
        ("- ten scores", lambda: defects_of(values, faces)),
    ]
    for name, part in parts:
        began = time.process_time()
        part()
        yield name, 1000 * (time.process_time() - began)


def _of_picture(pixels: Any, grey: Any) -> list[Part]:
    small, tint = with_shorter_side(grey, WHOLE), with_shorter_side(pixels, TINT)
    return [
        ("- grey copy of 256 px", lambda: with_shorter_side(grey, WHOLE)),
        ("- sharpness", lambda: sharpness(small)),
        ("- flat, white, black, peak, kurtosis", lambda: flatness(small)),
        ("- light", lambda: light_of_picture(small)),
        ("- perceptual hash", lambda: phash(small)),
        ("- colour copy of 96 px", lambda: with_shorter_side(pixels, TINT)),
        ("- colour", lambda: colour_of(tint)),
        ("- ratio of scales", lambda: scale_ratio(centre_of(grey, NATIVE))),
        ("- blockiness", lambda: blockiness(centre_of(grey, NATIVE))),
        ("- noise", lambda: noise(centre_of(grey, GRAIN))),
        ("- spectrum: half-tone, shake, detail", lambda: spectral(centre_of(grey, EXTENTS[0]))),
        ("- doubled", lambda: doubled(centre_of(grey, DOUBLED, grid=8))),
    ]


def _of_face(pixels: Any, grey: Any, faces: Any) -> list[Part]:
    face = faces[0]
    scale = scale_of(face.size)
    crop, tint = at_scale(grey, face.box, scale), at_scale(pixels, face.box, TINT_OF_FACE)
    lab, corner = lab_of(tint), (max(face.box[0], 0), max(face.box[1], 0))
    inside, in_tint = ((face.landmarks - corner) * min(to / face.size, 1.0) for to in (scale, TINT_OF_FACE))
    return [
        ("- face: copies", lambda: (at_scale(grey, face.box, scale), at_scale(pixels, face.box, TINT_OF_FACE))),
        ("- face: sharpness", lambda: sharpness(crop)),
        ("- face: light", lambda: light_of_face(crop, inside)),
        ("- face: colour", lambda: colour_of(tint, lab_of(tint))),
        ("- face: parts", lambda: parts_of(lab, in_tint)),
        ("- face: skin tone", lambda: skin_tone(lab, in_tint)),
        ("- face: geometry", lambda: geometry(faces, grey.shape[1], grey.shape[0])),
    ]
