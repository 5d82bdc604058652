"""Options of the commands of this package: one frozen dataclass each, the standard library only."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal

from curate.files import sha256_of
from train import config_presets as presets
from train.config_presets import decided

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "bfloat16"]

CriticNorm = Literal["batch", "sample", "none", "spectral"]
Adversarial = Literal["bce", "relativistic"]
CHANGES = ("colour", "translation", "cutout")
PIXEL_WEIGHTS = {"faithful": 100.0, "residual": 30.0, "modern": 30.0}
FREE = {
    "run", "images", "max_seconds", "save_every", "resume", "device", "precision", "threads", "half", "max_file",
    "tensorboard", "dry_run", "stream", "workers",
}  # fmt: skip
"""Options that may change when a run goes on: they do not say what is trained."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingOptions:
    """What both stages ask."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {}

    set: str = field(metadata={"argument": True, "help": "Name or folder of a set that `swipegan guides` made."})
    run: str = field(
        default="", metadata={"help": "Name (in the workspace's runs/) or folder of the run; made from set and stage."}
    )
    images: int = field(
        default=1_000_000, metadata={"help": "Length in images shown, rounded up to whole batches.", "min": 1}
    )
    max_seconds: float | None = field(
        default=None, metadata={"help": "Stop with a checkpoint after so many seconds.", "min": 0}
    )
    save_every: float = field(default=120.0, metadata={"help": "Seconds between checkpoints.", "min": 0})
    resume: bool = field(default=True, metadata={"help": "Go on from the run's last checkpoint, to the bit."})
    batch: int = field(default=16, metadata={"help": "Images a step.", "min": 2})
    learning_rate: float = field(
        default=2e-4, metadata={"help": "Of Adam with betas (0.5, 0.999), for both networks.", "min": 0}
    )
    average_half_life: int = field(
        default=10_000,
        metadata={"help": "Images after which a step counts half in the averaged generator; early on fewer.", "min": 1},
    )
    start_from: str = field(
        default="",
        metadata={"help": "A run of the same stage whose networks are the first weights, where their shapes agree."},
    )
    augment: str = decided(
        "What the discriminator sees changed, real and painted alike, for small sets: colour, translation, "
        "cutout, with commas between, or none. (arXiv 2006.10738)"
    )
    loss: Adversarial = decided("The article's, or how much more real a real picture looks than a painted one.")
    r1: float = decided("Weight of the discriminator's slope at real pictures; 0: none.", min=0)
    r2: float = decided("The same at painted pictures.", min=0)
    penalty_every: int = field(
        default=16, metadata={"help": "Steps between slope penalties; each counts that many times.", "min": 1}
    )
    critic_norm: CriticNorm = decided(
        "The discriminator's norm: over the batch, each sample, none, or of its weights (spectral)."
    )
    seed: int = field(default=0, metadata={"help": "Of weights, order, crops, flips and noise.", "min": 0})
    device: Device = field(default="auto", metadata={"help": "auto: a CUDA GPU if there is one; mps: Apple's."})
    precision: Precision = field(
        default="auto", metadata={"help": "Of the forward passes; auto: bfloat16 where the processor has it."}
    )
    threads: int = field(default=0, metadata={"help": "CPU threads; 0: as many as there are cores.", "min": 0})
    half: bool = field(default=False, metadata={"help": "Export the networks as float16, half the size."})
    max_file: int = field(
        default=0, metadata={"help": "Export in files of at most so many MB; 0: in one file.", "min": 0}
    )
    tensorboard: bool = field(
        default=False, metadata={"help": "Write events for TensorBoard too, into the run's folder `tensorboard`."}
    )

    stream: bool | None = field(
        default=None,
        metadata={"help": "Read faces from the disk as they come  [default: if they took a third of free memory]"},
    )
    workers: int = field(default=0, metadata={"help": "Threads that read faces; 0: as there are cores.", "min": 0})
    dry_run: bool = field(
        default=False,
        metadata={
            "help": "Only say what it will take: parameters, GFLOP a step, memory, images a second. Writes nothing."
        },
    )

    def __post_init__(self) -> None:
        presets.settle(self, self.PRESETS)
        if not 0 < self.learning_rate < 1:
            raise ValueError(f"--learning-rate {self.learning_rate} is not between 0 and 1")
        for change in self.changes:
            if change not in CHANGES:
                raise ValueError(f"--augment {self.augment}: there is no change {change!r}; take {', '.join(CHANGES)}")
        if (self.r1 or self.r2) and self.critic_norm == "batch":
            raise ValueError("--r1 and --r2 need a discriminator without batch norm: add --critic-norm none")

    @property
    def changes(self) -> tuple[str, ...]:
        """The kinds of change that the discriminator sees pictures under."""
        asked = (change.strip() for change in self.augment.split(","))
        return tuple(change for change in asked if change not in ("", "none"))

    def fixed(self) -> dict[str, Any]:
        """The options that say what is trained: a run goes on only when they are the same."""
        return {name: value for name, value in asdict(self).items() if name not in FREE | {"set"}}

    def defaults(self) -> dict[str, Any]:
        """What an option is when nobody says it, also in a run from before the option existed."""
        plain = {option.name: option.default for option in fields(self) if option.default is not MISSING}
        return plain | self.PRESETS.get("faithful", {})


@dataclass(frozen=True, kw_only=True, slots=True)
class LowresOptions(TrainingOptions):
    """Train stage 1: noise to small faces."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = presets.LOWRES

    preset: Literal["faithful", "modern"] = field(
        default="faithful",
        metadata={"help": "The article's DCGAN, or what was measured to be better on small sets."},
    )
    batch: int = field(default=128, metadata={"help": "Images a step.", "min": 2})
    extent: Literal[32, 64, 128, 256] = field(default=128, metadata={"help": "Side of the small face in pixels."})
    width: float = field(
        default=1.0, metadata={"help": "Channels, as a share of the article's.", "min": 0.05, "max": 4}
    )
    critic_width: float = field(
        default=0.0, metadata={"help": "The same for the discriminator; 0: as the generator.", "min": 0, "max": 4}
    )
    z: int = field(default=100, metadata={"help": "How many numbers a face is made from.", "min": 1})
    norm: Literal["batch", "sample", "none"] = field(
        default="batch", metadata={"help": "The generator's norm: over the batch, over each sample, or none."}
    )
    enlarge: Literal["transposed", "resize"] = decided(
        "How the generator doubles: transposed convolutions, or resizing and convolutions, without a grid."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class UpresOptions(TrainingOptions):
    """Train stage 2: crops of a small face and its guide to tiles eight times as large."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = presets.UPRES

    preset: Literal["faithful", "residual", "modern"] = field(
        default="faithful",
        metadata={
            "help": "The article's network; one that paints what bicubic enlargement lacks; or that one with --spoil "
            "and a guide without the face's outline, for generated faces."
        },
    )
    encoder: Literal["text", "figure"] = field(
        default="text", metadata={"help": "The encoder's channels: a quarter of the decoder's, or as many."}
    )
    tile: Literal[16, 32] = field(
        default=32, metadata={"help": "Side of a crop in pixels; the painted tile has 8 times that."}
    )
    lowres_extent: int = field(
        default=0,
        metadata={"help": "Side of the small face that faces become first; 0: 128, or a sixth of a face.", "min": 0},
    )
    width: float = field(
        default=1.0, metadata={"help": "Channels, as a share of the article's.", "min": 0.05, "max": 4}
    )
    critic_width: float = field(
        default=0.0, metadata={"help": "The same for the discriminator; 0: as the generator.", "min": 0, "max": 4}
    )
    critic_layers: Literal[3, 4] = field(default=3, metadata={"help": "Halvings in the discriminator."})
    pixel_weight: float | None = field(
        default=None, metadata={"help": "Weight of the pixel loss; 100, or 30 for residual and modern.", "min": 0}
    )
    pixel_loss: Literal["pooled", "full", "pyramid"] = field(
        default="pooled",
        metadata={"help": "Compare pixels after pooling 8x8, at full resolution, or on each level of a pyramid."},
    )
    pixel_target: Literal["truth", "input"] = field(
        default="truth", metadata={"help": "Compare pooled pixels with the pooled face, or with the crop itself."}
    )

    norm: Literal["none", "batch", "sample"] = field(
        default="none", metadata={"help": "The generator's norm; the article has none."}
    )
    guide_fade: float = decided(
        "How far the guide's outline of the face fades, as a share of the picture; 0: sharp, 1: none.", min=0, max=1
    )
    spoil: bool = decided(
        "Spoil the small photos as a generated face is: blur, grain, blotches, grid, JPEG, shaken "
        "landmarks, at times no guide."
    )
    mix: str = field(
        default="",
        metadata={"help": "Faces of stage 1 to mix in, a file of `swipegan generate lowres`."},
    )
    mix_share: float = field(
        default=0.25, metadata={"help": "Share of a batch that is of --mix.", "min": 0, "max": 0.5}
    )
    mismatched: bool = field(
        default=False,
        metadata={"help": "Also show the discriminator real tiles beside another face's crop, to be told apart."},
    )
    feature_matching: float = field(
        default=0.0,
        metadata={"help": "Weight of the difference of the discriminator's inner maps; 0: none.", "min": 0},
    )
    critic_scales: Literal[1, 2] = field(
        default=1, metadata={"help": "Discriminators: one, or a second one on tiles of half the size."}
    )

    def __post_init__(self) -> None:
        TrainingOptions.__post_init__(self)  # super() does not work in a dataclass with slots
        if self.pixel_loss != "pooled" and self.pixel_target == "input":
            raise ValueError("--pixel-target input has 1/8 of the resolution: it needs --pixel-loss pooled")
        if self.pixel_loss != "pooled" and self.mix:
            raise ValueError("faces of --mix have no truth at full resolution: they need --pixel-loss pooled")
        if self.loss == "relativistic" and self.mismatched:
            raise ValueError("--mismatched is a kind of fake that --loss relativistic has no partner for: drop one")
        if "cutout" in self.changes:
            raise ValueError("a cutout would give a tile and its crop away: --augment colour,translation in stage 2")

    def fixed(self) -> dict[str, Any]:
        """The options that say what is trained; generated faces by what the file holds, wherever it lies."""
        digest = sha256_of(Path(self.mix)) if self.mix and Path(self.mix).is_file() else self.mix
        return {**TrainingOptions.fixed(self), "mix": digest}

    @property
    def mixed(self) -> int:
        """How many crops of a batch are of generated faces."""
        return min(self.batch - 2, round(self.batch * self.mix_share)) if self.mix else 0

    @property
    def network(self) -> Literal["faithful", "residual"]:
        """The kind of network that the preset stands for."""
        return "faithful" if self.preset == "faithful" else "residual"

    @property
    def weight(self) -> float:
        """The weight of the pixel loss: as asked for, or as the preset has it."""
        return PIXEL_WEIGHTS[self.preset] if self.pixel_weight is None else self.pixel_weight
