"""Whether training is still training: numbers that are none, and a verdict now and then instead of curves."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import nn

from curate.errors import UserError
from curate.progress import note
from train.probe import Probe
from train.verdict import Signs, Verdict, settled

EVERY = 60.0  # seconds between verdicts
SHARE = 0.01  # of the training time that verdicts may take
PICTURES = {"lowres": (16, 64), "upres": (6, 32)}  # least and most that are looked at; more say more, and take longer
REMEMBERED = 3  # looks; how far a discriminator overfits is their mean


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


class Health:
    """Gives a run its verdicts: when they are due, from what a probe measures and the losses since the last one."""

    def __init__(self, stage: Any, batch: int) -> None:
        self.probe, self.batch = Probe(stage), batch
        self.least, self.most = PICTURES[stage.name]
        self.verdict = Verdict("too early")
        self.history: list[Signs] = []
        self.due_at = time.monotonic() + EVERY
        self.took = 0.0  # seconds of the last look
        self.last = -math.inf
        self._losses: list[dict[str, float]] = []
        self._diversity_most = 0.0
        self._pixels_least = math.inf

    def add(self, losses: dict[str, float]) -> None:
        """Take in the mean losses of some steps."""
        self._losses.append(losses)

    def due(self, now: float, saving: bool = False) -> bool:
        """Whether it is time for a verdict: once a minute and with each checkpoint, as far as it takes its share."""
        affordable = now - self.last >= self.took / SHARE
        return affordable and (saving or now >= self.due_at)

    def look(self, seen: int, rate: float) -> dict[str, Any]:
        """A verdict after `seen` images at `rate` images a second, as a line of stats; said when it is another one."""
        began = time.monotonic()
        count = min(self.most, max(self.least, int(rate * EVERY * SHARE)))
        self.history = [*self.history, self._signs(seen, self._measured(seen, count))][-REMEMBERED:]
        before, self.verdict = self.verdict, settled([*self.history[:-1], self._smoothed()])
        if self.verdict.name != before.name and before.name + self.verdict.name != "too earlyhealthy":
            note(f"health after {seen} images: {self.verdict.text()}")
        now = time.monotonic()
        self.took, self.last, self.due_at = now - began, now, now + EVERY
        return self.line()

    def line(self) -> dict[str, Any]:
        """The verdict and its numbers, for stats.jsonl."""
        signs = asdict(self.history[-1]) if self.history else {}
        numbers = {
            name: float(f"{value:.4g}") for name, value in signs.items() if value is not None and name != "steps"
        }
        name, why, advice, _ = self.verdict
        return {"verdict": name, "why": why, "advice": advice, "health": numbers}

    def diverged(self, error: Diverged) -> dict[str, Any]:
        """The last line of a run whose numbers are none."""
        self.verdict = Verdict("diverged", str(error).split(";")[0], "start again with a lower --learning-rate")
        return self.line()

    def _measured(self, seen: int, count: int) -> dict[str, float | None]:
        """What the probe says; where the memory is short, nothing this time, and of fewer pictures the next."""
        try:
            return self.probe.measure(seen, count)
        except torch.OutOfMemoryError:
            self.least = self.most = max(2, count // 2)
            return {}

    def _signs(self, seen: int, measured: dict[str, float | None]) -> Signs:
        names = ("real_right", "fake_right", "adversarial", "critic", "pixels")
        means = {name: _mean([losses[name] for losses in self._losses if name in losses]) for name in names}
        self._losses = []
        self._diversity_most = max(self._diversity_most, measured.get("diversity") or 0.0)
        least = self._pixels_least
        self._pixels_least = min(least, means["pixels"] if means["pixels"] is not None else math.inf)
        return Signs(
            steps=seen // self.batch,
            diversity_most=self._diversity_most or None,
            pixels_least=None if math.isinf(least) else least,
            **means,
            **measured,
        )

    def _smoothed(self) -> Signs:
        """The last signs, with the mean of how far the discriminator overfits: a few tiles alone say little."""
        return replace(
            self.history[-1], overfit=_mean([one.overfit for one in self.history if one.overfit is not None])
        )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
