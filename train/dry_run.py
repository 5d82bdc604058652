"""What a training will take, measured on a few steps of it before it begins; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from curate.progress import clock
from train.config import TrainingOptions
from train.fitting import step_that_fits
from train.memory import LiveBytes, free_memory

STEPS = 2  # that are timed, of each kind
PATIENCE = 40.0  # seconds: after a first step that took so long none is timed again

STAGES = {"lowres": "stage 1 (lowres)", "upres": "stage 2 (upres)"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What a training will take."""

    stage: str
    device: str
    batch: int
    images: int
    parameters: dict[str, int]  # of generator and critic
    gflops_step: float
    gflops_image: float
    memory: dict[str, int]  # bytes by what they are for
    memory_total: int
    memory_peak: int | None  # what the device had allocated at most: on CUDA alone
    memory_free: int | None  # on the device, before the first step, with faces and weights in place
    seconds_step: float
    images_per_second: float
    seconds: float  # for all images

    def text(self) -> str:
        """The forecast for people."""
        parts = ", ".join(f"{name} {_size(size)}" for name, size in self.memory.items() if size)
        free = "" if self.memory_free is None else f"; {_size(self.memory_free)} were free beside faces and weights"
        peak = "" if self.memory_peak is None else f"; {_size(self.memory_peak)} were allocated at most"
        work = f"{self.seconds_step:.3g} s a step, {self.gflops_step / self.seconds_step:,.0f} GFLOP/s"
        return "\n".join(
            [
                f"{STAGES[self.stage]} on {self.device}; nothing was written",
                f"parameters: generator {self.parameters['generator']:,}, discriminator {self.parameters['critic']:,}",
                f"a step: {self.batch} images, {self.gflops_step:,.1f} GFLOP ({self.gflops_image:,.2f} an image)",
                f"memory: {_size(self.memory_total)} ({parts}){free}{peak}",
                f"speed: {self.images_per_second:,.4g} images/s ({work}); "
                f"{self.images:,} images take {clock(self.seconds)}",
            ]
        )


def forecast(stage: Any, options: TrainingOptions) -> Forecast:
    """Try a stage that was just built, on steps as they will be; it cannot be trained from its start afterwards."""
    device = stage.place.device
    free = free_memory(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    counts = {seen: _counted(stage, options, seen) for seen in _kinds(options)}
    flops = sum(share * counts[seen].flops for seen, share in _kinds(options).items())
    seconds = sum(share * _timed(stage, options, seen, counts[seen].seconds) for seen, share in _kinds(options).items())
    memory = {**_lasting(stage), "saved activations": max(count.saved for count in counts.values())}
    return Forecast(
        stage=stage.name,
        device=str(stage.place),
        batch=options.batch,
        images=options.images,
        parameters=stage.state.counts(),
        gflops_step=round(flops / 1e9, 6),
        gflops_image=round(flops / 1e9 / options.batch, 6),
        memory=memory,
        memory_total=sum(memory.values()),
        memory_peak=torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None,
        memory_free=free,
        seconds_step=seconds,
        images_per_second=options.batch / seconds,
        seconds=seconds * -(-options.images // options.batch),
    )


def flop_counter() -> FlopCounterMode:
    """Counts the work done within; of all modules together, so that slopes of slopes may be asked for."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _OneModule()  # type: ignore[assignment] # torch's own hooks forbid autograd.grad (2.13)
    return counter


class _OneModule(nullcontext[None]):
    """Takes all that is computed for one module's."""

    parents = frozenset({"Global"})


@dataclass(frozen=True, slots=True)
class _Count:
    """What one step took."""

    flops: int
    saved: int  # bytes
    seconds: float


def _kinds(options: TrainingOptions) -> dict[int, float]:
    """Images seen before a step of each kind, and the share of such steps: with slope penalties and without."""
    if not (options.r1 or options.r2) or options.penalty_every == 1:
        return {0: 1.0}
    return {0: 1 / options.penalty_every, options.batch: 1 - 1 / options.penalty_every}


def _counted(stage: Any, options: TrainingOptions, seen: int) -> _Count:
    state = stage.state
    networks = (state.generator, state.critic)
    weights = [weight for network in networks for weight in (*network.parameters(), *network.buffers())]
    began = time.monotonic()
    with flop_counter() as flops, LiveBytes(weights) as live:
        _step(stage, options, seen)
    return _Count(flops.get_total_flops(), live.peak, time.monotonic() - began)


def _timed(stage: Any, options: TrainingOptions, seen: int, first: float) -> float:
    """Mean seconds of a step; of one that takes very long, what it took while it was counted."""
    if first > PATIENCE:
        return first
    began = time.monotonic()
    for _ in range(STEPS):
        _step(stage, options, seen)
    return (time.monotonic() - began) / STEPS


def _step(stage: Any, options: TrainingOptions, seen: int) -> None:
    step_that_fits(stage, options, seen)
    if stage.place.device.type == "cuda":
        torch.cuda.synchronize(stage.place.device)


def _lasting(stage: Any) -> dict[str, int]:
    """Bytes of what lives as long as the training does."""
    state = stage.state
    learned = [weight for network in (state.generator, state.critic) for weight in network.parameters()]
    buffers = [buffer for network in (state.generator, state.critic) for buffer in network.buffers()]
    averaged = [*state.average.network.parameters(), *state.average.network.buffers()]
    return {
        "weights": _bytes([*learned, *buffers]),
        "gradients": _bytes(learned),
        "Adam": 2 * _bytes(learned),
        "average": _bytes(averaged),
        "faces": stage.data.nbytes,
    }


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)


def _size(size: int) -> str:
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size / 1e3:,.0f} kB"
