"""The guide and the input of the upres networks."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from set_fixtures import LANDMARKS, mirrored

from curate.guides import (
    CHANNELS,
    COLOURS,
    REGIONS,
    Encoding,
    GuideStyle,
    channels,
    draw_guide,
    in_pixels,
    in_square,
    lowres_input,
    small_face,
)

WHITE, CYAN, BLUE, YELLOW, GREY, RED = (tuple(colour) for colour in COLOURS[1:].tolist())


def colour_at(guide: NDArray[np.uint8], point: NDArray[np.floating]) -> tuple[int, ...]:
    x, y = np.floor(point * guide.shape[0]).astype(int)
    return tuple(int(value) for value in guide[y, x])


@pytest.mark.parametrize(
    ("points", "colour"),
    [
        ([36, 37, 38, 39, 40, 41], BLUE),
        ([42, 43, 44, 45, 46, 47], BLUE),
        ([19, 37, 38], CYAN),
        ([24, 43, 44], CYAN),
        ([28, 29], YELLOW),
        ([30, 33], GREY),
        ([51, 62], RED),
        ([57, 66], RED),
        ([57, 8], WHITE),
    ],
)
def test_each_region_has_the_colour_of_the_article(points: list[int], colour: tuple[int, ...]) -> None:
    assert colour_at(draw_guide(LANDMARKS, 256), LANDMARKS[points].mean(axis=0)) == colour


def test_the_forehead_is_white_and_the_corners_are_black() -> None:
    guide = draw_guide(LANDMARKS, 128)
    above_the_brows = LANDMARKS[17:27].mean(axis=0) - (0, 0.1)
    assert colour_at(guide, above_the_brows) == WHITE
    assert not guide[[0, 0, -1, -1], [0, -1, 0, -1]].any()


def test_regions_and_colours_show_the_same_picture() -> None:
    regions = draw_guide(LANDMARKS, 128, "regions")
    inside = (regions == 255).any(axis=2)
    painted = COLOURS[1:][regions.argmax(axis=2)]
    np.testing.assert_array_equal(painted[inside], draw_guide(LANDMARKS, 128, "rgb")[inside])


def test_regions_share_out_every_pixel() -> None:
    total = draw_guide(LANDMARKS, 128, "regions").sum(axis=2, dtype=int)
    assert total[64, 64] == 255
    assert total.max() <= 255 + len(REGIONS) // 2  # each share is rounded


@pytest.mark.parametrize("encoding", CHANNELS)
def test_the_number_of_channels_is_as_promised(encoding: Encoding) -> None:
    assert draw_guide(LANDMARKS, 64, encoding).shape == (64, 64, channels(encoding))


def test_a_mirrored_face_has_the_mirrored_guide() -> None:
    flipped = draw_guide(mirrored(LANDMARKS), 128)[:, ::-1].astype(int)
    difference = np.abs(flipped - draw_guide(LANDMARKS, 128))
    assert difference.max() <= 48  # the polygons' edges are rounded to a quarter of a pixel on either side
    assert difference.mean() < 0.3


def test_edges_are_smooth_and_flat_regions_are_not_touched() -> None:
    values = set(np.unique(draw_guide(LANDMARKS, 128, "regions")[..., 0]).tolist())
    assert {0, 255} < values


def test_a_guide_is_the_same_on_every_call() -> None:
    np.testing.assert_array_equal(draw_guide(LANDMARKS, 128), draw_guide(LANDMARKS.copy(), 128))


@given(st.integers(0, 10_000), st.floats(0.01, 3))
@settings(max_examples=25, deadline=None)
def test_landmarks_out_of_the_square_are_cut_off(seed: int, spread: float) -> None:
    points = np.random.default_rng(seed).normal(0.5, spread, (68, 2))
    assert draw_guide(points, 32).shape == (32, 32, 3)


def test_a_larger_guide_averages_to_the_smaller_one() -> None:
    large = cv2.resize(draw_guide(LANDMARKS, 512), (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(large.astype(int) - draw_guide(LANDMARKS, 128)).mean() < 0.6


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="68, 2"):
        draw_guide(LANDMARKS[:5])


def test_a_small_face_is_averaged_over_areas() -> None:
    face = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    means = face.reshape(8, 6, 8, 6, 3).mean(axis=(1, 3))
    assert np.abs(small_face(face, 8) - means).max() <= 0.51


def test_a_face_of_the_extent_is_left_alone() -> None:
    face = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(small_face(face, 16), face)


@pytest.mark.parametrize("encoding", CHANNELS)
def test_the_input_stacks_picture_and_guide(encoding: Encoding) -> None:
    small = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    guide = draw_guide(LANDMARKS, 128, encoding)
    stack = lowres_input(small, guide)
    assert stack.shape == (3 + channels(encoding), 96, 96)
    assert stack.dtype == np.float32
    assert stack.min() >= -1
    assert stack.max() <= 1
    np.testing.assert_array_equal(stack[:3], lowres_input(small, guide[..., :0]))


def test_the_input_is_averaged_without_a_shift() -> None:
    """3 pixels are made of the area of 4: their means are equal, so that nothing moves or changes its brightness."""
    small = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    stack = lowres_input(small, np.zeros((128, 128, 0), np.uint8))
    blocks = small.reshape(32, 4, 32, 4, 3).mean(axis=(1, 3)).transpose(2, 0, 1) / 127.5 - 1
    np.testing.assert_allclose(stack.reshape(3, 32, 3, 32, 3).mean(axis=(2, 4)), blocks, atol=1e-5)


def test_black_is_minus_one_and_white_is_one_exactly() -> None:
    for value, level in ((0, -1.0), (255, 1.0)):
        flat = np.full((128, 128, 3), value, np.uint8)
        assert (lowres_input(flat, flat) == level).all()


def test_picture_and_guide_of_different_extents_are_refused() -> None:
    with pytest.raises(ValueError, match="differ"):
        lowres_input(np.zeros((128, 128, 3), np.uint8), np.zeros((64, 64, 3), np.uint8))


def test_landmarks_go_to_the_square_and_back() -> None:
    pixels = np.random.default_rng(0).uniform(0, 768, (68, 2))
    np.testing.assert_allclose(in_pixels(in_square(pixels, 768), 768), pixels)
    assert in_square(np.array([[-0.5, 767.5]]), 768).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("encoding", ["rgb", "regions"])
def test_a_faded_outline_leaves_the_features_sharp(encoding: Encoding) -> None:
    sharp, faded = draw_guide(LANDMARKS, 128, encoding), draw_guide(LANDMARKS, 128, encoding, fade=0.02)
    features = (draw_guide(LANDMARKS, 128, "regions")[..., 1:] == 255).any(axis=2)
    assert np.array_equal(sharp[features], faded[features])
    sides = [np.abs(np.diff(guide.astype(int), axis=0)).max(axis=(0, 2)) for guide in (sharp[:30], faded[:30])]
    assert sides[0].max() > 200
    assert sides[1].max() < 60, "the arc over the forehead is a slope, not an edge"
    assert np.abs(draw_guide(LANDMARKS, 128, encoding, fade=1e-6).astype(int) - sharp).max() <= 1


def test_without_an_outline_all_beside_the_features_is_face() -> None:
    guide, features = draw_guide(LANDMARKS, 128, fade=1), draw_guide(LANDMARKS, 128, "regions")[..., 1:]
    assert (guide[~features.any(axis=2)] == 255).all()
    assert np.array_equal(draw_guide(LANDMARKS, 128, "regions", fade=1)[..., 1:], features)


def test_a_style_draws_what_its_card_says() -> None:
    style = GuideStyle.of({"guide": "rgb", "guide_fade": 0.02})
    assert np.array_equal(style.draw(LANDMARKS, 64), draw_guide(LANDMARKS, 64, "rgb", 0.02))
    assert GuideStyle.of({"guide": "regions"}) == GuideStyle("regions")
    assert np.array_equal(style.blank(8), np.zeros((8, 8, 3)))
