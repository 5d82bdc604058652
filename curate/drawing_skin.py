"""Skin: its colour in blotches and freckles, its pores and lines, and how light falls on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from curate.drawing_head import REACH, View
from curate.drawing_paint import Colour, Floats, fill, line, noise, slopes, smooth, soften, times
from curate.drawing_person import Camera, Person

Projection = Callable[[Floats], Floats]  # front points (N, 2) in head units -> pixels

HAIRLINE = np.array(
    [(0, -43), (28, -44), (46, -36), (60, -22), (76, -8), (86, 10), (92, -8), (108, 0), (118, 22), (180, 40)], float
)  # degrees from the front, degrees of latitude (negative is up)


@dataclass(frozen=True)
class Light:
    """A key light, a fill light opposite, and the sky; directions are unit vectors in camera coordinates."""

    key: Floats
    fill: Floats
    key_colour: Colour
    fill_colour: Colour
    ambient: float
    azimuth: float


def random_light(rng: np.random.Generator) -> Light:
    """From the front to the side and from level to high; warm, white or cool."""
    azimuth, height = float(rng.uniform(-65, 65)), float(rng.uniform(8, 52))
    warm = float(rng.uniform(-1, 1))
    strong = float(rng.uniform(0.62, 0.95))
    key_colour = (strong * (1 + 0.07 * warm), strong, strong * (1 - 0.1 * warm))
    soft = float(rng.uniform(0.08, 0.32))
    fill_colour = (soft * (1 - 0.1 * warm), soft, soft * (1 + 0.12 * warm))
    other = -np.sign(azimuth or 1) * float(rng.uniform(35, 75))
    return Light(
        _towards(azimuth, height), _towards(other, 10), key_colour, fill_colour, float(rng.uniform(0.2, 0.38)), azimuth
    )


def _towards(azimuth: float, height: float) -> Floats:
    a, h = np.radians([azimuth, height])
    return np.array([np.sin(a) * np.cos(h), -np.sin(h), np.cos(a) * np.cos(h)], np.float32)


def spread(table: Floats, camera: Camera, size: int, border: float | None = None) -> Floats:
    """A table on the camera's grid, enlarged to the picture; outside it, the border value or the nearest one."""
    step = (table.shape[0] - 1) / (2 * REACH * camera.scale)
    shift = [REACH * camera.scale * step - centre * step for centre in camera.centre]
    matrix = np.array([[step, 0, shift[0]], [0, step, shift[1]]])
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(table, matrix, (size, size), flags=flags, borderMode=mode, borderValue=border or 0.0)
    return np.asarray(found, np.float32)


def scalp(view: View, receding: float, edge: float = 5.0) -> Floats:
    """How much each grid point belongs to the hairy part of the head, 0..1."""
    points = view.points
    lon = np.degrees(np.abs(np.arctan2(points[..., 0], points[..., 2])))
    lat = np.degrees(np.arcsin(np.clip(points[..., 1] / np.linalg.norm(points, axis=-1), -1, 1)))
    return np.asarray(0.5 - 0.5 * np.tanh((lat - hairline(lon, receding)) / edge * 2), np.float32)


def hairline(lon: Floats, receding: float) -> Floats:
    """Latitude of the hairline at longitudes 0..180, degrees; receding 0..1 opens the temples."""
    line_ = np.interp(lon, HAIRLINE[:, 0], HAIRLINE[:, 1])
    temples = np.exp(-(((lon - 38) / 18) ** 2)) * 16 + np.exp(-((lon / 20) ** 2)) * 7
    return np.asarray(line_ - receding * temples, np.float32)


def beard_edge(x: Floats) -> Floats:
    """How far down, in head units, the beard starts at `x` from the middle of the face."""
    return np.asarray(np.interp(np.abs(x), [0, 0.3, 0.5, 0.72, 0.95], [0.76, 0.8, 0.98, 0.72, 0.2]), np.float32)


def fields(view: View, person: Person) -> Floats:
    """Redness, beard shade, scalp and gloss on the camera's grid, (G, G, 4)."""
    x, y = np.abs(view.points[..., 0]), view.points[..., 1]

    def lump(at_x: float, at_y: float, wide: float, tall: float) -> Floats:
        return np.asarray(np.exp(-(((x - at_x) / wide) ** 2) - ((y - at_y) / tall) ** 2))

    red = lump(0.52, 0.42, 0.26, 0.24) + 0.8 * lump(0, 0.58, 0.2, 0.14) + 0.35 * lump(0, 1.4, 0.3, 0.16)
    red = red + 0.8 * lump(1.05, 0.2, 0.16, 0.4) + 0.25 * lump(0, -0.5, 0.6, 0.3)
    cheek = beard_edge(x)
    beard = 1 / (1 + np.exp(-(y - cheek) / 0.045)) * (view.points[..., 2] > -0.25)
    gloss = 0.35 + 0.6 * lump(0, 0.5, 0.12, 0.25) + 0.5 * lump(0, -0.6, 0.5, 0.3) + 0.35 * lump(0.5, 0.3, 0.2, 0.16)
    return np.stack([red, beard, scalp(view, person.receding), gloss], axis=-1).astype(np.float32)


def skin_colour(rng: np.random.Generator, person: Person, zones: Floats, scale: float) -> Floats:
    """The skin's own colour, (size, size, 3): tone, flush, blotches, freckles, shade of beard and scalp."""
    size = zones.shape[0]
    colour = np.empty((size, size, 3), np.float32)
    colour[:] = person.skin
    blotch = 0.55 * noise(rng, size, 0.3 * scale) + 0.4 * noise(rng, size, 0.09 * scale)
    blotch += (0.35 + 0.3 * person.age) * noise(rng, size, 0.03 * scale)
    flush = 0.1 * zones[..., 0] * (1.15 - 0.6 * person.depth) + 0.014 * blotch
    colour *= 1 + flush[..., None] * np.array([0.25, -1.15, -1.0], np.float32)
    pale = 0.018 * noise(rng, size, 0.16 * scale) + 0.012 * noise(rng, size, 0.02 * scale)
    colour *= (1 + pale)[..., None]
    if person.freckles:
        spots = noise(rng, size, max(1.3, 0.022 * scale)) + 0.5 * noise(rng, size, 0.2 * scale)
        dots = np.clip((spots - 1.75) * 1.6, 0, 1) * np.clip(zones[..., 0] * 1.4 + 0.15, 0, 1) * person.freckles
        colour *= 1 - dots[..., None] * np.array([0.28, 0.42, 0.5], np.float32)
    shade = {"none": 0.1 if person.masculine else 0.0, "moustache": 0.16, "stubble": 0.3, "short": 0.5, "full": 0.7}
    _tint(colour, zones[..., 1], _cool(person), shade[person.beard] * (0.7 + 0.1 * noise(rng, size, 0.02 * scale)))
    hairy = {"bald": 0.1, "buzz": 0.62}.get(person.style, 0.88)
    _tint(colour, zones[..., 2], times(person.hair_colour, 0.6), np.float32(hairy))
    return colour


def _cool(person: Person) -> Colour:
    red, green, blue = (0.55 * s + 0.45 * h for s, h in zip(person.skin, person.beard_colour, strict=True))
    return red * 0.72, green * 0.76, blue * 0.84


def _tint(colour: Floats, mask: Floats, tint: Colour, amount: Floats | np.float32) -> None:
    weight = (mask * amount)[..., None]
    colour += weight * (np.asarray(tint, np.float32) - colour)


def relief(rng: np.random.Generator, person: Person, size: int, scale: float) -> Floats:
    """The fine height of skin, (size, size): pores, and coarser unevenness that grows with age."""
    pore = max(1.0, 0.011 * scale)
    fine = rng.standard_normal((size, size), np.float32)
    pores = soften(fine, 0.55 * pore) - soften(fine, 1.1 * pore)
    pores *= 1.3 * pore
    coarse = noise(rng, size, 0.045 * scale) * (0.25 + 0.5 * person.age)
    return np.asarray(np.minimum(pores, 0.35) + coarse, np.float32)


def shine(
    colour: Floats, normals: Floats, hollow: Floats, bumps: Floats, gloss: Floats, light: Light, shadow: Floats
) -> Floats:
    """Skin in this light, (size, size, 3) 0..1: soft Lambert that reddens at its edge, sky, hollows, and gloss.

    bumps: (size, size) fine height; shadow: (size, size) share of the key light that arrives.
    """
    across, down = slopes(bumps)
    tilt = -0.028 * (across * light.key[0] + down * light.key[1])
    facing = normals @ light.key + tilt
    open_ = np.exp(-5.0 * np.maximum(hollow, 0)) * shadow
    sky = light.ambient * (1 - 0.35 * normals[..., 1]) * np.exp(-3.5 * np.maximum(hollow, 0))
    filled = np.maximum(normals @ light.fill + 0.5 * tilt, 0)
    lit = np.empty_like(colour)
    for channel, wrap in enumerate((0.34, 0.22, 0.18)):
        soft = np.clip((facing + wrap) / (1 + wrap), 0, 1) * open_
        lit[..., channel] = light.key_colour[channel] * soft + light.fill_colour[channel] * filled + sky
    half = light.key + np.array([0, 0, 1], np.float32)
    half = half / np.linalg.norm(half)
    mirror = np.clip(normals @ half + 1.2 * tilt, 0, 1)
    bright = (mirror**14 * 0.07 + mirror**48 * 0.08) * gloss * open_
    return np.asarray(np.sqrt(np.clip(colour * colour * lit * 1.25 + bright[..., None], 0, 1.6)), np.float32)


def age_lines(rng: np.random.Generator, colour: Floats, person: Person, at: Camera, project: Projection) -> None:
    """Forehead, crow's feet, the folds from nose to mouth, under the eyes: stronger with age and smile."""
    shape, face, s = person.shape, person.face, at.scale
    dark = (person.skin[0] * 0.62, person.skin[1] * 0.5, person.skin[2] * 0.46)
    fold = 0.14 + 0.4 * person.age + 0.25 * max(face.smile, 0)
    for side in (-1, 1):
        corner = np.array([side * (shape.mouth_width * 1.28), shape.mouth_low + 0.02])
        start = np.array([side * shape.nose_width * 1.2, shape.nose_length * 0.92])
        middle = (start + corner) / 2 + np.array([side * (0.05 + 0.04 * max(face.smile, 0)), -0.02])
        line(colour, project(smooth(np.array([start, middle, corner]), 20)), dark, 0.03 * s, fold, 0.02 * s)
        bag = [(side * (shape.eye_apart + k * shape.eye_width), 0.16 - 0.05 * abs(k) ** 2) for k in (-0.8, 0, 0.8)]
        line(colour, project(smooth(np.array(bag), 20)), dark, 0.02 * s, 0.1 + 0.35 * person.age, 0.018 * s)
        for foot in range(int(5 * person.age + 2 * max(face.smile, 0))):
            angle, reach = 0.3 * foot - 0.6 + rng.uniform(-0.15, 0.15), rng.uniform(0.08, 0.18)
            first = np.array(
                [side * (shape.eye_apart + shape.eye_width + 0.05), 0.025 * foot - 0.05 + rng.normal(0, 0.008)]
            )
            last = first + reach * np.array([side * np.cos(angle), np.sin(angle)])
            bow = (first + last) / 2 + rng.normal(0, 0.012, 2)
            line(
                colour, project(smooth(np.array([first, bow, last]), 12)), dark, 0.008 * s, 0.3 + 0.3 * person.age, 0.4
            )
    for row in range(int(4.5 * person.age * rng.uniform(0.4, 1))):
        x = np.linspace(-0.5, 0.5, 7) * rng.uniform(0.7, 1.1)
        y = -0.52 - 0.11 * row + rng.normal(0, 0.012, 7) - 0.04 * (1 - (2 * x) ** 2)
        line(colour, project(smooth(np.column_stack([x, y]), 40)), dark, 0.008 * s, 0.1 + 0.4 * person.age, 0.008 * s)


def moles(rng: np.random.Generator, colour: Floats, person: Person, at: Camera, project: Projection) -> None:
    """Between no and six small marks."""
    around = np.linspace(0, 2 * np.pi, 10)
    for _ in range(int(rng.integers(0, 4) + 3 * person.age * rng.random())):
        middle = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.6, 1.2)])
        ring = middle + rng.uniform(0.008, 0.02) * np.column_stack([np.cos(around), np.sin(around)])
        tone = (person.skin[0] * 0.5, person.skin[1] * 0.38, person.skin[2] * 0.32)
        fill(colour, project(ring), tone, float(rng.uniform(0.4, 0.9)), 0.004 * at.scale)
