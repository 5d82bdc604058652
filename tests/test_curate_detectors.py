"""Defect scores: what the shipped detectors say of drawn pictures, and how their trees are read."""

import json
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from curate.config import FilterOptions
from curate.detectors import FILE, NAMES, defects_of, read, shipped
from curate.drawing import draw_portrait
from curate.faces import Found, find_faces
from curate.measures import grey_of, measure
from curate.measures_colour import lab_of
from curate.measures_parts import parts_of
from curate.models import Measures
from curate.pixels import encode_jpeg, encode_png, read_picture
from curate.rules import DEFECTS
from curate.spoil import SPOILERS

ONE_TREE = {"base": 0.5, "trees": [["noise", "noise", "sharpness", 1.0, 0.5, 7.0, -2.0, -1.0, 1.0, 2.0]]}


def sigmoid(odds: float) -> float:
    return 1 / (1 + float(np.exp(-odds)))


@pytest.mark.parametrize(
    ("noise", "sharpness", "answer"),
    [(0.2, 9.0, -2.0), (0.5, 9.0, -2.0), (0.7, 9.0, -1.0), (1.5, 6.0, 1.0), (1.5, 7.5, 2.0), (np.nan, 7.5, -2.0)],
)
def test_a_tree_asks_twice_and_answers_once(noise: float, sharpness: float, answer: float) -> None:
    detectors = read({"detectors": {"blur": ONE_TREE}})
    score = detectors.scores(np.array([[noise, sharpness]]))[0, 0]
    assert score == pytest.approx(sigmoid(0.5 + answer))


def test_each_detector_counts_its_own_trees() -> None:
    other: dict[str, Any] = {"base": 0.0, "trees": [["noise"] * 3 + [0.0] * 3 + [1.0] * 4] * 2}
    detectors = read({"detectors": {"blur": ONE_TREE, "jpeg": other}})
    scores = detectors.scores(np.array([[0.2, 9.0], [1.5, 7.5]]))
    np.testing.assert_allclose(scores[:, 1], sigmoid(2.0))
    assert scores[0, 0] != scores[1, 0]


def test_the_shipped_detectors_are_the_ten_and_say_how_good_they_are() -> None:
    assert shipped().names == NAMES
    listed = json.loads(FILE.read_text(encoding="utf-8"))["detectors"]
    assert all(0.5 < each["figures"]["portraits"] <= 1 for each in listed.values())


def test_every_input_and_every_score_is_a_column_or_of_the_face() -> None:
    columns = set(Measures.__table__.columns.keys())
    assert set(NAMES) <= columns
    assert set(shipped().measures) <= columns | {"face_score", "border", "yaw", "pitch", "roll"}


def test_every_score_has_its_option_in_filter() -> None:
    assert NAMES == DEFECTS
    assert {f"max_{name}" for name in NAMES} <= {field.name for field in fields(FilterOptions)}


def test_a_picture_without_a_face_has_no_occlusion() -> None:
    scores = defects_of({}, [])
    assert scores.pop("occlusion") is None
    assert all(score is not None and 0 <= score <= 1 for score in scores.values())


def measured(data: bytes) -> dict[str, float | None]:
    picture = read_picture(data)
    grey = grey_of(picture.pixels)
    return measure(picture, grey, find_faces(grey))[0]


@pytest.mark.parametrize("kind", ["halftone", "grey", "blur"])
def test_a_spoiled_sample_scores_above_the_clean_one(kind: str) -> None:
    portrait = draw_portrait(np.random.default_rng(3), 512)
    spoiled = SPOILERS[kind](portrait, np.random.default_rng(0))
    clean, bad = measured(encode_png(portrait.image))[kind], measured(encode_png(spoiled))[kind]
    assert clean is not None
    assert bad is not None
    assert bad > 0.5 > clean


def test_a_crushed_picture_is_seen_though_it_was_saved_well_again() -> None:
    portrait = draw_portrait(np.random.default_rng(3), 512)
    crushed = read_picture(encode_jpeg(portrait.image, 8)).pixels
    clean, bad = measured(encode_jpeg(portrait.image, 92))["jpeg"], measured(encode_jpeg(crushed, 95))["jpeg"]
    assert clean is not None
    assert bad is not None
    assert bad > 0.5 > clean


def face(landmarks: np.ndarray[Any, Any]) -> Found:
    return Found((0, 0, 64, 64), 1.0, landmarks, "hog-256", 0.0, 0.0, 0.0)


def test_a_cloth_over_mouth_and_chin_changes_their_colour() -> None:
    portrait = draw_portrait(np.random.default_rng(5), 256)
    masked = portrait.image.copy()
    masked[int(portrait.landmarks[33, 1]) :] = (90, 150, 230)

    plain, covered = (parts_of(lab_of(image), portrait.landmarks) for image in (portrait.image, masked))

    assert covered["chin_tint"] > plain["chin_tint"] + 15
    assert covered["mouth_contrast"] < 0.5 < plain["mouth_contrast"]
    assert covered["lips_red"] < plain["lips_red"]
    assert covered["eye_contrast"] == plain["eye_contrast"]


def test_parts_of_a_face_that_is_mostly_outside_are_still_numbers() -> None:
    values = parts_of(np.zeros((8, 8, 3), np.float32), np.random.default_rng(0).normal(0, 100, (68, 2)))
    assert all(np.isfinite(value) for value in values.values())
