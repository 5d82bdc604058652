"""Whether training is still training."""

from __future__ import annotations

import math

import torch
from torch import nn

from curate.errors import UserError


class Diverged(UserError):
    """A loss or a weight is no number any more."""


def check_losses(losses: dict[str, list[float]], images: list[int]) -> None:
    """Raise Diverged, naming the step, at the first loss that is NaN or infinite; `images` says when each was."""
    for index, seen in enumerate(images):
        for name, values in losses.items():
            if not math.isfinite(values[index]):
                raise Diverged(
                    f"the loss {name} became {values[index]} at {seen} images; the last good checkpoint is kept: go on "
                    "from it with the same command, or start again with a lower --learning-rate"
                )


@torch.no_grad()
def check_weights(networks: dict[str, nn.Module], images: int) -> None:
    """Raise Diverged where a network holds a number that is NaN or infinite."""
    for name, network in networks.items():
        numbers = [value for value in network.state_dict().values() if value.is_floating_point()]
        if not bool(torch.stack(torch._foreach_norm(numbers)).isfinite().all()):
            raise Diverged(
                f"a weight of the {name} is no number after {images} images; the last good checkpoint is kept: go on "
                "from it with the same command, or start again with a lower --learning-rate"
            )
