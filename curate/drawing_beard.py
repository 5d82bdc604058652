"""Beards, hair by hair."""

from __future__ import annotations

import numpy as np

from curate.drawing_hair import shades_of, tones
from curate.drawing_head import Head
from curate.drawing_paint import Bytes, Floats, hairs, times
from curate.drawing_person import Camera, Person
from curate.drawing_skin import Light, beard_edge

KINDS = {
    "stubble": (3400, 0.015),
    "moustache": (700, 0.11),
    "short": (2600, 0.075),
    "full": (3200, 0.2),
}  # count, length


def draw_beard(
    rng: np.random.Generator, image: Bytes, head: Head, person: Person, camera: Camera, light: Light
) -> None:
    """Stubble, moustache or beard, hair by hair."""
    if person.beard not in KINDS:
        return
    count, length = KINDS[person.beard]
    roots = _roots(rng, person, count)
    points = np.repeat(head.front(roots)[:, None], 4, 1)
    above = roots[:, 1] < person.shape.mouth_low
    near = (np.abs(roots[:, 0]) < person.shape.mouth_width * 1.2) & above
    outward = np.where(near, 1.1, 0.35)[:, None] * np.sign(roots[:, :1]) + rng.normal(0, 0.35, (len(roots), 1))
    drop = np.where(near, 0.75, 1.0)[:, None] + rng.normal(0, 0.2, (len(roots), 1))
    reach = length * rng.uniform(0.5, 1.2, (len(roots), 1)) * np.where(near, min(1.0, 0.11 / length), 1.0)[:, None]
    way = np.column_stack([outward, drop, np.full(len(roots), 0.12)]).astype(np.float32)
    way *= reach / np.linalg.norm(way, axis=1, keepdims=True)
    for step in range(1, 4):
        bend = 0.012 * rng.standard_normal((len(roots), 3)) * (length > 0.05)
        points[:, step] = points[:, step - 1] + way / 3 + bend
    turned = camera.turned(points)
    shades = shades_of(rng, turned, light)
    shades[(camera.turned(head.normals(points[:, 0]))[:, 2] < -0.05)] = -1
    thin = 0.0062 * camera.scale
    tone = person.beard_colour
    strands = camera.pixels(points)
    if length > 0.06:
        under = np.where(shades < 0, -1, 0.6 * shades)
        hairs(image, strands[::3], under[::3], 2 * thin, tones(times(tone, 0.8)))
    hairs(image, strands, shades, thin, tones(tone))


def _roots(rng: np.random.Generator, person: Person, count: int) -> Floats:
    shape = person.shape
    x = rng.uniform(-0.98, 0.98, count * 4)
    y = rng.uniform(0.3, 1.7, count * 4)
    cheek = beard_edge(x) + rng.normal(0, 0.035, len(x))
    mouth = ((x / (shape.mouth_width * 1.12)) ** 2 + ((y - shape.mouth_low - 0.02) / 0.15) ** 2) < 1
    if person.beard == "moustache":
        keep = (np.abs(x) < shape.mouth_width * 1.15) & (y > shape.nose_length * 1.12) & (y < shape.mouth_low - 0.045)
    else:
        keep = (y > cheek) & ~mouth & (y > shape.nose_length * 1.12)
        keep &= (x / 0.98) ** 2 + (y / (shape.chin + 0.03)) ** 2 < 1
    return np.column_stack([x, y])[keep][:count].astype(np.float32)
