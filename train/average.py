"""The averaged generator: a running mean of the weights that training passes through."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn

RAMP = 0.05  # the half-life is never more than this share of the images seen (Karras et al. 2020, arXiv 2006.06676)


class Average:
    """An exponential mean of a network's weights; buffers (a batchnorm's running averages) are copied."""

    def __init__(self, network: nn.Module, half_life: int) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self.half_life = half_life
        self._mean: list[torch.Tensor] = list(self.network.parameters())
        self._buffers = list(self.network.buffers())

    @torch.no_grad()
    def update(self, network: nn.Module, seen: int, batch: int) -> None:
        """Take in the weights after a step of `batch` images, `seen` images after the start."""
        half_life = min(float(self.half_life), RAMP * (seen + batch))
        torch._foreach_lerp_(self._mean, list(network.parameters()), 1 - 0.5 ** (batch / half_life))
        for mean, value in zip(self._buffers, network.buffers(), strict=True):
            mean.copy_(value)


@torch.no_grad()
def settle_norms(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Make the running averages of a network's batch norms those of its own weights, over these batches.

    Averaged weights with the running averages of the weights of the moment give pale pictures: they are not each
    other's (Izmailov et al. 2018, arXiv 1803.05407, section 3.2).
    """
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not norms:
        return
    usual = [layer.momentum for layer in norms]
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over the batches
    network.train()
    for batch in batches:
        network(batch)
    network.eval()
    for layer, momentum in zip(norms, usual, strict=True):
        layer.momentum = momentum
