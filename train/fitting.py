"""What is said when a step does not fit into memory: which batch does."""

from __future__ import annotations

import dataclasses
import traceback
from typing import Any

import torch
from torch import Tensor

from curate.errors import UserError
from train.config import TrainingOptions
from train.distributed import size

LEAST = 2  # images in a batch


class DoesNotFit(UserError):
    """A step takes more memory than there is."""


def step_that_fits(stage: Any, options: TrainingOptions, seen: int) -> dict[str, Tensor]:
    """The stage's step after `seen` images; raises DoesNotFit, naming a batch that fits, where memory runs out."""
    try:
        losses: dict[str, Tensor] = stage.step(seen)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        traceback.clear_frames(error.__traceback__)  # what the step had made so far is of no use any more
        raise DoesNotFit(_advice(stage, options)) from error
    return losses


def batch_that_fits(stage: Any, options: TrainingOptions) -> int | None:
    """The largest of half the batch, a quarter and so on that a step of this stage has memory for; None: not even 2.

    It is found by trying, so the stage is spoiled for training.
    """
    batch = options.batch // 2
    while batch >= LEAST:
        if stage.place.device.type == "cuda":
            torch.cuda.empty_cache()
        stage.options = dataclasses.replace(options, batch=batch)
        if _fits(stage):
            return batch
        batch //= 2
    return None


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that a device, or the machine itself, has no memory left."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)  # what torch raises on a CPU


def _fits(stage: Any) -> bool:
    try:
        stage.step(0)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        traceback.clear_frames(error.__traceback__)
        return False
    return True


def _advice(stage: Any, options: TrainingOptions) -> str:
    too_much = f"a batch of {options.batch} does not fit into the memory of {stage.place}"
    if size() > 1:  # the other processes would wait for a step that this one tries alone
        return f"{too_much}; try --batch {max(LEAST, options.batch // 2)} and another --run, or more processes"
    fitting = batch_that_fits(stage, options)
    if fitting is None:
        return f"{too_much}, and no smaller one does: make the networks smaller with --width 0.5, or try --device cpu"
    return f"{too_much}; one of {fitting} does: --batch {fitting} and another --run"
