"""How pictures are painted and written: options that several commands share; the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SCALE = 8
Measure = Literal["critic", "contrast", "laplacian"]


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """The networks of both stages; shared by the commands that paint faces from noise."""

    lowres: str = field(
        metadata={"help": "Run of `train lowres`, by name or path, or an .onnx file: draws the small faces."}
    )
    upres: str = field(metadata={"help": "Run of `train upres`, by name or path, or an .onnx file: enlarges them."})


@dataclass(frozen=True, kw_only=True)
class PaintOptions:
    """How a small picture is enlarged; shared by the commands that paint."""

    faithful: bool = field(
        default=False,
        metadata={
            "help": "As the article has it: tiles that overlap by half, six candidates each, the best of them kept, "
            "plainly feathered, no projection. The options below still count."
        },
    )
    overlap: int | None = field(
        default=None,
        metadata={
            "help": "Lowres pixels that tiles share at least.  [default: a third of a tile; half with --faithful]",
            "min": 0,
        },
    )
    whole_at_once: bool = field(
        default=False, metadata={"help": "No tiles: the network sees the whole picture. To compare."}
    )
    bands: int | None = field(
        default=None,
        metadata={
            "help": "2 blends fine texture apart and keeps its strength, 1 averages it.  "
            "[default: 2; 1 with --faithful]",
            "min": 1, "max": 2,
        },
    )  # fmt: skip
    projections: int | None = field(
        default=None,
        metadata={
            "help": "Times that the picture is brought back to agree with the small one.  "
            "[default: 3; 0 with --faithful]",
            "min": 0, "max": 20,
        },
    )  # fmt: skip
    candidates: Literal["none", "flip", "article", "grid"] | None = field(
        default=None,
        metadata={
            "help": "Paintings of each tile to choose from: 1, 2, 6 (flip, contrast, saturation) or all 18 of these "
            "together. Takes so many times as long.  [default: none; article with --faithful]"
        },
    )
    pick: Measure = field(
        default="critic", metadata={"help": "What makes a candidate good: the discriminator, contrast, or sharpness."}
    )
    critic_weight: float | None = field(
        default=None, metadata={"help": "Weigh the discriminator so, beside --pick.", "min": 0}
    )
    contrast_weight: float | None = field(default=None, metadata={"help": "Weigh contrast so.", "min": 0})
    laplacian_weight: float | None = field(default=None, metadata={"help": "Weigh sharpness so.", "min": 0})
    residual_weight: float = field(
        default=0.0, metadata={"help": "Weigh so how near a candidate was to the small picture.", "min": 0}
    )
    agreement: float | None = field(
        default=None,
        metadata={
            "help": "Share of the score that may be given up for candidates that agree with their neighbours; "
            "0 takes the best of each tile.  [default: 0.38; 0 with --faithful]",
            "min": 0, "max": 1,
        },
    )  # fmt: skip
    batch: int = field(default=8, metadata={"help": "Tiles at a time; halved where memory is short.", "min": 1})
    device: Literal["auto", "cpu", "cuda", "mps"] = field(default="auto", metadata={"help": "Where the networks run."})

    def weights(self) -> tuple[tuple[str, float], ...]:
        """The weight of each measure: 1 for the picked one, 0 for the others, unless said otherwise."""
        given = {"critic": self.critic_weight, "contrast": self.contrast_weight, "laplacian": self.laplacian_weight}
        chosen = {name: float(name == self.pick) if weight is None else weight for name, weight in given.items()}
        return tuple(sorted((chosen | {"residual": self.residual_weight}).items()))


@dataclass(frozen=True, kw_only=True)
class PrintOptions:
    """How large pictures are made and written; shared by the commands that write them."""

    stages: int = field(
        default=2,
        metadata={
            "help": "3: the portrait is enlarged eight times more, 768 to 4096, its guide redrawn from the same "
            "landmarks. No face tells what is right there: edges become smooth, skin is invented.",
            "min": 2, "max": 3,
        },
    )  # fmt: skip
    third_run: str | None = field(
        default=None, metadata={"help": "With --stages 3: another run of `train upres` for it.  [default: --upres]"}
    )
    format: Literal["png", "tiff", "bigtiff"] = field(
        default="png",
        metadata={"help": "Of the files; rows are written as they are painted. BigTIFF has no 4 GB limit."},
    )
    dpi: float | None = field(
        default=None,
        metadata={"help": "Print resolution to note in the file, in pixels per inch; 4096 at 104 make 1 m.", "min": 1},
    )


def check_third(stages: int, third_run: str | None) -> None:
    """Raise ValueError where a run is named for a stage that is not asked for."""
    if third_run is not None and stages != 3:
        raise ValueError("--third-run is for the third stage: add --stages 3")


def check_size(size: int | None) -> None:
    """Raise ValueError where no run could paint a picture of this side."""
    if size is not None and size % SCALE:
        raise ValueError(
            f"--size {size} is not a multiple of {SCALE}; the nearest are {size // 8 * 8} and {size // 8 * 8 + 8}"
        )
