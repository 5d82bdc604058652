"""Aligning to FFHQ's square."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from set_fixtures import LANDMARKS, photo

from curate.align import align, ffhq_square, warp

PHOTOS = Path(os.environ.get("SWIPEGAN_PHOTOS", Path(__file__).parents[2] / "shared" / "photos")) / "portraits"
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason="no photos: SWIPEGAN_PHOTOS is not set")


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean((one.astype(float) - other) ** 2)), 1e-9)))


def in_photo(side: int) -> NDArray[np.float64]:
    """The drawn face's landmarks as a detector would count them."""
    return LANDMARKS * side - 0.5


def turned(
    image: NDArray[np.uint8], points: NDArray[np.float64], degrees: float, scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A larger canvas with the image turned and scaled in it, and where its landmarks went."""
    side = image.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2 - 0.5, side / 2 - 0.5), degrees, scale)
    matrix[:, 2] += side / 2
    moved = cv2.warpAffine(image, matrix, (2 * side, 2 * side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.uint8), points @ matrix[:, :2].T + matrix[:, 2]


def test_the_square_is_the_published_one() -> None:
    """Eyes 40 apart, mouth 50 below: side 2 max(2 * 40, 1.8 * 50) = 180, centre 5 below the eyes."""
    points = np.zeros((68, 2))
    points[36:42], points[42:48], points[[48, 54]] = (80, 100), (120, 100), (100, 150)
    corner, along_x, along_y = ffhq_square(points - 0.5)
    np.testing.assert_allclose(corner, (100 - 90, 105 - 90))
    np.testing.assert_allclose([along_x, along_y], [(180, 0), (0, 180)], atol=1e-9)


def test_wide_eyes_rule_the_size_where_they_ask_for_more() -> None:
    points = np.zeros((68, 2))
    points[36:42], points[42:48], points[[48, 54]] = (50, 100), (150, 100), (100, 120)
    assert np.hypot(*ffhq_square(points)[1]) == pytest.approx(400)


@pytest.mark.parametrize(("degrees", "scale"), [(0, 0.5), (20, 1.0), (-35, 0.8), (90, 1.0), (180, 0.7)])
def test_a_turned_and_scaled_photo_gives_the_same_face(degrees: float, scale: float) -> None:
    image = np.asarray(cv2.GaussianBlur(photo(1, 400), (0, 0), 2), np.uint8)
    upright = align(image, in_photo(400), 128)
    other = align(*turned(image, in_photo(400), degrees, scale), 128)
    np.testing.assert_allclose(other.landmarks, upright.landmarks, atol=1e-9)
    middle = slice(24, 104), slice(24, 104)
    assert psnr(other.face[middle], upright.face[middle]) > 38
    assert other.upscale == pytest.approx(upright.upscale / scale)


def test_the_eyes_are_level_and_in_the_middle() -> None:
    moved, points = turned(photo(2), in_photo(200), 25, 1.0)
    aligned = align(moved, points, 96).landmarks
    first, second = aligned[36:42].mean(axis=0), aligned[42:48].mean(axis=0)
    assert first[1] == pytest.approx(second[1], abs=0.005)
    assert (first[0] + second[0]) / 2 == pytest.approx(0.5, abs=0.005)


def test_the_matrix_takes_photo_to_face() -> None:
    aligned = align(photo(3), in_photo(200), 96)
    moved = LANDMARKS * 200 @ aligned.matrix[:, :2].T + aligned.matrix[:, 2]
    np.testing.assert_allclose(moved / 96, aligned.landmarks)


def test_upscale_counts_face_pixels_per_photo_pixel() -> None:
    side = float(np.hypot(*ffhq_square(in_photo(200))[1]))
    assert align(photo(0), in_photo(200), 96).upscale == pytest.approx(96 / side)


def test_beyond_the_border_the_photo_is_reflected() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[:, :10] = (200, 10, 30)
    shifted = warp(image, np.array([[1.0, 0, 10], [0, 1, 0]]), 100)  # 10 columns from outside come in at the left
    assert (shifted[:, :20] == (200, 10, 30)).all()
    assert not shifted[:, 20:].any()


def test_a_square_in_its_place_is_copied() -> None:
    image = photo(4, 96)
    np.testing.assert_array_equal(warp(image, np.array([[1.0, 0, 0], [0, 1, 0]]), 96), image)


@pytest.mark.parametrize("times", [2, 3, 4, 6, 12])
def test_shrinking_averages(times: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    small = warp(image, np.array([[1 / times, 0, 0], [0, 1 / times, 0]]), 96 // times)
    means = image.reshape(96 // times, times, 96 // times, times, 3).mean(axis=(1, 3))
    assert np.abs(small - means).mean() < 4
    assert abs(float(small.mean() - means.mean())) < 0.6


def test_a_fine_pattern_becomes_grey_not_stripes() -> None:
    stripes = np.zeros((300, 300, 3), np.uint8)
    stripes[:, ::2] = 255
    turn = np.asarray(cv2.getRotationMatrix2D((150, 150), 10, 1 / 4), np.float64)
    turn[:, 2] -= 110
    assert warp(stripes, turn, 64)[8:56, 8:56].std() < 6  # 127 without averaging


@needs_photos
def test_portraits_are_aligned_close_to_a_fourfold_supersampled_warp() -> None:
    from curate.faces import find_faces
    from curate.pixels import read_image

    files = sorted(PHOTOS.glob("*.jpg"))[::120]
    values = []
    for path in files:
        image = read_image(path)
        aligned = align(image, find_faces(image)[0].landmarks, 512)
        larger = aligned.matrix * 4
        larger[:, 2] += larger[:, :2] @ (0.5, 0.5) - 0.5
        drawn = cv2.warpAffine(image, larger, (2048, 2048), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        reference = np.asarray(cv2.resize(drawn, (512, 512), interpolation=cv2.INTER_AREA), np.uint8)
        values.append(psnr(aligned.face, reference))
    assert np.median(values) > 45, values
