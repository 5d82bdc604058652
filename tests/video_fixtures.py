"""A clip with known motion whose detail flickers as that of a network does, and a judge that knows the motion."""

from __future__ import annotations

import cv2
import numpy as np
from infer_fixtures import Floats, texture

from infer.project import enlarge, shrink


class MovingScene:
    """Frames of a scene that turns, grows and shifts; of the detail a share goes with it, stays on screen, or is new.

    `lowres(t)` is (3, extent, extent), smooth in time; `painted(t)` (3, 8 extent, 8 extent) has the detail and a
    colour cast of its own in every frame.
    """

    def __init__(
        self, extent: int = 32, locked: float = 0.6, screen: float = 0.2, fresh: float = 0.2, seed: int = 0
    ) -> None:
        self.extent, self.side, self.seed = extent, 8 * extent, seed
        self.shares = (locked, screen, fresh)
        rng = np.random.default_rng(seed)
        wide = (3, 2 * self.side, 2 * self.side)
        soft = rng.standard_normal((3, wide[1] // 8, wide[2] // 8)).astype(np.float32)
        soft = enlarge(np.stack([cv2.GaussianBlur(plane, (0, 0), 2) for plane in soft]))
        self.soft = np.asarray(0.6 * soft / np.abs(soft).max(), np.float32)
        self.locked, self.screen = texture(wide, rng), texture((3, self.side, self.side), rng)

    def place(self, t: float) -> np.ndarray:
        """The affine map (2, 3) from pixels on the screen to pixels of the scene."""
        angle, zoom = 0.012 * t, 1 + 0.004 * t
        turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array([self.side, self.side]) + np.array([1.3, 0.9]) * t
        return np.column_stack([turn, middle - turn @ np.array([self.side, self.side]) / 2])

    def seen(self, layer: Floats, t: float) -> Floats:
        """What of a layer of the scene is on the screen."""
        how = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
        size = (self.side, self.side)
        return np.stack([cv2.warpAffine(plane, self.place(t), size, flags=how) for plane in layer])

    def lowres(self, t: int) -> Floats:
        """The small frame."""
        return shrink(self.seen(self.soft, t))

    def painted(self, t: int) -> Floats:
        """The large frame, as a network that knows nothing of time paints it."""
        rng = np.random.default_rng([self.seed, t])
        parts = (self.seen(self.locked, t), self.screen, texture((3, self.side, self.side), rng))
        fine = sum(np.sqrt(share) * part for share, part in zip(self.shares, parts, strict=True))
        return np.asarray(enlarge(self.lowres(t)) + fine + rng.normal(0, 0.02, (3, 1, 1)), np.float32)

    def true_shift(self, t: int) -> Floats:
        """Where each pixel of frame t was in frame t - 1, as a shift (2, side, side)."""
        rows, columns = np.indices((self.side, self.side), dtype=np.float64)
        here = np.stack([columns, rows, np.ones_like(rows)])
        scene = np.tensordot(self.place(t), here, axes=1)
        back = np.vstack([self.place(t - 1), [0, 0, 1]])
        before = np.tensordot(np.linalg.inv(back)[:2], np.concatenate([scene, here[2:]]), axes=1)
        return np.asarray(before - here[:2], np.float32)
