"""Hair: strands that grow from the scalp, follow the comb, gravity and their curl, and shine along their length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from curate.drawing_head import REACH, Head, View
from curate.drawing_paint import Bytes, Colour, Floats, hairs, mix, soften, times
from curate.drawing_person import Camera, Person
from curate.drawing_skin import Light, hairline


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How a style grows; lengths in head units."""

    length: float
    sides: float = 1.0  # length at the sides, as a share
    steps: int = 8
    lift: tuple[float, float] = (0.02, 0.1)
    gravity: float = 0.5
    curl: float = 0.0
    turns: float = 3.0
    wild: float = 0.12
    locks: int = 330  # hairs that are grown; the others follow one of them
    loose: float = 0.05  # how far the others are from theirs
    base: float = 0.085  # width of the dark strokes underneath


CUTS = {
    "buzz": Cut(length=0.06, steps=3, lift=(0.0, 0.02), gravity=0.1, wild=0.4, locks=800, loose=0.06, base=0.03),
    "short": Cut(length=0.36, sides=0.4, steps=6, lift=(0.02, 0.1), gravity=0.25, wild=0.35, locks=520),
    "side": Cut(length=0.95, sides=0.22, lift=(0.02, 0.15), gravity=0.3, wild=0.1, locks=480),
    "back": Cut(length=0.85, sides=0.3, lift=(0.02, 0.17), gravity=0.0, wild=0.1, locks=480),
    "fringe": Cut(length=0.62, sides=0.6, lift=(0.03, 0.13), gravity=0.4, wild=0.14, locks=460),
    "bob": Cut(length=1.75, steps=11, lift=(0.04, 0.17), gravity=0.95, wild=0.06),
    "long": Cut(length=2.9, steps=13, lift=(0.04, 0.15), gravity=0.98, wild=0.05),
    "wavy": Cut(length=2.5, steps=20, lift=(0.05, 0.22), gravity=0.95, curl=0.055, turns=3, wild=0.08, loose=0.07),
    "curly": Cut(
        length=1.1, steps=18, lift=(0.05, 0.3), gravity=0.5, curl=0.075, turns=3.4, wild=0.3, locks=260, loose=0.07
    ),
    "afro": Cut(
        length=0.62, steps=14, lift=(0.05, 0.5), gravity=0.0, curl=0.05, turns=2.6, wild=0.7, loose=0.08, locks=420
    ),
    "bun": Cut(length=1.0, lift=(0.02, 0.07), gravity=0.0, wild=0.04, locks=420),
}


@dataclass(frozen=True)
class Hairs:
    """Strands in the picture: (N, K, 2) pixels and (N, K - 1) brightness, 0..1; in front of the head and behind it."""

    strands: Floats
    front: Floats
    back: Floats
    base: float
    loose: float


def grow(
    rng: np.random.Generator, head: Head, person: Person, camera: Camera, view: View, light: Light
) -> Hairs | None:
    """The hair of a person, or None for a bald head."""
    cut = CUTS.get(person.style)
    if cut is None:
        return None
    roots = _roots(rng, head, person.receding, cut.locks)
    lift = np.sort(rng.uniform(*cut.lift, len(roots)).astype(np.float32))
    aside = np.clip((roots[:, 1] + 0.75) / 0.35, 0, 1)  # 0 on top, 1 at the sides
    long = cut.length * rng.uniform(0.75, 1.1, len(roots)) * (1 - (1 - cut.sides) * aside)
    part = float(rng.uniform(-0.4, 0.4)) if person.style != "side" else float(rng.choice([-0.45, 0.45]))
    points = _strands(
        rng, head, roots, lift * (1 - 0.5 * aside), long.astype(np.float32), cut, _comb(person.style, part)
    )
    if person.style == "bun":
        points = np.concatenate([points, _bun(rng, points.shape[1])])
    shades = shades_of(rng, camera.turned(points), light)
    front, back = _split(points, shades, camera, view)
    return Hairs(camera.pixels(points), front, back, cut.base, cut.loose)


def draw(rng: np.random.Generator, image: Bytes, hair: Hairs, front: bool, person: Person, camera: Camera) -> None:
    """One side of the hair: broad dark strokes that thin out towards the tips, then single hairs in locks."""
    shades, s = (hair.front if front else hair.back), camera.scale
    steps = shades.shape[1]
    tone = mix(person.hair_colour, (0.6, 0.59, 0.58), 0.6 * person.grey)
    under = np.where(shades < 0, -1, 0.08 + 0.4 * shades)
    if hair.base > 0.05:
        for width, end in ((hair.base, 0.62), (hair.base * 0.55, 0.85)):
            near = under.copy()
            near[:, max(2, round(end * steps)) :] = -1
            near[:, 0] = -1
            hairs(image, hair.strands, near, width * s, lambda b: times(tone, 0.42 + 0.75 * b))
    many = int(np.clip(3 + s / 34, 4, 10))
    strands, shade = _followers(rng, hair, shades, many, s)
    grey = rng.random(len(strands)) < person.grey
    thin = 0.0062 * s
    for chosen, colour in ((~grey, person.hair_colour), (grey, mix(person.hair_colour, (0.66, 0.65, 0.64), 0.65))):
        hairs(image, strands[chosen], shade[chosen], thin, tones(colour))


def _followers(rng: np.random.Generator, hair: Hairs, shades: Floats, many: int, s: float) -> tuple[Floats, Floats]:
    """`many` single hairs around each grown one, closer together at the tip: locks."""
    count, steps = hair.strands.shape[:2]
    order = np.repeat(np.arange(count), many)
    away = hair.loose * s * rng.standard_normal((len(order), 1, 2)).astype(np.float32)
    gather = np.linspace(1.0, 0.45, steps, dtype=np.float32)[None, :, None]
    stray = (
        0.012 * s * rng.standard_normal((len(order), 1, 2)).astype(np.float32) * np.linspace(0, 1, steps)[None, :, None]
    )
    strands = hair.strands[order] + away * gather + stray
    own = rng.normal(0, 0.085, (len(order), 1)).astype(np.float32)
    mine = shades[order]
    return strands.astype(np.float32), np.where(mine < 0, -1, np.clip(mine + own, 0, 1)).astype(np.float32)


def shadow(hair: Hairs, camera: Camera, light: Light, size: int) -> Floats:
    """How much of the key light passes the hair onto the face, (size, size), 0..1."""
    step = max(1, size // 128)
    mask = np.zeros((size // step, size // step), np.uint8)
    chosen = hair.strands[::2][(hair.front[::2] >= 0).any(1)]
    move = np.array([-light.key[0], -light.key[1] + 0.35], np.float32) * 0.1 * camera.scale
    lines = [np.round((strand + move) / step).astype(np.int32) for strand in chosen]
    cv2.polylines(mask, lines, False, 255, max(1, round(hair.base * 0.9 * camera.scale / step)), cv2.LINE_AA)
    soft = soften(mask.astype(np.float32) / 255, max(0.5, 0.05 * camera.scale / step))
    return np.asarray(1 - 0.55 * cv2.resize(soft, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _roots(rng: np.random.Generator, head: Head, receding: float, count: int) -> Floats:
    towards = rng.standard_normal((count * 4, 3)).astype(np.float32)
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    points = towards * head.look_up(head.skull, towards)[:, None]
    lon = np.degrees(np.abs(np.arctan2(points[:, 0], points[:, 2])))
    lat = np.degrees(np.arcsin(towards[:, 1]))
    return points[lat + rng.normal(0, 2.5, len(lat)) < hairline(lon, receding)][:count]


def _comb(style: str, part: float) -> Callable[[Floats], Floats]:
    """The way a hair wants to go at a point (N, 3) -> (N, 3)."""

    def parted(p: Floats) -> Floats:
        away = np.tanh((p[:, 0] - part) / 0.08)
        fall = np.clip((np.abs(p[:, 0]) - 0.3) / 0.55, 0, 1)
        front = np.clip(p[:, 2], 0, 1)
        return np.column_stack([away * (1.05 - fall), 0.12 + fall, -0.25 * front])

    def backward(p: Floats) -> Floats:
        behind = p[:, 2] < 0.2
        return np.column_stack([-0.2 * p[:, 0], np.where(behind, 0.25, -0.55), np.full(len(p), -1.0)])

    def forward(p: Floats) -> Floats:
        top = p[:, 1] < -0.55
        drift = 0.35 * p[:, 0] * top + 0.25 * np.sign(part)
        return np.column_stack([drift * np.where(top, 1, 0.2), np.where(top, 0.12, 1.0), np.where(top, 1.0, 0.15)])

    def across(p: Floats) -> Floats:
        side = -np.sign(part)
        fall = np.clip((p[:, 0] * side - 0.35) / 0.5, 0, 1)
        top = (p[:, 0] - part) * side > 0
        return np.column_stack(
            [np.where(top, side * (1 - fall), -side * 0.1), np.where(top, 0.02 + fall, 1), np.where(top, -0.1, -0.2)]
        )

    def outward(p: Floats) -> Floats:
        return np.asarray(p / np.linalg.norm(p, axis=1, keepdims=True))

    kinds = {"back": backward, "bun": backward, "fringe": forward, "short": forward, "side": across}
    return {**kinds, "afro": outward, "curly": parted, "buzz": forward}.get(style, parted)


def _strands(
    rng: np.random.Generator,
    head: Head,
    roots: Floats,
    lift: Floats,
    long: Floats,
    cut: Cut,
    comb: Callable[[Floats], Floats],
) -> Floats:
    """Grow every hair step by step, outside the head and off the face: (N, steps, 3)."""
    count, place = len(roots), roots.copy()
    own = rng.standard_normal((count, 3)).astype(np.float32) * cut.wild
    heading = comb(place) + own
    points = [roots]
    step = (long / (cut.steps - 1))[:, None]
    for index in range(1, cut.steps):
        along = index / (cut.steps - 1)
        pull = cut.gravity * min(1.0, 2.2 * along)
        wish = comb(place) * (1 - pull) + own
        wish[:, 1] += pull * 1.4
        heading = 0.45 * heading / np.linalg.norm(heading, axis=1, keepdims=True) + 0.55 * wish
        face = (place[:, 2] > 0.25) & (place[:, 1] > -0.45) & (np.abs(place[:, 0]) < 1.0)
        heading[face, 0] += np.sign(place[face, 0]) * 0.9
        heading[face, 2] -= 0.5
        place = place + step * heading / np.linalg.norm(heading, axis=1, keepdims=True)
        far = np.linalg.norm(place, axis=1)
        least = head.look_up(head.skull, place.astype(np.float32)) + lift * min(1.0, 0.35 + 2.6 * along)
        place = (place * (np.maximum(far, least) / far)[:, None]).astype(np.float32)
        points.append(place)
    grown = np.stack(points, axis=1)
    return _finer(_curl(rng, grown, cut)) if cut.curl else np.asarray(grown, np.float32)


def _curl(rng: np.random.Generator, points: Floats, cut: Cut) -> Floats:
    count, steps = points.shape[:2]
    locks = rng.integers(0, 60, count)  # hairs of one lock curl together
    phase = (rng.uniform(0, 6.28, 60)[locks] + rng.normal(0, 0.35, count))[:, None]
    rate = (cut.turns * rng.uniform(0.8, 1.25, 60)[locks])[:, None]
    along = np.linspace(0, 1, steps)[None]
    size = cut.curl * np.minimum(1, 3 * along)
    turn = phase + 6.28 * rate * along
    moved = np.stack([size * np.cos(turn), 0.5 * size * np.sin(turn), size * np.sin(turn)], axis=-1)
    return np.asarray(points + moved, np.float32)


def _finer(points: Floats) -> Floats:
    """Twice as many steps, on a curve through the old ones."""
    ends = np.concatenate([points[:, :1], points, points[:, -1:]], axis=1)
    middle = (9 * (ends[:, 1:-2] + ends[:, 2:-1]) - ends[:, :-3] - ends[:, 3:]) / 16
    out = np.empty((len(points), 2 * points.shape[1] - 1, 3), np.float32)
    out[:, ::2], out[:, 1::2] = points, middle
    return out


def _bun(rng: np.random.Generator, steps: int) -> Floats:
    count = 260
    turn = rng.uniform(0, 6.28, (count, 1)) + np.linspace(0, 2.2, steps)[None]
    tilt = rng.normal(0, 0.55, (count, 1)) + 0 * turn
    ball = 0.36 * np.stack([np.cos(turn) * np.cos(tilt), np.sin(tilt), np.sin(turn) * np.cos(tilt)], axis=-1)
    return np.asarray(ball + np.array([0, -1.6, -0.55]), np.float32)


def shades_of(rng: np.random.Generator, turned: Floats, light: Light) -> Floats:
    """Brightness of each piece by Kajiya and Kay's model (SIGGRAPH 1989): (N, K - 1), 0..1."""
    along = np.diff(turned, axis=1)
    along = along / np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-6)
    outward = turned[:, :-1] / np.maximum(np.linalg.norm(turned[:, :-1], axis=2, keepdims=True), 1e-6)
    half = light.key + np.array([0, 0, 1], np.float32)
    half = half / np.linalg.norm(half)
    facing = np.clip((outward @ light.key + 0.4) / 1.4, 0, 1)
    diffuse = np.sqrt(np.clip(1 - (along @ light.key) ** 2, 0, 1))
    gloss = np.sqrt(np.clip(1 - (along @ half) ** 2, 0, 1)) ** 28
    own = rng.normal(0, 0.075, (len(turned), 1))
    level = 0.1 + light.ambient * 0.35 + facing * (0.32 * diffuse + 0.36 * gloss) + own
    return np.asarray(np.clip(level, 0, 1), np.float32)


def _split(points: Floats, shades: Floats, camera: Camera, view: View) -> tuple[Floats, Floats]:
    """Brightness of the pieces before and behind the head; -1 where a piece is on the other side."""
    middle = camera.turned((points[:, 1:] + points[:, :-1]) / 2)
    grid = ((middle[..., :2] + REACH) * ((view.depth.shape[0] - 1) / (2 * REACH))).astype(np.float32)

    def look(table: Floats, border: float) -> Floats:
        x, y, outside = grid[..., 0], grid[..., 1], cv2.BORDER_CONSTANT
        return np.asarray(cv2.remap(table, x, y, cv2.INTER_LINEAR, borderMode=outside, borderValue=border))

    beside = look(view.cover, 9.0) > 0.02
    before = np.where(beside, middle[..., 2] > -0.35, middle[..., 2] > look(view.depth, -9.0) - 0.06)
    return np.where(before, shades, -1), np.where(before, -1, shades)


def tones(tone: Colour) -> Callable[[float], Colour]:
    """Brightness 0..1 to a hair's colour: dark, its own, then towards the light's."""

    def colour(bright: float) -> Colour:
        lit = times(tone, 0.35 + 1.35 * bright)
        return mix(lit, (0.95, 0.92, 0.88), max(0.0, bright - 0.5) * 0.6)

    return colour
