"""The ways in which a portrait is no good for training, done to drawn ones: five of the article's and a few more."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.drawing import Portrait
from curate.drawing_paint import Floats, blend, fill, line, mix, moved, noise, polygon, smooth, soften, window

Bytes = NDArray[np.uint8]


def spoil(kind: str, portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """The portrait's picture with the defect `kind` (a key of SPOILERS); only `tiny` changes its size."""
    return SPOILERS[kind](portrait, rng)


def blur(portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """Out of focus, or shaken: sigma of 1.2 to 3 % of the picture."""
    size = portrait.image.shape[0]
    reach = float(rng.uniform(0.012, 0.03)) * size
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(portrait.image, (0, 0), reach * 0.6), np.uint8)
    length, angle = max(3, round(reach * 2.5)), rng.uniform(0, np.pi)
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    way = length * np.array([np.cos(angle), np.sin(angle)])
    ends = [(round(length + sign * way[0]), round(length + sign * way[1])) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, max(1, size // 250))
    return np.asarray(cv2.filter2D(portrait.image, -1, kernel / kernel.sum()), np.uint8)


def drawing(portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """A pencil sketch, an ink drawing or a cartoon of the picture."""
    return (_pencil, _ink, _cartoon)[int(rng.integers(3))](portrait.image, rng)


def _pencil(image: Bytes, rng: np.random.Generator) -> Bytes:
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
    soft = soften(np.float32(255) - grey, image.shape[0] / 70)
    sketch = np.minimum(grey * 255 / np.maximum(255 - soft, 1), 255)
    hatch = soften(np.asarray(rng.standard_normal(grey.shape, np.float32)), 0.6, 3.0)
    dark = np.clip((140 - grey) / 140, 0, 1)
    paper = np.array([1.0, 0.985, 0.94]) if rng.random() < 0.5 else np.ones(3)
    return _bytes((sketch - 45 * dark * (1 + 1.6 * hatch))[..., None] * paper)


def _ink(image: Bytes, rng: np.random.Generator) -> Bytes:
    """Engraved: parallel lines that swell with darkness."""
    grey = soften(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32) / 255, 1)
    yy, xx = np.mgrid[: grey.shape[0], : grey.shape[1]].astype(np.float32)
    pitch, angle = image.shape[0] / rng.uniform(70, 110), rng.uniform(0, np.pi)
    wave = (xx * np.cos(angle) + yy * np.sin(angle) + 0.35 * pitch * np.sin(yy / pitch / 3) + 14 * grey) / pitch
    lines = np.abs((wave % 1) - 0.5) * 2  # 0 in the middle of a line
    ink = np.clip((1.05 * (1 - grey) - lines) * 5 + 0.5, 0, 1)
    edge = np.abs(soften(grey, 1.2) - soften(grey, 2.4))
    ink = np.maximum(ink, np.clip(edge * 14 - 0.2, 0, 1))[..., None]
    return _bytes(255 * (np.array([0.97, 0.95, 0.9]) * (1 - ink) + np.array([0.12, 0.1, 0.1]) * ink))


def _cartoon(image: Bytes, rng: np.random.Generator) -> Bytes:
    flat = image
    for _ in range(3):
        flat = np.asarray(cv2.bilateralFilter(flat, 9, 40, 9), np.uint8)
    levels = int(rng.integers(5, 8))
    flat = _bytes(np.round(flat / 255 * levels) / levels * 255)
    grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
    edges = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 11, 5)
    return np.asarray(np.minimum(cv2.medianBlur(flat, 5), cv2.GaussianBlur(edges, (0, 0), 0.7)[..., None]), np.uint8)


def halftone(portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """Printed with a dot screen, in black or in four colours."""
    image = portrait.image.astype(np.float32) / 255
    pitch = float(rng.uniform(4.5, 8.5)) * max(0.8, image.shape[0] / 768)
    if rng.random() < 0.5:
        dots = _screen(1 - image.mean(2), pitch, np.pi / 4)[..., None]
        return _bytes(255 * (np.array([0.96, 0.94, 0.88]) * (1 - dots) + 0.1 * dots))
    page = np.full(image.shape, 0.98, np.float32)
    for channel, angle in enumerate((15, 75, 0)):
        page[..., channel] *= 1 - 0.95 * _screen(1 - image[..., channel], pitch, np.radians(angle))
    return _bytes(255 * page)


def _screen(ink: Floats, pitch: float, angle: float) -> Floats:
    """Dots whose area is the amount of ink (0..1)."""
    yy, xx = np.mgrid[: ink.shape[0], : ink.shape[1]].astype(np.float32) * np.float32(2 * np.pi / pitch)
    wave = np.cos(xx * np.cos(angle) + yy * np.sin(angle)) + np.cos(yy * np.cos(angle) - xx * np.sin(angle))
    soft = soften(ink, pitch / 4)
    return np.asarray(np.clip((wave / 4 + 0.5 - (1 - soft)) * pitch * 0.8 + 0.5, 0, 1), np.float32)


def artifacts(portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """Crushed by a codec, enlarged from a thumbnail, torn by a broken stream, or reduced to a few colours."""
    return (_crushed, _enlarged, _torn, _banded)[int(rng.integers(4))](portrait.image, rng)


def _crushed(image: Bytes, rng: np.random.Generator) -> Bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(3, 9))]
    side = image.shape[0] * 2 // 3
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".jpg", small[..., ::-1], quality)[1]
    back = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1]
    return np.asarray(cv2.resize(back, image.shape[:2][::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def _enlarged(image: Bytes, rng: np.random.Generator) -> Bytes:
    side = int(rng.integers(44, 80))
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    way = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_CUBIC
    large = cv2.resize(small, image.shape[:2][::-1], interpolation=way).astype(np.float32)
    return _bytes(large + 1.2 * (large - cv2.GaussianBlur(large, (0, 0), image.shape[0] / 160)))


def _torn(image: Bytes, rng: np.random.Generator) -> Bytes:
    out, size = image.copy(), image.shape[0]
    for _ in range(int(rng.integers(5, 9))):
        top, height = int(rng.integers(0, size * 9 // 10)), int(rng.integers(size // 40, size // 9))
        out[top : top + height] = np.roll(out[top : top + height], int(rng.normal(0, size / 14)), axis=1)
        channel = int(rng.integers(3))
        out[top : top + height, :, channel] = out[top : top + height, :, channel] // 3 * 2
    block = max(8, size // 32)
    for _ in range(60):
        y, x = rng.integers(0, size - block, 2)
        out[y : y + block, x : x + block] = out[y, x]
    return out


def _banded(image: Bytes, rng: np.random.Generator) -> Bytes:
    levels = int(rng.integers(3, 5))
    return _bytes(np.round(image / 255 * levels) / levels * 255)


def occlusion(portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """A mask, sunglasses, a scarf or a hand over the face."""
    image = portrait.image.astype(np.float32) / 255
    points = portrait.landmarks.astype(np.float32)
    scale = float(np.linalg.norm(points[36:42].mean(0) - points[42:48].mean(0)))
    (_mask, _sunglasses, _scarf, _hand)[int(rng.integers(4))](image, points, scale, rng)
    return _bytes(255 * image)


def _mask(image: Floats, points: Floats, scale: float, rng: np.random.Generator) -> None:
    tone = ((0.62, 0.78, 0.86), (0.92, 0.93, 0.94), (0.14, 0.14, 0.16))[int(rng.integers(3))]
    top = smooth(moved(points[[1, 28, 15]], 0, 0.05 * scale), 30)
    outline = np.vstack([top, smooth(moved(points[[15, 13, 11, 9, 8, 7, 5, 3, 1]], 0, 0.06 * scale), 60)])
    for side, ear in ((1, 0), (15, 16)):
        line(image, np.vstack([points[side], moved(points[ear], 0, -0.1 * scale)]), tone, 0.03 * scale, 0.9)
    _cloth(image, outline, tone, scale, rng, pleats=True)


def _scarf(image: Floats, points: Floats, scale: float, rng: np.random.Generator) -> None:
    tone = mix((0.6, 0.15, 0.2), (0.15, 0.25, 0.5), float(rng.random()))
    top = smooth(moved(points[[0, 2, 30, 14, 16]], 0, 0.08 * scale), 40)
    wide = 0.35 * scale
    low = points[[13, 8, 3]] + np.array([(wide, 0.6 * scale), (0, 1.1 * scale), (-wide, 0.6 * scale)], np.float32)
    _cloth(image, np.vstack([top, smooth(low, 30)]), tone, scale, rng, pleats=False)


def _cloth(
    image: Floats, outline: Floats, tone: tuple[float, ...], scale: float, rng: np.random.Generator, pleats: bool
) -> None:
    fill(image, moved(outline, 0, 0.05 * scale), (0.05, 0.04, 0.04), 0.5, 0.05 * scale)
    part = window(image.shape, outline, 2)
    if part is None:
        return
    mask = polygon(part, outline, 0.6)
    yy, xx = np.mgrid[part].astype(np.float32)
    middle = outline.mean(0)
    across = (xx - middle[0]) / (1.3 * scale)
    shade = 0.95 - 0.4 * across**2 + 0.07 * noise(rng, image.shape[0], 0.2 * scale)[part]
    fold = np.sin((yy - middle[1]) / scale * (18 if pleats else 7) + (0 if pleats else 2) * across)
    shade += 0.06 * fold + 0.03 * rng.standard_normal(mask.shape, np.float32)
    blend(image, part, mask, np.asarray(tone, np.float32) * np.clip(shade, 0.1, 1.2)[..., None])


def _sunglasses(image: Floats, points: Floats, scale: float, rng: np.random.Generator) -> None:
    tone = (0.04, 0.04, 0.05) if rng.random() < 0.7 else (0.2, 0.1, 0.05)
    around = np.linspace(0, 2 * np.pi, 40)
    along = (points[45] - points[36]) / np.linalg.norm(points[45] - points[36])
    across = np.array([-along[1], along[0]])
    for eye, ear in ((points[36:42].mean(0), points[0]), (points[42:48].mean(0), points[16])):
        wide, tall = np.sign(np.cos(around)) * np.abs(np.cos(around)) ** 0.6, np.sin(around)
        ring = eye + scale * (0.43 * wide[:, None] * along + (0.3 * tall[:, None] + 0.05) * across)
        fill(image, moved(ring, 0, 0.06 * scale), (0.05, 0.03, 0.03), 0.4, 0.04 * scale)
        fill(image, ring.astype(np.float32), tone, 0.97, 0.6)
        glint = (
            eye + scale * (0.12 * wide[:, None] * along + (0.07 * tall[:, None] - 0.1) * across) - 0.1 * scale * along
        )
        fill(image, glint.astype(np.float32), (0.7, 0.75, 0.8), 0.25, 0.06 * scale)
        line(image, np.vstack([eye + 0.4 * scale * np.sign(ear[0] - eye[0]) * along, ear]), tone, 0.07 * scale)
    line(image, np.vstack([points[39], points[42]]) - 0.08 * scale * across, tone, 0.07 * scale)


def _hand(image: Floats, points: Floats, scale: float, rng: np.random.Generator) -> None:
    """Four fingers and a palm from below, over mouth and cheek or over the eyes."""
    skin = image[tuple(np.clip(points[29][::-1].astype(int), 0, image.shape[0] - 1))].copy()
    side = 1 if rng.random() < 0.5 else -1
    aim = points[28] if rng.random() < 0.5 else points[33]
    root = np.array([points[8][0] + side * 0.9 * scale, points[8][1] + 0.5 * scale])
    palm = np.vstack([root, moved(root, side * 0.9 * scale, 1.6 * scale)])
    for path, width in ((palm, 1.05),):
        _finger(image, path, width * scale, skin, scale)
    for finger in range(4):
        spread_ = (finger - 1.5) * 0.34 * scale
        tip = moved(aim, spread_ * 0.9 - side * 0.25 * scale, (-0.35 + 0.12 * abs(finger - 1.5)) * scale)
        knuckle = moved(root, spread_ - side * 0.1 * scale, -0.25 * scale)
        _finger(
            image,
            smooth(np.vstack([knuckle, moved((knuckle + tip) / 2, side * 0.05 * scale, 0), tip]), 12),
            0.3 * scale,
            skin,
            scale,
        )


def _finger(image: Floats, path: Floats, width: float, skin: Floats, scale: float) -> None:
    line(image, moved(path, 0.03 * scale, 0.06 * scale), skin * 0.3, width, 0.5, 0.06 * scale)
    for share in np.linspace(0, 1, 8):
        line(
            image,
            moved(path, -0.05 * width * share, -0.03 * width * share),
            skin * (0.6 + 0.42 * share),
            width * (1 - 0.75 * share),
            1.0 if not share else 0.5,
            0.5,
        )


def grey(portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """Black and white, now and then sepia-free but contrasty."""
    level = cv2.cvtColor(portrait.image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    level = level ** float(rng.uniform(0.8, 1.25))
    return np.repeat(_bytes(255 * level)[..., None], 3, axis=2)


def tiny(portrait: Portrait, rng: np.random.Generator) -> Bytes:
    """A thumbnail of 48 to 128 pixels."""
    side = int(rng.integers(48, min(129, max(50, portrait.image.shape[0] // 2))))
    return np.asarray(cv2.resize(portrait.image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _bytes(image: NDArray[np.floating]) -> Bytes:
    return np.asarray(np.clip(image + 0.5, 0, 255), np.uint8)


SPOILERS: dict[str, Callable[[Portrait, np.random.Generator], Bytes]] = {
    "blur": blur,
    "drawing": drawing,
    "halftone": halftone,
    "artifacts": artifacts,
    "occlusion": occlusion,
    "grey": grey,
    "tiny": tiny,
}
