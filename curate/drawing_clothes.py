"""The neck of a drawn person, the shoulders, and what covers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.drawing_paint import (
    Colour,
    Floats,
    fill,
    line,
    moved,
    noise,
    polygon,
    slopes,
    smooth,
    soften,
    times,
    window,
)
from curate.drawing_person import Camera, Person
from curate.drawing_scene import muted
from curate.drawing_skin import Light

CLOTHES = ("tee", "shirt", "suit", "knit", "neck", "print")
ROUND = ("tee", "print", "knit")


@dataclass(frozen=True)
class Body:
    """Where neck and shoulders are: upright below the head; `lean` shifts them against the turned face."""

    centre: tuple[float, float]
    scale: float
    thick: float
    wide: float
    lean: float

    def place(self, points: Floats | Sequence[tuple[float, float]]) -> Floats:
        """Head units (N, 2) to pixels."""
        x, y = self.centre
        return moved(np.asarray(points, np.float32) * self.scale, x + self.lean * self.scale, y)


def paint_body(
    rng: np.random.Generator, image: Floats, person: Person, camera: Camera, light: Light, jaw: Floats
) -> str:
    """Neck, shoulders and clothes into the picture (size, size, 3); returns the kind of clothes."""
    kind = str(rng.choice(CLOTHES))
    lean = 0.25 * float(np.sin(np.radians(camera.yaw)))
    thick, wide = (0.6, 2.35) if person.masculine else (0.5, 2.0)
    body = Body(camera.centre, camera.scale, thick, wide, lean)
    _neck(rng, image, person, light, body, jaw)
    cloth = muted(rng)
    _cloth(rng, image, body.place(_shoulders(body, kind)), cloth, light, camera.scale, kind)
    if kind == "suit":
        _tie(rng, image, body)
    if kind in ("shirt", "suit"):
        _collar(image, body, cloth if kind == "shirt" else (0.86, 0.88, 0.9))
    return kind


def _neck(rng: np.random.Generator, image: Floats, person: Person, light: Light, body: Body, jaw: Floats) -> None:
    thick, s = body.thick, body.scale
    left = [(-thick, 0.7), (-thick * 0.96, 1.5), (-thick * 1.1, 1.95), (-0.95, 2.5), (-0.95, 3.2)]
    points = body.place([*left, *((-x, y) for x, y in left[::-1])])
    part = window(image.shape, points, 2)
    if part is None:
        return
    mask = polygon(part, points, 0.8)
    across = np.clip((np.mgrid[part][1] - points[:, 0].mean()) / (thick * s), -1, 1)
    facing = np.clip(across * light.key[0] + np.sqrt(1 - 0.9 * across**2) * light.key[2], 0, 1)
    level = light.ambient + 0.85 * facing * light.key_colour[1] + 0.5 * light.fill_colour[1]
    grain = 1 + 0.02 * rng.standard_normal(mask.shape, np.float32)
    skin = np.asarray(times(person.skin, 0.96), np.float32)
    tone = np.sqrt(np.clip(skin**2 * level[..., None] * 1.15, 0, 1)) * grain[..., None]
    image[part] += mask[..., None] * (tone.astype(np.float32) - image[part])
    for blur, alpha in ((0.04, 0.45), (0.14, 0.45)):  # the shadow of the jaw
        fill(image, moved(jaw, -0.2 * float(light.key[0]) * s, 0.24 * s), times(person.skin, 0.25), alpha, blur * s)
    for side in (-1, 1):
        tendon = body.place([(side * 0.42, 1.5), (side * 0.16, 2.15)])
        line(image, tendon, times(person.skin, 0.5), 0.05 * s, 0.25, 0.05 * s)


def _shoulders(body: Body, kind: str) -> Floats:
    """The outline of the clothes, head units."""
    high = 1.72 if kind == "neck" else 1.98
    reach = {"tee": 0.66, "print": 0.7, "knit": 0.66}.get(kind, 0.5)
    dip = 0.32 if kind in ROUND else 0.02
    slope = [
        (reach + 0.1, high + 0.02),
        (body.thick + 0.28, high + 0.1),
        (1.25, high + 0.28),
        (body.wide * 0.85, high + 0.55),
    ]
    right = smooth(np.array([*slope, (body.wide, 3.2), (body.wide + 0.1, 4.5)]), 30)
    half = [(-reach, high), (-reach * 0.6, high + dip * 0.75)]
    neck = [*half, (0, high + dip), *((-x, y) for x, y in half[::-1])]
    return np.vstack([smooth(np.array(neck), 20), right, right[::-1] * np.array([-1, 1])])


def _cloth(
    rng: np.random.Generator, image: Floats, points: Floats, tone: Colour, light: Light, s: float, kind: str
) -> None:
    part = window(image.shape, points, 2)
    if part is None:
        return
    mask = polygon(part, points, 0.6)
    size = image.shape[0]
    soft = soften(mask, 0.2 * s)
    slope_x, slope_y = (0.25 * s * slope for slope in slopes(soft))
    folds = noise(rng, size, 0.45 * s)[part] * 0.6 + noise(rng, size, 0.2 * s)[part] * 0.25
    weave = _weave(rng, mask.shape, s, kind)
    slope_x = -slope_x + slopes(folds)[0] * 0.008 * s
    facing = 0.75 * light.key[2] + slope_x * light.key[0] - slope_y * light.key[1]
    level = (light.ambient + light.key_colour[1] * np.clip(facing, 0, 1.2)) * (1 + weave) + 0.06
    colour = np.asarray(tone, np.float32) * (_print(rng, mask.shape, s) if kind == "print" else np.float32(1))
    lit = np.sqrt(np.clip(colour**2 * level[..., None] * 1.2, 0, 1))
    image[part] += mask[..., None] * (lit - image[part])


def _weave(rng: np.random.Generator, shape: tuple[int, ...], s: float, kind: str) -> Floats:
    """Threads as relative brightness, about -0.4..0.4."""
    yy, xx = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    grain = rng.standard_normal(shape, np.float32)
    if kind in ("knit", "neck"):
        pitch = max(3.5, 0.055 * s)
        row = xx / pitch * 2 * np.pi
        stitch = np.sin(row) * np.abs(np.sin(yy / pitch * 2 * np.pi + np.cos(row)))
        return np.asarray(0.24 * stitch + 0.1 * grain, np.float32)
    pitch = max(2.4, 0.016 * s)
    twill = np.sin((xx + 0.9 * yy) / pitch * 2 * np.pi) * 0.07
    slub = soften(grain, 4, 0.6) * 0.16
    return np.asarray(twill + slub + 0.08 * grain, np.float32)


def _print(rng: np.random.Generator, shape: tuple[int, ...], s: float) -> Floats:
    yy, xx = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / s
    second = np.asarray(muted(rng), np.float32) * 1.6
    rate = rng.uniform(12, 30)
    bands = np.sin(yy * rate) if rng.random() < 0.5 else np.sin(xx * rate) * np.sin(yy * rate)
    share = np.clip(bands * 3, 0, 1)[..., None]
    return np.asarray(1 + share * (second - 1), np.float32)


def _tie(rng: np.random.Generator, image: Floats, body: Body) -> None:
    tone = muted(rng)
    fill(image, body.place([(-0.42, 2.0), (0.42, 2.0), (0.06, 3.3), (-0.06, 3.3)]), (0.86, 0.88, 0.9), 1, 0.6)
    blade = [(-0.1, 2.18), (0.1, 2.18), (0.09, 2.36), (0.2, 3.3), (-0.2, 3.3), (-0.09, 2.36)]
    fill(image, body.place(blade), tone, 1, 0.6)
    fill(image, body.place([(-0.12, 2.34), (0.12, 2.34), (0.1, 2.4), (-0.1, 2.4)]), times(tone, 0.5), 0.6, 1.5)


def _collar(image: Floats, body: Body, tone: Colour) -> None:
    for side in (-1, 1):
        outer = (side * (body.thick + 0.12), 1.98)
        flap = body.place([(side * body.thick, 1.72), outer, (side * 0.4, 2.38), (side * 0.06, 2.14)])
        fill(image, moved(flap, 0, 0.05 * body.scale), (0.05, 0.05, 0.06), 0.35, 0.05 * body.scale)
        fill(image, flap, times(tone, 1.06), 1, 0.5)
        line(image, flap[1:], times(tone, 0.55), 0.012 * body.scale, 0.7, 0.5)
