"""Options of the commands of this package: one frozen dataclass each, the standard library only."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplesOptions:
    """Draw portraits of people who do not exist, part of them spoiled, with the truth about each."""

    folder: Path = field(metadata={"argument": True, "help": "where the pictures and truth.csv go"})
    count: int = field(default=120, metadata={"help": "pictures in all", "min": 1, "max": 99_999})
    seed: int = field(default=0, metadata={"help": "another seed draws other people", "min": 0})
    size: int = field(default=768, metadata={"help": "side of the pictures, in pixels", "min": 64, "max": 4096})
    spoiled: float = field(
        default=0.33,
        metadata={"help": "share that is blurred, half-toned, drawn, hidden, doubled, ...", "min": 0.0, "max": 1.0},
    )
    processes: int = field(
        default_factory=processors, metadata={"help": "processes that draw side by side", "min": 1, "max": 256}
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanOptions:
    """Read folders of pictures: images, measures, faces and duplicates go into the database."""

    folders: tuple[Path, ...] = field(metadata={"argument": True, "help": "folders with pictures"})
    processes: int = field(
        default_factory=processors, metadata={"help": "processes that read side by side", "min": 1, "max": 256}
    )
    batch: int = field(default=64, metadata={"help": "files written at once: the most that a crash loses", "min": 1})
    people: bool = field(
        default=False, metadata={"help": "tell people apart too: 128 numbers for each face, 55 ms of work each"}
    )
    landmark_model: Path | None = field(
        default=None, metadata={"help": "another predictor of 68 landmarks, as a file of dlib's"}
    )
    max_pixels: int = field(
        default=80_000_000, metadata={"help": "pictures with more pixels are not decoded", "min": 1, "max": 10**9}
    )
    again: bool = field(default=False, metadata={"help": "read everything again, not only what is new or changed"})
    scheduler: str | None = field(
        default=None,
        metadata={
            "help": "read on a dask cluster whose workers see the same files, such as tcp://host:8786, and not here"
        },
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidesOptions:
    """Make a set from a selection: aligned faces, guides, index."""

    selection: str = field(metadata={"argument": True, "help": "name of a selection made by `swipegan filter`"})
    set: str | None = field(default=None, metadata={"help": "name of the set  [default: the selection's]"})
    size: int = field(default=768, metadata={"help": "side of the aligned faces, in pixels", "min": 64, "max": 4096})
    max_upscale: float = field(
        default=1.2, metadata={"help": "leave out faces that would be enlarged more than this", "min": 0.01}
    )
    encoding: Literal["rgb", "regions", "none"] = field(
        default="rgb", metadata={"help": "guides in the article's colours, a channel per region, or none"}
    )
    format: Literal["png", "webp", "jpeg"] = field(default="jpeg", metadata={"help": "file format of the faces"})
    quality: int = field(default=95, metadata={"help": "of jpeg and webp (100: lossless)", "min": 1, "max": 100})
    held_out: float = field(
        default=0.06, metadata={"help": "share of the people that training never sees", "min": 0.0, "max": 0.9}
    )
    people: str | None = field(
        default=None,
        metadata={
            "help": "regular expression: its group 1 of the file name is the person  [default: everyone differs]"
        },
    )
    processes: int = field(
        default_factory=processors, metadata={"help": "processes that work side by side", "min": 1, "max": 256}
    )
    replace: bool = field(default=False, metadata={"help": "write over a set of this name that was made differently"})

    def __post_init__(self) -> None:
        check_name(self.set or self.selection)
        if self.size % 8:
            raise ValueError(f"--size {self.size} is not a multiple of 8")
        if self.people is not None and _groups(self.people) < 1:
            raise ValueError(f"--people {self.people!r} has no group: put parentheses around what names the person")


def _groups(pattern: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"--people {pattern!r} is no regular expression: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeOptions:
    """Learn quality from the labels and score every image."""

    precision: float = field(
        default=0.95, metadata={"help": "share of good ones wanted among what is kept", "min": 0.5, "max": 0.999}
    )
    trees: int = field(default=300, metadata={"help": "trees of the forest", "min": 10, "max": 5000})
    seed: int = field(default=0, metadata={"help": "of the forest", "min": 0})
    keep: bool = field(
        default=False, metadata={"help": "learn nothing: score by the newest model, audit it with all labels so far"}
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterOptions:
    """Rules that make a selection; they are applied in the order of this list."""

    name: str = field(metadata={"argument": True, "help": "name of the selection"})
    under: Path | None = field(default=None, metadata={"help": "only images under this folder"})
    folder: tuple[str, ...] = field(
        default=(),
        metadata={"help": "only images in a folder whose name fits this pattern, such as 'holiday*'. Repeatable"},
    )
    labels: tuple[Literal["good", "not-bad", "labeled", "unlabeled", "any"], ...] = field(
        default=(),
        metadata={
            "help": "only images of which most people said so (unlabeled: nobody said anything). Repeated: either"
        },
    )
    one_face: bool = field(default=False, metadata={"help": "only images with exactly one face"})
    min_sharpness: float | None = field(
        default=None, metadata={"help": "real detail in the face at 256 px, in grey levels"}
    )
    min_scale_ratio: float | None = field(
        default=None,
        metadata={"help": "detail in the finest pixels: 0.3 blurred or enlarged, 0.7 to 1 in a sharp photo"},
    )
    max_halftone_peak: float | None = field(
        default=None, metadata={"help": "printed dots: 2 to 6 in photos, 10 to 69 in a print"}
    )
    max_blur: float | None = field(default=None, metadata={"help": "score 0..1: out of focus", "min": 0, "max": 1})
    max_motion_blur: float | None = field(default=None, metadata={"help": "score 0..1: shaken", "min": 0, "max": 1})
    max_halftone: float | None = field(
        default=None, metadata={"help": "score 0..1: printed with dots", "min": 0, "max": 1}
    )
    max_jpeg: float | None = field(default=None, metadata={"help": "score 0..1: crushed by JPEG", "min": 0, "max": 1})
    max_upscaled: float | None = field(default=None, metadata={"help": "score 0..1: enlarged", "min": 0, "max": 1})
    max_grey: float | None = field(
        default=None, metadata={"help": "score 0..1: without colour, or toned", "min": 0, "max": 1}
    )
    max_drawing: float | None = field(
        default=None, metadata={"help": "score 0..1: drawn or engraved", "min": 0, "max": 1}
    )
    max_painting: float | None = field(default=None, metadata={"help": "score 0..1: painted", "min": 0, "max": 1})
    max_occlusion: float | None = field(
        default=None,
        metadata={"help": "score 0..1: something before the face; without a face it is not known", "min": 0, "max": 1},
    )
    max_bad_exposure: float | None = field(
        default=None, metadata={"help": "score 0..1: too dark or too light", "min": 0, "max": 1}
    )
    min_chroma: float | None = field(
        default=None, metadata={"help": "colour, as if of middle lightness: below 4 is black and white"}
    )
    min_face_size: float | None = field(default=None, metadata={"help": "width of the main face's box in pixels"})
    max_yaw: float | None = field(default=None, metadata={"help": "degrees turned to either side", "min": 0})
    max_pitch: float | None = field(default=None, metadata={"help": "degrees nodded up or down", "min": 0})
    max_roll: float | None = field(default=None, metadata={"help": "degrees leant to either side", "min": 0})
    min_quality: float | None = field(
        default=None, metadata={"help": "probability of a good label, 0..1, from `swipegan judge`", "min": 0, "max": 1}
    )
    minimum: tuple[str, ...] = field(
        default=(),
        metadata={"name": "--min", "help": "NAME=VALUE: a lower limit for any measure, such as width=512. Repeatable"},
    )
    maximum: tuple[str, ...] = field(
        default=(),
        metadata={"name": "--max", "help": "NAME=VALUE: an upper limit for any measure, such as noise=8. Repeatable"},
    )
    duplicates: bool = field(default=True, metadata={"help": "keep all copies of a picture, or only the best one"})
    max_per_person: int | None = field(
        default=None,
        metadata={"help": "at most so many of each person, the best ones; needs `scan --people`", "min": 1},
    )
    max_per_pose: int | None = field(
        default=None, metadata={"help": "at most so many of each pose (yaw and pitch), the best ones", "min": 1}
    )
    pose_degrees: float = field(
        default=10.0, metadata={"help": "--max-per-pose: degrees that make another pose", "min": 1.0, "max": 90.0}
    )
    max_per_folder: int | None = field(
        default=None, metadata={"help": "at most so many of each folder, drawn", "min": 1}
    )
    limit: int | None = field(default=None, metadata={"help": "at most so many in all, drawn", "min": 1})
    seed: int = field(default=0, metadata={"help": "another seed draws others"})
    again: bool = field(default=False, metadata={"help": "apply the rules of the newest version of NAME once more"})
    explain: str | None = field(
        default=None,
        metadata={"help": "save nothing; say what each rule thinks of this image (id, path, or start of SHA-256)"},
    )

    preview: Path | None = field(
        default=None,
        metadata={"help": "save nothing; draw what is just out and just in for every rule into this picture"},
    )
    suggest: bool = field(default=False, metadata={"help": "save nothing; suggest limits from the labels"})

    def __post_init__(self) -> None:
        check_name(self.name)
        for text in (*self.minimum, *self.maximum):
            name_and_number(text)
        if (self.explain is not None) + (self.preview is not None) + self.suggest > 1:
            raise ValueError("--explain, --preview and --suggest save nothing, each in its own way: give one of them")


def check_name(name: str) -> None:
    """Names become file names and parts of commands, so they are plain.

    Raises:
        ValueError: something else than letters, digits, dot, dash and underscore, or longer than 80.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}", name):
        raise ValueError(f"the name {name!r} may have letters, digits, '.', '-' and '_' only, 80 at most")


def name_and_number(text: str) -> tuple[str, float]:
    """Split `sharpness=4` into the measure's name and its limit.

    Raises:
        ValueError: no `=`, no name, or no finite number.
    """
    name, equals, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not (equals and name.strip() and math.isfinite(value)):
        raise ValueError(f"{text!r} is not NAME=VALUE, such as sharpness=4")
    return name.strip().replace("-", "_"), value


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportMeasuresOptions:
    """Write what is known of each image, a row an image."""

    output: Path = field(metadata={"help": "file to write", "short": "-o"})
    format: Literal["csv", "jsonl", "parquet"] | None = field(
        default=None, metadata={"help": "format of the file  [default: by its ending, else csv]"}
    )
    selection: str | None = field(
        default=None, metadata={"help": "only what the newest version of this selection keeps"}
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportLabelsOptions:
    """Write what people said, a row a verdict."""

    output: Path = field(metadata={"help": "file to write", "short": "-o"})
    format: Literal["csv", "jsonl", "parquet", "label-studio"] | None = field(
        default=None, metadata={"help": "format of the file  [default: by its ending (.json: label-studio), else csv]"}
    )
    selection: str | None = field(
        default=None, metadata={"help": "only what the newest version of this selection keeps"}
    )
    events: bool = field(
        default=False, metadata={"help": "every event, also what was taken back or outvoted, to move labels elsewhere"}
    )
    url: str = field(
        default="/data/local-files/?d=", metadata={"help": "label-studio: what stands before a picture's path"}
    )

    def __post_init__(self) -> None:
        if self.events and self.format == "label-studio":
            raise ValueError("--events has no place in Label Studio's format; take csv, jsonl or parquet")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportSelectionsOptions:
    """Write what was chosen, and why."""

    output: Path = field(metadata={"help": "file to write, JSON Lines", "short": "-o"})
    selection: str | None = field(default=None, metadata={"help": "only the versions of this one  [default: all]"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportPeopleOptions:
    """Write who labels."""

    output: Path = field(metadata={"help": "file to write, JSON Lines", "short": "-o"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CarryInOptions:
    """Take over what another workspace exported."""

    source: Path = field(metadata={"argument": True, "help": "the file that was exported"})
    dry_run: bool = field(default=False, metadata={"help": "change nothing, say what would come in"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportSetOptions:
    """Write a set for other trainers."""

    set: str = field(metadata={"argument": True, "help": "name or folder of a set written by `swipegan guides`"})
    output: Path = field(metadata={"help": "folder to write; it must not be there, or be empty", "short": "-o"})
    form: Literal["folder", "webdataset"] = field(
        default="folder",
        metadata={"name": "--as", "help": "pictures in folders (ImageFolder), or tar files (WebDataset)"},
    )
    guides: bool = field(default=True, metadata={"help": "write the guides too"})
    shard: int = field(default=1000, metadata={"help": "webdataset: faces in a tar file", "min": 1})


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportLabelsOptions:
    """Take over labels from elsewhere."""

    source: Path = field(metadata={"argument": True, "help": "a file, or a folder with folders named good and bad"})
    format: Literal["swipegan", "swipelabel", "label-studio", "folders"] | None = field(
        default=None, metadata={"help": "what it is  [default: looked at]"}
    )
    labeler: str = field(default="import", metadata={"help": "whose labels they are where the source does not say"})
    images: Path | None = field(
        default=None, metadata={"help": "folder that the paths in the file start from  [default: the file's]"}
    )
    good: Literal["right", "left"] = field(default="right", metadata={"help": "swipelabel: the side that meant good"})
    words: tuple[str, ...] = field(
        default=(),
        metadata={"name": "--word", "help": "WORD=good, bad or skip: a word of the source's own. Repeatable"},
    )
    dry_run: bool = field(default=False, metadata={"help": "change nothing, say what would come in"})

    def __post_init__(self) -> None:
        if not 0 < len(self.labeler.strip()) <= 80:
            raise ValueError("--labeler needs a name of 1 to 80 characters")
        for text in self.words:
            word, _, verdict = text.rpartition("=")
            if not word or verdict not in ("good", "bad", "skip"):
                raise ValueError(f"--word {text!r} is not WORD=good, WORD=bad or WORD=skip")


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupOptions:
    """Copy the database while it is in use, or put a copy back."""

    file: Path = field(metadata={"argument": True, "help": "the copy"})
    restore: bool = field(default=False, metadata={"help": "put FILE in the database's place; the present one is kept"})
    replace: bool = field(default=False, metadata={"help": "write over FILE"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetOptions:
    """Remove pictures, or a person, from everything that the workspace holds."""

    images: tuple[str, ...] = field(
        default=(), metadata={"argument": True, "help": "pictures: id, path, or the first digits of the SHA-256"}
    )
    person: str | None = field(default=None, metadata={"help": "all pictures that a set's index has under this person"})
    labeler: str | None = field(default=None, metadata={"help": "somebody who labels: name, labels, links and leases"})
    clear: bool = field(default=False, metadata={"help": "only clear the database's old pages again"})
    dry_run: bool = field(default=False, metadata={"help": "change nothing, say what would go"})
    yes: bool = field(default=False, metadata={"help": "do not ask"})

    def __post_init__(self) -> None:
        given = [bool(self.images), self.person is not None, self.labeler is not None, self.clear]
        if sum(given) != 1:
            raise ValueError("name pictures, or one of --person, --labeler and --clear")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportOptions:
    """Show what is in the workspace: pictures and plots on one page."""

    output: Path | None = field(
        default=None, metadata={"help": "file of the page  [default: report.html in the workspace]", "short": "-o"}
    )
    text: bool = field(default=False, metadata={"help": "print all of it as text; no page, unless --output says where"})
    images: int = field(default=8, metadata={"help": "examples per place", "min": 1, "max": 64})
