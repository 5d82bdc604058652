"""Pasting a portrait back: no edge, no cast, texture kept, and the photo untouched where it is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from infer_fixtures import Floats, lowres_picture, texture

from infer.paste import Patch, pasted
from infer.project import enlarge, project_onto, shrink

ANGLE = np.deg2rad(11)
TURN = np.array([[np.cos(ANGLE), np.sin(ANGLE)], [-np.sin(ANGLE), np.cos(ANGLE)]])


def placed(picture: Floats, left: float, top: float, side: float, turn: np.ndarray = TURN) -> Patch:
    """A patch whose first corner is at (left, top) of the photo and whose sides are `side` pixels there."""
    linear = turn * (picture.shape[1] / side)
    return Patch(picture, np.hstack([linear, -linear @ np.array([[left], [top]])]))


def photo(height: int = 400, width: int = 420) -> Floats:
    return np.ascontiguousarray(enlarge(lowres_picture(64))[:, :height, :width])


def together(bands) -> Floats:
    return np.concatenate(list(bands), axis=1)


def in_bands(picture: Floats, rows: int):
    return (picture[:, top : top + rows] for top in range(0, picture.shape[1], rows))


def cut(picture: Floats, patch: Patch) -> Floats:
    """What the patch's square shows of a picture, as a portrait of the same content."""
    shift = patch.matrix[:, :2] @ np.array([0.5, 0.5]) + patch.matrix[:, 2] - 0.5
    moved = np.hstack([patch.matrix[:, :2], shift[:, None]])
    side = (patch.side, patch.side)
    return np.stack([cv2.warpAffine(p, moved, side, flags=cv2.INTER_LANCZOS4, borderMode=2) for p in picture])


@pytest.mark.parametrize("turn", [np.eye(2), TURN])
@pytest.mark.parametrize("side", [200, 256, 300])
def test_a_portrait_of_what_was_there_changes_nothing(turn, side):
    whole = photo()
    patch = placed(np.zeros((3, 256, 256), np.float32), 70.3, 90.6, side, turn)
    result = together(pasted([whole], [Patch(cut(whole, patch), patch.matrix)]))
    assert np.abs(result - whole).max() < 0.02  # 2.5 of 255, by sampling twice


def test_a_cast_fades_in_without_a_step_and_ends_with_the_square():
    whole = photo()
    patch = placed(np.zeros((3, 256, 256), np.float32), 90, 60, 256)
    cast = Patch(cut(whole, patch) + np.float32(0.1), patch.matrix)
    added = together(pasted([whole], [cast])) - whole
    edge = 0.1 * np.pi / (2 * 0.14 * 256)  # the steepest step of a raised cosine
    assert np.abs(np.diff(added, axis=1)).max() < edge + 0.015
    middle = np.linalg.solve(patch.matrix[:, :2], np.array([128, 128]) - patch.matrix[:, 2]).astype(int)
    np.testing.assert_allclose(added[:, middle[1], middle[0]], 0.1, atol=0.01)
    outside = patch.weight(0, 0, 400, 420) == 0
    assert (added[:, outside] == 0).all()
    assert outside.mean() > 0.4


def test_fine_texture_loses_no_strength_on_the_way_in():
    rng = np.random.default_rng(0)
    whole = photo() * 0.3 + texture((3, 400, 420), rng)
    patch = placed(texture((3, 256, 256), rng), 80, 70, 256, np.eye(2))
    result = together(pasted([whole], [patch]))
    half = np.abs(patch.weight(0, 0, 400, 420) - 0.5) < 0.2
    fine = result - 0.3 * photo()
    assert fine[:, half].std() > 0.9 * 0.05  # a plain average would keep 0.75


@pytest.mark.parametrize("rows", [8, 57, 256])
def test_rows_are_those_of_the_whole_photo(rows):
    whole = photo()
    patches = [
        placed(texture((3, 256, 256), np.random.default_rng(1), 0.2), 60, 40, 180),
        placed(texture((3, 200, 200), np.random.default_rng(2), 0.2), -40, 200, 150),  # beyond the border
    ]
    expected = together(pasted([whole], patches))
    assert np.abs(expected - whole).max() > 0.3
    np.testing.assert_allclose(together(pasted(in_bands(whole, rows), patches)), expected, atol=1e-5)


def test_a_portrait_with_more_pixels_than_its_place_is_averaged_first():
    stripes = np.tile(np.array([1, -1], np.float32), 256)[None, None].repeat(3, 0).repeat(512, 1)
    result = together(pasted([np.zeros((3, 200, 200), np.float32)], [placed(stripes, 36, 36, 128, np.eye(2))]))
    assert np.abs(result[:, 80:120, 80:120]).max() < 0.05  # sampled as it is, it would shimmer at full strength


@pytest.mark.parametrize("side", [60, 96, 137, 200, 255, 256])
def test_a_picture_is_brought_back_to_a_smaller_one_of_any_size(side):
    truth = enlarge(lowres_picture(64))[:, :256, :256]
    small = np.stack([cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA) for plane in truth])
    wrong = truth + np.float32(0.1) + texture(truth.shape, np.random.default_rng(0), 0.02)
    fixed = project_onto(wrong, small, 3)
    again = np.stack([cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA) for plane in fixed])
    assert np.abs(again - small).mean() < 0.002
    assert np.abs(shrink(fixed) - shrink(truth)).mean() < 0.002
