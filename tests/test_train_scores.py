"""Scores and losses are the formulas that their docstrings give."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.average import Average, settle_norms
from train.counters import Purpose, normals
from train.losses import bce_fake, bce_real, full_l1, pooled_l1
from train.networks.blocks import start_normal
from train.networks.dcgan import LowresGenerator
from train.networks.jnet import bicubic
from train.scores import TileScores, hf_ratio, high_band, locked_pattern, lr_psnr, top_energy


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_lr_psnr_is_the_error_after_pooling() -> None:
    lowres = noise(2, 6, 4, 4).clamp(-1, 1)
    copied = F.interpolate(lowres[:, :3], scale_factor=8, mode="nearest")
    assert lr_psnr(copied, lowres) > 100
    assert lr_psnr(copied + 0.02, lowres) == pytest.approx(40, abs=0.01)


def test_lr_psnr_does_not_see_detail() -> None:
    lowres = noise(2, 3, 4, 4).clamp(-1, 1)
    copied = F.interpolate(lowres, scale_factor=8, mode="nearest")
    detail = noise(2, 3, 32, 32)
    detail -= F.interpolate(F.avg_pool2d(detail, 8), scale_factor=8, mode="nearest")
    assert lr_psnr(copied + detail, lowres) > 100


def test_independent_tiles_are_at_the_floor() -> None:
    assert locked_pattern(noise(64, 3, 32, 32)) == pytest.approx(1 / 8, abs=0.01)


def test_tiles_that_are_all_alike_are_locked() -> None:
    assert locked_pattern(noise(1, 3, 32, 32).expand(16, -1, -1, -1)) == pytest.approx(1, abs=1e-5)


def test_shapes_are_no_pattern() -> None:
    slow = F.interpolate(noise(1, 3, 2, 2), size=(64, 64), mode="bilinear").expand(16, -1, -1, -1)
    assert locked_pattern(slow + noise(16, 3, 64, 64)) == pytest.approx(1 / 4, abs=0.02)


def test_the_high_band_of_a_flat_picture_is_zero_up_to_the_border() -> None:
    assert float(high_band(torch.full((1, 3, 40, 40), 0.4)).abs().max()) < 1e-6


def test_the_high_band_is_the_picture_minus_its_mean_over_17_pixels() -> None:
    picture = noise(1, 1, 40, 40)
    assert float(high_band(picture)[0, 0, 20, 20]) == pytest.approx(
        float(picture[0, 0, 20, 20] - picture[0, 0, 12:29, 12:29].mean()), abs=1e-5
    )


def test_hf_ratio_is_one_for_the_truth_and_none_for_a_blur() -> None:
    truth = noise(2, 3, 64, 64)
    assert hf_ratio(truth, truth) == pytest.approx(1)
    assert hf_ratio(2 * truth, truth) == pytest.approx(2)
    assert hf_ratio(bicubic(F.avg_pool2d(truth, 8)), truth) < 0.05


def test_a_flat_picture_has_no_energy() -> None:
    assert float(top_energy(torch.full((1, 3, 16, 16), 0.7))) < 1e-12


def test_scores_by_batch_equal_those_of_all_tiles() -> None:
    painted, truth = noise(8, 3, 32, 32), noise(8, 3, 32, 32, seed=1)
    lowres = F.avg_pool2d(truth, 8)
    scores = TileScores()
    for half in (slice(0, 4), slice(4, 8)):
        scores.add(painted[half], lowres[half], truth[half])

    result = scores.result()

    assert result["lr_psnr"] == pytest.approx(lr_psnr(painted, lowres), abs=1e-3)
    assert result["hf_ratio"] == pytest.approx(hf_ratio(painted, truth), abs=1e-4)
    assert result["locked_pattern"] == pytest.approx(locked_pattern(painted), abs=1e-4)
    assert result["score_tiles"] == 8


def test_a_painter_that_repeats_itself_is_found_out() -> None:
    truth = noise(16, 3, 32, 32)
    painted = noise(1, 3, 32, 32, seed=1).expand(16, -1, -1, -1)
    scores = TileScores()
    scores.add(painted, F.avg_pool2d(truth, 8), truth)
    result = scores.result()
    assert result["locked_pattern"] > 0.99
    assert result["locked_pattern_truth"] < result["locked_floor"] + 0.05


def test_cross_entropy_is_that_of_torch() -> None:
    logits = noise(5, 1, 3, 3)
    expected = F.binary_cross_entropy_with_logits
    assert float(bce_real(logits)) == pytest.approx(float(expected(logits, torch.ones_like(logits))), abs=1e-6)
    assert float(bce_fake(logits)) == pytest.approx(float(expected(logits, torch.zeros_like(logits))), abs=1e-6)
    assert float(bce_real(torch.zeros(1))) == pytest.approx(math.log(2))


def test_losses_are_float32_whatever_comes_in() -> None:
    logits = noise(2, 1, 3, 3).bfloat16()
    assert bce_real(logits).dtype == bce_fake(logits).dtype == torch.float32
    assert pooled_l1(noise(1, 3, 16, 16).bfloat16(), noise(1, 3, 16, 16)).dtype == torch.float32


def test_pooled_l1_leaves_detail_alone_and_full_l1_does_not() -> None:
    truth = noise(2, 3, 16, 16)
    moved = truth.roll(1, dims=-1) - truth
    painted = truth + moved - F.interpolate(F.avg_pool2d(moved, 8), scale_factor=8, mode="nearest")
    assert float(pooled_l1(painted, truth)) < 1e-6
    assert float(full_l1(painted, truth)) > 0.5


def test_pooled_l1_takes_a_target_that_is_pooled_already() -> None:
    painted, truth = noise(2, 3, 16, 16), noise(2, 3, 16, 16, seed=1)
    assert float(pooled_l1(painted, truth)) == pytest.approx(
        float(pooled_l1(painted, F.avg_pool2d(truth, 8))), abs=1e-6
    )


def test_a_step_counts_half_after_the_half_life() -> None:
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(0)
    average = Average(network, half_life=100)
    network.weight.data.fill_(1)
    average.update(network, seen=1_000_000, batch=100)
    assert float(average.network.weight) == pytest.approx(0.5)  # type: ignore[arg-type]


def test_early_on_the_average_follows_at_once() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = Average(network, half_life=10_000)
    network.weight.data.fill_(3)
    average.update(network, seen=0, batch=16)
    assert float(average.network.weight) == pytest.approx(3, abs=1e-4)  # type: ignore[arg-type]


def test_running_averages_are_copied() -> None:
    network = nn.BatchNorm2d(2)
    average = Average(network, half_life=10_000)
    network(noise(4, 2, 3, 3) + 5)
    average.update(network, seen=10_000_000, batch=4)
    assert torch.equal(average.network.running_mean, network.running_mean)  # type: ignore[arg-type]
    assert int(average.network.num_batches_tracked) == 1  # type: ignore[arg-type]


def test_settled_norms_are_those_of_the_weights() -> None:
    network = LowresGenerator(32, z=8, width=0.06)
    start_normal(network, torch.Generator().manual_seed(0))
    noise = [normals(0, Purpose.SETTLE, at, (64, 8)) for at in range(4)]
    before = {name: value.clone() for name, value in network.named_parameters()}
    settle_norms(network.eval(), noise)
    assert not network.training
    assert all(torch.equal(before[name], value) for name, value in network.named_parameters())
    assert all(layer.momentum == 0.1 for layer in network.modules() if isinstance(layer, torch.nn.BatchNorm2d))
    with torch.no_grad():
        settled = network(noise[0])
        alike = network.train()(noise[0])
    assert float((settled - alike).abs().mean()) < 0.05 * float(alike.std())


def test_a_network_without_batch_norm_has_nothing_to_settle() -> None:
    def never() -> Iterator[torch.Tensor]:
        raise AssertionError("nothing is painted")
        yield

    settle_norms(LowresGenerator(32, z=8, width=0.06, norm="none"), never())
