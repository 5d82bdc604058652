"""Several processes that train one run: `torchrun` starts them, each takes its part of every batch, one writes.

What a batch holds is a function of seed and images seen, so every process knows the whole batch and takes its rows of
it. Gradients are averaged before each step; all processes hold the same weights at all times.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from curate.errors import UserError
from curate.progress import be_quiet

LOST = "another process of this training was lost"


class LostProcess(UserError):
    """A process of the training died; the others cannot go on."""


def size() -> int:
    """How many processes train this run, as torchrun says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is."""
    return int(os.environ.get("RANK", "0")) if size() > 1 else 0


def is_writer() -> bool:
    """Whether this process writes the run and talks to people."""
    return rank() == 0


def local_device() -> int:
    """Which GPU of its machine this process takes."""
    return int(os.environ.get("LOCAL_RANK", "0")) if size() > 1 else 0


@contextmanager
def together(parts: Sequence[int], device: torch.device) -> Iterator[None]:
    """Within, the processes that torchrun started know each other; alone, nothing happens.

    parts: how many photos a batch has, and how many generated faces.
    """
    if size() == 1:
        yield
        return
    if any(count % size() for count in parts):
        shares = " and ".join(str(count) for count in parts)
        raise UserError(f"a batch of {shares} cannot be shared by {size()} processes: give a multiple of {size()}")
    if not is_writer():
        be_quiet()
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error).lower() or "closed by peer" in str(error):
            raise LostProcess(f"{LOST}; the last checkpoint is kept: start all of them again to go on") from error
        raise
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def part(rows: Any) -> Any:
    """The rows of a batch (B, ...) that this process trains on: arrays or tensors."""
    if size() == 1:
        return rows
    count = len(rows) // size()
    return rows[rank() * count : (rank() + 1) * count]


def synced(network: nn.Module, device: torch.device) -> nn.Module:
    """A network whose batch norms see the whole batch; on CPUs, where torch has no such layer, each its own part."""
    if size() == 1 or device.type != "cuda":
        return network
    converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
    return converted


def average_gradients(parameters: Iterable[torch.Tensor]) -> None:
    """Make each gradient the mean of what the processes have, in one exchange."""
    if size() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= size()
    means = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view(gradient.shape))


def highest(number: int) -> int:
    """The highest of the numbers that the processes give: all of them learn it, without waiting for a GPU."""
    if size() == 1:
        return number
    box = torch.tensor([number])
    dist.all_reduce(box, dist.ReduceOp.MAX)
    return int(box.item())
