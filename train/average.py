"""The averaged generator: a running mean of the weights that training passes through."""

from __future__ import annotations

import copy

import torch
from torch import nn

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
