"""Photos spoiled as generated faces are."""

from __future__ import annotations

import numpy as np
import pytest
from set_fixtures import LANDMARKS, photo

from curate.guides import GuideStyle, draw_guide, lowres_input, small_face
from train import degrade
from train.degrade import DRAWS, Photos, shaken, spoil, spoiled_inputs

SMALL = small_face(photo(3), 64)
PHOTOS = Photos(np.stack([SMALL, small_face(photo(4), 64)]), np.stack([LANDMARKS] * 2), GuideStyle(), 48)
NEVER = np.ones(14)  # a chance of 1 is above every share


def chance(**values: float) -> np.ndarray:
    drawn = NEVER.copy()
    for name, value in values.items():
        drawn[int(name[1:])] = value
    return drawn


def high_band(pixels: np.ndarray) -> float:
    return float(np.abs(np.diff(pixels.astype(float), axis=1)).mean())


def test_a_face_that_nothing_happens_to_is_itself() -> None:
    assert np.array_equal(spoil(SMALL, NEVER, 0), SMALL)


@pytest.mark.parametrize(
    ("drawn", "rougher"),
    [
        pytest.param(chance(c0=0, c1=1), False, id="blur"),
        pytest.param(chance(c2=0, c3=1), True, id="grain"),
        pytest.param(chance(c6=0, c7=0, c11=1), True, id="grid of period 2"),
        pytest.param(chance(c6=0, c7=0.9, c11=1), True, id="grid of period 4"),
    ],
)
def test_each_spoiling_changes_the_fine_detail_in_its_way(drawn: np.ndarray, rougher: bool) -> None:
    spoiled = spoil(SMALL, drawn, 1)
    assert (high_band(spoiled) > high_band(SMALL)) == rougher
    assert not np.array_equal(spoiled, SMALL)


def test_blotches_are_coarse_and_jpeg_makes_blocks() -> None:
    blotched = spoil(SMALL, chance(c4=0, c5=1), 1).astype(float) - SMALL
    assert 2 < blotched.std() < 12
    assert high_band(blotched) < blotched.std()
    compressed = spoil(SMALL, chance(c12=0, c13=0), 1).astype(float) - SMALL
    assert 0.5 < compressed.std() < 20


def test_landmarks_shake_by_a_pixel_of_the_small_face() -> None:
    moved = shaken(LANDMARKS, np.array([0.5, 0.5]), 1) - LANDMARKS
    assert 0.5 / 128 < moved.std() < 1.5 / 128
    shifted = shaken(LANDMARKS, np.array([1.0, 0.5]), 1) - shaken(LANDMARKS, np.array([0.5, 0.5]), 1)
    np.testing.assert_allclose(shifted, [[1 / 128, 0]] * 68)


def test_inputs_are_a_function_of_seed_and_images_seen() -> None:
    which = np.array([0, 1, 0])
    first = spoiled_inputs(PHOTOS, which, 1, 12)
    assert first.shape == (3, 48, 48, 6)
    assert first.dtype == np.float32
    assert np.array_equal(first, spoiled_inputs(PHOTOS, which, 1, 12))
    assert not np.array_equal(first, spoiled_inputs(PHOTOS, which, 2, 12))
    assert not np.array_equal(first, spoiled_inputs(PHOTOS, which, 1, 15))
    assert not np.array_equal(first[0], first[2])  # the same face, spoiled in another way


def test_spoilings_happen_as_often_as_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[np.ndarray] = []

    def watched(small: np.ndarray, chance: np.ndarray, grain: int) -> np.ndarray:
        drawn.append(chance)
        return small

    monkeypatch.setattr(degrade, "spoil", watched)
    inputs = spoiled_inputs(PHOTOS, np.zeros(300, np.int64), 0, 0)
    assert {len(one) for one in drawn} == {14}
    assert DRAWS >= 17
    shares = [(np.stack(drawn)[:, at] < share).mean() for at, share in ((0, 0.5), (2, 0.5), (4, 0.3), (6, 0.2))]
    np.testing.assert_allclose(shares, [0.5, 0.5, 0.3, 0.2], atol=0.08)
    unguided = (inputs[..., 3:] == -1).all(axis=(1, 2, 3)).mean()
    assert 0.05 < unguided < 0.16


def test_without_a_guide_there_is_none_to_spoil() -> None:
    inputs = spoiled_inputs(PHOTOS._replace(guide=GuideStyle("none")), np.array([0]), 0, 0)
    assert inputs.shape == (1, 48, 48, 3)


def test_unspoiled_the_input_is_that_of_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degrade, "spoil", lambda small, chance, grain: small)
    monkeypatch.setattr(degrade, "shaken", lambda landmarks, chance, grain: landmarks)
    monkeypatch.setattr(degrade, "UNGUIDED", 0.0)
    expected = lowres_input(SMALL, draw_guide(LANDMARKS, 64), 48)
    assert np.array_equal(spoiled_inputs(PHOTOS, np.array([0]), 0, 0)[0].transpose(2, 0, 1), expected)
