"""What is behind a drawn person, and pictures without anybody."""

from __future__ import annotations

import cv2
import numpy as np

from curate.drawing_paint import Bytes, Colour, Floats, fill, mix, noise, resized, soften

BACKGROUNDS = ("plain", "wall", "shapes", "lights", "leaves")


def background(rng: np.random.Generator, size: int) -> tuple[Floats, str]:
    """A backdrop (size, size, 3) 0..1, and which kind it is."""
    kind = str(rng.choice(BACKGROUNDS))
    tone = muted(rng)
    image = _gradient(rng, size, tone)
    if kind == "wall":
        rough = noise(rng, size, size / 9) * 0.5 + noise(rng, size, size / 60) * 0.35 + noise(rng, size, 1.0) * 0.3
        image *= (1 + 0.035 * rough)[..., None]
    elif kind != "plain":
        image = _out_of_focus(rng, image, kind)
    return np.clip(image, 0, 1), kind


def muted(rng: np.random.Generator) -> Colour:
    """Any hue, mostly a quiet one."""
    hue, strong, bright = rng.uniform(0, 6.28), 0.16 * rng.beta(1.2, 2.0) + 0.01, rng.uniform(0.2, 0.85)
    red, green, blue = (float(np.clip(bright + strong * np.cos(hue - at), 0.03, 0.97)) for at in (0, 2.09, 4.19))
    return red, green, blue


def _gradient(rng: np.random.Generator, size: int, tone: Colour) -> Floats:
    angle, depth = rng.uniform(0, 6.28), rng.uniform(0.1, 0.45)
    line_ = np.linspace(-1, 1, size, dtype=np.float32)
    across = np.cos(angle) * line_[None, :] + np.sin(angle) * line_[:, None]
    glow = np.exp(
        -((line_[None, :] - rng.uniform(-0.5, 0.5)) ** 2 + (line_[:, None] - rng.uniform(-0.6, 0.3)) ** 2) / 0.9
    )
    level = 1 + depth * (0.45 * across + 0.8 * glow - 0.4)
    return np.asarray(level[..., None] * np.asarray(tone, np.float32), np.float32)


def _out_of_focus(rng: np.random.Generator, image: Floats, kind: str) -> Floats:
    """Shapes far behind, drawn small and blurred."""
    small = resized(image, 160, 160)
    around = np.linspace(0, 2 * np.pi, 24)
    for _ in range({"shapes": 14, "lights": 26, "leaves": 90}[kind]):
        middle, reach = rng.uniform(0, 160, 2), rng.uniform(5, 34) if kind == "shapes" else rng.uniform(3, 10)
        if kind == "shapes":
            wide, tall = reach * rng.uniform(0.4, 1.5), reach * rng.uniform(0.6, 2.5)
            points = middle + np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)])
        else:
            points = middle + reach * np.column_stack(
                [np.cos(around), np.sin(around) * (1 if kind == "lights" else 0.6)]
            )
        fill(small, points.astype(np.float32), _shape_colour(rng, kind), float(rng.uniform(0.3, 0.8)))
    small = soften(small, {"shapes": 5.0, "lights": 1.2, "leaves": 3.0}[kind])
    return resized(small, image.shape[1], image.shape[0], cv2.INTER_CUBIC)


def _shape_colour(rng: np.random.Generator, kind: str) -> Colour:
    if kind == "lights":
        return mix((1.0, 0.8, 0.5), muted(rng), float(rng.uniform(0, 1)))
    if kind == "leaves":
        green = float(rng.uniform(0.15, 0.6))
        return green * float(rng.uniform(0.5, 1)), green, green * float(rng.uniform(0.2, 0.6))
    return muted(rng)


def empty_scene(rng: np.random.Generator, size: int) -> Bytes:
    """A picture without anybody: hills, or things on a table; (size, size, 3) uint8 RGB."""
    image = _hills(rng, size) if rng.random() < 0.5 else _table(rng, size)
    image += (0.008 * rng.standard_normal((size, size, 1), np.float32)).astype(np.float32)
    return np.asarray(np.clip(255 * image + 0.5, 0, 255), np.uint8)


def _hills(rng: np.random.Generator, size: int) -> Floats:
    sky, far, near = (0.62, 0.76, 0.92), (0.55, 0.62, 0.7), (0.16, 0.26, 0.12)
    image = np.empty((size, size, 3), np.float32)
    image[:] = np.linspace(0.8, 1.08, size, dtype=np.float32)[:, None, None] * np.asarray(sky, np.float32)
    clouds = np.clip(
        noise(rng, size, size / 4) + 0.6 * noise(rng, size, size / 12) + 0.3 * noise(rng, size, size / 40), 0, 2
    )
    image += 0.12 * clouds[..., None]
    rows = np.arange(size, dtype=np.float32)[:, None]
    for ridge in range(4):
        waves = [noise(rng, size, size / cell)[0] / cell for cell in (2, 5, 14, 50)]
        top = size * (0.42 + 0.14 * ridge) + 0.28 * size * np.sum(waves, axis=0)
        tone = np.asarray(mix(far, near, ridge / 3), np.float32)
        rough = 1 + 0.2 * noise(rng, size, 3.0 + ridge) + 0.15 * noise(rng, size, size / 25)
        mask = np.clip(rows - top[None], 0, 1)[..., None]
        image += mask * (tone * rough[..., None] - image)
    return image


def _table(rng: np.random.Generator, size: int) -> Floats:
    """Shaded balls and boxes in front of a wall."""
    image = background(rng, size)[0]
    edge = int(size * rng.uniform(0.55, 0.7))
    wood = noise(rng, size, size / 5) + 0.5 * np.repeat(noise(rng, size, 2.0)[:1], size, 0)
    image[edge:] = (np.asarray((0.45, 0.3, 0.19), np.float32) * (1 + 0.12 * wood)[..., None])[edge:]
    yy, xx = np.mgrid[:size, :size].astype(np.float32) / size
    for _ in range(int(rng.integers(3, 7))):
        x, reach = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.06, 0.17))
        y = edge / size + float(rng.uniform(0.0, 0.2)) - 0.4 * reach
        flat = np.clip(
            1 - ((xx - x - 0.3 * reach) / (1.4 * reach)) ** 2 - ((yy - y - reach) / (0.35 * reach)) ** 2, 0, 1
        )
        image *= 1 - 0.6 * flat[..., None]
        px, py = (xx - x) / reach, (yy - y) / reach
        power = float(rng.choice([2.0, 2.0, 9.0]))
        inside = np.clip((1 - np.abs(px) ** power - np.abs(py) ** power) * reach * size * 0.4, 0, 1)[..., None]
        level = np.clip(0.75 - 0.35 * px - 0.45 * py, 0.12, 1.2) * (1 + 0.05 * noise(rng, size, 3.0))
        image += inside * (np.asarray(muted(rng), np.float32) * level[..., None] - image)
    return image
