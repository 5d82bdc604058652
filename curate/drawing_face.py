"""The features of a drawn face: eyes, nose, lips and teeth in colour, then brows, lashes and reflections on top."""

from __future__ import annotations

import cv2
import numpy as np

from curate.drawing_landmarks import brow_curve, eye_curves, lip_outline, mouth_curves
from curate.drawing_paint import (
    Bytes,
    Colour,
    Floats,
    blend,
    darken,
    fill,
    hairs,
    line,
    mix,
    moved,
    polygon,
    resized,
    smooth,
    soften,
    times,
    window,
)
from curate.drawing_person import Camera, Person
from curate.drawing_skin import Projection


def paint_features(
    rng: np.random.Generator, colour: Floats, person: Person, camera: Camera, project: Projection
) -> None:
    """Eyes, nose and mouth into the skin's colour (size, size, 3), before light falls on it."""
    _nose(colour, person, camera.scale, project)
    _ears(colour, person, camera)
    for side in (-1, 1):
        _lids(colour, person, camera.scale, project, side)
        _eye(rng, colour, person, camera.scale, project, side)
        _brow_shade(colour, person, camera.scale, project, side)
    _mouth(rng, colour, person, camera.scale, project)


def _nose(colour: Floats, person: Person, s: float, project: Projection) -> None:
    n, w = person.shape.nose_length, person.shape.nose_width
    dark = times(person.skin, 0.2)
    around = np.linspace(0, 2 * np.pi, 16)
    for side in (-1, 1):
        wing = [(side * w * 0.95, n * 0.8), (side * w * 1.13, n * 0.93), (side * w * 1.02, n * 1.03)]
        line(colour, project(smooth(np.array(wing), 16)), times(person.skin, 0.42), 0.026 * s, 0.5, 0.013 * s)
        flank = [(side * 0.15, -0.16), (side * 0.11, 0.1), (side * 0.13, n * 0.5), (side * w * 0.9, n * 0.82)]
        line(colour, project(smooth(np.array(flank), 24)), times(person.skin, 0.5), 0.06 * s, 0.22, 0.035 * s)
        hole = np.column_stack([side * w * 0.52 + 0.062 * np.cos(around), n * 1.035 + 0.022 * np.sin(around)])
        fill(colour, project(hole), dark, 0.9, 0.009 * s)
    base = [(-w * 0.9, n * 1.03), (-w * 0.4, n * 1.08), (0, n * 1.1), (w * 0.4, n * 1.08), (w * 0.9, n * 1.03)]
    line(colour, project(smooth(np.array(base), 30)), times(person.skin, 0.45), 0.03 * s, 0.3, 0.018 * s)
    gutter = np.array([(0, n * 1.13), (0, person.shape.mouth_low - 0.09)])
    line(colour, project(smooth(gutter, 8)), times(person.skin, 0.7), 0.035 * s, 0.25, 0.016 * s)


def _ears(colour: Floats, person: Person, camera: Camera) -> None:
    """The rim and the hollow of each ear, on its outer face."""
    s, reach = camera.scale, person.shape.width * (1.0 + 0.6 * person.shape.ears)
    rim = [(0.97, 0.38, 0.06), (1.02, 0.2, -0.02), (1.03, -0.02, -0.05), (0.98, -0.12, 0.03), (0.95, -0.02, 0.1)]
    bowl = [(0.93, 0.08, 0.12), (0.985, 0.02, 0.03), (0.99, 0.22, 0.04), (0.94, 0.32, 0.12)]
    for side in (-1, 1):
        size = np.array([side * reach, 1, 1], np.float32)
        line(
            colour, camera.pixels(np.array(rim, np.float32) * size), times(person.skin, 0.5), 0.025 * s, 0.4, 0.018 * s
        )
        fill(colour, camera.pixels(np.array(bowl, np.float32) * size), times(person.skin, 0.42), 0.55, 0.025 * s)


def _lids(colour: Floats, person: Person, s: float, project: Projection, side: int) -> None:
    upper, lower = eye_curves(person.shape, person.face, side)
    socket = np.vstack([moved(upper, 0, -0.1), moved(lower[::-1], 0, 0.03)])
    darken(colour, project(socket), (0.86, 0.76, 0.74), 0.05 * s)
    if person.make_up > 0.4:
        shadow = np.vstack([moved(upper, 0, -0.075), upper[::-1]])
        fill(colour, project(shadow), times(person.skin, 0.5), 0.5 * person.make_up, 0.025 * s)
    crease = upper + np.column_stack([0 * upper[:, 0], -0.042 - 0.02 * np.sin(np.linspace(0, np.pi, len(upper)))])
    line(colour, project(crease.astype(np.float32)), times(person.skin, 0.4), 0.016 * s, 0.6, 0.008 * s)
    rim = moved(lower, 0, 0.016)
    line(colour, project(rim), times(person.skin, 0.62), 0.02 * s, 0.4, 0.012 * s)


def _eye(rng: np.random.Generator, colour: Floats, person: Person, s: float, project: Projection, side: int) -> None:
    upper, lower = (project(curve) for curve in eye_curves(person.shape, person.face, side))
    outline = np.vstack([upper, lower[::-1]])
    part = window(colour.shape, outline, 0.03 * s)
    if part is None:
        return
    eye = polygon(part, outline)
    middle, radius = _iris_place(person, project, side, s)
    yy, xx = np.mgrid[part].astype(np.float32)
    far = np.hypot(xx - middle[0], yy - middle[1]) / radius
    patch = np.empty((*far.shape, 3), np.float32)
    patch[:] = mix((0.9, 0.88, 0.86), (0.83, 0.76, 0.7), person.depth)
    sides = np.clip((far - 1) * 0.5, 0, 1)[..., None]
    patch *= 1 - sides * np.array([0.13, 0.27, 0.27], np.float32)
    veins = soften(rng.standard_normal(far.shape, np.float32), 0.012 * s, 0.004 * s)
    patch *= 1 + (0.05 * veins)[..., None] * np.array([0.1, 1, 1], np.float32)
    angle = np.arctan2(yy - middle[1], xx - middle[0])
    iris = _iris(rng, far, angle, person.iris)
    edge = np.clip((1 - far) * radius + 0.5, 0, 1)[..., None]
    patch += edge * (iris - patch)
    lidded = soften(1 - eye, 0.022 * s)
    drop = max(1, round(0.022 * s))
    lidded = np.maximum(lidded, np.vstack([np.repeat(lidded[:1], drop, 0), lidded[:-drop]]))
    patch *= (1 - 0.62 * np.clip(lidded * 1.2, 0, 1))[..., None]
    blend(colour, part, eye, patch)
    corner = (upper[-1] if side < 0 else upper[0]) + np.array([side * 0.018 * s, 0.004 * s])
    around = np.linspace(0, 2 * np.pi, 12)
    tear = corner + 0.022 * s * np.column_stack([np.cos(around), 0.7 * np.sin(around)])
    fill(
        colour,
        tear.astype(np.float32),
        (person.skin[0] * 0.95, person.skin[1] * 0.68, person.skin[2] * 0.66),
        0.7,
        0.006 * s,
    )
    wet = np.vstack([lower, moved(lower[::-1], 0, 0.014 * s)])
    fill(colour, wet, (person.skin[0] * 1.02, person.skin[1] * 0.8, person.skin[2] * 0.78), 0.55, 0.004 * s)
    line(colour, upper, times(person.hair_colour, 0.35), (0.02 + 0.014 * person.make_up) * s, 0.85, 0.004 * s)


def _iris_place(person: Person, project: Projection, side: int, s: float) -> tuple[Floats, float]:
    shape, face = person.shape, person.face
    at = np.array([[side * shape.eye_apart + 0.09 * face.gaze[0], -0.018 + 0.06 * face.gaze[1]]], np.float32)
    return project(at)[0], 0.092 * s


def _iris(rng: np.random.Generator, far: Floats, angle: Floats, tone: Colour) -> Floats:
    """Fibres running outward from a dark pupil, a dark rim; far: distance in radii, angle: radians."""
    rays = rng.standard_normal((1, 90)) + 0.5 * rng.standard_normal((6, 90))
    spokes = resized(rays.astype(np.float32), 360, 64, cv2.INTER_LINEAR)
    turn = (np.degrees(angle) % 360).astype(np.float32)
    fibre = cv2.remap(
        spokes, turn, np.clip(far * 63, 0, 63).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    bright = 1.05 + 0.3 * fibre + 0.35 * np.clip((far - 0.35) * 1.4, 0, 0.5)
    rim = 1 - 0.75 * np.clip((far - 0.78) * 4.5, 0, 1)
    ring = np.exp(-(((far - 0.47) / 0.12) ** 2))[..., None] * np.array([0.1, 0.05, 0.0], np.float32)
    iris = (np.asarray(tone, np.float32) * (bright * rim)[..., None]) + ring * rim[..., None]
    pupil = np.clip((far - 0.4) * 9, 0, 1)[..., None]
    return np.asarray(np.clip(iris, 0.01, 1) * pupil + 0.012 * (1 - pupil), np.float32)


def _brow_shade(colour: Floats, person: Person, s: float, project: Projection, side: int) -> None:
    curve = project(smooth(brow_curve(person.shape, person.face, side), 24))
    tone = _brow_colour(person)
    line(colour, curve, tone, 0.06 * s, 0.42, 0.028 * s)


def _brow_colour(person: Person) -> Colour:
    return times(mix(mix(person.hair_colour, person.skin, 0.12), (0.12, 0.08, 0.06), 0.35), 0.85)


def _mouth(rng: np.random.Generator, colour: Floats, person: Person, s: float, project: Projection) -> None:
    outer, inner = mouth_curves(person.shape, person.face)
    outline, hole = project(lip_outline(outer)), project(lip_outline(inner))
    part = window(colour.shape, outline, 0.12 * s)
    if part is None:
        return
    lips = polygon(part, outline, 0.007 * s)
    tone = _lip_colour(person)
    yy, xx = np.mgrid[part].astype(np.float32)
    grain = soften(rng.standard_normal(lips.shape, np.float32), max(0.5, 0.006 * s), 0.035 * s)
    grain = grain / max(float(grain.std()), 1e-6)
    seam_y = np.interp(xx[0], np.sort(hole[:, 0]), hole[np.argsort(hole[:, 0]), 1])
    height = (yy - seam_y[None]) / s
    upper = np.clip(0.5 - height / 0.03, 0, 1)
    bright = 1.04 - 0.22 * upper - 0.035 * grain * (1 - 0.4 * person.make_up)
    bright += 0.1 * np.exp(-(((height - 0.055) / 0.03) ** 2))
    blend(colour, part, lips * (0.82 + 0.15 * person.make_up), np.asarray(tone, np.float32) * bright[..., None])
    below = project(smooth(moved(outer[[6, 7, 8, 9, 10, 11, 0]], 0, 0.03), 24))
    line(colour, below, times(person.skin, 0.5), 0.03 * s, 0.22, 0.02 * s)
    if person.face.opened > 0.05:
        _inside(rng, colour, person, s, project, hole)
    top = np.vstack([project(smooth(inner[:5], 30))])
    line(colour, top, times(tone, 0.25), 0.013 * s, 0.85, 0.005 * s)
    for corner in (inner[0], inner[4]):
        spot = corner + 0.025 * np.column_stack([np.cos(np.linspace(0, 6, 9)), 0.7 * np.sin(np.linspace(0, 6, 9))])
        fill(colour, project(spot.astype(np.float32)), times(person.skin, 0.35), 0.5, 0.014 * s)


def _lip_colour(person: Person) -> Colour:
    red, green, blue = person.skin
    bare = (red * 0.82, green * 0.55, blue * 0.58) if person.depth < 0.65 else (red * 0.95, green * 0.78, blue * 0.8)
    return mix(bare, (0.62, 0.1, 0.16), 0.6 * person.make_up)


def _inside(
    rng: np.random.Generator, colour: Floats, person: Person, s: float, project: Projection, hole: Floats
) -> None:
    """Teeth above a dark mouth, and a tongue when it is wide open."""
    part = window(colour.shape, hole, 0.02 * s)
    if part is None:
        return
    opening = polygon(part, hole)
    yy, xx = np.mgrid[part].astype(np.float32)
    patch = np.empty((*opening.shape, 3), np.float32)
    patch[:] = (0.17, 0.05, 0.05)
    middle, height = hole.mean(0), 0.2 * person.face.opened
    tongue = np.exp(-(((xx - middle[0]) / (0.2 * s)) ** 2) - ((yy - middle[1] - 0.5 * height * s) / (0.07 * s)) ** 2)
    patch += tongue[..., None] * np.array([0.42, 0.2, 0.2], np.float32)
    top = float(hole[:, 1].min())
    along = (xx - middle[0]) / (0.075 * s)
    tooth = np.abs((along % 1) - 0.5)
    edge = top + (0.085 + 0.012 * (np.abs(along) % 2 < 1)) * s - 0.15 * np.abs(xx - middle[0]) ** 2 / s
    white = np.clip((edge - yy) / (0.012 * s), 0, 1) * (np.abs(xx - middle[0]) < 0.85 * np.ptp(hole[:, 0]) / 2)
    ivory = np.asarray(mix((0.93, 0.91, 0.86), (0.84, 0.78, 0.66), person.age), np.float32)
    shade = 1 - 0.28 * np.clip((tooth - 0.43) * 14, 0, 1) - 0.1 * np.abs(along) / 3
    patch += white[..., None] * (ivory * np.clip(shade, 0.3, 1)[..., None] - patch)
    dim = soften(opening, 0.022 * s)
    blend(colour, part, opening, patch * (0.35 + 0.65 * dim)[..., None])
    del rng


def draw_brows(
    rng: np.random.Generator, image: Bytes, person: Person, camera: Camera, project: Projection, dim: float
) -> None:
    """Brow hairs, each with its own direction; dim: brightness of the light there."""
    s, count = camera.scale, 230
    tone = _brow_colour(person)
    for side in (-1, 1):
        curve = smooth(brow_curve(person.shape, person.face, side), 60)
        along = rng.uniform(0, 1, count) if side > 0 else 1 - rng.uniform(0, 1, count)
        outward = along if side > 0 else 1 - along
        root = curve[np.clip((along * 59).astype(int), 0, 59)]
        thick = np.interp(outward, [0, 0.2, 0.7, 1], [0.024, 0.034, 0.022, 0.005]) * (1.25 if person.masculine else 0.9)
        root = root + np.column_stack([rng.normal(0, 0.01, count), rng.uniform(-1, 1, count) * thick])
        rise = np.interp(outward, [0, 0.35, 1], [1.25, 0.45, -0.25]) + rng.normal(0, 0.22, count)
        reach = rng.uniform(0.05, 0.11, count) * (1.1 if person.masculine else 0.9)
        step = np.column_stack([side * np.cos(rise), -np.sin(rise)]) * reach[:, None]
        bow = np.array([0, -0.012])
        points = np.stack([root, root + 0.5 * step + bow, root + step], axis=1).astype(np.float32)
        strands = project(points.reshape(-1, 2)).reshape(count, 3, 2)
        shades = np.repeat(rng.uniform(0.2, 0.9, (count, 1)), 2, 1)
        hairs(image, strands, shades, 0.0062 * s, lambda b: times(tone, dim * (0.55 + 0.75 * b)))


def draw_lashes(
    rng: np.random.Generator, image: Bytes, person: Person, camera: Camera, project: Projection, dim: float
) -> None:
    """Upper and lower lashes."""
    tone = times(mix(person.hair_colour, (0.05, 0.04, 0.04), 0.7), dim)
    for side in (-1, 1):
        for curve, sign, count in zip(eye_curves(person.shape, person.face, side, 41), (-1, 1), (70, 34), strict=True):
            index = rng.integers(2, 39, count)
            root = curve[index]
            u = (index - 20) / 20
            long = (0.062 if sign < 0 else 0.03) * (0.8 + 0.5 * person.make_up) * (1 if not person.masculine else 0.75)
            reach = long * rng.uniform(0.7, 1.2, count)
            lean = 0.75 * u + rng.normal(0, 0.18, count)
            tip = root + np.column_stack([reach * np.sin(lean), sign * reach * np.cos(lean) * 0.75])
            bend = (root + tip) / 2 + np.column_stack([0.1 * reach * u, 0.012 * np.ones(count)])
            points = np.stack([root, bend, tip], axis=1).astype(np.float32)
            strands = project(points.reshape(-1, 2)).reshape(count, 3, 2)
            hairs(image, strands, np.full((count, 2), 0.5), 0.0055 * camera.scale, lambda _: tone)


def draw_catchlights(image: Floats, person: Person, camera: Camera, project: Projection, azimuth: float) -> None:
    """The light's reflection in both eyes."""
    around = np.linspace(0, 2 * np.pi, 14)
    for side in (-1, 1):
        middle, radius = _iris_place(person, project, side, camera.scale)
        at = middle + radius * np.array([0.38 * np.clip(azimuth / 45, -1, 1), -0.36 * (1 - person.face.lids)])
        spot = at + radius * 0.17 * np.column_stack([np.cos(around), np.sin(around)])
        upper, lower = (project(curve) for curve in eye_curves(person.shape, person.face, side))
        part = window(image.shape, spot.astype(np.float32), 3)
        if part is None:
            continue
        eye = polygon(part, np.vstack([upper, lower[::-1]]))
        blend(image, part, eye * polygon(part, spot.astype(np.float32), 0.05 * radius), (0.97, 0.98, 1.0), 0.92)


def draw_glasses(image: Floats, person: Person, camera: Camera, project: Projection, tone: Colour) -> None:
    """A thin frame on the nose."""
    s = camera.scale
    around = np.linspace(0, 2 * np.pi, 40)
    round_ = (
        np.sign(np.cos(around)) * np.abs(np.cos(around)) ** 0.7,
        np.sign(np.sin(around)) * np.abs(np.sin(around)) ** 0.7,
    )
    for side in (-1, 1):
        rim = np.column_stack([side * person.shape.eye_apart * 1.02 + 0.3 * round_[0], 0.04 + 0.22 * round_[1]])
        ring = project(rim.astype(np.float32))
        darken(image, ring, (0.95, 0.96, 0.97), 0.01 * s)
        line(image, moved(ring, 0, 0.035 * s), (0.1, 0.06, 0.05), 0.03 * s, 0.22, 0.02 * s)
        line(image, ring, tone, 0.026 * s, 1.0, 0.003 * s)
        edge = side * (person.shape.eye_apart * 1.02 + 0.3)
        arm = np.array([(edge, -0.02), (side * 0.88, -0.03), (side * 0.98, -0.02)], np.float32)
        line(image, project(arm), tone, 0.022 * s, 0.9, 0.003 * s)
    bridge = np.array([(-0.13, -0.02), (0, -0.05), (0.13, -0.02)], np.float32)
    line(image, project(smooth(bridge, 12)), tone, 0.024 * s, 1.0, 0.003 * s)
