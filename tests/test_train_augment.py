"""The changes that the discriminator sees pictures under."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from train.augment import DRAWS, Augment, cut_out, recoloured, shifted

CPU = torch.device("cpu")


def pictures(count: int = 3, extent: int = 16) -> torch.Tensor:
    return torch.rand(count, 3, extent, extent, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_nothing_asked_for_changes_nothing() -> None:
    real = pictures()
    assert Augment((), 0, 0, 3, CPU)(real) is real


def test_changes_are_a_function_of_seed_and_images_seen_and_differ_for_painted() -> None:
    kinds, real = ("colour", "translation", "cutout"), pictures()
    first = Augment(kinds, 5, 12, 3, CPU)(real)
    assert torch.equal(first, Augment(kinds, 5, 12, 3, CPU)(real))
    for other in (Augment(kinds, 6, 12, 3, CPU), Augment(kinds, 5, 15, 3, CPU), Augment(kinds, 5, 12, 3, CPU, role=1)):
        assert not torch.equal(first, other(real))


def test_gradients_pass_through_every_change() -> None:
    real = pictures().requires_grad_()
    Augment(("colour", "translation", "cutout"), 0, 0, 3, CPU)(real).square().sum().backward()  # type: ignore[no-untyped-call]
    assert real.grad is not None
    assert all(float(one.abs().sum()) > 0 for one in real.grad)


def test_colours_in_the_middle_of_their_ranges_are_the_picture_itself() -> None:
    real = pictures()
    torch.testing.assert_close(recoloured(real, torch.full((3, 3), 0.5)), real, atol=1e-6, rtol=0)


def test_saturation_zero_is_grey_and_brightness_one_adds_half() -> None:
    grey = recoloured(pictures(), torch.tensor([[0.5, 0.0, 0.5]] * 3))
    assert float((grey - grey.mean(dim=1, keepdim=True)).abs().max()) < 1e-6
    brighter = recoloured(pictures(), torch.tensor([[1.0, 0.5, 0.5]] * 3))
    torch.testing.assert_close(brighter, pictures() + 0.5, atol=1e-6, rtol=0)


def test_shifting_moves_by_whole_pixels_and_fills_with_grey() -> None:
    real = pictures(1, 8)
    moved = shifted(real, np.array([[2, -1]]))
    assert torch.equal(moved[..., :-1, 2:], real[..., 1:, :-2])
    assert float(moved[..., -1, :].abs().max()) == float(moved[..., :2].abs().max()) == 0


def test_a_hole_covers_a_quarter_where_it_is_inside() -> None:
    cut = cut_out(torch.ones(2, 3, 16, 16), np.array([[0.5, 0.5], [0.0, 0.0]]))
    assert [float((one == 0).float().mean()) for one in cut] == [0.25, 0.0625]


def test_tile_and_crop_are_changed_alike() -> None:
    crop = torch.rand(4, 6, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
    tile = crop[:, :3].repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)
    changed_tile, changed_crop = Augment(("colour", "translation"), 3, 0, 4, CPU).beside(tile, crop)
    pooled = torch.nn.functional.avg_pool2d(changed_tile, 8)
    torch.testing.assert_close(pooled, changed_crop[:, :3], atol=1e-5, rtol=0)
    assert not torch.equal(changed_crop[:, :3], crop[:, :3])


def test_a_shift_of_the_guide_keeps_its_colours() -> None:
    crop = torch.ones(4, 6, 16, 16)
    _, changed = Augment(("colour",), 3, 0, 4, CPU).beside(torch.ones(4, 3, 128, 128), crop)
    assert torch.equal(changed[:, 3:], crop[:, 3:])


def test_a_batch_of_fewer_pictures_uses_the_first_changes() -> None:
    augment = Augment(("colour",), 0, 0, 5, CPU)
    assert augment.chance.shape == (5, DRAWS)
    torch.testing.assert_close(augment(pictures(5))[:2], augment(pictures(5)[:2]))


@pytest.mark.parametrize("extent", [16, 64])
def test_a_shift_is_at_most_an_eighth(extent: int) -> None:
    steps = Augment(("translation",), 1, 0, 400, CPU)._steps(400, extent)
    assert (steps.min(), steps.max()) == (-extent // 8, extent // 8)
