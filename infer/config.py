"""Options of the commands of this package: one frozen dataclass each, the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infer.config_paint import NetworkOptions, PaintOptions, PrintOptions, check_size, check_third


@dataclass(frozen=True, kw_only=True)
class _Images(NetworkOptions):
    count: int = field(default=16, metadata={"help": "Portraits to make, from seeds in a row.", "min": 1})
    seed: int = field(default=0, metadata={"help": "The first seed.", "min": 0})
    output: Path | None = field(
        default=None,
        metadata={"short": "-o", "help": "Folder for the pictures.  [default: renders/<upres run> of the workspace]"},
    )
    size: int | None = field(
        default=None,
        metadata={
            "help": "Side of a portrait, a multiple of 8.  [default: that of the training; 16/3 of it with --stages 3]",
            "min": 8,
        },
    )
    truncation: float | None = field(
        default=None,
        metadata={"help": "Cut the noise off at so many standard deviations: plainer, safer faces.", "min": 0.05},
    )
    like: tuple[Path, ...] = field(
        default=(),
        metadata={
            "help": "Instead of seeds, the face of a picture that swipegan made (or of all in a folder; may be given "
            "again). A portrait is made again as its recipe says, to the byte; a small face of `generate explore` is "
            "painted with the options here."
        },
    )
    require_face: bool = field(
        default=False, metadata={"help": "Draw again where the detector finds no face, for at most 50 draws a seed."}
    )
    sheet: bool = field(default=True, metadata={"help": "Write a contact sheet of all portraits, sheet.png."})
    steps: bool = field(
        default=False,
        metadata={"help": "Beside each portrait a picture of its way: small face, guide, bicubic, portrait."},
    )
    candidate_sheets: bool = field(
        default=False, metadata={"help": "Beside each portrait all candidates of each tile, the kept ones framed."}
    )


@dataclass(frozen=True, kw_only=True)
class GenerateImagesOptions(PaintOptions, PrintOptions, _Images):
    """Portraits from noise."""

    def __post_init__(self) -> None:
        check_size(self.size)
        check_third(self.stages, self.third_run)
        if self.like and (self.require_face or self.steps or self.candidate_sheets):
            raise ValueError("--like makes portraits alone: leave out --require-face, --steps and --candidate-sheets")
        if self.candidate_sheets and (self.candidates or ("article" if self.faithful else "none")) == "none":
            raise ValueError("--candidate-sheets needs candidates: add --candidates article")


@dataclass(frozen=True, kw_only=True)
class _Photos:
    photos: tuple[Path, ...] = field(metadata={"argument": True})
    upres: str = field(metadata={"help": "Run of `train upres`, by name or path, or an .onnx file."})
    output: Path | None = field(
        default=None,
        metadata={
            "short": "-o",
            "help": "Folder for the pictures, in the tree of the folders named.  [default: renders/upres of the "
            "workspace]",
        },
    )
    beside: bool = field(
        default=False, metadata={"help": "Write each picture beside its photo, as NAME-upres, instead of --output."}
    )
    only_face: bool = field(
        default=False,
        metadata={"help": "Write the face alone, aligned and square, instead of pasting it back into its photo."},
    )
    faces: Literal["all", "main"] = field(
        default="all", metadata={"help": "Which faces of a photo are painted; the others are enlarged as the rest is."}
    )
    scale: float | None = field(
        default=None,
        metadata={
            "help": "Times that a photo is enlarged.  [default: as much as its main face gains, 8 at most]",
            "min": 1, "max": 32,
        },
    )  # fmt: skip
    photo_detail: bool = field(
        default=True,
        metadata={
            "help": "Bring a pasted face back to all that its photo shows, not only to the small face that the network "
            "saw: what is imagined is finer than the photo's pixels."
        },
    )
    size: int | None = field(
        default=None,
        metadata={
            "help": "Side of a portrait, a multiple of 8.  [default: that of the training; 16/3 of it with --stages 3]",
            "min": 8,
        },
    )
    whole: bool = field(
        default=False,
        metadata={"help": "Enlarge the whole picture eight times, without looking for a face and without a guide."},
    )
    faceless: Literal["refuse", "whole"] = field(
        default="refuse", metadata={"help": "What to do with pictures that show no face: refuse, or as --whole."}
    )
    longest: int = field(
        default=256, metadata={"help": "With --whole: larger pictures are first shrunk to so many pixels.", "min": 8}
    )
    guide: bool = field(
        default=True,
        metadata={
            "help": "--no-guide paints without landmarks; with --only-face, the middle square of a picture that shows "
            "no face."
        },
    )
    steps: bool = field(
        default=False,
        metadata={"help": "Beside each picture the way of its main face: small face, guide, bicubic, portrait."},
    )


@dataclass(frozen=True, kw_only=True)
class UpresPhotoOptions(PaintOptions, PrintOptions, _Photos):
    """Small pictures of faces to large ones."""

    def __post_init__(self) -> None:
        check_size(self.size)
        check_third(self.stages, self.third_run)
        if not self.photos:
            raise ValueError("name at least one picture or folder")
        if self.beside and self.output is not None:
            raise ValueError("--beside and --output each say where to write: give one of them")
        if self.whole and self.only_face:
            raise ValueError("--whole looks for no face, and --only-face writes nothing else: give one of them")


@dataclass(frozen=True, kw_only=True)
class GenerateLowresOptions:
    """Small faces with their landmarks, for `train upres --mix`."""

    lowres: str = field(metadata={"help": "Run of `train lowres`, by name or path, or an .onnx file."})
    output: Path = field(metadata={"short": "-o", "help": "The file to write, *.npz."})
    count: int = field(default=2000, metadata={"help": "Faces to make, from seeds in a row.", "min": 1})
    seed: int = field(default=1_000_000, metadata={"help": "The first seed; far from those of portraits.", "min": 0})
    truncation: float | None = field(
        default=None, metadata={"help": "Cut the noise off at so many standard deviations.", "min": 0.05}
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = field(default="auto", metadata={"help": "Where the network runs."})

    def __post_init__(self) -> None:
        if self.output.suffix != ".npz":
            raise ValueError(f"--output {self.output}: the file is a NumPy archive, *.npz")


@dataclass(frozen=True, kw_only=True)
class _Video(NetworkOptions):
    keys: tuple[str, ...] = field(metadata={"argument": True})
    output: Path | None = field(
        default=None,
        metadata={
            "short": "-o",
            "help": "The video: .mp4 is H.264, .mkv loses nothing.  [default: in renders/<upres run>]",
        },
    )
    seconds: float | None = field(
        default=None, metadata={"help": "Length of the clip.  [default: 2 for each key]", "min": 0.1}
    )
    fps: int = field(default=24, metadata={"help": "Frames a second.", "min": 1, "max": 120})
    loop: bool = field(default=True, metadata={"help": "From the last key back to the first; the end meets the start."})
    even_pace: bool = field(
        default=True, metadata={"help": "Let the picture, not its noise, change equally fast everywhere."}
    )
    size: int | None = field(
        default=None,
        metadata={"help": "Side of the video, a multiple of 8.  [default: that of the training]", "min": 8},
    )
    truncation: float | None = field(
        default=None,
        metadata={"help": "Cut the noise of seeds off at so many standard deviations: plainer faces.", "min": 0.05},
    )
    steady: bool = field(
        default=True,
        metadata={"help": "Carry detail along with the motion. --no-steady paints frames by themselves."},
    )
    carried: float = field(
        default=0.85,
        metadata={"help": "Share of a frame's detail that comes from the frame before.", "min": 0, "max": 0.98},
    )
    every: int = field(
        default=1,
        metadata={"help": "Paint only every so-many-th frame: so many times as fast.", "min": 1, "max": 12},
    )
    between: Literal["carried", "minterpolate"] = field(
        default="carried",
        metadata={
            "help": "With --every, what stands between: small faces with detail carried from both sides, or the "
            "article's way, ffmpeg's interpolation of the large pictures."
        },
    )
    crf: int = field(
        default=16,
        metadata={"help": "Quality of an .mp4: 0 best, 51 worst; 6 less is twice the bytes.", "min": 0, "max": 51},
    )
    preview: bool = field(default=False, metadata={"help": "Only a sheet of stills, and how long the clip would take."})
    explain: bool = field(
        default=False,
        metadata={"help": "Compare with frames painted one by one, in twice the time: figures, and a film of both."},
    )
    keep_parts: bool = field(
        default=False, metadata={"help": "Keep the painted frames, for the same clip with other --carried or --crf."}
    )


@dataclass(frozen=True, kw_only=True)
class GenerateVideoOptions(PaintOptions, _Video):
    """A clip through faces."""

    def __post_init__(self) -> None:
        check_size(self.size)
        if len(self.keys) < 2:
            raise ValueError("name at least two keys: seeds, such as 3 17 42, or portraits that swipegan made")
        if self.output is not None and self.output.suffix not in (".mp4", ".mkv"):
            raise ValueError(f"--output {self.output} ends neither in .mp4 nor in .mkv")
        if self.between == "minterpolate" and self.every == 1:
            raise ValueError("--between minterpolate stands between painted frames: add --every 4, say")


@dataclass(frozen=True, kw_only=True)
class ExportOnnxOptions:
    """A trained network as an ONNX file."""

    run: str = field(metadata={"argument": True})
    output: Path = field(metadata={"short": "-o", "help": "The file to write, *.onnx; its card goes beside it."})
    role: Literal["generator", "critic"] = field(
        default="generator",
        metadata={
            "help": "The generator paints; the critic judges candidates: name its file <generator's>-critic.onnx."
        },
    )

    def __post_init__(self) -> None:
        if self.output.suffix != ".onnx":
            raise ValueError(f"--output {self.output} does not end in .onnx")


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """What is compared with what."""

    run: str = field(default="", metadata={"argument": True})
    set: str = field(default="", metadata={"argument": True})
    lowres: str | None = field(
        default=None,
        metadata={"help": "With an upres RUN: score portraits from noise, the small faces drawn by this lowres run."},
    )
    pictures: Path | None = field(
        default=None, metadata={"help": "Instead of a run: a folder of pictures, by whatever they were made."}
    )
    against: str | None = field(
        default=None, metadata={"help": "With --pictures: a folder of real pictures, or a set."}
    )
    count: int = field(default=64, metadata={"help": "Pictures to make or to read, at most.", "min": 2})
    real: int = field(default=400, metadata={"help": "Real pictures to compare with, at most.", "min": 4})
    tiles: int = field(default=256, metadata={"help": "Tiles of held-out faces for the scores of tiles.", "min": 8})
    seed: int = field(default=0, metadata={"help": "The first seed of what is drawn from noise.", "min": 0})
    faces: bool = field(
        default=True, metadata={"help": "Look for faces: people, landmarks and regions; a fifth of a second a picture."}
    )
    inception: Path | None = field(
        default=None,
        metadata={"help": "With --pictures: FID and KID too, by torch-fidelity with this file of weights."},
    )
    batch: int = field(default=8, metadata={"help": "Tiles at a time; halved where memory is short.", "min": 1})
    device: Literal["auto", "cpu", "cuda", "mps"] = field(default="auto", metadata={"help": "Where the networks run."})

    def __post_init__(self) -> None:
        if self.pictures is None and not (self.run and self.set):
            raise ValueError("name a RUN and a SET, or give --pictures FOLDER --against FOLDER")
        if self.pictures is not None and (self.run or not self.against):
            raise ValueError("--pictures FOLDER needs --against FOLDER, or a set, and no RUN")
        if self.pictures is None and (self.against or self.inception):
            raise ValueError("--against and --inception go with --pictures")
