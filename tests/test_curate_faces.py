"""Faces of drawn portraits: found, with landmarks where they were drawn, and looking where they were turned."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from curate import faces
from curate.drawing import Portrait, draw_portrait
from curate.faces import MissingModel, Step, descriptor, find_faces, landmarks_in_box, use_landmark_model
from curate.pose import INDEX, SHAPE, misfit, pose_of


@pytest.fixture(scope="module")
def drawn() -> list[Portrait]:
    return [draw_portrait(np.random.default_rng(seed), 384) for seed in range(8)]


def turned(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Landmarks (68, 2) of the solid face, turned and seen from far away."""
    angles = np.radians([yaw, pitch, roll])
    (sy, sp, sr), (cy, cp, cr) = np.sin(angles), np.cos(angles)
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    points = np.zeros((68, 2))
    seen = (about_z @ about_y @ about_x @ SHAPE.T).T
    points[INDEX] = seen[:, :2] * 2 + 300
    return points


def test_one_face_is_found_in_each_portrait_and_its_landmarks_lie_where_they_were_drawn(drawn: list[Portrait]) -> None:
    for portrait in drawn:
        (face,) = find_faces(portrait.image)
        eyes = np.linalg.norm(portrait.landmarks[36] - portrait.landmarks[45])
        inner = slice(27, 68)  # the jaw is drawn by taste
        error = np.linalg.norm(face.landmarks[inner] - portrait.landmarks[inner], axis=1).mean() / eyes
        assert error < 0.12
        assert face.score > 0


def test_grey_and_colour_give_the_same_faces(drawn: list[Portrait]) -> None:
    grey = cv2.cvtColor(drawn[0].image, cv2.COLOR_RGB2GRAY)
    np.testing.assert_array_equal(find_faces(grey)[0].landmarks, find_faces(drawn[0].image)[0].landmarks)


@pytest.mark.parametrize("size", [128, 384, 1500])
def test_boxes_are_in_pixels_of_the_picture_whatever_its_size(drawn: list[Portrait], size: int) -> None:
    image = cv2.resize(drawn[1].image, (size, size), interpolation=cv2.INTER_AREA)
    expected = np.array(find_faces(drawn[1].image)[0].box) * size / 384
    assert np.abs(np.array(find_faces(image)[0].box) - expected).max() < 0.06 * size


def test_a_face_that_fills_the_picture_is_found_by_the_border(drawn: list[Portrait]) -> None:
    points = drawn[1].landmarks
    (left, top), (right, bottom) = points.min(0).astype(int), points.max(0).astype(int)
    tight = drawn[1].image[top - 4 : bottom + 4, left:right]
    plain = (Step(256, 0, 0), Step(512, 0, 0))
    assert find_faces(tight, plain) == []
    assert find_faces(tight)[0].detector == "hog-256-border"


def test_a_small_face_is_found_by_a_later_step(drawn: list[Portrait]) -> None:
    wide = np.full((1100, 1100, 3), 90, np.uint8)
    wide[500:720, 400:620] = cv2.resize(drawn[0].image, (220, 220), interpolation=cv2.INTER_AREA)
    (face,) = find_faces(wide)
    assert face.detector in {"hog-512", "hog-1024"}
    assert 400 < face.landmarks[:, 0].mean() < 620
    assert 500 < face.landmarks[:, 1].mean() < 720


def test_the_main_face_comes_first(drawn: list[Portrait]) -> None:
    two = np.full((384, 700, 3), 90, np.uint8)
    two[:, 316:] = drawn[0].image
    two[100:380, 20:300] = cv2.resize(drawn[1].image, (280, 280), interpolation=cv2.INTER_AREA)
    large, small = find_faces(two)
    assert large.size > small.size
    assert large.box[0] > 316 > small.box[2]


@pytest.mark.parametrize("picture", ["flat", "noise", "stripes"])
def test_no_face_is_found_where_there_is_none(picture: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    stripes = np.broadcast_to((np.arange(300) // 9 % 2 * 255).astype(np.uint8)[:, None, None], (300, 300, 3))
    images = {"flat": np.full((300, 300, 3), 120, np.uint8), "noise": noise, "stripes": stripes}
    assert find_faces(images[picture]) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (700, 2), (40, 40)])
def test_odd_shapes_are_searched_without_an_error(shape: tuple[int, int]) -> None:
    assert find_faces(np.zeros((*shape, 3), np.uint8)) == []


def test_landmarks_are_predicted_in_any_box() -> None:
    points = landmarks_in_box(np.zeros((200, 200, 3), np.uint8), (50, 60, 150, 160))
    assert points.shape == (68, 2)
    assert 50 < points[:, 0].mean() < 150


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (25, 0, 0), (-25, 0, 0), (0, 15, 0), (0, -15, 0), (0, 0, 20), (15, -10, -12)]
)
def test_the_pose_of_a_turned_face_is_measured(angles: tuple[float, float, float]) -> None:
    assert pose_of(turned(*angles)) == pytest.approx(angles, abs=2.5)
    assert misfit(turned(*angles)) < 2.5  # the rest is perspective


def test_a_nose_to_the_right_is_a_positive_yaw_and_one_upwards_a_positive_pitch() -> None:
    ahead = turned(0, 0, 0)
    assert turned(20, 0, 0)[30, 0] > ahead[30, 0]
    assert turned(0, 15, 0)[30, 1] < ahead[30, 1]
    assert turned(0, 0, 10)[45, 1] > ahead[45, 1]  # the eye on the right is lower: clockwise


def test_pose_follows_the_drawn_one(drawn: list[Portrait]) -> None:
    found = np.array([find_faces(portrait.image)[0].yaw for portrait in drawn])
    told = np.array([portrait.facts["yaw"] for portrait in drawn])
    assert abs(np.corrcoef(found, told)[0, 1]) > 0.8


def test_points_on_a_line_have_a_pose_without_an_error() -> None:
    assert np.isfinite(pose_of(np.zeros((68, 2)))).all()
    assert np.isfinite(misfit(np.zeros((68, 2))))


def test_a_descriptor_is_nearer_to_the_same_person_than_to_others(drawn: list[Portrait]) -> None:
    image, other = drawn[0].image, drawn[5].image
    brighter = cv2.convertScaleAbs(image, alpha=0.9, beta=15)
    first, same, stranger = (descriptor(each, find_faces(each)[0].landmarks) for each in (image, brighter, other))
    assert first.shape == (128,)
    assert np.linalg.norm(first - same) < 0.5 * np.linalg.norm(first - stranger)


def test_a_file_that_is_no_landmark_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.dat"
    path.write_bytes(b"nothing of that kind")
    try:
        with pytest.raises(MissingModel, match=r"model\.dat is not a landmark model"):
            use_landmark_model(path)
    finally:
        use_landmark_model(None)


def test_a_model_of_five_points_is_refused() -> None:
    five = faces.landmark_model().with_name("shape_predictor_5_face_landmarks.dat")
    try:
        with pytest.raises(MissingModel, match="predicts 5 landmarks"):
            use_landmark_model(five)
    finally:
        use_landmark_model(None)


def test_a_missing_package_of_models_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingModel, match="pip install face_recognition_models"):
        faces.check_models()
