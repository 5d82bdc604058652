"""Options of `ablate`: the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ClaimName = Literal["guide", "pooled", "normless", "clean"]
Scale = Literal["tiny", "brief", "small", "full"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AblateOptions:
    """Which of the article's claims is tested, and how thoroughly."""

    claim: ClaimName = field(metadata={"argument": True})
    scale: Scale = field(
        default="small",
        metadata={
            "help": "full: the article's sizes, for a GPU; small: half of them, a night on a CPU; brief: a minute a "
            "training, for large effects at most; tiny shows only that the machinery runs."
        },
    )
    set: str | None = field(
        default=None, metadata={"help": "A set to test on, with people held out.  [default: portraits that it draws]"}
    )
    folder: str | None = field(
        default=None,
        metadata={"help": "Folder of the arms' runs.  [default: ablate-CLAIM-SCALE in the workspace's runs/]"},
    )
    seeds: int = field(
        default=0, metadata={"help": "Paired seeds an arm; 0: as many as a noise run says are needed.", "min": 0}
    )
    preset: Literal["faithful", "residual"] = field(
        default="residual", metadata={"help": "The network of stage 2 that the arms have in common."}
    )
    max_seconds: float | None = field(
        default=None,
        metadata={"help": "Begin no further arm after so many seconds; the same command goes on.", "min": 0},
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = field(
        default="auto", metadata={"help": "auto: a CUDA GPU if there is one; mps: Apple's."}
    )
    threads: int = field(default=0, metadata={"help": "CPU threads; 0: as many as there are cores.", "min": 0})

    def __post_init__(self) -> None:
        if self.claim == "clean" and self.set:
            raise ValueError("the claim `clean` draws and spoils portraits itself: leave --set out")
