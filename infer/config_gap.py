"""Options of `gap`: the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class GapOptions:
    """Which stage 2 is looked at, and which generated faces it is to paint."""

    run: str = field(metadata={"argument": True})
    set: str = field(metadata={"argument": True})
    lowres: str | None = field(
        default=None, metadata={"help": "The lowres run that draws the generated faces, by name or path."}
    )
    generated: Path | None = field(
        default=None,
        metadata={"help": "Instead of --lowres: a file of `generate lowres`, best another one than that of --mix."},
    )
    count: int = field(default=128, metadata={"help": "Photos, and generated faces, at most.", "min": 4})
    crops: int = field(default=4, metadata={"help": "Crops of each face, anywhere in it.", "min": 1})
    seed: int = field(
        default=2_000_000,
        metadata={"help": "The first seed drawn; far from those of --mix and of portraits.", "min": 0},
    )
    batch: int = field(default=8, metadata={"help": "Tiles at a time.", "min": 1})
    device: Literal["auto", "cpu", "cuda", "mps"] = field(default="auto", metadata={"help": "Where the networks run."})

    def __post_init__(self) -> None:
        if (self.lowres is None) == (self.generated is None):
            raise ValueError("name the generated faces by --lowres RUN or by --generated FILE, one of them")
