"""Where the 68 points of a drawn face lie, in dlib's order, and the curves that its features follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.drawing_head import FaceShape, Head
from curate.drawing_paint import Floats, smooth


@dataclass(frozen=True, kw_only=True)
class Expression:
    """What the face does; each 0..1 except smile and brows, -1..1."""

    smile: float
    opened: float
    lids: float  # how far the eyes are closed
    brows: float  # raised > 0
    gaze: tuple[float, float]


def random_expression(rng: np.random.Generator) -> Expression:
    """Mostly calm or smiling, now and then an open mouth or half closed eyes."""
    return Expression(
        smile=float(np.clip(rng.normal(0.4, 0.4), -0.15, 1)),
        opened=float(rng.uniform(0.15, 0.9)) if rng.random() < 0.35 else 0.0,
        lids=float(rng.uniform(0.3, 0.6)) if rng.random() < 0.12 else float(rng.uniform(0, 0.22)),
        brows=float(np.clip(rng.normal(0, 0.4), -1, 1)),
        gaze=(float(rng.normal(0, 0.12)), float(rng.normal(0, 0.06))),
    )


def eye_curves(shape: FaceShape, face: Expression, side: int, count: int = 25) -> tuple[Floats, Floats]:
    """Upper and lower lid of an eye from the picture's left to right, (count, 2) head units; side -1 is the left."""
    u = np.linspace(-1, 1, count)
    inner = -side * u  # +1 at the nose
    up = 0.098 * (1 - face.lids) + 0.008 * face.brows
    low = 0.052 - 0.018 * max(face.smile, 0) * (0.4 + face.opened)
    x = side * shape.eye_apart + u * shape.eye_width
    tilt = shape.eye_tilt * inner + 0.004
    upper = tilt - up * (1 - np.abs(u) ** 2.2) * (1 + 0.12 * inner)
    lower = tilt + low * (1 - np.abs(u) ** 2.2) * (1 - 0.15 * inner)
    return np.column_stack([x, upper]).astype(np.float32), np.column_stack([x, lower]).astype(np.float32)


BROW = np.array([-0.03, 0.25, 0.56, 0.85, 1.03])  # where dlib has its five points, from the nose outward


def brow_curve(shape: FaceShape, face: Expression, side: int, u: Floats = BROW) -> Floats:
    """The middle line of a brow from the picture's left to right, (N, 2) head units.

    u: places along it, 0 at the nose .. 1 outward.
    """
    x = side * (0.17 + 0.6 * u * shape.eye_apart / 0.44)
    arch = 0.075 * np.sin(np.pi * np.clip(u * 0.85 + 0.06, 0, 1)) - 0.01 * u

    y = -shape.brow_high - 0.05 * face.brows * (1 - 0.3 * u) + 0.035 - arch
    curve = np.column_stack([x, y]).astype(np.float32)
    return curve[::-1] if side < 0 else curve


def mouth_curves(shape: FaceShape, face: Expression) -> tuple[Floats, Floats]:
    """Outer (12, 2) and inner (8, 2) lip points, in dlib's order, head units."""
    half = shape.mouth_width * (1 + 0.16 * max(face.smile, 0) - 0.1 * face.opened * (1 - max(face.smile, 0)))
    corner = -0.085 * face.smile - 0.026
    upper, lower = 0.052 + 0.045 * shape.lips, 0.102 + 0.055 * shape.lips
    thin = 1 - 0.2 * max(face.smile, 0)
    gap = 0.2 * face.opened
    rise, drop = -0.22 * gap, 0.78 * gap
    ux = np.array([-1, -0.62, -0.2, 0, 0.2, 0.62, 1])
    top = np.array([corner, rise * 0.7 - upper * 0.72, rise - upper, rise - upper * 0.84])
    outer_top = np.concatenate([top, top[2::-1]])
    bottom = np.array([drop * 0.75 + lower * 0.68, drop + lower * 0.98, drop + lower * 1.04])
    outer_low = np.concatenate([bottom, bottom[1::-1]])
    outer_top[1:-1] = outer_top[1:-1] * np.where(outer_top[1:-1] < 0, thin, 1) + 0.25 * corner * np.abs(ux[1:-1])
    outer = np.column_stack(
        [half * np.concatenate([ux, [0.6, 0.22, 0, -0.22, -0.6]]), np.concatenate([outer_top, outer_low])]
    )
    inner_x = np.array([-0.82, -0.34, 0, 0.34, 0.82, 0.32, 0, -0.32])
    seam = 0.006 + 0.55 * corner * np.abs(inner_x) ** 1.6
    inner_y = seam + np.array([0, rise * 0.85, rise, rise * 0.85, 0, drop * 0.85, drop, drop * 0.85])
    inner_y[[0, 4]] = corner * 0.96
    inner = np.column_stack([half * inner_x, inner_y])
    down = np.array([0, shape.mouth_low])
    return (outer + down).astype(np.float32), (inner + down).astype(np.float32)


def nose_points(shape: FaceShape) -> Floats:
    """Bridge 27-30 and base 31-35, (9, 2) head units."""
    n, w = shape.nose_length, shape.nose_width
    bridge = [(0, -0.02), (0, n * 0.29), (0, n * 0.57), (0, n * 0.89)]
    base = [(-w, n * 1.04), (-w * 0.5, n * 1.1), (0, n * 1.125), (w * 0.5, n * 1.1), (w, n * 1.04)]
    return np.array(bridge + base, np.float32)


def jaw_points(head: Head, turn: Floats) -> Floats:
    """Points 0-16 along the jaw from ear to ear, (17, 3): those of the contour that the camera sees."""
    share = np.linspace(-1, 1, 17)
    part = 1 - np.abs(share)  # 0 at the ear, 1 at the chin
    angle = np.pi / 2 * 0.99 * (part + 0.43 * part * (1 - part)) - 0.06 * (
        1 - part
    )  # so that steps along the contour are even
    ahead = 0.1 + 0.2 * part**1.5
    chosen = np.zeros((17, 3), np.float32)
    open_ = np.ones(17, bool)
    for extra in np.linspace(0, 1.2, 25):  # further to the front until the point is seen
        towards = np.column_stack([np.sign(share) * np.cos(angle), np.sin(angle), ahead + extra])
        points = head.surface(towards.astype(np.float32))
        seen = open_ & ((head.normals(points) @ turn.T)[:, 2] > 0.06)
        chosen[open_] = points[open_]
        open_ &= ~seen
    return chosen


def landmarks(head: Head, shape: FaceShape, face: Expression, turn: Floats) -> Floats:
    """All 68 points on the head's surface, (68, 3) head units."""
    left, right = (eye_curves(shape, face, side) for side in (-1, 1))
    # of 25 points a lid: 2 and 22, where lids part visibly; 7 and 17, at -0.42 and +0.42 of the half width
    eyes = [[upper[2], upper[7], upper[17], upper[22], lower[17], lower[7]] for upper, lower in (left, right)]
    rise = np.interp(BROW, [0, 0.3, 0.8, 1], [0.04, 0.075, 0.065, -0.02])  # dlib's points are on a brow's upper edge
    edge = np.column_stack([0 * rise, rise])
    brows = [brow_curve(shape, face, -1) - edge[::-1], brow_curve(shape, face, 1) - edge]
    outer, inner = mouth_curves(shape, face)
    outer[[0, 6]] = outer[[0, 6]] * [0.94, 1] + [0, 0.02]  # to where lips begin to be seen
    inner[[0, 4]] = inner[[0, 4]] * [0.86, 1] + [0, 0.02]
    flat = np.vstack([*brows, nose_points(shape), *eyes, outer, inner]).astype(np.float32)
    return np.vstack([jaw_points(head, turn), head.front(flat)])


def lip_outline(points: Floats, count: int = 60) -> Floats:
    """A smooth closed outline through lip points whose two corners stay sharp."""
    half = len(points) // 2
    above = smooth(points[: half + 1], count // 2)
    below = smooth(np.vstack([points[half:], points[:1]]), count // 2)
    return np.vstack([above, below[1:-1]])
