"""Distances between crowds are small where the crowds are alike, grow with what differs, and know their floor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from train.distances import frechet, frechet_distance, kernel_distance, precision_recall
from train.scores import blurred
from train.wasserstein import Patches, cut, distances, levels, normalised, sliced


def points(count: int, seed: int = 0, middle: float = 0.0, spread: float = 1.0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(middle, spread, (count, 8))


def pictures(count: int, seed: int = 0, blur: int = 0) -> torch.Tensor:
    found = torch.randn(count, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 0.3
    for _ in range(blur):
        found = blurred(found)
    return found


def patches(values: torch.Tensor) -> Patches:
    found = Patches()
    found.add(values)
    return found


def test_frechet_is_that_of_two_normal_distributions() -> None:
    some = points(20_000)
    assert frechet(some, some) == pytest.approx(0, abs=1e-6)
    assert frechet(some, some + 2) == pytest.approx(8 * 4, rel=1e-6)
    assert frechet(some, 3 * some) == pytest.approx(8 * (3 - 1) ** 2, rel=0.05)


def test_people_of_one_kind_are_at_the_floor() -> None:
    for measure in (frechet_distance, kernel_distance):
        found = measure(points(60), points(120, seed=1))
        assert found is not None
        assert found.low <= found.value <= found.high
        assert abs(found.value - found.floor) < max(0.25 * abs(found.floor), 20)


@pytest.mark.parametrize("other", [{"middle": 1.0}, {"spread": 2.0}])
def test_other_people_are_above_the_floor_with_their_whole_interval(other: dict[str, float]) -> None:
    for measure in (frechet_distance, kernel_distance):
        found = measure(points(60, **other), points(120, seed=1))  # type: ignore[arg-type] # middle and spread
        assert found is not None
        assert found.low > found.floor


def test_the_kernel_distance_has_no_bias_where_frechet_has() -> None:
    real = points(400, seed=1)
    few, many = (kernel_distance(points(count), real) for count in (20, 200))
    assert few is not None
    assert many is not None
    assert abs(few.value - many.value) < 25
    assert frechet(points(20), real) > 3 * frechet(points(200), real)


def test_too_few_people_say_nothing() -> None:
    assert frechet_distance(points(5), points(100)) is None
    assert kernel_distance(points(50), points(12)) is None
    assert precision_recall(points(3), points(3)) is None


def test_precision_falls_with_nonsense_and_recall_with_sameness() -> None:
    real = points(100)
    alike = precision_recall(points(100, seed=1), real)
    nonsense, same = precision_recall(points(100, middle=9), real), precision_recall(points(100, spread=0.05), real)
    assert alike is not None
    assert min(alike) > 0.7
    assert nonsense == (0.0, 0.0)
    assert same is not None
    assert same[0] > 0.9
    assert same[1] < 0.3


def test_a_pyramid_adds_up_to_the_picture() -> None:
    picture = pictures(1)
    top, below, last = levels(picture)
    assert [level.shape[-1] for level in (top, below, last)] == [64, 32, 16]
    middle = below + torch.nn.functional.interpolate(last, size=32, mode="bilinear")
    torch.testing.assert_close(top + torch.nn.functional.interpolate(middle, size=64, mode="bilinear"), picture)


def test_a_patch_is_what_lies_there() -> None:
    picture = torch.arange(3 * 20 * 20.0).reshape(3, 20, 20)
    found = cut(picture, np.array([[2, 5]]))
    np.testing.assert_array_equal(found.reshape(3, 7, 7), picture[:, 2:9, 5:12].numpy())


def test_patches_have_mean_0_and_spread_1_in_each_colour() -> None:
    table = normalised(np.random.default_rng(0).normal(5, 3, (500, 147)).astype(np.float32)).reshape(500, 3, 49)
    np.testing.assert_allclose(table.mean(axis=(0, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(table.std(axis=(0, 2)), 1, atol=1e-4)


def test_textures_of_one_kind_are_near_and_blurred_ones_far() -> None:
    real, alike, blurry = patches(pictures(12)), patches(pictures(12, seed=1)), patches(pictures(12, seed=1, blur=3))
    near, far = distances(alike, real), distances(blurry, real)
    assert list(near) == [64, 32, 16]
    assert far[64] > 2 * near[64]


def test_the_same_texture_is_no_distance() -> None:
    table = np.random.default_rng(0).normal(size=(200, 147)).astype(np.float32)
    assert sliced(table, table[::-1]) == pytest.approx(0, abs=1e-3)


def test_only_patches_of_the_region_count() -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[10:30, 10:30] = True
    found = Patches()
    corners = found._corners((64, 64), mask)
    assert len(corners) == found.count
    assert corners.min() + 3 >= 10
    assert corners.max() + 3 < 30
    assert len(found._corners((64, 64), np.zeros((64, 64), np.bool_))) == 0
