"""Aligning faces: FFHQ's square (Karras et al. 2019, appendix A) by one direct warp."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Aligned:
    """A face upright in the middle of a square."""

    face: NDArray[np.uint8]  # (size, size, 3), RGB
    matrix: NDArray[np.float64]  # (2, 3), from pixels of the image to pixels of the face, both from the top left corner
    landmarks: NDArray[np.float64]  # (68, 2), 0..1 of the square
    upscale: float  # pixels of the face per pixel of the image; above 1 the face is enlarged


def align(image: NDArray[np.uint8], landmarks: NDArray[np.floating], size: int) -> Aligned:
    """Turn, scale and cut `image` (height, width, 3) to the FFHQ square around one face's 68 landmarks (pixels).

    Where the square leaves the image, the image is reflected at its border.
    """
    corner, along_x, along_y = ffhq_square(landmarks)
    scale = size / float(np.hypot(*along_x))
    turn = np.array([along_x, along_y]) / np.hypot(*along_x) * scale  # rows: the square's axes, in face pixels
    matrix = np.hstack([turn, (-turn @ corner)[:, None]])
    points = (np.asarray(landmarks, np.float64) + 0.5) @ turn.T + matrix[:, 2]
    return Aligned(warp(image, matrix, size), matrix, points / size, scale)


def ffhq_square(
    landmarks: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The square of FFHQ around a face: its top left corner and its two sides, each shape (2,), in pixels.

    With e the line from the middle of the first eye to that of the second, and m from the middle of the eyes to that of
    the mouth: x' = e - rotate90(m), the centre lies 0.1 m below the eyes, and half a side is max(2 |e|, 1.8 |m|).
    """
    points = np.asarray(landmarks, np.float64) + 0.5  # a detector's pixel 0 has its centre at 0.5
    first_eye, second_eye = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    eyes, mouth = (first_eye + second_eye) / 2, (points[48] + points[54]) / 2
    eye_to_eye, eye_to_mouth = second_eye - first_eye, mouth - eyes
    direction = eye_to_eye + np.array([eye_to_mouth[1], -eye_to_mouth[0]])
    half = max(2.0 * float(np.hypot(*eye_to_eye)), 1.8 * float(np.hypot(*eye_to_mouth)))
    x = direction / max(float(np.hypot(*direction)), 1e-9) * half
    y = np.array([-x[1], x[0]])
    centre = eyes + 0.1 * eye_to_mouth
    return centre - x - y, 2 * x, 2 * y


def warp(image: NDArray[np.uint8], matrix: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """Warp by a similarity (2, 3) to (size, size, 3), cubic; what shrinks is drawn larger, then averaged.

    The matrix maps continuous coordinates, in which the first pixel reaches from 0 to 1.
    """
    scale = float(np.hypot(matrix[0, 0], matrix[0, 1]))
    factor = max(1, int(0.5 / scale))
    if factor > 1:
        image, matrix = _averaged(image, matrix, factor)
    finer = math.ceil(1 / (scale * factor) - 1e-9)  # at most 4
    drawn = _cubic(image, matrix * finer, size * finer)
    return drawn if finer == 1 else np.asarray(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _cubic(image: NDArray[np.uint8], matrix: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    to_centres = matrix.copy()
    to_centres[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from the centre of the first pixel
    warped = cv2.warpAffine(image, to_centres, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8)


def _averaged(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], factor: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The image averaged down by `factor`, and the matrix for it."""
    height, width = image.shape[:2]
    smaller = (max(1, round(width / factor)), max(1, round(height / factor)))
    ratio = np.array([smaller[0] / width, smaller[1] / height])
    left = np.hstack([matrix[:, :2] / ratio, matrix[:, 2:]])
    return np.asarray(cv2.resize(image, smaller, interpolation=cv2.INTER_AREA), np.uint8), left
