"""Pictures with known defects as rows of raw measures: what the detectors of defects are fitted on and tested by."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import defects as make
from curate.detectors import NAMES, raw_values
from curate.faces import Found, find_faces
from curate.measures import grey_of, measure
from curate.pixels import BadImage, decode, encode_jpeg, read_picture

Pixels = NDArray[np.uint8]
Truth = dict[str, int]  # defect -> 0 or 1; what is not in it is not known

OF_LABEL = {
    "halftone": "halftone", "photo_mono": "grey", "drawing": "drawing", "painting": "painting",
    "occluded": "occlusion", "blurry": "blur",
}  # fmt: skip
SYNTHETIC_ONLY = ("motion_blur", "jpeg", "upscaled", "bad_exposure")
SHARP_SOURCES = ("cncf-people", "us-candidates-2018", "mebeauty-original")
HIDES_FACE = ("drawing", "occlusion")
UNCLEAR = {  # a picture with this defect is neither clean of those nor has it them
    "blur": ("upscaled", "motion_blur"),
    "motion_blur": ("blur", "upscaled"),
    "halftone": ("grey", "jpeg", "drawing", "upscaled", "motion_blur", "bad_exposure"),
    "upscaled": ("blur", "motion_blur"),
    "drawing": tuple(name for name in NAMES if name not in ("drawing", "occlusion")),
    "painting": ("blur", "upscaled", "motion_blur", "drawing", "bad_exposure"),
    "jpeg": (),
    "grey": (),
    "occlusion": (),
    "bad_exposure": ("blur",),
}


@dataclass(frozen=True)
class Row:
    """A picture: where it is from, whose (pictures of one group never stand on both sides), how it was changed."""

    name: str
    source: str
    group: str
    variant: str  # plain, size512, q70, crop, or the defect that was done to it
    label: str  # of the pile; clean for portraits
    confidence: int
    truth: Truth
    values: dict[str, float | None]


def values_of(data: bytes, faces: list[Found] | None = None) -> tuple[dict[str, float | None], Pixels, list[Found]]:
    """The raw measures of a picture file, its pixels and its faces, which are looked for unless they are given."""
    picture = read_picture(data)
    grey = grey_of(picture.pixels)
    faces = find_faces(grey) if faces is None else faces
    values, _ = measure(picture, grey, faces)
    return raw_values(values, faces), picture.pixels, faces


def pile_rows(photos: Path) -> Iterator[Row]:
    """Each picture of the pile, and a quarter of them at 512 pixels, at JPEG quality 70, and cropped besides."""
    with (photos / "pile" / "truth.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    for item in listed:
        try:
            data = (photos / "pile" / item["file"]).read_bytes()
            values, pixels, _ = values_of(data)
        except (BadImage, OSError):
            continue
        truth = pile_truth(item["label"], item["flags"].split(";"), item["source"], int(item["confidence"]))
        about = Row(
            item["file"], item["source"], item["file"], "plain", item["label"], int(item["confidence"]), truth, values
        )
        yield about
        if _number(item["file"]) % 4:
            continue
        for variant, changed in VARIANTS.items():
            yield replace(about, variant=variant, values=values_of(changed(pixels))[0])


def pile_truth(label: str, flags: list[str], source: str, confidence: int) -> Truth:
    """What a label of the pile says of each defect."""
    truth = {defect: int(label == name) for name, defect in OF_LABEL.items() if label == name or name not in flags}
    if label not in ("photo_mono", "photo_good", "occluded"):
        truth.pop("grey", None)  # prints, drawings and old photos are with and without colour
    if label == "photo_good" and confidence == 3 and source in SHARP_SOURCES:
        truth |= dict.fromkeys(SYNTHETIC_ONLY, 0)
    return truth


def _at_512(pixels: Pixels) -> bytes:
    height, width = pixels.shape[:2]
    scale = 512 / min(height, width)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=how)
    return encode_jpeg(np.asarray(resized, np.uint8), 90)


def _cropped(pixels: Pixels) -> bytes:
    height, width = pixels.shape[:2]
    inner = pixels[round(0.08 * height) : round(0.96 * height), round(0.08 * width) : round(0.92 * width)]
    return encode_jpeg(np.ascontiguousarray(inner), 92)


VARIANTS: dict[str, Callable[[Pixels], bytes]] = {
    "size512": _at_512, "q70": lambda pixels: encode_jpeg(pixels, 70), "crop": _cropped,
}  # fmt: skip


def portrait_rows(photos: Path, half: int, most: int) -> Iterator[Row]:
    """Portraits of one half (0 or 1) of the people, clean and with each defect done to them once."""
    for path in portraits(photos, half)[:most]:
        dice = np.random.default_rng(zlib.crc32(path.name.encode()))
        image = decode(path.read_bytes())
        side = int(dice.choice([1024, 768, 512], p=[0.6, 0.2, 0.2]))
        image = np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        values, _, faces = values_of(encode_jpeg(image, int(dice.integers(85, 97))))
        if not faces:
            continue
        source = "portraits-" + path.name.split("-")[0]
        yield Row(path.name, source, person(path), "plain", "clean", 3, dict.fromkeys(NAMES, 0), values)
        for defect, spoil in SYNTHETIC.items():
            data = spoil(image, faces[0].landmarks, dice)
            data = data if isinstance(data, bytes) else encode_jpeg(data, int(dice.integers(80, 97)))
            name = defect.removeprefix("not_")
            known = None if defect in HIDES_FACE else faces
            truth = {other: 0 for other in NAMES if other not in UNCLEAR.get(defect, ())}
            if name == defect:
                truth[name] = 1
            yield Row(path.name, source, person(path), defect, "clean", 3, truth, values_of(data, known)[0])


def portraits(photos: Path, half: int) -> list[Path]:
    """The portraits of half of the people, in an order that means nothing."""
    found = (photos / "portraits").glob("*.jpg")
    return sorted((p for p in found if _number(person(p)) % 2 == half), key=lambda p: _number(p.name))


def person(path: Path) -> str:
    """Whose portrait a file is."""
    return path.stem.removesuffix("-smile").removesuffix("-neutral")


def _number(text: str) -> int:
    return zlib.crc32(text.encode())


def _tone(dice: np.random.Generator) -> tuple[float, float, float]:
    if dice.random() < 0.5:
        return (1.0, 1.0, 1.0)
    warm = float(dice.uniform(0.1, 0.4))
    return (1.0, 1 - 0.45 * warm, 1 - warm) if dice.random() < 0.7 else (1 - warm, 1 - 0.3 * warm, 1.0)


def _blur(image: Pixels, landmarks: make.Points, dice: np.random.Generator) -> Pixels:
    sigma = float(np.exp(dice.uniform(np.log(2), np.log(10)))) * image.shape[0] / 1024
    if dice.random() < 0.3:
        return make.face_only(image, landmarks, max(sigma, 3))
    blurred = make.gaussian(image, sigma)
    return make.noisy(blurred, float(dice.uniform(2, 14)), dice) if dice.random() < 0.4 else blurred


def _bad_exposure(image: Pixels, _: make.Points, dice: np.random.Generator) -> Pixels:
    if dice.random() < 0.5:
        return make.exposed(image, float(dice.uniform(0.08, 0.3)))
    return make.exposed(image, float(dice.uniform(1.7, 2.6)), float(dice.uniform(20, 70)))


def _jpeg(image: Pixels, _: make.Points, dice: np.random.Generator) -> bytes:
    return make.jpeg(image, int(dice.integers(5, 22)), int(dice.integers(88, 98)) if dice.random() < 0.6 else None)


def _upscaled(image: Pixels, _: make.Points, dice: np.random.Generator) -> Pixels:
    how = int(dice.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
    return make.upscaled(image, float(np.exp(dice.uniform(np.log(1.9), np.log(8)))), how)


def _halftone(image: Pixels, _: make.Points, dice: np.random.Generator) -> Pixels:
    return make.halftone(image, float(dice.uniform(3.5, 10)), bool(dice.random() < 0.5), float(dice.uniform(0.35, 1)))


def _motion(image: Pixels, _: make.Points, dice: np.random.Generator) -> Pixels:
    return make.motion(image, int(dice.integers(13, 40) * image.shape[0] / 1024), float(dice.uniform(0, np.pi)))


def _pale(image: Pixels, _: make.Points, dice: np.random.Generator) -> Pixels:
    share = float(dice.uniform(0.35, 0.7))
    return np.asarray(np.round(image * share + make.grey(image) * (1 - share)), np.uint8)


SYNTHETIC: dict[str, make.Defect] = {
    "blur": _blur,
    "motion_blur": _motion,
    "halftone": _halftone,
    "jpeg": _jpeg,
    "upscaled": _upscaled,
    "grey": lambda image, _, dice: make.noisy(make.grey(image, _tone(dice)), float(dice.uniform(0, 3)), dice),
    "drawing": lambda image, landmarks, dice: make.spoiled("drawing", image, landmarks, dice),
    "painting": lambda image, _, dice: make.painted(image, dice),
    "occlusion": lambda image, landmarks, dice: make.spoiled("occlusion", image, landmarks, dice),
    "bad_exposure": _bad_exposure,
    "not_grey": _pale,
    "not_jpeg": lambda image, _, dice: make.jpeg(image, int(dice.integers(55, 80))),
    "not_halftone": lambda image, _, dice: make.noisy(image, float(dice.uniform(3, 12)), dice),
    "not_bad_exposure": lambda image, _, dice: make.exposed(image, float(dice.uniform(0.7, 1.2))),
}


def save(rows: list[Row], path: Path) -> None:
    """Keep rows, a line of JSON each."""
    path.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")


def load(path: Path) -> list[Row]:
    """What `save` kept."""
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
