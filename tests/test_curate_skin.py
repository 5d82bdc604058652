"""The tone of the skin is described as photographed, and never learned from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from set_fixtures import LANDMARKS

from curate.measures_colour import lab_of
from curate.measures_skin import skin_tone
from curate.store_quality import feature_names

Pixels = NDArray[np.uint8]
POINTS = LANDMARKS * 64


def face_of(lightness: float, yellow: float) -> Pixels:
    """A crop of 64 px whose skin has this colour, with dark stripes for brows and mouth."""
    lab = np.full((64, 64, 3), (lightness, 12, yellow), np.float32)
    rgb = np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))
    rgb[24:27], rgb[46:50] = 0.1, 0.2
    return np.asarray(np.round(np.clip(rgb, 0, 1) * 255), np.uint8)


@pytest.mark.parametrize(("lightness", "yellow", "angle"), [(75, 14, 60.8), (65, 18, 39.8), (50, 18, 0), (35, 14, -47)])
def test_the_angle_is_that_of_the_cheeks(lightness: float, yellow: float, angle: float) -> None:
    assert skin_tone(lab_of(face_of(lightness, yellow)), POINTS) == pytest.approx(angle, abs=2.5)


def test_of_a_face_lit_from_one_side_the_light_cheek_counts() -> None:
    crop = face_of(65, 18)
    crop[:, 32:] //= 3
    assert skin_tone(lab_of(crop), POINTS) == pytest.approx(39.8, abs=2.5)


def test_a_grey_photo_says_nothing_of_the_skin() -> None:
    grey = np.repeat(face_of(65, 18).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert skin_tone(lab_of(grey), POINTS) is None


def test_quality_is_not_learned_from_it() -> None:
    assert "skin_tone" not in feature_names()
    assert "sharpness" in feature_names()
