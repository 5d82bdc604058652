"""What is around a drawn face: the background, the neck, the clothes."""

from __future__ import annotations

import cv2
import numpy as np

from curate.drawing_paint import Bytes, Colour, Floats, fill, line, mix, noise, polygon, smooth, times, window
from curate.drawing_person import Camera, Person
from curate.drawing_skin import Light

BACKGROUNDS = ("plain", "wall", "shapes", "lights", "leaves")
CLOTHES = ("tee", "shirt", "suit", "knit", "neck", "print")


def background(rng: np.random.Generator, size: int) -> tuple[Floats, str]:
    """A backdrop (size, size, 3) 0..1, and which kind it is."""
    kind = str(rng.choice(BACKGROUNDS))
    tone = _muted(rng)
    image = _gradient(rng, size, tone)
    if kind == "wall":
        rough = noise(rng, size, size / 9) * 0.5 + noise(rng, size, size / 60) * 0.35 + noise(rng, size, 1.0) * 0.3
        image *= (1 + 0.035 * rough)[..., None]
    elif kind != "plain":
        image = _out_of_focus(rng, image, kind)
    return np.clip(image, 0, 1), kind


def _muted(rng: np.random.Generator) -> Colour:
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
    small = cv2.resize(image, (160, 160), interpolation=cv2.INTER_AREA)
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
    small = cv2.GaussianBlur(small, (0, 0), {"shapes": 5.0, "lights": 1.2, "leaves": 3.0}[kind])
    return np.asarray(cv2.resize(small, image.shape[:2][::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _shape_colour(rng: np.random.Generator, kind: str) -> Colour:
    if kind == "lights":
        return mix((1.0, 0.8, 0.5), _muted(rng), float(rng.uniform(0, 1)))
    if kind == "leaves":
        green = float(rng.uniform(0.15, 0.6))
        return green * float(rng.uniform(0.5, 1)), green, green * float(rng.uniform(0.2, 0.6))
    return _muted(rng)


def paint_body(
    rng: np.random.Generator, image: Floats, person: Person, camera: Camera, light: Light, jaw: Floats
) -> str:
    """Neck, shoulders and clothes into the picture (size, size, 3); returns the kind of clothes."""
    kind = str(rng.choice(CLOTHES))
    place = lambda points: (np.asarray(points) * camera.scale + np.array(camera.centre)).astype(np.float32)  # noqa: E731
    lean = 0.25 * float(np.sin(np.radians(camera.yaw)))
    thick = 0.6 if person.masculine else 0.5
    _neck(rng, image, person, light, place, thick, lean, camera.scale, jaw)
    wide = 2.35 if person.masculine else 2.0
    open_ = {"tee": 0.66, "print": 0.7, "knit": 0.66, "neck": 0.5, "shirt": 0.5, "suit": 0.5}[kind]
    high = 1.72 if kind == "neck" else 1.98
    outline = _shoulders(wide, thick, open_, high, lean, dip=0.32 if kind in ("tee", "print", "knit") else 0.02)
    cloth = _muted(rng)
    _cloth(rng, image, place(outline), cloth, light, camera.scale, kind)
    if kind in ("shirt", "suit"):
        _collar(rng, image, place, cloth if kind == "shirt" else (0.86, 0.88, 0.9), thick, lean, camera.scale, kind)
    return kind


def _neck(rng, image, person, light, place, thick, lean, s, jaw) -> None:  # type: ignore[no-untyped-def]
    sides = [(-thick, 0.7), (-thick * 0.96, 1.5), (-thick * 1.1, 1.95), (-0.95, 2.5), (-0.95, 3.2)]
    outline = np.array(sides + [(-x, y) for x, y in sides[::-1]]) + [lean, 0]
    points = place(outline)
    part = window(image.shape, points, 2)
    if part is None:
        return
    mask = polygon(part, points, 0.8)
    xx = (np.mgrid[part][1] - points[:, 0].mean()) / (thick * s)
    across = np.clip(xx, -1, 1)
    facing = np.clip(across * light.key[0] + np.sqrt(1 - 0.9 * across**2) * light.key[2], 0, 1)
    level = light.ambient + 0.85 * facing * light.key_colour[1] + 0.5 * light.fill_colour[1]
    grain = 1 + 0.02 * rng.standard_normal(mask.shape, np.float32)
    skin = np.asarray(times(person.skin, 0.96), np.float32)
    tone = np.sqrt(np.clip(skin**2 * level[..., None] * 1.15, 0, 1)) * grain[..., None]
    image[part] += mask[..., None] * (tone.astype(np.float32) - image[part])
    drop = np.array([-0.2 * light.key[0] * s, 0.24 * s], np.float32)
    for blur, alpha in ((0.04, 0.45), (0.14, 0.45)):
        fill(image, jaw + drop, times(person.skin, 0.25), alpha, blur * s)
    tendon = times(person.skin, 0.5)
    for side in (-1, 1):
        line(image, place([(side * 0.42 + lean, 1.5), (side * 0.16 + lean, 2.15)]), tendon, 0.05 * s, 0.25, 0.05 * s)


def _shoulders(wide: float, thick: float, open_: float, high: float, lean: float, dip: float) -> Floats:
    side = [
        (open_ + 0.02, high),
        (thick + 0.28, high + 0.1),
        (1.25, high + 0.28),
        (wide * 0.85, high + 0.55),
        (wide, 3.2),
        (wide + 0.1, 4.5),
    ]
    right = smooth(np.array(side), 30)
    left = right[::-1] * [-1, 1]
    neck = np.array(
        [
            (-open_, high),
            (-open_ * 0.6, high + dip * 0.75),
            (0, high + dip),
            (open_ * 0.6, high + dip * 0.75),
            (open_, high),
        ]
    )
    return np.asarray(np.vstack([smooth(neck, 20), right, left]) + [lean * 0.8, 0], np.float32)


def _cloth(
    rng: np.random.Generator, image: Floats, points: Floats, tone: Colour, light: Light, s: float, kind: str
) -> None:
    part = window(image.shape, points, 2)
    if part is None:
        return
    mask = polygon(part, points, 0.6)
    size = image.shape[0]
    soft = cv2.GaussianBlur(mask, (0, 0), 0.2 * s)
    slope_x, slope_y = (cv2.Sobel(soft, cv2.CV_32F, *way, ksize=3) * 0.25 * s for way in ((1, 0), (0, 1)))
    folds = noise(rng, size, 0.45 * s)[part] * 0.6 + noise(rng, size, 0.2 * s)[part] * 0.25
    weave = _weave(rng, mask.shape, s, kind)
    slope_x = -slope_x + cv2.Sobel(folds, cv2.CV_32F, 1, 0, ksize=3) * 0.008 * s
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
    slub = cv2.GaussianBlur(grain, (0, 0), 4, sigmaY=0.6) * 0.16
    return np.asarray(twill + slub + 0.08 * grain, np.float32)


def _print(rng: np.random.Generator, shape: tuple[int, ...], s: float) -> Floats:
    yy, xx = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / s
    second = np.asarray(_muted(rng), np.float32) * 1.6
    rate = rng.uniform(12, 30)
    bands = np.sin(yy * rate) if rng.random() < 0.5 else np.sin(xx * rate) * np.sin(yy * rate)
    share = np.clip(bands * 3, 0, 1)[..., None]
    return np.asarray(1 + share * (second - 1), np.float32)


def _collar(rng, image, place, tone, thick, lean, s, kind) -> None:  # type: ignore[no-untyped-def]
    tie = _muted(rng)
    if kind == "suit":
        fill(image, place(np.array([(-0.42, 2.0), (0.42, 2.0), (0.06, 3.3), (-0.06, 3.3)]) + [lean, 0]), tone, 1, 0.6)
        blade = np.array([(-0.1, 2.18), (0.1, 2.18), (0.09, 2.36), (0.2, 3.3), (-0.2, 3.3), (-0.09, 2.36)])
        fill(image, place(blade + [lean, 0]), tie, 1, 0.6)
        fill(
            image,
            place(np.array([(-0.12, 2.34), (0.12, 2.34), (0.1, 2.4), (-0.1, 2.4)]) + [lean, 0]),
            times(tie, 0.5),
            0.6,
            1.5,
        )
    for side in (-1, 1):
        flap = np.array(
            [(side * thick, 1.72), (side * (thick + 0.12), 1.98), (side * 0.4, 2.38), (side * 0.06, 2.14)]
        ) + [lean, 0]
        fill(image, place(flap + [0, 0.05]), (0.05, 0.05, 0.06), 0.35, 0.05 * s)
        fill(image, place(flap), times(tone, 1.06), 1, 0.5)
        line(image, place(flap[1:]), times(tone, 0.55), 0.012 * s, 0.7, 0.5)


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
        image += inside * (np.asarray(_muted(rng), np.float32) * level[..., None] - image)
    return image
