"""Options of walking the faces: `generate explore` and the painter of `serve`; the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infer.config_paint import NetworkOptions, PaintOptions, check_size


@dataclass(frozen=True, kw_only=True)
class ExploreOptions:
    """Small faces to choose from."""

    lowres: str = field(
        metadata={"help": "Run of `train lowres`, by name or path, or an .onnx file: draws the small faces."}
    )
    count: int = field(default=64, metadata={"help": "Faces to draw.", "min": 1, "max": 10_000})
    seed: int = field(default=0, metadata={"help": "The first seed.", "min": 0})
    near: str | None = field(
        default=None,
        metadata={"help": "Instead of seeds in a row: neighbours of this seed, or of this picture that swipegan made."},
    )
    distance: float = field(
        default=0.35,
        metadata={
            "help": "With --near: how far away; 0 is the face itself, 1 as far as any other.", "min": 0.0, "max": 1.0,
        },
    )  # fmt: skip
    mix: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Given twice, seeds or pictures: from the one face to the other in --count steps, along the sphere."
        },
    )
    truncation: float | None = field(
        default=None,
        metadata={"help": "Cut the noise off at so many standard deviations: plainer, safer faces.", "min": 0.05},
    )
    output: Path | None = field(
        default=None,
        metadata={
            "short": "-o",
            "help": "Folder for the pictures.  [default: renders/explore-<lowres run> of the workspace]",
        },
    )
    cell: int = field(default=128, metadata={"help": "Side of a face on the sheet.", "min": 32, "max": 1024})
    swipe: bool = field(
        default=False,
        metadata={"help": "Pick favourites on the swipe page: right keeps a face. Ctrl-C ends it and writes them."},
    )
    lan: bool = field(default=False, metadata={"help": "With --swipe: let phones on your network in, by the link."})
    port: int = field(
        default=8765, metadata={"help": "With --swipe: the port; 0 takes a free one.", "min": 0, "max": 65535}
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = field(default="auto", metadata={"help": "Where the network runs."})

    def __post_init__(self) -> None:
        if len(self.mix) not in (0, 2):
            raise ValueError("--mix is given twice, once for each face: --mix 3 --mix 14")
        if self.mix and self.near is not None:
            raise ValueError("--near and --mix are two ways to go: give one of them")


@dataclass(frozen=True, kw_only=True)
class _Page(NetworkOptions):
    size: int | None = field(
        default=None,
        metadata={"help": "Side of a portrait, a multiple of 8.  [default: that of the training]", "min": 8},
    )
    largest: int = field(default=2048, metadata={"help": "Largest side that a page may ask for.", "min": 8})


@dataclass(frozen=True, kw_only=True)
class PainterOptions(PaintOptions, _Page):
    """Who paints for a page: the networks, and how they paint where the page does not say."""

    def __post_init__(self) -> None:
        check_size(self.size)
