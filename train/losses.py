"""What the networks are trained to make small; in float32 whatever the networks compute in."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Adversarial = Literal["bce", "relativistic"]


def bce_real(logits: Tensor) -> Tensor:
    """Binary cross-entropy of logits that should say real: 0 when sure and right, 0.69 when in doubt."""
    return F.softplus(-logits.float()).mean()


def bce_fake(logits: Tensor) -> Tensor:
    """Binary cross-entropy of logits that should say painted."""
    return F.softplus(logits.float()).mean()


def critic_loss(real: Tensor, painted: Tensor, kind: Adversarial) -> Tensor:
    """What the discriminator makes small: two cross-entropies, or one of how much more real the real ones look.

    relativistic: softplus of painted minus real (Jolicoeur-Martineau 2018, arXiv 1807.00734, paired as in Huang et al.
    2024, arXiv 2501.05441); needs as many painted as real ones.
    """
    if kind == "relativistic":
        return bce_real(real.float() - painted.float())
    return bce_real(real) + bce_fake(painted)


def generator_loss(real: Tensor | None, painted: Tensor, kind: Adversarial) -> Tensor:
    """What the generator makes small: not being told from real ones; `relativistic` compares with `real` logits."""
    if kind == "relativistic":
        assert real is not None  # the caller knows the kind
        return bce_real(painted.float() - real.float())
    return bce_real(painted)


def gradient_penalty(logits: Tensor, pictures: Tensor) -> Tensor:
    """Half the mean squared length of the discriminator's gradient at pictures (B, C, H, W) that it has judged.

    R1 at real pictures (Mescheder et al. 2018, arXiv 1801.04406), R2 at painted ones. float32 only; the discriminator
    must not mix the pictures of a batch, so no batch norm.
    """
    slopes = torch.autograd.grad(logits.sum(), pictures, create_graph=True)[0]
    return slopes.square().sum(dim=(1, 2, 3)).mean() / 2


def pooled_l1(painted: Tensor, target: Tensor, cell: int = 8) -> Tensor:
    """Mean absolute difference after averaging over cells: details are left to the critic. -1..1 -> 0..2.

    target: the truth at full resolution, or a picture that is pooled already.
    """
    pooled = F.avg_pool2d(painted.float(), cell)
    if target.shape == painted.shape:
        target = F.avg_pool2d(target.float(), cell)
    return F.l1_loss(pooled, target)


def pyramid_l1(painted: Tensor, target: Tensor, levels: int = 4) -> Tensor:
    """Mean absolute difference on each level of a pyramid of details, added: every scale counts alike.

    A level is a picture less its own halving enlarged again (Burt and Adelson 1983); the last is what is left.
    """
    rest = painted.float() - target.float()
    total = rest.new_zeros(())
    for _ in range(levels):
        smaller = F.avg_pool2d(rest, 2)
        total = total + (rest - F.interpolate(smaller, scale_factor=2.0, mode="bilinear")).abs().mean()
        rest = smaller
    return total + rest.abs().mean()


def full_l1(painted: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of every pixel: the loss that the pooled one is compared with."""
    return F.l1_loss(painted.float(), target)
