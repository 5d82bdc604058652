"""The solid head behind a drawn portrait: a radius for every direction, turned, and looked at by marching rays.

Units: half a face's width is 1. Head coordinates: x to the picture's right, y down, z to the viewer, the
origin between the ears at the height of the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from curate.drawing_paint import Floats, slopes, soften

REACH = 1.95  # the camera looks at a square of this half side around the head's origin
MAP_HEIGHT, MAP_WIDTH = 181, 361  # one value a degree: latitude (down) by longitude (right)


@dataclass(frozen=True, kw_only=True)
class FaceShape:
    """The measures in which one skull differs from another; lengths in head units."""

    width: float
    jaw: float  # 0 narrow .. 1 wide
    chin: float
    eye_apart: float
    eye_width: float
    eye_tilt: float
    nose_length: float
    nose_width: float
    nose_high: float
    mouth_width: float
    mouth_low: float
    lips: float
    brow_high: float
    cheeks: float
    ears: float
    boxy: float


def random_shape(rng: np.random.Generator) -> FaceShape:
    """A skull as people have it."""

    def spread(middle: float, by: float) -> float:
        return float(middle + by * np.clip(rng.normal(), -2, 2))

    return FaceShape(
        width=spread(1.0, 0.035),
        jaw=float(rng.uniform(0, 1)),
        chin=spread(1.52, 0.05),
        eye_apart=spread(0.45, 0.016),
        eye_width=spread(0.232, 0.011),
        eye_tilt=spread(0.012, 0.014),
        nose_length=spread(0.64, 0.035),
        nose_width=spread(0.198, 0.022),
        nose_high=spread(0.3, 0.035),
        mouth_width=spread(0.39, 0.03),
        mouth_low=spread(0.98, 0.03),
        lips=float(rng.uniform(0, 1)),
        brow_high=spread(0.31, 0.025),
        cheeks=float(rng.uniform(0, 1)),
        ears=spread(0.2, 0.04),
        boxy=float(rng.uniform(2.15, 2.55)),
    )


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Head to camera coordinates, degrees.

    yaw > 0 turns the nose to the picture's right, pitch > 0 lowers it, roll > 0 leans the head clockwise.
    """
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y, np.float32)


class Head:
    """A star-shaped solid: its radius, and the slopes of it, over longitude and latitude."""

    def __init__(self, shape: FaceShape, smile: float, opened: float) -> None:
        lat = np.radians(np.linspace(-90, 90, MAP_HEIGHT, dtype=np.float32))[:, None]
        lon = np.radians(np.linspace(-180, 180, MAP_WIDTH, dtype=np.float32))[None, :]
        toward = (np.cos(lat) * np.sin(lon), np.sin(lat) + 0 * lon, np.cos(lat) * np.cos(lon))
        radius = _skull(toward, shape)
        bumps = _features(toward, radius, shape, smile, opened)
        ears = shape.ears * _ear(lon, radius * toward[1])
        self.skull = soften(radius + bumps, 0.8)  # hair lies on this, behind the ears
        self.radius = soften(radius + bumps + ears, 0.8)
        self.hollow = soften(self.radius, 6) - self.radius  # > 0 in hollows
        self.slope_lon, self.slope_lat = (part * np.float32(22.5 / np.pi) for part in slopes(self.radius))  # per radian

    def look_up(self, table: Floats, points: Floats) -> Floats:
        """A table's values in the directions of `points` (..., 3)."""
        far = np.maximum(_length(points), 1e-6)
        lon = np.degrees(np.arctan2(points[..., 0], points[..., 2])) + 180
        lat = np.degrees(np.arcsin(np.clip(points[..., 1] / far, -1, 1))) + 90
        count, rows = lon.size, lon.size // 512 + 1  # remap takes no row longer than 32767
        at = np.zeros((2, rows * 512), np.float32)
        at[0, :count], at[1, :count] = lon.reshape(-1), lat.reshape(-1)
        grid = at.reshape(2, rows, 512)
        found = cv2.remap(table, grid[0], grid[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32).reshape(-1)[:count].reshape(points.shape[:-1])

    def surface(self, towards: Floats) -> Floats:
        """The points of the surface in these directions, (..., 3)."""
        unit = towards / np.linalg.norm(towards, axis=-1, keepdims=True)
        return np.asarray(unit * self.look_up(self.radius, unit)[..., None], np.float32)

    def front(self, xy: Floats) -> Floats:
        """The points of the front whose x and y are these, (N, 2) -> (N, 3)."""
        z = np.full(len(xy), 1.0, np.float32)
        for _ in range(6):
            direct = np.column_stack([xy, z]).astype(np.float32)
            reach = self.look_up(self.radius, direct)
            z = 0.5 * z + 0.5 * np.sqrt(np.maximum(reach**2 - (xy**2).sum(1), 0.01)).astype(np.float32)
        return np.column_stack([xy, z]).astype(np.float32)

    def normals(self, points: Floats) -> Floats:
        """Unit normals of the surface in the directions of `points` (..., 3), head coordinates."""
        far = np.maximum(_length(points), 1e-6)
        lon = np.arctan2(points[..., 0], points[..., 2])
        lat = np.arcsin(np.clip(points[..., 1] / far, -1, 1))
        along_lon = self.look_up(self.slope_lon, points) / (far * np.maximum(np.cos(lat), 0.08))
        along_lat = self.look_up(self.slope_lat, points) / far
        sin_lon, cos_lon, sin_lat, cos_lat = np.sin(lon), np.cos(lon), np.sin(lat), np.cos(lat)
        x = cos_lat * sin_lon - along_lon * cos_lon + along_lat * sin_lat * sin_lon
        y = sin_lat - along_lat * cos_lat
        z = cos_lat * cos_lon + along_lon * sin_lon + along_lat * sin_lat * cos_lon
        normal = np.stack([x, y, z], axis=-1)
        return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.float32)


@dataclass(frozen=True)
class View:
    """What the camera sees of a head, on a square grid of half side REACH.

    cover: distance of the ray from the solid (0 = hit); points, normals: (G, G, 3), head and camera
    coordinates; depth: camera z; hollow: how deep in a hollow.
    """

    cover: Floats
    points: Floats
    normals: Floats
    depth: Floats
    hollow: Floats


def look(head: Head, turn: Floats, grid: int) -> View:
    """March a ray per grid point until it meets the head, or passes it."""
    line = np.linspace(-REACH, REACH, grid, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    place = np.stack([x, y, np.full_like(x, 1.7)], axis=-1) @ turn  # camera to head: the transpose, from the right
    ahead = np.array([0, 0, -1], np.float32) @ turn
    place = place.reshape(-1, 3)
    nearest, best = np.full(len(place), 9, np.float32), place.copy()
    rays = np.flatnonzero((x * x + y * y).reshape(-1) < 1.8**2)
    for _ in range(22):
        here = place[rays]
        gap = _length(here) - head.look_up(head.radius, here)
        closer = np.abs(gap) < np.abs(nearest[rays])
        nearest[rays[closer]] = gap[closer]
        best[rays[closer]] = here[closer]
        step = np.where(gap > 0.002, np.maximum(0.5 * gap, 0.015), 0.5 * gap)  # half: steeper than a ball in places
        place[rays] = here + ahead * step[:, None]
        rays = rays[(np.abs(gap) > 0.002) & ((here @ turn.T)[:, 2] > -1.0)]
    cover = np.maximum(nearest, 0).reshape(x.shape)
    points = best.reshape(*x.shape, 3)
    normals = head.normals(points) @ turn.T
    return View(cover, points, normals, (points @ turn.T)[..., 2], head.look_up(head.hollow, points))


def _length(points: Floats) -> Floats:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", points, points)), np.float32)


def _skull(toward: tuple[Floats, Floats, Floats], shape: FaceShape) -> Floats:
    dx, dy, dz = (np.abs(part) for part in toward)
    down = toward[1] > 0
    high = np.where(down, shape.chin + 0.02, 1.52)
    deep = np.where(toward[2] > 0, 1.1, 1.28)
    radius: Floats = np.full(dx.shape, 1.2, np.float32)
    power = shape.boxy
    for _ in range(4):
        low = np.clip((radius * toward[1] - 0.1) / (shape.chin - 0.1), 0, 1)
        wide = shape.width * (1 - (0.25 - 0.22 * shape.jaw) * low * low * (3 - 2 * low))
        wide = wide * (1 - 0.06 * np.clip(-radius * toward[1] / 1.2, 0, 1))
        radius = ((dx / wide) ** power + (dy / high) ** power + (dz / deep) ** power) ** (-1 / power)
    return np.asarray(radius, np.float32)


def _features(
    toward: tuple[Floats, Floats, Floats], radius: Floats, s: FaceShape, smile: float, opened: float
) -> Floats:
    """Brow, sockets, nose, cheeks, lips and chin, as soft bumps on the front of the skull."""
    x, y = np.abs(radius * toward[0]), radius * toward[1]
    total = np.zeros_like(radius)
    lip = 0.045 + 0.05 * s.lips
    for at_x, at_y, high, wide, tall in (
        (s.eye_apart, 0.0, -0.085, 0.24, 0.15),
        (0.36, -0.29, 0.05, 0.26, 0.09),
        (0.0, -0.2, 0.04, 0.14, 0.2),
        (0.0, 0.02, 0.06, 0.075, 0.2),
        (0.0, s.nose_length * 0.45, s.nose_high * 0.5, 0.085, 0.17),
        (0.0, s.nose_length * 0.85, s.nose_high * 0.85, 0.115, 0.12),
        (s.nose_width * 0.72, s.nose_length * 0.93, 0.11, 0.075, 0.085),
        (s.nose_width * 1.5, s.nose_length * 0.95, -0.02, 0.07, 0.12),
        (0.62, 0.38 - 0.04 * smile, 0.05 + 0.04 * s.cheeks + 0.05 * smile, 0.22, 0.2),
        (0.62, 0.85, -0.05 + 0.07 * s.cheeks, 0.2, 0.25),
        (0.0, s.mouth_low, 0.15, 0.36, 0.33),
        (0.0, s.mouth_low - lip, 0.05, 0.24, 0.06),
        (0.0, s.mouth_low + lip + 0.1 * opened, 0.06, 0.2, 0.065),
        (0.0, s.mouth_low + 0.2, -0.05, 0.24, 0.06),
        (0.0, s.chin - 0.17, 0.2, 0.3, 0.2),
        (0.88, -0.35, -0.06, 0.2, 0.3),
        (0.0, -0.75, 0.03, 0.5, 0.35),
    ):
        near = np.exp(-(((x - at_x) / wide) ** 2) - ((y - at_y) / tall) ** 2)
        total += np.float32(high) * near
    return np.asarray(total * np.clip(toward[2] * 3, 0, 1), np.float32)


def _ear(lon: Floats, y: Floats) -> Floats:
    """How much of an ear sticks out here, 0..1."""
    side = np.abs(np.degrees(np.abs(lon)) - 97 - 6 * (y - 0.15))
    along = np.abs((y - 0.16) / 0.4)
    lobe = 1 / (1 + np.exp((side - 9 + 3 * np.clip(y, 0, 1)) / 1.8))
    return np.asarray(lobe / (1 + np.exp((along - 1) / 0.07)), np.float32)
