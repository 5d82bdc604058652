"""The guide: where face, brows, eyes, nose and lips are, as filled regions.

Training and inference both go `small_face` -> `draw_guide` -> `lowres_input`: one photo gives one input, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Encoding = Literal["rgb", "regions", "none"]

REGIONS = ("face", "brow-eye", "eye", "nose", "nostril", "lips")  # in the order of painting: later ones cover
COLOURS = np.array(  # row 0 is the background, row k the k-th region; left and right share colours
    [(0, 0, 0), (255, 255, 255), (0, 255, 255), (0, 0, 255), (255, 255, 0), (128, 128, 128), (255, 0, 0)], np.uint8
)
CHANNELS: dict[str, int] = {"rgb": 3, "regions": len(REGIONS), "none": 0}

# Points of dlib's 68, right of the subject first.
JAW = slice(0, 17)
BROWS = (slice(17, 22), slice(22, 27))
EYES = (slice(36, 42), slice(42, 48))
OUTER_LIPS = slice(48, 60)
NOSTRILS = [31, 30, 35, 34, 33, 32]  # the wings, the tip above and the base below

SUPERSAMPLING = 4  # drawn so many times larger, then averaged: smooth edges, the same on every call
SUBPIXEL_BITS = 6  # fillPoly's fixed point


def channels(encoding: Encoding) -> int:
    """How many channels a guide of this encoding has."""
    return CHANNELS[encoding]


@dataclass(frozen=True)
class GuideStyle:
    """How guides are drawn: their encoding, and how far the outline of the face fades: see `draw_guide`."""

    encoding: Encoding = "rgb"
    fade: float = 0.0

    @classmethod
    def of(cls, card: dict[str, Any]) -> GuideStyle:
        """The style that a network of stage 2 has learned on."""
        return cls(card["guide"], card.get("guide_fade", 0.0))

    @property
    def channels(self) -> int:
        """How many channels such a guide has."""
        return channels(self.encoding)

    def draw(self, landmarks: NDArray[np.floating], extent: int) -> NDArray[np.uint8]:
        """The guide of landmarks: (extent, extent, C), 0..255."""
        return draw_guide(landmarks, extent, self.encoding, self.fade)

    def blank(self, extent: int) -> NDArray[np.uint8]:
        """The guide of a face whose landmarks are not known: (extent, extent, C), all 0."""
        return np.zeros((extent, extent, self.channels), np.uint8)


def draw_guide(
    landmarks: NDArray[np.floating], extent: int = 128, encoding: Encoding = "rgb", fade: float = 0.0
) -> NDArray[np.uint8]:
    """Draw 68 landmarks as filled regions on black.

    Args:
        landmarks: shape (68, 2), x then y, 0..1 of the aligned square, in dlib's order; points outside are cut off.
        extent: side of the guide in pixels.
        encoding: `rgb` in the colours of the article, `regions` with one channel per region, `none` without any.
        fade: sigma of a Gaussian blur of the face's outline, as a share of the square; 0 leaves it sharp, with 1 there
            is none, and all beside the features counts as face. The features stay sharp. The arc over the forehead is
            a guess, and a network paints lines along it.

    Returns:
        Shape (extent, extent, C), 0..255; C is 3, 6 or 0. At the edge of a region, the share of the pixel it covers.
    """
    if np.shape(landmarks) != (68, 2):
        raise ValueError(f"a guide needs landmarks of shape (68, 2), not {np.shape(landmarks)}")
    if encoding == "none":
        return np.zeros((extent, extent, 0), np.uint8)
    labels = _label_map(np.asarray(landmarks, np.float64), extent * SUPERSAMPLING)
    if fade:
        return _faded(labels, encoding, fade)
    if encoding == "rgb":
        return _average_cells(COLOURS[labels])
    return _average_cells(_layers(labels))


def outlines(landmarks: NDArray[np.floating]) -> list[tuple[int, NDArray[np.float64]]]:
    """The polygons of a guide in the order of painting: (row of COLOURS, points (n, 2) in the landmarks' unit)."""
    points = np.asarray(landmarks, np.float64)
    face = _hull(np.vstack([points[JAW], points[17:27], forehead(points)]))
    lids = [_hull(np.vstack([points[brow], points[eye]])) for brow, eye in zip(BROWS, EYES, strict=True)]
    return [
        (1, face),
        *((2, lid) for lid in lids),
        *((3, points[eye]) for eye in EYES),
        (4, _nose(points)),
        (5, points[NOSTRILS]),
        (6, points[OUTER_LIPS]),
    ]


def forehead(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """An arc over the brows, from temple to temple, that dlib has no points for: shape (17, 2).

    Half an ellipse on the line between the ends of the jaw. It is as high above the brows as the base of the nose is
    below them, the rule of facial thirds (hairline to brow, brow to nose, nose to chin).
    """
    points = np.asarray(landmarks, np.float64)
    brow, chin = points[17:27].mean(axis=0), points[8]
    up = (brow - chin) / max(float(np.linalg.norm(brow - chin)), 1e-9)
    hairline = brow + up * float(np.linalg.norm(brow - points[33]))
    middle, half = (points[0] + points[16]) / 2, (points[16] - points[0]) / 2
    angle = np.linspace(np.pi, 0, 17)[:, None]
    arc: NDArray[np.float64] = middle + half * np.cos(angle) + (hairline - middle) * np.sin(angle)
    return arc


def in_square(landmarks: NDArray[np.floating], extent: int) -> NDArray[np.float64]:
    """Landmarks found in a square picture of `extent` pixels, as 0..1 of the square (pixel 0 has its centre at 0.5)."""
    return (np.asarray(landmarks, np.float64) + 0.5) / extent


def in_pixels(landmarks: NDArray[np.floating], extent: int) -> NDArray[np.float64]:
    """Landmarks of 0..1 as pixels of a square picture of `extent`, as a detector counts them: undoes `in_square`."""
    return np.asarray(landmarks, np.float64) * extent - 0.5


def small_face(face: NDArray[np.uint8], extent: int = 128) -> NDArray[np.uint8]:
    """Average an aligned face (S, S, 3) down to (extent, extent, 3); one that is smaller is enlarged (cubic)."""
    how = cv2.INTER_AREA if face.shape[0] >= extent else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(face, (extent, extent), interpolation=how), np.uint8)


def lowres_input(small: NDArray[np.uint8], guide: NDArray[np.uint8], stacked: int = 96) -> NDArray[np.float32]:
    """Stack a small face and its guide, brought to the extent that the upres networks see.

    Args:
        small: shape (E, E, 3), 0..255, from `small_face` or from the lowres generator.
        guide: shape (E, E, C), 0..255, from `draw_guide`.
        stacked: side of the result; averaging over areas smooths what the lowres generator and the guide's edges leave.

    Returns:
        Shape (3 + C, stacked, stacked), -1..1.
    """
    if small.shape[:2] != guide.shape[:2]:
        raise ValueError(f"face {small.shape[:2]} and guide {guide.shape[:2]} differ in size")
    planes = [_shrink(layer[..., channel], stacked) for layer in (small, guide) for channel in range(layer.shape[2])]
    stack: NDArray[np.float32] = np.stack(planes) / np.float32(127.5) - np.float32(1)
    return np.clip(stack, -1, 1)


def _shrink(plane: NDArray[np.uint8], extent: int) -> NDArray[np.float32]:
    how = cv2.INTER_AREA if plane.shape[0] >= extent else cv2.INTER_CUBIC
    smaller = cv2.resize(np.ascontiguousarray(plane, np.float32), (extent, extent), interpolation=how)
    return np.asarray(smaller, np.float32)


def _label_map(landmarks: NDArray[np.float64], extent: int) -> NDArray[np.uint8]:
    labels = np.zeros((extent, extent), np.uint8)
    for region, outline in outlines(landmarks):
        # -0.5: OpenCV counts from the centre of the first pixel, landmarks from its corner
        fixed = np.round((outline * extent - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(labels, [fixed], region, lineType=cv2.LINE_8, shift=SUBPIXEL_BITS)
    return labels


def _layers(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    layers: NDArray[np.uint8] = (labels[..., None] == np.arange(1, len(REGIONS) + 1)).astype(np.uint8) * np.uint8(255)
    return layers


def _faded(labels: NDArray[np.uint8], encoding: Encoding, fade: float) -> NDArray[np.uint8]:
    """The guide with a blurred outline of the face, under features that are as sharp as ever."""
    share = _average_cells(_layers(labels)) / np.float32(255)  # of a pixel, (E, E, 6)
    sigma, features = fade * len(share), share[..., 1:].sum(axis=2)
    face = share.sum(axis=2)
    face = cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) if fade < 1 else np.ones_like(face)
    share[..., 0] = face * np.clip(1 - features, 0, 1)
    colours = COLOURS[1:] if encoding == "rgb" else np.eye(len(REGIONS), dtype=np.uint8) * 255
    return np.clip(np.rint(share @ colours.astype(np.float32)), 0, 255).astype(np.uint8)


def _average_cells(drawing: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side, cell = drawing.shape[0] // SUPERSAMPLING, SUPERSAMPLING
    sums = drawing.reshape(side, cell, side, cell, -1).sum(axis=(1, 3), dtype=np.uint32)
    return np.asarray((sums + cell * cell // 2) // (cell * cell), np.uint8)


def _hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.convexHull(points.astype(np.float32)), np.float64).reshape(-1, 2)


def _nose(points: NDArray[np.float64]) -> NDArray[np.float64]:
    across = (points[35] - points[31]) / 6  # dlib's bridge is a line; the nose is about a third as wide there
    return _hull(np.vstack([points[27] - across, points[27] + across, points[31:36]]))
