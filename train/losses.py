"""What the networks are trained to make small; in float32 whatever the networks compute in."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def bce_real(logits: Tensor) -> Tensor:
    """Binary cross-entropy of logits that should say real: 0 when sure and right, 0.69 when in doubt."""
    return F.softplus(-logits.float()).mean()


def bce_fake(logits: Tensor) -> Tensor:
    """Binary cross-entropy of logits that should say painted."""
    return F.softplus(logits.float()).mean()


def pooled_l1(painted: Tensor, target: Tensor, cell: int = 8) -> Tensor:
    """Mean absolute difference after averaging over cells: details are left to the critic. -1..1 -> 0..2.

    target: the truth at full resolution, or a picture that is pooled already.
    """
    pooled = F.avg_pool2d(painted.float(), cell)
    if target.shape == painted.shape:
        target = F.avg_pool2d(target.float(), cell)
    return F.l1_loss(pooled, target)


def full_l1(painted: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of every pixel: the loss that the pooled one is compared with."""
    return F.l1_loss(painted.float(), target)
