"""What a training says when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Any

from curate.progress import clock

ENDS = {"length": "finished", "time": "stopped by --max-seconds", "SIGTERM": "stopped", "SIGINT": "stopped"}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSummary:
    """How far a run is and how well it does."""

    run: str
    stage: str
    device: str
    images: int
    images_now: int  # in this sitting
    seconds: float  # of training, over all sittings
    images_per_second: float
    ended_by: str  # length, time or the name of a signal
    losses: dict[str, float]
    scores: dict[str, Any]
    health: str  # the last verdict

    def text(self) -> str:
        """The summary for people."""
        lines = [
            f"{self.stage} {ENDS[self.ended_by]} after {self.images} images in {clock(self.seconds)} of training "
            f"({self.images_now} now, {self.images_per_second:.1f}/s on {self.device})"
        ]
        if self.losses:
            lines.append("losses: " + ", ".join(f"{name} {value:.3f}" for name, value in self.losses.items()))
        if "lr_psnr" in self.scores:
            lines.append(
                f"{self.scores['scored_on']} faces: LR-PSNR {self.scores['lr_psnr']:.1f} dB (bicubic "
                f"{self.scores['lr_psnr_bicubic']:.1f}), high-frequency energy {self.scores['hf_ratio']:.2f} of real "
                f"(bicubic {self.scores['hf_ratio_bicubic']:.2f}), locked pattern {self.scores['locked_pattern']:.3f} "
                f"(floor {self.scores['locked_floor']:.3f})"
            )
        lines.append(f"health: {self.health}")
        lines.append(f"samples: {self.run}/samples/latest.png")
        if self.ended_by != "length":
            lines.append("the same command goes on from here")
        return "\n".join(lines)


def version() -> str:
    """The version of swipegan that is installed."""
    try:
        return metadata.version("swipegan")
    except metadata.PackageNotFoundError:  # run from a checkout
        return "unknown"
