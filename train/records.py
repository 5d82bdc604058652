"""stats.jsonl: what a run says of itself every few seconds, a JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from curate.files import write_atomically
from train.health import check_losses


class Records:
    """Collects the losses of steps on the device, and appends their means to the run's stats.jsonl."""

    def __init__(self, run: Path, resumed_at: int) -> None:
        self.path = run / "stats.jsonl"
        self._truncate(resumed_at)
        self._steps: list[dict[str, Tensor]] = []
        self._seen: list[int] = []

    def _truncate(self, images: int) -> None:
        """Drop what was said after the resumed point, and a line that was cut off."""
        lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
        write_atomically(self.path, b"".join(line for line in lines if _images(line) <= images))

    def add(self, losses: dict[str, Tensor], seen: int) -> None:
        """Remember the losses of the step that ended after `seen` images, without waiting for the device."""
        self._steps.append(losses)
        self._seen.append(seen)

    def means(self) -> dict[str, float]:
        """The mean losses since the last call; raises Diverged where one is NaN. Waits for the device."""
        if not self._steps:
            return {}
        names = list(self._steps[0])
        table = torch.stack([torch.stack([step[name].float() for name in names]) for step in self._steps]).cpu()
        losses = {name: table[:, column].tolist() for column, name in enumerate(names)}
        check_losses(losses, self._seen)
        self._steps, self._seen = [], []
        return {name: round(sum(values) / len(values), 5) for name, values in losses.items()}

    def write(self, line: dict[str, Any]) -> None:
        """Append one line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _images(line: bytes) -> float:
    try:
        return float(json.loads(line)["images"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
