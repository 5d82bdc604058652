"""Events for TensorBoard, for people who have it: the same numbers as stats.jsonl, and the samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import MissingExtra
from curate.report_runs import flat

FOLDER = "tensorboard"


class Board:
    """A writer of events; what an earlier sitting wrote after `first` images is dropped by TensorBoard itself."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def write(self, line: dict[str, Any]) -> None:
        """The numbers of a line of stats.jsonl, and a verdict as text."""
        seen = int(line["images"])
        for name, value in flat(line, health=True):
            if name not in ("images", "seconds"):
                self.writer.add_scalar(name.replace(".", "/"), value, seen)
        if line.get("verdict"):
            self.writer.add_text("verdict", f"{line['verdict']}: {line['why']} {line['advice']}".strip(" :"), seen)
        self.writer.flush()

    def picture(self, samples: NDArray[np.uint8], seen: int) -> None:
        """A grid of samples (H, W, 3)."""
        self.writer.add_image("samples", samples, seen, dataformats="HWC")


def open_board(run: Path, first: int) -> Board:
    """The board of a run that goes on after `first` images; MissingExtra where TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError as error:
        raise MissingExtra("watch", "tensorboard") from error
    return Board(SummaryWriter(str(run / FOLDER), purge_step=first))
