"""What both stages do alike when generator and discriminator play against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from train.augment import Augment
from train.config import TrainingOptions
from train.distributed import average_gradients
from train.losses import gradient_penalty


def learn(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of an optimizer down the slope of a loss."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call] # torch leaves it untyped
    for group in optimizer.param_groups:
        average_gradients(group["params"])
    optimizer.step()


def both_augments(
    options: TrainingOptions, seen: int, device: torch.device, generated: int = 0
) -> tuple[Augment, Augment]:
    """How real pictures are changed in this step, and how painted ones, `generated` of them without a photo."""
    real, painted = (
        Augment(options.changes, options.seed, seen, options.batch, device, role, generated) for role in (0, 1)
    )
    return real, painted


def penalised(options: TrainingOptions, seen: int) -> bool:
    """Whether the step after `seen` images has a slope penalty.

    Lazily: every so many steps, and so many times as strong (Karras et al. 2020, arXiv 1912.04958, appendix B).
    """
    return bool(options.r1 or options.r2) and not (seen // options.batch) % options.penalty_every


def slope_penalty(options: TrainingOptions, judge: Callable[[Tensor], Tensor], real: Tensor, painted: Tensor) -> Tensor:
    """R1 and R2 with their weights, for a step that has them; `judge` runs in float32."""
    total = real.new_zeros((), dtype=torch.float32)
    for weight, pictures in ((options.r1, real), (options.r2, painted)):
        if weight:
            at = pictures.detach().float().requires_grad_()
            total = total + weight * gradient_penalty(judge(at), at)
    return total * options.penalty_every


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Within, a network's own gradients are not asked for, while another one learns through it."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)
